/*
 * A node as FORMAT.md has it, at the beginning of the bytes: what node_error() finds there is what
 * compute() relies on.
 */

#ifndef PROVE_NODE_H
#define PROVE_NODE_H

#include "prove.h"

static unsigned sources_of_node; /* so many the node says it has */
static uint32_t node_bytes;      /* so long it is then */

static uint32_t connections_bytes(unsigned flags, unsigned n);
static _Bool source_holds(unsigned flags, unsigned k, unsigned end);

#include "wann_rt.c"

#include "prove_take.h"

/* So many bytes are n connections. */
static uint32_t connections_bytes(unsigned flags, unsigned n) {
    return n + ((flags & FLAG_WIDE) != 0 ? n : 0) + ((flags & FLAG_WEIGHTS) != 0 ? 4 * n : 0);
}

/* Reads what does not depend on the sources; 0 of them, where their number is cut off. */
static void look_at_node(unsigned flags) {
    uint32_t first = 1;
    sources_of_node = blob_size >= 1 ? blob[0] & LONG_COUNT : 0;
    if (sources_of_node == LONG_COUNT) {
        first = 3;
        sources_of_node = blob_size >= 3 ? blob[1] | (unsigned)blob[2] << 8 : 0;
    }
    node_bytes = first + connections_bytes(flags, sources_of_node);
}

/* What is proven of each source, counted from the last, which is 1, and then relied on. */
static _Bool source_holds(unsigned flags, unsigned k, unsigned end) {
    const uint32_t at = node_bytes - connections_bytes(flags, k);
    const unsigned entry = blob[at] | ((flags & FLAG_WIDE) != 0 ? (unsigned)blob[at + 1] << 8 : 0);
    return entry >> (flags & FLAG_SIGNED) < end;
}

#endif /* PROVE_NODE_H */
