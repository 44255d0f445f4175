/*
 * One knob on the robot: twenty episodes, each with a weight that wann_tune.h proposes, and the
 * best stays. The state lies in the EEPROM between episodes: switched off, it goes on where it
 * stopped.
 */
#ifndef KNOB_H
#define KNOB_H

#include <avr/eeprom.h>

#include "wann_tune.h"

static const float KNOB_LOW = 0.18f, KNOB_HIGH = 2.0f; // as `wann-rt knob` says
static const float KNOB_FLOOR = 100.0f;                // the pole hardly moves
static const uint16_t KNOB_EPISODES = 20;
static void *const KNOB_PLACE = (void *)16; // in the EEPROM

static void print_word(uint32_t word);
static void print_bits(float value);

// A hand brings the robot to rest, never quite in the same place.
static void rest(uint16_t episode) {
    plant_start(state);
    state[0] = ((float)(episode % 5) - 2.0f) * 0.02f;
}

static float episode_return(float weight) {
    float obs[CONTROLLER_N_OBSERVATIONS];
    float actions[CONTROLLER_N_ACTIONS];
    float reward, total = 0.0f;
    bool failed = false;
    for (uint16_t k = 0; k < STEPS && !failed; k++) {
        plant_observe(state, obs);
        controller_step_weight(obs, actions, weight);
        failed = plant_step(state, actions, &reward) != 0;
        total += reward;
    }
    return total;
}

static float turned_knob() {
    wann_tune tune;
    eeprom_read_block(&tune, KNOB_PLACE, sizeof tune);
    if (wann_tune_is_whole(&tune) == 0) {
        wann_tune_start(&tune, CONTROLLER_WEIGHT, KNOB_LOW, KNOB_HIGH, KNOB_FLOOR, KNOB_EPISODES);
    }
    while (wann_tune_is_done(&tune) == 0) {
        rest(tune.told);
        const float total = episode_return(tune.weight);
        Serial.print(F("knob"));
        print_bits(tune.weight);
        print_bits(total);
        Serial.println();
        wann_tune_tell(&tune, total);
        eeprom_update_block(&tune, KNOB_PLACE, sizeof tune);
        eeprom_read_block(&tune, KNOB_PLACE, sizeof tune); // as after a change of the battery
    }
    return tune.weight;
}

#endif // KNOB_H
