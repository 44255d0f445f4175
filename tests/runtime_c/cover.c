/*
 * Runs everything once for coverage: each blob that is named, good or bad, and every bad call.
 *
 *     cover BLOB...
 */

#include <fenv.h>

#include "exercise.h"

enum { MOST = 1 << 19, SMALL = 64 };

/* Each argument that may be NULL, NULL by itself; and what is not loaded or has no weights. */
static void bad_calls(const uint8_t *good, size_t size) {
    static wann_controller c;
    static const wann_controller zero;
    static wann_monitor none;
    float obs[SMALL] = {0};
    float actions[SMALL];
    float scratch[SMALL];
    float spread[SMALL];
    float weight = 1.0f;
    size_t bytes;

    REQUIRE(wann_load(NULL, good, size) == WANN_E_NULL && wann_load(&c, NULL, size) == WANN_E_NULL);
    REQUIRE(wann_load(&c, good, size) == WANN_OK && wann_scratch_floats(&c) <= SMALL);
    REQUIRE(wann_step(NULL, obs, actions, scratch, SMALL) == WANN_E_NULL);
    REQUIRE(wann_step(&c, NULL, actions, scratch, SMALL) == WANN_E_NULL);
    REQUIRE(wann_step(&c, obs, NULL, scratch, SMALL) == WANN_E_NULL);
    REQUIRE(wann_step(&c, obs, actions, NULL, SMALL) == WANN_E_NULL);
    REQUIRE(wann_step(&zero, obs, actions, scratch, SMALL) == WANN_E_NOT_LOADED);
    REQUIRE(wann_step_spread(NULL, obs, actions, spread, scratch, SMALL) == WANN_E_NULL);
    REQUIRE(wann_step_spread(&c, obs, actions, NULL, scratch, SMALL) == WANN_E_NULL);
    REQUIRE(wann_ensemble(NULL, obs, actions, &weight, 1, scratch, SMALL) == WANN_E_NULL);
    REQUIRE(wann_ensemble(&c, obs, actions, NULL, 1, scratch, SMALL) == WANN_E_NULL);
    REQUIRE(wann_ensemble(&c, obs, actions, &weight, 0, scratch, SMALL) == WANN_E_NO_WEIGHTS);
    REQUIRE(wann_scratch_floats(NULL) == 0 && wann_scratch_floats(&zero) == 0);
    REQUIRE(wann_digest(NULL) == NULL && wann_digest(&zero) == NULL);
    REQUIRE(wann_monitor_load(&none, &zero) == WANN_E_NOT_LOADED);
    REQUIRE(wann_monitor_load(&none, &c) == WANN_E_NO_MONITOR);
    REQUIRE(wann_text(NULL, &bytes) == NULL && wann_text(&zero, &bytes) == NULL);
    REQUIRE(wann_text(&c, NULL) == NULL);
    REQUIRE(fesetround(FE_UPWARD) == 0);
    REQUIRE(wann_selftest(&c, scratch, SMALL) == WANN_E_MISMATCH);
    REQUIRE(fesetround(FE_TONEAREST) == 0);
    REQUIRE(strcmp(wann_error_name(1), "?") == 0 &&
            strcmp(wann_error_name(WANN_E_NO_MONITOR - 1), "?") == 0);
}

