/*
 * A blob that wann_load() accepts, and where its nodes and channels stand: what prove_load.c proves
 * of each is what prove_run.c and prove_calls.c rely on.
 */

#ifndef PROVE_BLOB_H
#define PROVE_BLOB_H

#include "prove.h"

/* What is counted in it. */
static unsigned n_nodes(const wann_controller *c) { return (unsigned)c->hidden + c->outputs; }

static unsigned n_first_channels(const wann_controller *c) {
    return (c->flags & FLAG_OBSERVATIONS) != 0 ? c->inputs : 0u;
}

static unsigned n_channels(const wann_controller *c) {
    return n_first_channels(c) + ((c->flags & FLAG_ACTIONS) != 0 ? c->actions : 0u);
}

/* Below this are the values that a node may look at: those before it, but none of an action. */
static unsigned node_end(const wann_controller *c, unsigned node) {
    return 1u + c->inputs + (node < c->hidden ? node : c->hidden);
}

static uint32_t floats_bytes(unsigned n, unsigned floats) { return 4u * n * floats; }

/* How long n vectors are. */
static uint32_t vectors_bytes(const wann_controller *c, unsigned n) {
    return floats_bytes(n, (unsigned)c->observations + c->actions);
}

/* Where channels begin, behind the weights and the derived channels. */
static size_t channels_at(const wann_controller *c) { return offset(c->channels); }

/* Where nodes end, before the resets and the vectors. */
static size_t nodes_end(const wann_controller *c) { return offset(c->tests) - resets_bytes(c); }

/* What is counted: only a blob of version 2 has more than observations, hidden nodes and actions.
 */
static _Bool counts_hold(const wann_controller *c) {
    const uint32_t floats = 1u + c->inputs + c->hidden + c->outputs + c->state;
    const _Bool holds = c->observations > 0 && c->actions > 0 && c->members > 0 &&
                        floats <= WANN_MAX_NODES && c->floats == floats;
    return holds &&
           ((c->flags & FLAG_DERIVED) != 0
                ? c->inputs > c->observations && c->outputs >= c->actions && c->state > 0
                : c->inputs == c->observations && c->outputs == c->actions && c->state == 0);
}

/* Of the controller. */
static _Bool controller_holds(const wann_controller *c) {
    const size_t nodes = offset(c->nodes);
    const size_t tests = offset(c->tests);
    return c->blob == blob && blob_size >= MIN_BYTES && u32_at(blob + AT_SIZE) == blob_size &&
           counts_hold(c) && HEADER_BYTES + (size_t)4 * c->members <= channels_at(c) &&
           channels_at(c) <= nodes && nodes <= tests && resets_bytes(c) <= tests - nodes &&
           tests <= blob_size - CRC_BYTES &&
           vectors_bytes(c, c->vectors) <= blob_size - CRC_BYTES - tests;
}

/*
 * Of a node or channel, which is one of n in a row: it is inside and not empty; the first one is at
 * the beginning of the row, the last one at its end.
 */
static _Bool part_holds(size_t from, size_t to, unsigned k, unsigned n, size_t begin, size_t end) {
    return from >= begin && from < to && to <= end && (k > 0 || from == begin) &&
           (k + 1 < n || to == end);
}

static _Bool node_holds(const wann_controller *c, unsigned k, size_t from, size_t to) {
    return part_holds(from, to, k, n_nodes(c), offset(c->nodes), nodes_end(c));
}

static _Bool channel_holds(const wann_controller *c, unsigned k, size_t from, size_t to) {
    return part_holds(from, to, k, n_channels(c), channels_at(c), offset(c->nodes));
}

/* Any that wann_load() may have made. */
static void any_controller(wann_controller *c) {
    any_blob();
    c->observations = (uint16_t)any_u32();
    c->hidden = (uint16_t)any_u32();
    c->actions = (uint16_t)any_u32();
    c->members = (uint8_t)any_u32();
    c->vectors = (uint8_t)any_u32();
    c->flags = (uint8_t)any_u32();
    c->state = (uint16_t)any_u32();
    c->inputs = (uint16_t)any_u32();
    c->outputs = (uint16_t)any_u32();
    c->floats = (uint16_t)any_u32();
    c->channels = blob + any_size();
    c->blob = blob;
    c->nodes = blob + any_size();
    c->tests = blob + any_size();
    ASSUME(controller_holds(c));
}

#endif /* PROVE_BLOB_H */
