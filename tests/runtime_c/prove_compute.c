/*
 * A node that node_error() accepts: computed() reads exactly its bytes, and values only from among
 * those before it.
 */

#include "prove.h"

enum { MOST_VALUES = 65536 };

extern const float memory[MOST_VALUES];
static unsigned values_before;
static unsigned flags_given;

static void rely_on_sources(unsigned k, unsigned n);
static unsigned sources_behind(const uint8_t *p);

/* Each of its loops stands before a source, or at the end. */
#define AT_SOURCE(H)                                                                               \
    H(sources_behind(p) <= sources_of_node),                                                       \
        H(offset(p) + connections_bytes(flags_given, sources_behind(p)) == blob_size)
#define FORGET_AT_SOURCE(p, sum, n)                                                                \
    (p = blob + any_size(), sum = any_float(), rely_on_sources(sources_behind(p), n))

#define HOLDS_sum_of_many_0(H) AT_SOURCE(H)
#define FORGET_sum_of_many_0 FORGET_AT_SOURCE(p, sum, 1)
#define LEFT_sum_of_many_0 sources_behind(p)

#define HOLDS_sum_of_wide_0(H) AT_SOURCE(H)
#define FORGET_sum_of_wide_0 FORGET_AT_SOURCE(p, sum, 8)
#define LEFT_sum_of_wide_0 sources_behind(p)

#define HOLDS_sum_of_wide_1(H) AT_SOURCE(H)
#define FORGET_sum_of_wide_1 FORGET_AT_SOURCE(p, sum, 1)
#define LEFT_sum_of_wide_1 sources_behind(p)

#define HOLDS_sum_of_signed_0(H) AT_SOURCE(H)
#define FORGET_sum_of_signed_0 FORGET_AT_SOURCE(p, sum, 1)
#define LEFT_sum_of_signed_0 sources_behind(p)

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
}

/* How many of one or two bytes each, without weights, stand from here to the end. */
static unsigned sources_behind(const uint8_t *p) {
    const uint32_t bytes = (uint32_t)(blob_size - offset(p));
    return (flags_given & FLAG_WIDE) != 0 ? bytes / 2 : bytes;
}

int main(void) {
    const uint8_t *at = blob;

    flags_given = any_unsigned();
    any_blob();
    look_at_node(flags_given);
    ASSUME(blob_size == node_bytes); /* so nothing is behind the node */
    values_before = any_unsigned();
    ASSUME(values_before <= MOST_VALUES);
    rely_on_sources(sources_of_node, 4); /* which are added without a loop */
    (void)computed(&at, flags_given, any_float(), memory + MOST_VALUES - values_before);
    PROVE("both end alike", offset(at) == blob_size);
    return 0;
}
