/*
 * The firmware: test the controller on this very chip, then run it once per period. Nothing here
 * knows whether the robot is real.
 */
#include "board.h"
#include "controller.h"
#include "robot.h"

static void refuse(const char *why) {
    board_print("refused: ");
    board_print(why);
    board_print("\n");
    board_stop(BOARD_FAILED);
}

int main(void) {
    float obs[CONTROLLER_N_OBSERVATIONS];
    float actions[CONTROLLER_N_ACTIONS];

    board_start();
    board_print("controller " CONTROLLER_DIGEST "\n");
    if (controller_selftest() != 0) {
        refuse("this build does not compute the bits that were searched");
    }
    if (robot_start() != 0) {
        refuse("the robot is not ready");
    }
    board_print("self-test passed\n");
    board_start_timer(CONTROLLER_DT_US);
    while (robot_is_running()) {
        if (board_wait() != 1) {
            robot_release();
            board_print("stopped: a period was missed\n");
            board_stop(BOARD_FAILED);
        }
        robot_sense(obs);
        controller_step(obs, actions);
        robot_drive(actions);
    }
    robot_release();
    board_stop(BOARD_DONE);
}
