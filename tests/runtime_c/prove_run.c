/*
 * Any controller that wann_load() made, any number of weights: run() takes the nodes and channels
 * one by one as they were accepted, and stays inside of the blob, the scratch and the arrays. Of
 * compute() and condition() only what prove_compute.c and prove_condition.c prove is known.
 */

#include "prove.h"

static size_t node_begins(unsigned node);
static size_t channel_begins(unsigned channel);

#include "wann_rt.h"

static wann_controller loaded;
static unsigned node_now;
static unsigned channel_now;

#define HOLDS_run_0(H)                                                                             \
    H(k <= c->observations), H(channel_now == ((c->flags & FLAG_OBSERVATIONS) != 0 ? k : 0)),      \
        H(offset(outputs) == channel_begins(channel_now))
#define START_run_0 (channel_now = 0)
#define FORGET_run_0                                                                               \
    (k = any_unsigned(), x = any_float(), outputs = blob + any_size(), channel_now = any_unsigned())
#define LEFT_run_0 (c->observations - k)

#define HOLDS_run_1(H) H(m <= n)
#define FORGET_run_1                                                                               \
    (m = any_unsigned(), k = any_unsigned(), x = any_float(), channel = blob + any_size(),         \
     node_now = any_unsigned(), channel_now = any_unsigned())
#define LEFT_run_1 (n - m)

#define HOLDS_run_2(H) H(k <= c->hidden), H(node_now == k), H(offset(node) == node_begins(node_now))
#define START_run_2 (node_now = 0)
#define FORGET_run_2 (k = any_unsigned(), node = blob + any_size(), node_now = any_unsigned())
#define LEFT_run_2 (c->hidden - k)

#define HOLDS_run_3(H)                                                                             \
    H(k <= c->actions), H(node_now == c->hidden + k), H(offset(node) == node_begins(node_now)),    \
        H(channel_now == n_first_channels(c) + ((c->flags & FLAG_ACTIONS) != 0 ? k : 0)),          \
        H(offset(channel) == channel_begins(channel_now))
#define START_run_3 (channel_now = n_first_channels(c))
#define FORGET_run_3                                                                               \
    (k = any_unsigned(), x = any_float(), node = blob + any_size(), channel = blob + any_size(),   \
     node_now = any_unsigned(), channel_now = any_unsigned())
#define LEFT_run_3 (c->actions - k)

#define HOLDS_run_4(H)                                                                             \
    H(k <= c->actions),                                                                            \
        H(channel_now == n_first_channels(c) + ((c->flags & FLAG_ACTIONS) != 0 ? k : 0)),          \
        H(offset(channel) == channel_begins(channel_now))
#define START_run_4 (channel_now = n_first_channels(c))
#define FORGET_run_4                                                                               \
    (k = any_unsigned(), x = any_float(), channel = blob + any_size(), channel_now = any_unsigned())
#define LEFT_run_4 (c->actions - k)

static unsigned n_first_channels(const wann_controller *c);

#include "wann_rt.c"

#include "prove_blob.h"

enum { MOST_FLOATS = 65536 };

/* Each array begins or ends where its memory does, so that nothing is before it or behind it. */
extern float obs_memory[MOST_FLOATS];
extern float actions_memory[MOST_FLOATS];
extern float scratch_memory[MOST_FLOATS];
extern float weights_memory[MOST_FLOATS];

static float *any_array(float *memory, size_t n) {
    ASSUME(n <= MOST_FLOATS);
    return memory + (any_bool() ? 0 : MOST_FLOATS - n);
}

static const float *scratch_given;

/* Where they were accepted; one more is where the last one ends. */
extern const uint32_t begins_of_nodes[WANN_MAX_NODES + 1];
extern const uint32_t begins_of_channels[WANN_MAX_NODES + 1];

static size_t node_begins(unsigned node) { return begins_of_nodes[node]; }
static size_t channel_begins(unsigned channel) { return begins_of_channels[channel]; }

static void rely_on_node(unsigned k) {
    ASSUME(node_holds(&loaded, k, node_begins(k), node_begins(k + 1)));
}

static void rely_on_channel(unsigned k) {
    ASSUME(channel_holds(&loaded, k, channel_begins(k), channel_begins(k + 1)));
}

const uint8_t *compute(const uint8_t *p, unsigned flags, float weight, const float *values,
                       float *value) {
    (void)weight;
    PROVE("there is such a node", node_now < n_nodes(&loaded));
    PROVE("it begins here", p == blob + node_begins(node_now));
    PROVE("the flags are the blob's", flags == loaded.flags);
    PROVE("it looks into the scratch", values == scratch_given);
    PROVE("at nothing but values", node_end(&loaded, node_now) <= wann_scratch_floats(&loaded));
    rely_on_node(node_now);
    *value = any_float();
    node_now++;
    return blob + node_begins(node_now);
}

const uint8_t *condition(const uint8_t *p, float *x, int is_action) {
    (void)is_action;
    PROVE("there is such a channel", channel_now < n_channels(&loaded));
    PROVE("it begins here", p == blob + channel_begins(channel_now));
    rely_on_channel(channel_now);
    *x = any_float();
    channel_now++;
    return blob + channel_begins(channel_now);
}

int main(void) {
    const float *weights = NULL;
    const float *obs;
    float *actions;
    float *scratch;
    unsigned n;

    any_controller(&loaded);
    rely_on_node(0);
    if (n_channels(&loaded) > 0) {
        rely_on_channel(0);
    }
    ASSUME(channel_begins(0) == channels_at(&loaded));
    n = loaded.members;
    if (any_bool()) {
        n = any_unsigned();
        ASSUME(n > 0);
        weights = any_array(weights_memory, n);
    }
    obs = any_array(obs_memory, loaded.observations);
    actions = any_array(actions_memory, loaded.actions);
    scratch = any_array(scratch_memory, wann_scratch_floats(&loaded));
    scratch_given = scratch;
    run(&loaded, obs, actions, weights, n, scratch);
    return 0;
}