/* The same of a monitor; of NaN, of infinities, and of a memory that holds anything. */
static void watched(const uint8_t *blob, size_t size) {
    static const uint32_t odd[] = {0x7fc00000u, 0x7f800000u, 0xff800000u, 0x3f800000u, 0x4b800000u};
    static wann_controller c;
    static wann_monitor m;
    static const wann_monitor zero;
    float obs[SMALL] = {0};
    float actions[SMALL] = {0};
    float memory[8 * SMALL];
    uint32_t alarm;
    size_t k;

    REQUIRE(wann_monitor_load(NULL, &c) == WANN_E_NULL);
    REQUIRE(wann_monitor_load(&m, NULL) == WANN_E_NULL);
    if (wann_load(&c, blob, size) != WANN_OK || wann_monitor_load(&m, &c) != WANN_OK ||
        wann_monitor_floats(&m) > sizeof memory / sizeof *memory) {
        return;
    }
    REQUIRE(wann_monitor_floats(NULL) == 0 && wann_monitor_floats(&zero) == 0);
    REQUIRE(wann_monitor_reset(NULL, memory, m.floats) == WANN_E_NULL);
    REQUIRE(wann_monitor_reset(&zero, memory, m.floats) == WANN_E_NOT_LOADED);
    REQUIRE(wann_monitor_reset(&m, NULL, m.floats) == WANN_E_NULL);
    REQUIRE(wann_monitor_step(&m, NULL, actions, &alarm, memory, m.floats) == WANN_E_NULL);
    REQUIRE(wann_monitor_step(&m, obs, NULL, &alarm, memory, m.floats) == WANN_E_NULL);
    REQUIRE(wann_monitor_step(&m, obs, actions, NULL, memory, m.floats) == WANN_E_NULL);
    REQUIRE(wann_monitor_step(&m, obs, actions, &alarm, NULL, m.floats) == WANN_E_NULL);
    REQUIRE(wann_fail_safe(&m, NULL, m.actions) == WANN_E_NULL);
    for (k = 0; k < 50; k++) {
        const size_t last = m.floats - 1u;
        size_t i;
        for (i = 0; i < m.observations; i++) {
            memcpy(&obs[i], &odd[k / 10], sizeof obs[i]);
        }
        if (k % 10 == 5) {
            REQUIRE(wann_monitor_reset(&m, memory, m.floats) == WANN_OK);
        }
        if (k % 10 == 0) {
            memcpy(&memory[last], &odd[k / 10], sizeof memory[last]);
        }
        REQUIRE(wann_monitor_step(&m, obs, actions, &alarm, memory, m.floats) == WANN_OK);
    }
}

/* A step on observations that every comparison of the arithmetic meets: large, small, NaN, both
 * signs. */
static void odd_observations(const uint8_t *good, size_t size) {
    static const uint32_t odd[] = {0x7fc00000u, 0x7f800000u, 0xff800000u, 0x4b000000u,
                                   0xcb000001u, 0x41100000u, 0xc1100000u};
    static wann_controller c;
    size_t k;
    if (wann_load(&c, good, size) == WANN_OK && wann_scratch_floats(&c) <= SMALL) {
        float obs[SMALL];
        float actions[SMALL];
        float scratch[SMALL];
        for (k = 0; k < sizeof odd / sizeof *odd; k++) {
            size_t i;
            for (i = 0; i < c.observations; i++) {
                memcpy(&obs[i], &odd[k], sizeof obs[i]);
            }
            REQUIRE(wann_step(&c, obs, actions, scratch, SMALL) == WANN_OK);
            if (WANN_SPREAD_FLOATS(wann_scratch_floats(&c), (size_t)c.actions) <= SMALL) {
                REQUIRE(wann_step_spread(&c, obs, actions, obs, scratch, SMALL) == WANN_OK);
            }
        }
    }
}

/*
 * A blob that is overwritten after it was loaded: the promises are gone, but whatever the first
 * byte of a node is, a step ends and goes nowhere else.
 */
static void overwritten(void) {
    static uint8_t blob[] = {'W', 'A', 'N', 'N', 1,    42,   0,    0, 0,    0, 1, 0, 1, 0,
                             1,   0,   1,   0,   0,    0,    0,    0, 0,    0, 0, 0, 0, 0,
                             0,   0,   0,   0,   0x80, 0x3f, 0x11, 1, 0x11, 2, 0, 0, 0, 0};
    static wann_controller c;
    float obs = 1.0f;
    float action;
    float scratch[4];
    seal(blob, sizeof blob);
    REQUIRE(wann_load(&c, blob, sizeof blob) == WANN_OK);
    blob[36] = 0;
    REQUIRE(wann_step(&c, &obs, &action, scratch, 4) == WANN_OK && action == 0.0f);
}

int main(int argc, char **argv) {
    static uint8_t blob[MOST];
    int k;

    overwritten();
    for (k = 1; k < argc; k++) {
        FILE *const file = fopen(argv[k], "rb");
        size_t size;
        REQUIRE(file != NULL);
        size = fread(blob, 1, MOST, file);
        fclose(file);
        (void)exercise(blob, size);
        odd_observations(blob, size);
        watched(blob, size);
        if (k == 1) {
            bad_calls(blob, size);
        }
    }
    return 0;
}
