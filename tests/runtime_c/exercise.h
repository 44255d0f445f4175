/*
 * Gives bytes to the runtime and, if they load, runs everything, on memory of exactly the promised
 * size: so that a sanitizer sees one byte too many. Aborts where a promise of wann_rt.h is broken.
 */

#ifndef EXERCISE_H
#define EXERCISE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wann_rt.h"

#define REQUIRE(holds)                                                                             \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #holds);            \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* Returns memory of exactly this size, filled with a pattern that no action has by chance. */
static void *exactly(size_t bytes) {
    void *memory = malloc(bytes);
    REQUIRE(memory != NULL || bytes == 0);
    if (bytes > 0) {
        memset(memory, 0xa5, bytes);
    }
    return memory;
}

static int is_untouched(const void *memory, size_t bytes) {
    const unsigned char *p = (const unsigned char *)memory;
    for (; bytes > 0; bytes--) {
        if (*p++ != 0xa5) {
            return 0;
        }
    }
    return 1;
}

/* Whether the bits are the same; any NaN equals any other. */
static int is_alike(const float *a, const float *b, size_t n) {
    for (; n > 0; n--) {
        uint32_t x;
        uint32_t y;
        memcpy(&x, a++, sizeof x);
        memcpy(&y, b++, sizeof y);
        if (x != y && ((x & 0x7fffffffu) <= 0x7f800000u || (y & 0x7fffffffu) <= 0x7f800000u)) {
            return 0;
        }
    }
    return 1;
}

static volatile uint8_t sink; /* what is read goes somewhere */

static void run_all(const wann_controller *c) {
    static const float weights[] = {-1.5f, 0.0f, 3e38f};
    static const float values[] = {0.5f, -0.0f, 1e-45f, -3e38f, 1e30f, 2.0f};
    const size_t floats = wann_scratch_floats(c);
    const size_t more = WANN_SPREAD_FLOATS(floats, c->actions);
    float *const obs = (float *)exactly(c->observations * sizeof *obs);
    float *const actions = (float *)exactly(c->actions * sizeof *actions);
    float *const again = (float *)exactly(c->actions * sizeof *again);
    float *const spread = (float *)exactly(c->actions * sizeof *spread);
    float *const scratch = (float *)exactly(floats * sizeof *scratch);
    float *const longer = (float *)exactly(more * sizeof *longer);
    const uint8_t *digest = wann_digest(c);
    const uint8_t *text;
    size_t bytes = 0;
    size_t k;
    int error;

    REQUIRE(floats - c->state >=
            WANN_SCRATCH_FLOATS((size_t)c->observations, c->hidden, c->actions));
    REQUIRE(floats <= WANN_MAX_NODES);
    for (k = 0; k < c->observations; k++) {
        obs[k] = values[k % 6];
    }
    REQUIRE(wann_step(c, obs, actions, scratch, floats - 1) == WANN_E_SCRATCH);
    REQUIRE(wann_selftest(c, scratch, floats - 1) == WANN_E_SCRATCH);
    REQUIRE(wann_reset(c, scratch, floats - 1) == WANN_E_SCRATCH);
    REQUIRE(wann_ensemble(c, obs, actions, weights, 0, scratch, floats) < 0);
    REQUIRE(wann_step_spread(c, obs, actions, spread, longer, more - 1) == WANN_E_SCRATCH);
    REQUIRE(is_untouched(spread, c->actions * sizeof *spread));
    REQUIRE(is_untouched(longer, more * sizeof *longer));
    REQUIRE(is_untouched(actions, c->actions * sizeof *actions));
    REQUIRE(is_untouched(scratch, floats * sizeof *scratch));
    if (c->rate_hz > 1.0f) { /* else what stands there is taken for a state */
        REQUIRE(wann_reset(c, scratch, floats) == WANN_OK);
    }
    error = wann_ensemble(c, obs, actions, weights, 3, scratch, floats);
    REQUIRE(error == WANN_OK || error == WANN_E_PER_CONNECTION);
    REQUIRE(error == wann_step_weight(c, obs, actions, -0.25f, scratch, floats));
    REQUIRE(wann_step(c, obs, actions, scratch, floats) == WANN_OK);
    memcpy(longer, scratch, floats * sizeof *scratch); /* the state, if there is one */
    REQUIRE(wann_step(c, obs, actions, scratch, floats) == WANN_OK);
    /* The same step: the same actions and state. */
    REQUIRE(wann_step_spread(c, obs, again, spread, longer, more) == WANN_OK);
    REQUIRE(is_alike(again, actions, c->actions));
    REQUIRE(is_alike(longer + floats - c->state, scratch + floats - c->state, c->state));
    error = wann_selftest(c, scratch, floats);
    REQUIRE(error == WANN_E_NO_VECTORS ? c->vectors == 0
                                       : error == WANN_OK || error == WANN_E_MISMATCH);
    for (k = 0; k < WANN_DIGEST_BYTES; k++) {
        sink ^= digest[k];
    }
    text = wann_text(c, &bytes);
    for (k = 0; text != NULL && k < bytes; k++) {
        sink ^= text[k];
    }
    free(obs);
    free(actions);
    free(spread);
    free(again);
    free(scratch);
    free(longer);
}

