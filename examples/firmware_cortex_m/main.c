/*
 * The firmware: test the controller on this very chip, then run it once per period, guarded.
 * Nothing here knows whether the robot is real.
 */
#include "board.h"
#include "controller.h"
#include "knob.h"
#include "robot.h"
#include "wann_guard.h"

enum { SENSED, STEPPED, DRIVEN, STAGES };

/* What a fault drives the robot to, and the most that an action may change in a period. */
static const float safe[] = {CONTROLLER_FAIL_SAFE_FORCE};
static const float most[] = {WANN_GUARD_ANY_CHANGE};

#define WATCHDOG_US 100000u /* generous: it is for a loop that hangs */

static wann_guard guard;
#if defined(KNOB)
static float weight;
#endif

static void refuse(const char *why) {
    board_print("refused: ");
    board_print(why);
    board_print("\n");
    board_stop(BOARD_FAILED);
}

static void stop_on(uint32_t faults) {
    robot_release();
    board_print("stopped:");
    board_print((faults & WANN_GUARD_LATE) != 0u ? " a period was missed" : "");
    board_print((faults & WANN_GUARD_STALE) != 0u ? " the sensors brought nothing new" : "");
    board_print((faults & WANN_GUARD_INPUT) != 0u ? " a sensor gave no number" : "");
    board_print((faults & WANN_GUARD_ORDER) != 0u ? " a stage of the loop was skipped" : "");
    board_print((faults & WANN_GUARD_MEMORY) != 0u ? " memory was overwritten" : "");
    board_print("\n");
    board_stop(BOARD_FAILED);
}

/* With a knob, any weight; else the own one, and the step says what it met. */
static int status_of_step(const float obs[], float wanted[]) {
#if defined(KNOB)
    controller_step_weight(obs, wanted, weight);
    return 0;
#else
    return controller_step_checked(obs, wanted);
#endif
}

static void run(void) {
    float obs[CONTROLLER_N_OBSERVATIONS];
    float wanted[CONTROLLER_N_ACTIONS];
    float actions[CONTROLLER_N_ACTIONS] = {0.0f};
    uint32_t now_us = 0u;

    wann_guard_start(&guard, CONTROLLER_DT_US, CONTROLLER_DT_US / 2u, 0u);
    while (robot_is_running()) {
        now_us += board_wait() * CONTROLLER_DT_US;
        (void)wann_guard_begin(&guard, now_us, robot_sense(obs));
        wann_guard_pass(&guard, SENSED);
        if ((status_of_step(obs, wanted) & CONTROLLER_STATUS_NOT_FINITE) != 0) {
            wann_guard_latch(&guard, WANN_GUARD_INPUT);
        }
        wann_guard_pass(&guard, STEPPED);
        wann_guard_act(&guard, wanted, safe, most, actions, CONTROLLER_N_ACTIONS);
        robot_drive(actions);
        wann_guard_pass(&guard, DRIVEN);
        if (wann_guard_end(&guard, STAGES) != 0) {
            board_feed(); /* the watchdog: only a loop that has done all of this */
        }
        if (wann_guard_faults(&guard) != 0u) {
            stop_on(
                wann_guard_faults(&guard)); /* a robot that must go on drives the safe actions */
        }
    }
}

int main(void) {
    board_start();
    board_print("controller " CONTROLLER_DIGEST "\n");
    if (controller_selftest() != 0) {
        refuse("this build does not compute the bits that were searched");
    }
    if (robot_start() != 0) {
        refuse("the robot is not ready");
    }
    board_print("self-test passed\n");
#if defined(KNOB)
    weight = knob_turned();
    (void)robot_start();
#endif
    board_start_timer(CONTROLLER_DT_US);
    board_start_watchdog(WATCHDOG_US);
    run();
    robot_release();
    board_stop(BOARD_DONE);
}
