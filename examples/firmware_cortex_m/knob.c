/*
 * Turns the one knob of the controller on the robot, by what wann_tune.h proposes. On a board with
 * flash to spare, save `tune` after each episode: 84 bytes, from which it goes on.
 */
#include "knob.h"

#include "board.h"
#include "controller.h"
#include "robot.h"
#include "wann_tune.h"

#define LOW 0.18f /* bounds of the weight, as `wann-rt knob` says */
#define HIGH 2.0f
#define FLOOR 100.0f /* the pole hardly moves */
#define EPISODES 20u

static wann_tune tune;

static float episode_return(void) {
    float obs[CONTROLLER_N_OBSERVATIONS];
    float actions[CONTROLLER_N_ACTIONS];
    float total = 0.0f;
    robot_rest(tune.told);
    while (robot_is_running()) {
        (void)robot_sense(obs);
        controller_step_weight(obs, actions, tune.weight);
        total += robot_drive_scored(actions);
    }
    return total;
}

float knob_turned(void) {
    (void)wann_tune_start(&tune, CONTROLLER_WEIGHT, LOW, HIGH, FLOOR, EPISODES);
    while (wann_tune_is_done(&tune) == 0) {
        const float total = episode_return();
        board_print("knob ");
        board_print_word(wann_tune_bits(tune.weight));
        board_print(" ");
        board_print_word(wann_tune_bits(total));
        board_print("\n");
        (void)wann_tune_tell(&tune, total);
    }
    return tune.weight;
}