/* Runs the monitor, if there is one. Returns what wann_monitor_load() says. */
static int watch_all(const wann_controller *c) {
    static const float values[] = {0.5f, -0.0f, 1e-45f, -3e38f, 1e30f, 2.0f};
    wann_monitor *const m = (wann_monitor *)exactly(sizeof *m);
    const int error = wann_monitor_load(m, c);

    if (error != WANN_OK) {
        REQUIRE(is_untouched(m, sizeof *m));
    } else {
        const size_t floats = wann_monitor_floats(m);
        float *const obs = (float *)exactly(m->observations * sizeof *obs);
        float *const actions = (float *)exactly(m->actions * sizeof *actions);
        float *const memory = (float *)exactly(floats * sizeof *memory);
        uint32_t alarm;
        size_t k;
        REQUIRE(m->observations == c->observations && m->actions == c->actions);
        REQUIRE(floats >= m->state && floats <= WANN_MAX_NODES);
        REQUIRE(m->false_alarms > 0.0f && m->false_alarms < 1.0f);
        memset(&alarm, 0xa5, sizeof alarm);
        REQUIRE(wann_monitor_reset(m, memory, floats - 1) == WANN_E_SCRATCH);
        REQUIRE(wann_monitor_step(m, obs, actions, &alarm, memory, floats - 1) == WANN_E_SCRATCH);
        REQUIRE(wann_fail_safe(m, actions, m->actions - 1u) == WANN_E_SCRATCH);
        REQUIRE(is_untouched(memory, floats * sizeof *memory));
        REQUIRE(is_untouched(actions, m->actions * sizeof *actions));
        REQUIRE(is_untouched(&alarm, sizeof alarm));
        REQUIRE(wann_fail_safe(m, actions, m->actions) == WANN_OK);
        for (k = 0; k < 20; k++) {
            size_t i;
            for (i = 0; i < m->observations; i++) {
                obs[i] = values[(i + k / 3) % 6];
            }
            if (k == 3) { /* before, what stands there is taken for a state */
                REQUIRE(wann_monitor_reset(m, memory, floats) == WANN_OK);
            }
            REQUIRE(wann_monitor_step(m, obs, actions, &alarm, memory, floats) == WANN_OK);
            REQUIRE(alarm < 1u << 24);
        }
        free(obs);
        free(actions);
        free(memory);
    }
    free(m);
    return error;
}

/* Returns what wann_load() says, or what wann_monitor_load() does not like. */
static int exercise(const uint8_t *data, size_t size) {
    uint8_t *const blob = (uint8_t *)exactly(size);
    wann_controller *const c = (wann_controller *)exactly(sizeof *c);
    int error;

    if (size > 0) {
        memcpy(blob, data, size);
    }
    error = wann_load(c, blob, size);
    REQUIRE(error <= WANN_OK && strcmp(wann_error_name(error), "?") != 0);
    if (error == WANN_OK) {
        run_all(c);
        error = watch_all(c);
        error = error == WANN_E_NO_MONITOR ? WANN_OK : error;
    } else {
        REQUIRE(is_untouched(c, sizeof *c));
    }
    free(c);
    free(blob);
    return error;
}

/* Makes the envelope right - magic, a version, size, CRC-32 - so that what it holds gets looked at.
 */
static void seal(uint8_t *blob, size_t size) {
    uint32_t crc = 0xffffffffu;
    size_t k;
    int bit;

    if (size < 13) {
        return;
    }
    memcpy(blob, "WANN", 4);
    blob[4] = blob[4] == 2 ? 2 : 1;
    for (k = 0; k < 4; k++) {
        blob[5 + k] = (uint8_t)(size >> (8 * k));
    }
    for (k = 0; k < size - 4; k++) {
        crc ^= blob[k];
        for (bit = 0; bit < 8; bit++) {
            crc = (crc & 1u) != 0 ? (crc >> 1) ^ 0xedb88320u : crc >> 1;
        }
    }
    for (k = 0; k < 4; k++) {
        blob[size - 4 + k] = (uint8_t)(~crc >> (8 * k));
    }
}

#endif /* EXERCISE_H */
