/*
 * A node of any length, any number of bytes left, any flags, any number of values before it:
 * node_error() reads only what is left, and accepts only a node that is all there and looks only at
 * values before it.
 */

#include "prove.h"

static unsigned any_source; /* so what is proven of it is proven of each */

#define HOLDS_node_error_0(H)                                                                      \
    H(INSIDE(in)), H(in->has_overrun || count <= sources_of_node),                                 \
        H(in->has_overrun || offset(in->at) + connections_bytes(flags, count) == node_bytes),      \
        H(in->has_overrun || any_source <= count || any_source > sources_of_node ||                \
          source_holds(flags, any_source, end))
#define FORGET_node_error_0 (FORGET(in), count = any_unsigned(), least = any_unsigned())
#define LEFT_node_error_0 count

#include "prove_node.h"

int main(void) {
    const unsigned flags = any_unsigned();
    const unsigned end = any_unsigned();
    cursor in;
    int error;

    any_blob();
    look_at_node(flags);
    any_source = any_unsigned();
    BEGIN(&in);
    error = node_error(&in, flags, end);
    PROVE("the cursor stays inside", INSIDE(&in));
    PROVE("no node without a byte", blob_size > 0 || error != WANN_OK);
    if (error == WANN_OK && !in.has_overrun) {
        PROVE("the node is all there", offset(in.at) == node_bytes);
        PROVE("its sources come before it", any_source == 0 || any_source > sources_of_node ||
                                                source_holds(flags, any_source, end));
    }
    return 0;
}
