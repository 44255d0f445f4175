/*
 * Any controller that wann_load() made, or none, and any arguments: what a caller calls gives run()
 * or replay() all that prove_run.c and prove_replay.c need, and gives the caller no text but the
 * one in the blob. run(), run_apart() and replay() come without their bodies.
 */

#include "prove.h"

#include "wann_rt.c"

#include "prove_blob.h"

static wann_controller loaded;
static const float *obs;
static float *actions;
static float *spread;
static float *scratch;
static float *weights;
static uint32_t floats;
static uint16_t n_weights;
static float touched;

void run(const wann_controller *c, const float *from, float *to, const float *under, unsigned n,
         float *memory) {
    PROVE("the controller is loaded", c == &loaded);
    PROVE("the scratch suffices",
          memory != NULL && memory == scratch && floats >= wann_scratch_floats(&loaded));
    PROVE("the arrays are the caller's",
          from != NULL && from == obs && to != NULL && to == actions);
    PROVE("there is a weight", n > 0);
    if (under == NULL) {
        PROVE("they are the controller's", n == loaded.members);
    } else if (under != weights) {
        PROVE("it is one", n == 1);
        touched = *under;
    } else {
        PROVE("they are the caller's", n == n_weights);
    }
}

void run_apart(const wann_controller *c, const float *from, float *to, float *apart,
               float *memory) {
    PROVE("there is an array for the spread", apart != NULL && apart == spread);
    PROVE("the longer scratch suffices",
          floats >= WANN_SPREAD_FLOATS(wann_scratch_floats(c), (size_t)c->actions));
    run(c, from, to, NULL, c->members, memory);
}

extern float spread_memory[1];
extern float obs_memory[1];
extern float actions_memory[1];
extern float scratch_memory[1];
extern float weights_memory[1];

int replay(const wann_controller *c, float *memory) {
    PROVE("the controller is loaded", c == &loaded && c->vectors > 0);
    PROVE("the scratch suffices",
          memory != NULL && memory == scratch && floats >= wann_scratch_floats(&loaded));
    return any_int();
}

void forget(float *state, unsigned n) {
    const size_t begin = wann_scratch_floats(&loaded) - loaded.state;
    PROVE("the state is in the scratch", state == scratch + begin && n == loaded.state);
    PROVE("the scratch suffices", floats >= wann_scratch_floats(&loaded));
}

static float *any_array(float *memory) { return any_bool() ? NULL : memory; }

/* Calls everything. */
static void call(const wann_controller *c) {
    const uint8_t *text;
    size_t bytes;
    (void)wann_step(c, obs, actions, scratch, floats);
    (void)wann_step_spread(c, obs, actions, spread, scratch, floats);
    (void)wann_step_weight(c, obs, actions, any_float(), scratch, floats);
    (void)wann_ensemble(c, obs, actions, weights, n_weights, scratch, floats);
    (void)wann_selftest(c, scratch, floats);
    (void)wann_reset(c, scratch, floats);
    (void)wann_digest(c);
    text = wann_text(c, any_bool() ? &bytes : NULL);
    if (text != NULL) {
        PROVE("the text is in the blob", offset(text) <= blob_size - CRC_BYTES &&
                                             bytes == blob_size - CRC_BYTES - offset(text));
    }
}

int main(void) {
    const wann_controller zero = {0};

    any_controller(&loaded);
    obs = any_array(obs_memory);
    actions = any_array(actions_memory);
    spread = any_array(spread_memory);
    weights = any_array(weights_memory);
    floats = any_u32();
    scratch = any_array(scratch_memory);
    n_weights = (uint16_t)any_u32();
    if (any_bool()) {
        call(&loaded);
    } else {
        call(any_bool() ? &zero : NULL);
    }
    return 0;
}
