/*
 * A robot that is computed: the plant on which the controller was searched, traced to C. It prints
 * the bits of each state and action, so that the run can be compared with Python's.
 */
#include "board.h"
#include "plant.h"
#include "robot.h"

#define STEPS 1000u

static float state[PLANT_N_STATE];
static uint32_t step;
static int failed;

static uint32_t bits_of(float value) {
    union {
        float value;
        uint32_t bits;
    } both;
    both.value = value;
    return both.bits;
}

int robot_start(void) {
    step = 0u;
    failed = 0;
    plant_start(state);
    return plant_selftest();
}

int robot_is_running(void) { return step < STEPS && !failed; }

/* FAULT_NAN, FAULT_STALE, FAULT_HANG: the seeded faults of the makefile. */
int robot_sense(float obs[]) {
    plant_observe(state, obs);
#if defined(FAULT_NAN)
    if (step == 100u) {
        obs[0] = __builtin_nanf("");
    }
#elif defined(FAULT_STALE)
    return step != 100u;
#elif defined(FAULT_HANG)
    while (step == 100u) {
    }
#endif
    return 1;
}

void robot_drive(const float actions[]) {
    float reward;
    int k;

    board_print_word(step);
    for (k = 0; k < PLANT_N_STATE; k++) {
        board_print(" ");
        board_print_word(bits_of(state[k]));
    }
    board_print(" ");
    board_print_word(bits_of(actions[PLANT_ACTION_FORCE]));
    board_print("\n");

    failed = plant_step(state, actions, &reward);
    step++;
}

#if defined(KNOB)
void robot_rest(unsigned episode) {
    (void)robot_start();
    state[0] = ((float)(episode % 5u) - 2.0f) * 0.02f; /* the cart, a little aside */
}

float robot_drive_scored(const float actions[]) {
    float reward;
    failed = plant_step(state, actions, &reward);
    step++;
    return reward;
}
#endif

void robot_release(void) {}
