/*
 * Any whole blob of up to BLOB_BYTES bytes with MEMBERS weights: where wann_load() accepts it,
 * run() takes the nodes and channels one by one as they were accepted, and stays inside of the
 * blob, the scratch and the caller's arrays. wann_rt.c comes without the bodies of the five
 * functions below: a CRC may be right or not, and of a part only what the other proofs say is
 * known. Neither numbers nor what a part says matter here.
 */

#include "prove.h"

typedef struct {
    uint8_t length; /* 0: nothing was accepted here */
    uint8_t end;    /* a node looks at values below it */
} part;

static part nodes[BLOB_BYTES + 1]; /* by where in the blob they begin */
static part channels[BLOB_BYTES + 1];
static wann_controller loaded;
/* Arrays begin so late in these that nothing is behind them. */
static float memory[WANN_MAX_NODES];
static float inputs[WANN_MAX_NODES];
static float outputs[WANN_MAX_NODES];
static float *scratch;
static size_t floats;

uint32_t crc32(const uint8_t *p, size_t covered) {
    PROVE("the CRC covers the blob", p == blob && covered == size - CRC_BYTES);
    return any_u32();
}

/* Takes a part of any length, or refuses it, or notes that it is longer than what is left. */
static int moved(cursor *in, part *parts, unsigned end) {
    const size_t at = (size_t)(in->at - blob);
    const uint8_t length = any_byte();
    const int accepts = in->left > 0 && (any_byte() & 1) != 0;
    prove_inside(in);
    ASSUME(length <= in->left);
    in->at += length;
    in->left -= length;
    if ((any_byte() & 1) != 0) {
        in->has_overrun = 1;
        in->left = 0;
    } else if (accepts) {
        ASSUME(length > 0);
        parts[at].length = length;
        parts[at].end = (uint8_t)end;
    }
    return accepts ? WANN_OK : WANN_E_NUMBER;
}

int node_error(cursor *in, unsigned flags, unsigned end) {
    PROVE("the flags are the blob's", flags == bytes.at[AT_FLAGS]);
    PROVE("a node may look at something", end >= 1 && end < WANN_MAX_NODES);
    return moved(in, nodes, end);
}

int channel_error(cursor *in) { return moved(in, channels, 0); }

const uint8_t *compute(const uint8_t *p, unsigned flags, float weight, const float *values,
                       float *value) {
    const size_t at = (size_t)(p - blob);
    (void)weight;
    PROVE("a node begins here", p >= blob && at < BLOB_BYTES && nodes[at].length > 0);
    PROVE("the flags are the blob's", flags == bytes.at[AT_FLAGS]);
    PROVE("it looks into the scratch", values == scratch && nodes[at].end <= floats);
    *value = any_float();
    return p + nodes[at].length;
}

const uint8_t *condition(const uint8_t *p, float *x, int is_action) {
    const size_t at = (size_t)(p - blob);
    (void)is_action;
    PROVE("a channel begins here", p >= blob && at < BLOB_BYTES && channels[at].length > 0);
    *x = any_float();
    return p + channels[at].length;
}

int main(void) {
    const size_t given = any_cursor().left;

    ASSUME(bytes.at[AT_MEMBERS] == MEMBERS);
    if (wann_load(&loaded, blob, given) == WANN_OK) {
        floats = wann_scratch_floats(&loaded);
        PROVE("the limit holds", floats <= WANN_MAX_NODES);
        scratch = memory + WANN_MAX_NODES - floats;
        run(&loaded, inputs + WANN_MAX_NODES - loaded.observations,
            outputs + WANN_MAX_NODES - loaded.actions, NULL, loaded.members, scratch);
    }
    return 0;
}
