/*
 * Swings a simulated pole up on an Arduino Uno: the controller tests itself, then runs every 10 ms
 * and prints the bits of each state and action, so that the run can be compared with Python's.
 */
#if defined(EMULATED)
#include <avr/sleep.h>
#endif

#include "controller.h"
#include "plant.h"

static const unsigned long PERIOD_MS = CONTROLLER_DT_US / 1000;
static const uint32_t STEPS = 1000;

static float state[PLANT_N_STATE]; // of the simulated robot
static unsigned long due;          // when the next step is, in ms
static uint32_t step;
static float weight = CONTROLLER_WEIGHT; // the one knob

#if defined(KNOB)
#include "knob.h"
#endif

static void sense(float obs[]) { plant_observe(state, obs); }

static void drive(const float actions[]) {
    float reward;
    plant_step(state, actions, &reward);
}

static void release() {} // a real motor would be left without force

static void stop(const __FlashStringHelper *why) {
    release();
    Serial.println(why);
    Serial.flush();
#if defined(EMULATED)
    noInterrupts(); // asleep without interrupts: the emulator ends the run
    sleep_mode();
#endif
    for (;;) {
    }
}

static void print_word(uint32_t word) {
    for (int8_t shift = 28; shift >= 0; shift -= 4) {
        Serial.print((uint8_t)(word >> shift) & 15, HEX);
    }
}

static void print_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    Serial.print(' ');
    print_word(bits);
}

static void print_step(const float actions[]) {
    print_word(step);
    for (uint8_t k = 0; k < PLANT_N_STATE; k++) {
        print_bits(state[k]);
    }
    print_bits(actions[CONTROLLER_ACTION_FORCE]);
    Serial.println();
}

void setup() {
    Serial.begin(115200);
    Serial.println(F("controller " CONTROLLER_DIGEST));
    if (controller_selftest() != 0 || plant_selftest() != 0) {
        stop(F("refused: this build does not compute the bits that were searched"));
    }
    Serial.println(F("self-test passed"));
#if defined(KNOB)
    weight = turned_knob();
#endif
    plant_start(state);
    due = millis() + PERIOD_MS;
}

void loop() {
    float obs[CONTROLLER_N_OBSERVATIONS];
    float actions[CONTROLLER_N_ACTIONS];

    const long late = (long)(millis() - due); // right across the overflow of millis(), too
    if (late < 0) {
        return;
    }
    if (late >= (long)PERIOD_MS) {
        stop(F("stopped: a period was missed"));
    }
    due += PERIOD_MS;

    sense(obs);
    controller_step_weight(obs, actions, weight);
    print_step(actions);
    drive(actions);

    step++;
    if (step == STEPS) {
        stop(F("done"));
    }
}
