/*
 * A node that node_error() accepts: compute() reads exactly its bytes, and values only from among
 * those before it.
 */

#include "prove.h"

enum { MOST_VALUES = 65536 };

extern const float memory[MOST_VALUES];
static unsigned values_before;

static void rely_on_source(unsigned flags, unsigned k);

#define HOLDS_compute_0(H)                                                                         \
    H(k <= sources_of_node),                                                                       \
        H(offset(p) + connections_bytes(flags, sources_of_node - k) == blob_size)
#define FORGET_compute_0                                                                           \
    (p = blob + any_size(), k = any_unsigned(), sum = any_float(),                                 \
     rely_on_source(flags, sources_of_node - k))
#define LEFT_compute_0 (sources_of_node - k)

#include "prove_node.h"

static void rely_on_source(unsigned flags, unsigned k) {
    if (k > 0 && k <= sources_of_node) {
        ASSUME(source_holds(flags, k, values_before));
    }
}

int main(void) {
    const unsigned flags = any_unsigned();
    float value;

    any_blob();
    look_at_node(flags);
    ASSUME(blob_size == node_bytes); /* so nothing is behind the node */
    values_before = any_unsigned();
    ASSUME(values_before <= MOST_VALUES);
    PROVE("both end alike",
          offset(compute(blob, flags, any_float(), memory + MOST_VALUES - values_before, &value)) ==
              blob_size);
    return 0;
}
