/*
 * Any blob of up to BLOB_BYTES bytes through wann_load() and, where it loads, through all that
 * runs: no access out of bounds. Nodes and channels are taken as prove_node.c and prove_channel.c
 * prove them to be: wann_rt.c comes here without the bodies of the functions below. What they say,
 * how far they move and whether a CRC is right is anything. So is every number: only where things
 * are matters.
 */

#include <stdlib.h>

#include "prove.h"

typedef struct {
    uint8_t is_node;
    uint8_t is_channel;
    uint8_t next; /* offset of what follows */
    unsigned end; /* a node looks at values below it */
    unsigned flags;
} part;

static part parts[BLOB_BYTES]; /* what was accepted, by its offset */
static float sink;

uint32_t crc32(const uint8_t *p, size_t bytes) {
    PROVE("the CRC covers the blob", p == blob && bytes == size - CRC_BYTES);
    return any_u32();
}

/* Moves the cursor over an accepted part, or beyond the end. Returns the part. */
static part *accepted(cursor *in) {
    part *const found = &parts[in->at - blob];
    const uint32_t length = any_byte();
    if (length == 0 || length > in->left) {
        in->has_overrun = 1;
        in->left = 0;
    } else {
        in->at += length;
        in->left -= length;
        found->next = (uint8_t)(in->at - blob);
    }
    return found;
}

int node_error(cursor *in, unsigned flags, unsigned end) {
    part *const found = accepted(in);
    found->is_node = 1;
    found->flags = flags;
    found->end = end;
    return in->has_overrun || any_byte() ? WANN_E_ACTIVATION : WANN_OK;
}

int channel_error(cursor *in) {
    part *const found = accepted(in);
    found->is_channel = 1;
    return in->has_overrun || any_byte() ? WANN_E_OPERATION : WANN_OK;
}

const uint8_t *compute(const uint8_t *p, unsigned flags, float weight, const float *values,
                       float *value) {
    const part *const found = &parts[p - blob];
    (void)weight;
    PROVE("only accepted nodes are computed", p >= blob && p < blob + size && found->is_node);
    PROVE("as they were accepted", found->flags == flags && found->end > 0);
    sink = values[found->end - 1];
    *value = any_float();
    return blob + found->next;
}

const uint8_t *condition(const uint8_t *p, float *x, int is_action) {
    const part *const found = &parts[p - blob];
    (void)is_action;
    PROVE("only accepted channels are computed", p >= blob && p < blob + size && found->is_channel);
    *x = any_float();
    return blob + found->next;
}

int main(void) {
    wann_controller c = {0};
    const cursor all = any_cursor();

    if (wann_load(&c, blob, all.left) == WANN_OK) {
        const size_t floats = wann_scratch_floats(&c);
        const size_t given = any_u32();
        float *const obs = (float *)malloc(c.observations * sizeof *obs);
        float *const actions = (float *)malloc(c.actions * sizeof *actions);
        float *const scratch = (float *)malloc(given * sizeof *scratch);
        ASSUME(given <= WANN_MAX_NODES);
        PROVE("the scratch is as small as said", floats <= WANN_MAX_NODES);
        RUN;
    }
    return 0;
}
