/*
 * A controller that wann_load() made of a blob of up to REPLAY_BYTES bytes: replay() reads only the
 * vectors of the blob, and gives run() arrays inside of the scratch. (The product of how many
 * vectors there are and how long they are is hard for the solver, hence the bound.)
 */

#include "prove.h"

#include "wann_rt.h"

#define REPLAY_BYTES 128

static size_t vectors_end;
static size_t vector_begins;

static uint32_t vectors_bytes(const wann_controller *c, unsigned n);

#define START_replay_0 (vectors_end = offset(c->tests) + vectors_bytes(c, c->vectors))
#define HOLDS_replay_0(H)                                                                          \
    H(vector <= c->vectors), H(offset(at) + vectors_bytes(c, c->vectors - vector) == vectors_end)
#define FORGET_replay_0                                                                            \
    (vector = any_unsigned(), k = any_unsigned(), at = blob + any_size(), error = any_int())
#define LEFT_replay_0 (c->vectors - vector)

#define START_replay_1 (vector_begins = offset(at))
#define HOLDS_replay_1(H) H(k <= c->observations), H(offset(at) == vector_begins + 4 * k)
#define FORGET_replay_1 (k = any_unsigned(), at = blob + any_size())
#define LEFT_replay_1 (c->observations - k)

#define START_replay_2 (vector_begins = offset(at))
#define HOLDS_replay_2(H) H(k <= c->actions), H(offset(at) == vector_begins + 4 * k)
#define FORGET_replay_2 (k = any_unsigned(), at = blob + any_size(), error = any_int())
#define LEFT_replay_2 (c->actions - k)

#include "wann_rt.c"

#include "prove_blob.h"

enum { MOST_FLOATS = 65536 };

extern float memory[MOST_FLOATS];
static float *scratch_given; /* so late in it that nothing is behind the scratch */

void run(const wann_controller *c, const float *obs, float *actions, const float *weights,
         unsigned n, float *scratch) {
    PROVE("the scratch is the caller's", scratch == scratch_given);
    PROVE("the weights are the controller's", weights == NULL && n == c->members);
    PROVE("the observation is in the scratch", obs == scratch + 1);
    PROVE("the actions are in the scratch", actions == obs + c->inputs + c->hidden);
}

void forget(float *state, unsigned n) {
    PROVE("the state is in the scratch",
          state >= scratch_given && state + n == memory + MOST_FLOATS);
}

int main(void) {
    wann_controller c;

    any_controller(&c);
    ASSUME(blob_size <= REPLAY_BYTES);
    scratch_given = memory + MOST_FLOATS - wann_scratch_floats(&c);
    (void)replay(&c, scratch_given);
    return 0;
}
