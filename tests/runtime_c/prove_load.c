/*
 * Any blob: wann_load() reads nothing outside of it, and what it accepts holds. It comes without
 * the functions that other proofs are about: a CRC may be right or not, and of a node or channel
 * only what prove_node_error.c and prove_channel_error.c prove is known. On an error the controller
 * stays as it was.
 */

#include "prove.h"

/* The nodes or channels of a blob; of any one of them is noted where it was accepted. */
typedef struct {
    unsigned begun;
    unsigned any; /* so what is proven of this one is proven of each */
    size_t from;
    size_t to;
    size_t next; /* where the one behind it was accepted */
} row;

static row nodes;
static row channels;
static unsigned all_channels;
static _Bool has_failed;        /* before this loop */
static unsigned counted_inputs; /* where the nodes begin */

static row any_row_of(unsigned any);
static _Bool is_walked(const row *r, size_t at, size_t begin);
static size_t channels_begin;

#define FAILED (error != WANN_OK || in->has_overrun)

#define HOLDS_sections_error_0(H)                                                                  \
    H(INSIDE(in)), H(k <= c->members), H(FAILED || offset(in->at) == HEADER_BYTES + (size_t)4 * k)
#define FORGET_sections_error_0 (FORGET(in), k = any_unsigned(), error = any_int())
#define LEFT_sections_error_0 (c->members - k)

#define START_channels_error_0                                                                     \
    (has_failed = FAILED, all_channels = channels.begun + n,                                       \
     channels_begin = channels.begun == 0 ? offset(in->at) : channels_begin)
#define HOLDS_channels_error_0(H)                                                                  \
    H(INSIDE(in)), H(channels.begun <= all_channels), H(n == all_channels - channels.begun),       \
        H(FAILED || (!has_failed && is_walked(&channels, offset(in->at), channels_begin)))
#define FORGET_channels_error_0                                                                    \
    (FORGET(in), n = any_unsigned(), error = any_int(), channels = any_row_of(channels.any))
#define LEFT_channels_error_0 n

#define START_sections_error_1 (has_failed = FAILED, counted_inputs = c->inputs)
#define HOLDS_sections_error_1(H)                                                                  \
    H(INSIDE(in)), H(node >= first), H(node <= sources + c->outputs),                              \
        H(nodes.begun == node - first),                                                            \
        H(FAILED || (!has_failed && is_walked(&nodes, offset(in->at), offset(c->nodes))))
#define FORGET_sections_error_1                                                                    \
    (FORGET(in), node = any_unsigned(), error = any_int(), nodes = any_row_of(nodes.any))
#define LEFT_sections_error_1 (sources + c->outputs - node)

#include "wann_rt.c"

#include "prove_take.h"

#include "prove_blob.h"

static row any_row_of(unsigned any) {
    const row r = {any_unsigned(), any, any_size(), any_size(), any_size()};
    return r;
}

/* What is so where the walk over a row stands at `at`. */
static _Bool is_walked(const row *r, size_t at, size_t begin) {
    if (r->begun == 0) {
        return at == begin;
    }
    if (r->begun <= r->any) {
        return at > begin;
    }
    return part_holds(r->from, r->to, r->any, r->begun, begin, at) &&
           (r->begun == r->any + 1 || r->next == r->to);
}

/* Takes a part of any length, or refuses it, or notes that it is longer than what is left. */
static int walked(cursor *in, row *r) {
    const size_t from = offset(in->at);
    const size_t length = any_size();
    const _Bool accepts = any_bool();
    PROVE("the cursor is inside", INSIDE(in));
    ASSUME(length <= in->left);
    in->at += length;
    in->left -= length;
    if (any_bool()) {
        in->has_overrun = 1;
        in->left = 0;
    }
    ASSUME(!accepts || in->has_overrun || length > 0);
    if (r->begun == r->any) {
        r->from = from;
        r->to = from + length;
    }
    if (r->begun == r->any + 1) {
        r->next = from;
    }
    r->begun++;
    return accepts ? WANN_OK : WANN_E_NUMBER;
}

/* What prove_derived_error.c proves of it, in place of it. */
int all_derived_error(cursor *in, wann_controller *c) {
    const size_t length = any_size();
    PROVE("the cursor is inside", INSIDE(in));
    if ((c->flags & FLAG_DERIVED) != 0) {
        ASSUME(length <= in->left);
        in->at += length;
        in->left -= length;
        c->inputs = (uint16_t)any_u32();
        c->outputs = (uint16_t)any_u32();
        c->state = (uint16_t)any_u32();
        if (any_bool()) {
            in->has_overrun = 1;
            in->left = 0;
            return any_int();
        }
        if (any_bool()) {
            return WANN_E_DERIVED;
        }
        ASSUME(c->inputs > c->observations && c->outputs >= c->actions && c->state > 0);
        ASSUME(1u + c->inputs + c->hidden + c->outputs + c->state <= WANN_MAX_NODES);
    }
    return WANN_OK;
}

int node_error(cursor *in, unsigned flags, unsigned end) {
    wann_controller c;
    (void)header_error(blob, &c);
    c.inputs = (uint16_t)counted_inputs;
    PROVE("the flags are the blob's", flags == c.flags);
    PROVE("a node may look at what is before it", end == node_end(&c, nodes.begun));
    return walked(in, &nodes);
}

int channel_error(cursor *in) { return walked(in, &channels); }

uint32_t crc32(const uint8_t *p, size_t covered) {
    PROVE("the CRC covers the blob", p == blob && covered == blob_size - CRC_BYTES);
    return any_u32();
}

static _Bool are_equal(const wann_controller *a, const wann_controller *b) {
    return a->observations == b->observations && a->hidden == b->hidden &&
           a->actions == b->actions && a->members == b->members && a->vectors == b->vectors &&
           a->flags == b->flags && a->blob == b->blob && a->nodes == b->nodes &&
           a->tests == b->tests && a->channels == b->channels && a->inputs == b->inputs &&
           a->outputs == b->outputs && a->state == b->state && a->floats == b->floats;
}

int main(void) {
    wann_controller c; /* of any content */
    wann_controller before;
    int error;

    any_blob();
    walked_size = blob_size - CRC_BYTES;
    c.blob = blob;
    c.channels = blob + any_size();
    c.nodes = blob + any_size();
    c.tests = blob + any_size();
    before = c;
    nodes.any = any_unsigned();
    channels.any = any_unsigned();
    error = wann_load(any_bool() ? &c : NULL, any_bool() ? blob : NULL, blob_size);
    if (error != WANN_OK) {
        PROVE("an error changes nothing", are_equal(&c, &before));
        return 0;
    }
    PROVE("the controller holds", controller_holds(&c));
    PROVE("its flags are the blob's", c.flags == blob[AT_FLAGS]);
    if (nodes.any < n_nodes(&c)) {
        PROVE("each node holds", node_holds(&c, nodes.any, nodes.from, nodes.to));
        PROVE("the next one follows", nodes.any + 1 == n_nodes(&c) || nodes.next == nodes.to);
    }
    if (channels.any < n_channels(&c)) {
        PROVE("each channel holds", channel_holds(&c, channels.any, channels.from, channels.to));
        PROVE("the next one follows",
              channels.any + 1 == n_channels(&c) || channels.next == channels.to);
    }
    return 0;
}
