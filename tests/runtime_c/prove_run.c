/*
 * Any controller that wann_load() made, any number of weights: run() takes the nodes and channels
 * one by one as they were accepted, and stays inside of the blob, the scratch and the arrays. Of
 * compute() and condition() only what prove_compute.c and prove_condition.c prove is known. With
 * -DSPREAD the same of run_apart(), whose scratch is longer.
 */

#include "prove.h"

static size_t node_begins(unsigned node);
static size_t channel_begins(unsigned channel);

#include "wann_rt.h"

static unsigned n_first_channels(const wann_controller *c);
static unsigned n_conditioned(const wann_controller *c, unsigned outputs);

static wann_controller loaded;
static unsigned node_now;
static unsigned channel_now;

static unsigned first_node; /* of a row that is computed */
static unsigned first_channel;

/* A row of nodes, of each form. */
#define AT_NODE(H) H(k <= n), H(node_now == first_node + k), H(offset(p) == node_begins(node_now))
#define FORGET_AT_NODE(k, p, now) (k = any_unsigned(), p = blob + any_size(), now = any_unsigned())

#define HOLDS_compute_any_0(H) AT_NODE(H)
#define START_compute_any_0 (first_node = node_now)
#define FORGET_compute_any_0 FORGET_AT_NODE(k, p, node_now)
#define LEFT_compute_any_0 (n - k)

#define HOLDS_compute_short_0(H) AT_NODE(H)
#define START_compute_short_0 (first_node = node_now)
#define FORGET_compute_short_0 FORGET_AT_NODE(k, p, node_now)
#define LEFT_compute_short_0 (n - k)

#define HOLDS_compute_wide_0(H) AT_NODE(H)
#define START_compute_wide_0 (first_node = node_now)
#define FORGET_compute_wide_0 FORGET_AT_NODE(k, p, node_now)
#define LEFT_compute_wide_0 (n - k)

#define HOLDS_condition_0(H)                                                                       \
    H(k <= n), H(channel_now == first_channel + k), H(offset(p) == channel_begins(channel_now))
#define START_condition_0 (first_channel = channel_now)
#define FORGET_condition_0 (k = any_unsigned(), p = blob + any_size(), channel_now = any_unsigned())
#define LEFT_condition_0 (n - k)

#define HOLDS_run_again_0(H)                                                                       \
    H(k <= c->outputs), H(node_now == c->hidden + k), H(offset(node) == node_begins(node_now)),    \
        H(channel_now == n_first_channels(c) + n_conditioned(c, k)),                               \
        H(offset(channel) == channel_begins(channel_now))
#define FORGET_run_again_0                                                                         \
    (k = any_unsigned(), node = blob + any_size(), channel = blob + any_size(),                    \
     node_now = any_unsigned(), channel_now = any_unsigned())
#define LEFT_run_again_0 (c->outputs - k)

#define HOLDS_average_any_0(H) H(k >= 1), H(k <= n)
#define FORGET_average_any_0 (k = any_unsigned())
#define EACH_average_any_0 (node_now = 0, channel_now = n_first_channels(c))
#define LEFT_average_any_0 (n - k)

#define HOLDS_average_any_1(H) H(k <= c->outputs)
#define START_average_any_1 (channel_now = n_first_channels(c))
#define FORGET_average_any_1 (k = any_unsigned())
#define LEFT_average_any_1 (c->outputs - k)

#define HOLDS_copy_floats_0(H) H(k <= n)
#define FORGET_copy_floats_0 (k = any_unsigned())
#define LEFT_copy_floats_0 (n - k)

#define HOLDS_copy_floats_1(H) H(k <= n)
#define FORGET_copy_floats_1 (k = any_unsigned())
#define LEFT_copy_floats_1 (n - k)

#define HOLDS_run_any_0(H) H(k <= c->actions)
#define FORGET_run_any_0 (k = any_unsigned())
#define LEFT_run_any_0 (c->actions - k)

#define HOLDS_run_any_1(H) H(k <= c->actions)
#define FORGET_run_any_1 (k = any_unsigned())
#define LEFT_run_any_1 (c->actions - k)

#define HOLDS_run_any_2(H) H(k <= c->actions)
#define FORGET_run_any_2 (k = any_unsigned())
#define LEFT_run_any_2 (c->actions - k)

#include "wann_rt.c"

#include "prove_blob.h"

enum { MOST_FLOATS = 65536, MOST_SCRATCH = WANN_SPREAD_FLOATS(MOST_FLOATS, MOST_FLOATS) };

