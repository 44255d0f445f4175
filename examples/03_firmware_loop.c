/*
 * A firmware's main loop around a generated header: self-test first, then one step per period.
 *
 *     wann-rt export champion.json --to c --out champion.h
 *     cc -O2 -o loop 03_firmware_loop.c && ./loop
 */
#include <stdio.h>

#include "champion.h"

/* Stand-ins for the drivers of a real board. */
static void read_sensors(float obs[CARTPOLE_SWINGUP_N_OBSERVATIONS]) {
    obs[CARTPOLE_SWINGUP_OBS_X] = 0.0f;
    obs[CARTPOLE_SWINGUP_OBS_X_DOT] = 0.0f;
    obs[CARTPOLE_SWINGUP_OBS_COS_THETA] = -1.0f; /* the pole hangs */
    obs[CARTPOLE_SWINGUP_OBS_SIN_THETA] = 0.0f;
    obs[CARTPOLE_SWINGUP_OBS_THETA_DOT] = 0.0f;
}

static void drive_motor(float force) { printf("force %.9g\n", (double)force); }

int main(void) {
    float obs[CARTPOLE_SWINGUP_N_OBSERVATIONS];
    float actions[CARTPOLE_SWINGUP_N_ACTIONS];
    int period;

    if (cartpole_swingup_selftest() != 0) {
        fprintf(stderr, "self-test failed: this build computes other bits, refusing to start\n");
        return 1;
    }
    printf("self-test passed: %s\n", CARTPOLE_SWINGUP_DIGEST);
    for (period = 0; period < 3;
         period++) { /* on a board: for ever, every CARTPOLE_SWINGUP_DT_US */
        read_sensors(obs);
        cartpole_swingup_step(obs, actions);
        drive_motor(actions[CARTPOLE_SWINGUP_ACTION_FORCE]);
    }
    return 0;
}
