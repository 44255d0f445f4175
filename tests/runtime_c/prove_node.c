/*
 * One node of up to BLOB_BYTES bytes: node_error() reads only what is left; and of a node that it
 * accepts, compute() reads exactly the same bytes, and looks only at values below `end`. For the
 * flags of NODE_FLAGS; neither function knows where in a blob it is.
 */

#include "prove.h"

enum { MOST_VALUES = 65536 };

int main(void) {
    float memory[MOST_VALUES]; /* of any content */
    const unsigned end = any_u32();
    cursor in = any_cursor();
    float value;

    ASSUME(end >= 1 && end < MOST_VALUES);
    if (node_error(&in, NODE_FLAGS, end) == WANN_OK && !in.has_overrun) {
        PROVE("a node has a byte", in.at > blob);
        readable = (size_t)(in.at - blob);
        /* So that the value after the last one is outside of the memory. */
        PROVE("both end alike",
              compute(blob, NODE_FLAGS, any_float(), memory + MOST_VALUES - end, &value) == in.at);
    }
    prove_inside(&in);
    return 0;
}