/* Each array begins or ends where its memory does, so that nothing is before it or behind it. */
extern float obs_memory[MOST_FLOATS];
extern float actions_memory[MOST_FLOATS];
extern float spread_memory[MOST_FLOATS];
extern float scratch_memory[MOST_SCRATCH];
extern float weights_memory[MOST_FLOATS];

static float *any_part(float *memory, size_t most, size_t n) {
    ASSUME(n <= most);
    return memory + (any_bool() ? 0 : most - n);
}

static float *any_array(float *memory, size_t n) { return any_part(memory, MOST_FLOATS, n); }

static const float *scratch_given;

/* Of so many outputs, those that are conditioned: actions. */
static unsigned n_conditioned(const wann_controller *c, unsigned outputs) {
    const unsigned most = outputs < c->actions ? outputs : c->actions;
    return (c->flags & FLAG_ACTIONS) != 0 ? most : 0u;
}

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

float computed(const uint8_t **at, unsigned flags, float weight, const float *values) {
    (void)weight;
    PROVE("there is such a node", node_now < n_nodes(&loaded));
    PROVE("it begins here", *at == blob + node_begins(node_now));
    PROVE("the form is the blob's", (flags & FORM) == (loaded.flags & FORM));
    PROVE("it looks into the scratch", values == scratch_given);
    PROVE("at nothing but values", node_end(&loaded, node_now) <= wann_scratch_floats(&loaded));
    rely_on_node(node_now);
    node_now++;
    *at = blob + node_begins(node_now);
    return any_float();
}

float computed_wide(const uint8_t **at, float weight, const float *values) {
    return computed(at, FLAG_WIDE, weight, values);
}

#if !WANN_SMALL
float computed_short(const uint8_t **at, float weight, const float *values) {
    return computed(at, 0, weight, values);
}
#endif

float conditioned(const uint8_t **at, float x, int is_action) {
    (void)x;
    (void)is_action;
    PROVE("there is such a channel", channel_now < n_channels(&loaded));
    PROVE("it begins here", *at == blob + channel_begins(channel_now));
    rely_on_channel(channel_now);
    channel_now++;
    *at = blob + channel_begins(channel_now);
    return any_float();
}

/* What prove_derive.c proves of these two needs this of their arguments. */
void derive(const wann_controller *c, float *values, float *state) {
    PROVE("there are derived channels", (c->flags & FLAG_DERIVED) != 0);
    PROVE("they stand behind the observations", values == scratch_given + 1);
    PROVE("the state is the end of the scratch of a step",
          state + c->state == scratch_given + wann_scratch_floats(c));
}

void remember(const wann_controller *c, const float *outputs, float *state) {
    PROVE("there are derived channels", (c->flags & FLAG_DERIVED) != 0);
    PROVE("the state stands behind the outputs", outputs + c->outputs == state);
    PROVE("the state is the end of the scratch of a step",
          state + c->state == scratch_given + wann_scratch_floats(c));
}

/* Runs it with the controller's weights, or with any others. */
static void step(const float *obs, float *actions) {
    const float *weights = NULL;
    unsigned n = loaded.members;
    float *scratch;
    if (any_bool()) {
        n = any_unsigned();
        ASSUME(n > 0);
        weights = any_array(weights_memory, n);
    }
    scratch = any_part(scratch_memory, MOST_SCRATCH, wann_scratch_floats(&loaded));
    scratch_given = scratch;
    run(&loaded, obs, actions, weights, n, scratch);
}

static void step_spread(const float *obs, float *actions) {
    float *const spread = any_array(spread_memory, loaded.actions);
    const size_t floats = WANN_SPREAD_FLOATS(wann_scratch_floats(&loaded), loaded.actions);
    float *const scratch = any_part(scratch_memory, MOST_SCRATCH, floats);
    scratch_given = scratch;
    run_apart(&loaded, obs, actions, spread, scratch);
}

int main(void) {
    const float *obs;
    float *actions;

    any_controller(&loaded);
    rely_on_node(0);
    if (n_channels(&loaded) > 0) {
        rely_on_channel(0);
    }
    ASSUME(channel_begins(0) == channels_at(&loaded));
    obs = any_array(obs_memory, loaded.observations);
    actions = any_array(actions_memory, loaded.actions);
#if defined(SPREAD)
    step_spread(obs, actions);
#else
    step(obs, actions);
#endif
    return 0;
}
