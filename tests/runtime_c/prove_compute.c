/*
 * A node that node_error() accepts: computed(), and what is faster for some forms, read exactly its
 * bytes, and values only from among those before it. Each is a proof of its own, which PART names;
 * that of computed_short() knows of the sums what SUMS proves.
 */

#include "prove.h"

enum { MOST_VALUES = 65536 };

#define ANY 1
#define WIDE 2
#define SUMS 3
#define SHORT 4

extern const float memory[MOST_VALUES];
static unsigned values_before;
static unsigned flags_given;

static void rely_on_sources(unsigned k, unsigned n);
static unsigned sources_behind(const uint8_t *p);

/* The loop stands before a source, or at the end. */
#define AT_SOURCE(H)                                                                               \
    H(sources_behind(p) <= sources_of_node),                                                       \
        H(offset(p) + connections_bytes(flags_given, sources_behind(p)) == blob_size)
#define FORGET_AT_SOURCE(p, sum, n)                                                                \
    (p = blob + any_size(), sum = any_float(), rely_on_sources(sources_behind(p), n))

/* In its loop eight at a time are left. */
#define HOLDS_sum_of_wide_0(H) AT_SOURCE(H), H((sources_behind(p) & 7u) == 0)
#define FORGET_sum_of_wide_0 FORGET_AT_SOURCE(p, sum, 8)
#define LEFT_sum_of_wide_0 sources_behind(p)

#define HOLDS_sum_of_any_0(H)                                                                      \
    H(k <= sources_of_node),                                                                       \
        H(offset(p) + connections_bytes(flags_given, sources_of_node - k) == blob_size)
#define FORGET_sum_of_any_0                                                                        \
    (p = blob + any_size(), k = any_unsigned(), sum = any_float(),                                 \
     rely_on_sources(sources_of_node - k, 1))
#define LEFT_sum_of_any_0 (sources_of_node - k)

#include "prove_node.h"

static void rely_on_source(unsigned k) {
    if (k > 0 && k <= sources_of_node) {
        ASSUME(source_holds(flags_given, k, values_before));
    }
}

/* Of sources counted from the last, which is 1: of at least n of them from the k-th on. */
static void rely_on_sources(unsigned k, unsigned n) {
    rely_on_source(k);
    if (n > 1) {
        rely_on_source(k - 1);
        rely_on_source(k - 2);
        rely_on_source(k - 3);
        rely_on_source(k - 4);
        rely_on_source(k - 5);
        rely_on_source(k - 6);
        rely_on_source(k - 7);
    }
    if (n > 8) {
        rely_on_source(k - 8);
        rely_on_source(k - 9);
        rely_on_source(k - 10);
        rely_on_source(k - 11);
        rely_on_source(k - 12);
        rely_on_source(k - 13);
    }
}

/* How many of one or two bytes each, without weights, stand from here to the end. */
static unsigned sources_behind(const uint8_t *p) {
    const uint32_t bytes = (uint32_t)(blob_size - offset(p));
    return (flags_given & FLAG_WIDE) != 0 ? bytes / 2 : bytes;
}

#if PART == SHORT
float sum_of_few(const uint8_t *p, unsigned count, const float *values) {
    (void)values;
    PROVE("it knows how many there are", count == sources_of_node);
    PROVE("there are few", count >= 1 && count <= 3);
    PROVE("they begin here", offset(p) + count == blob_size);
    return any_float();
}

float sum_of_some(const uint8_t *end, unsigned count, const float *values) {
    (void)values;
    PROVE("it knows how many there are", count == sources_of_node);
    PROVE("there are some", count >= 4 && count <= 14);
    PROVE("they end here", offset(end) == blob_size);
    return any_float();
}

float computed(const uint8_t **at, unsigned flags, float weight, const float *values) {
    (void)weight;
    (void)values;
    PROVE("it begins here", offset(*at) == 0);
    PROVE("it is of this form", flags == 0);
    *at = blob + blob_size;
    return any_float();
}
#endif

/* A sum that computed_short() calls, of a node of n sources and nothing behind it. */
static void sum_of(unsigned n, const float *values) {
    sources_of_node = n;
    node_bytes = 1u + n;
    blob_size = node_bytes;
    rely_on_sources(n, 14);
    if (n == 1) {
        (void)sum_of_few(blob + 1, 1, values);
    } else if (n == 2) {
        (void)sum_of_few(blob + 1, 2, values);
    } else if (n == 3) {
        (void)sum_of_few(blob + 1, 3, values);
    } else {
        (void)sum_of_some(blob + blob_size, n, values);
    }
}

/* Any of them; the numbers stand here, so that the solver need not look for them. */
static void sums(const float *values) {
    switch (any_unsigned()) {
    case 1:
        sum_of(1, values);
        break;
    case 2:
        sum_of(2, values);
        break;
    case 3:
        sum_of(3, values);
        break;
    case 4:
        sum_of(4, values);
        break;
    case 5:
        sum_of(5, values);
        break;
    case 6:
        sum_of(6, values);
        break;
    case 7:
        sum_of(7, values);
        break;
    case 8:
        sum_of(8, values);
        break;
    case 9:
        sum_of(9, values);
        break;
    case 10:
        sum_of(10, values);
        break;
    case 11:
        sum_of(11, values);
        break;
    case 12:
        sum_of(12, values);
        break;
    case 13:
        sum_of(13, values);
        break;
    default:
        sum_of(14, values);
        break;
    }
}

int main(void) {
    const uint8_t *at = blob;
    const float *values;

    values_before = any_unsigned();
    ASSUME(values_before <= MOST_VALUES);
    values = memory + MOST_VALUES - values_before;
#if PART == SUMS
    flags_given = 0;
    sums(values);
    (void)at;
#else
    flags_given = PART == ANY ? any_unsigned() : PART == WIDE ? FLAG_WIDE : 0u;
    any_blob();
    look_at_node(flags_given);
    ASSUME(blob_size == node_bytes); /* so nothing is behind the node */
#if PART == ANY
    (void)computed(&at, flags_given, any_float(), values);
#elif PART == WIDE
    rely_on_sources(sources_of_node, 8); /* which are added without a loop */
    (void)computed_wide(&at, any_float(), values);
#else
    (void)computed_short(&at, any_float(), values);
#endif
    PROVE("both end alike", offset(at) == blob_size);
#endif
    return 0;
}
