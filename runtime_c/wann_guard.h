/*
 * wann_guard: what a robot needs around a controller's step, in one header.
 *
 *     static wann_guard guard;
 *     static const float safe[] = {0.0f}, most[] = {0.2f};
 *     float obs[N], wanted[1], actions[1] = {0.0f};
 *
 *     wann_guard_start(&guard, CONTROLLER_DT_US, CONTROLLER_DT_US / 10u, 2u);
 *     for (;;) { // woken once per period
 *         const int is_new = read_sensors(obs);
 *         (void)wann_guard_begin(&guard, microseconds(), is_new);
 *         if ((controller_step_checked(obs, wanted) & CONTROLLER_STATUS_NOT_FINITE) != 0) {
 *             wann_guard_latch(&guard, WANN_GUARD_INPUT);
 *         }
 *         wann_guard_pass(&guard, 0u);
 *         wann_guard_act(&guard, wanted, safe, most, actions, 1u);
 *         drive(actions);
 *         wann_guard_pass(&guard, 1u);
 *         if (wann_guard_end(&guard, 2u) != 0) {
 *             feed_watchdog();
 *         }
 *     }
 *
 * A controller that remembers, which has <P>_N_STATE, has its state reset before the step where
 * the guard says so; call wann_guard_renew() where you switch to it from another mode:
 *
 *         if (wann_guard_renews(&guard) != 0) {
 *             controller_reset(&state);
 *         }
 *
 * A fault is latched: from then on the actions are the fail-safe ones that you chose, until
 * wann_guard_reset(). A latched fault does not stop the watchdog from being fed: the loop that
 * drives the fail-safe actions is alive. The watchdog is for the loop that is not.
 *
 * No heap, no global variable, no library but <stdint.h>; C99 and C++11. Nothing here trusts a
 * comparison with NaN, so fast math cannot let one through.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef WANN_GUARD_H
#define WANN_GUARD_H

#include <stdint.h>

#if defined(__clang__) /* unsigned sums wrap here, as C says they do: no fault for a sanitizer */
#pragma clang attribute push(                                                                      \
    __attribute__((__no_sanitize__("unsigned-integer-overflow", "unsigned-shift-base"))),          \
    apply_to = function)
#endif
#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic push /* both languages have no casts but those of C */
#pragma GCC diagnostic ignored "-Wold-style-cast"
#endif

/* The faults; yours may be any of the bits from 256 on. */
#define WANN_GUARD_STALE 1u   /* no new observation for too many periods */
#define WANN_GUARD_EARLY 2u   /* a period was too short */
#define WANN_GUARD_LATE 4u    /* a period was too long */
#define WANN_GUARD_INPUT 8u   /* an observation was no number; yours to latch */
#define WANN_GUARD_ORDER 16u  /* a stage of the loop was skipped or came twice */
#define WANN_GUARD_MEMORY 32u /* the latch itself was overwritten */

/* A limit of change that never limits. */
#define WANN_GUARD_ANY_CHANGE 3.4028235e+38f

/* The state of one loop; wann_guard_start() fills it. */
typedef struct wann_guard {
    uint32_t period_us;
    uint32_t tolerance_us;
    uint32_t last_us;
    uint32_t faults;     /* latched */
    uint32_t not_faults; /* their complement, so that a flipped bit shows */
    uint16_t most_stale;
    uint16_t stale;
    uint16_t stage;
    uint16_t has_last;
    uint16_t renews; /* whether the controller's state is to be reset */
} wann_guard;

/* Latches faults; they stay until wann_guard_reset(). */
static inline void wann_guard_latch(wann_guard *g, uint32_t faults) {
    const uint32_t intact = g->faults ^ ~g->not_faults;
    const uint32_t found = (intact == 0u) ? 0u : WANN_GUARD_MEMORY;
    g->faults = g->faults | faults | found;
    g->not_faults = ~g->faults;
}

/* Returns the latched faults; 0 means go on. */
static inline uint32_t wann_guard_faults(wann_guard *g) {
    wann_guard_latch(g, 0u);
    return g->faults;
}

/* Asks for a reset of the controller's state before the next step: after a switch of modes. */
static inline void wann_guard_renew(wann_guard *g) { g->renews = 1u; }

/*
 * Returns 1 if the controller's state is to be reset before the step of this period: of the first
 * one, and after a switch of modes, a fault, or a period without a new observation. Call it once a
 * period, after wann_guard_begin().
 */
static inline int wann_guard_renews(wann_guard *g) {
    int is_due = 0;
    if (g->renews != 0u) {
        g->renews = 0u;
        is_due = 1;
    }
    return is_due;
}

/* Takes the latched faults back and begins anew: a decision of a person, not of the loop. */
static inline void wann_guard_reset(wann_guard *g) {
    g->faults = 0u;
    g->not_faults = 0xffffffffu;
    g->stale = 0u;
    g->stage = 0u;
    g->has_last = 0u;
    wann_guard_renew(g);
}

/*
 * Starts a guard.
 *
 * period_us     of the controller: the macro <P>_DT_US of its header.
 * tolerance_us  how far a period may be off.
 * most_stale    how many periods in a row may bring no new observation.
 */
static inline void wann_guard_start(wann_guard *g, uint32_t period_us, uint32_t tolerance_us,
                                    uint16_t most_stale) {
    g->period_us = period_us;
    g->tolerance_us = tolerance_us;
    g->last_us = 0u;
    g->most_stale = most_stale;
    wann_guard_reset(g);
}

/*
 * Begins a period: checks its length and whether there is a new observation.
 *
 * now_us  a clock of microseconds; it may run over.
 * is_new  whether the sensors gave something new since the last period.
 *
 * Returns the latched faults.
 */
static inline uint32_t wann_guard_begin(wann_guard *g, uint32_t now_us, int is_new) {
    const uint32_t passed = now_us - g->last_us;
    const uint32_t off =
        (passed > g->period_us) ? (passed - g->period_us) : (g->period_us - passed);
    if ((g->has_last != 0u) && (off > g->tolerance_us)) {
        wann_guard_latch(g, (passed > g->period_us) ? WANN_GUARD_LATE : WANN_GUARD_EARLY);
    }
    g->last_us = now_us;
    g->has_last = 1u;
    if (g->stale != 0u) {
        wann_guard_renew(g); /* what the period before left out was not seen */
    }
    if (is_new != 0) {
        g->stale = 0u;
    } else if (g->stale < g->most_stale) {
        g->stale = (uint16_t)(g->stale + 1u);
    } else {
        wann_guard_latch(g, WANN_GUARD_STALE);
    }
    if (wann_guard_faults(g) != 0u) {
        wann_guard_renew(g);
    }
    return g->faults;
}

/* Whether x is a number, told by its bits. */
static inline int wann_guard_is_number(float x) {
    union {
        float value;
        uint32_t bits;
    } got;
    got.value = x;
    return ((got.bits & 0x7f800000u) != 0x7f800000u) ? 1 : 0;
}

/*
 * Returns wanted, or as much of the way to it as most allows. What is no number changes nothing;
 * nor does a limit that is negative or no number. last is a number: it was an action.
 */
static inline float wann_guard_slew(float wanted, float last, float most) {
    float found = last;
    if ((wann_guard_is_number(wanted) != 0) && (wann_guard_is_number(most) != 0) &&
        (most >= 0.0f)) {
        const float change = wanted - last; /* infinite for large numbers: a limit is met, too */
        if (change > most) {
            found = last + most;
        } else if (change < -most) {
            found = last - most;
        } else {
            found = wanted;
        }
    }
    return found;
}

/*
 * Gives the actions: those wanted, or the fail-safe ones if a fault is latched; none changes by
 * more than its limit since the last call.
 *
 * wanted   what the controller computed.
 * safe     the fail-safe actions, numbers: what does no harm on your robot, which need not be 0.
 * most     the limits of change, one for each action; WANN_GUARD_ANY_CHANGE for none.
 * actions  the last ones, and then the new ones; at first what the motors do at rest.
 * n        how many.
 */
static inline void wann_guard_act(wann_guard *g, const float *wanted, const float *safe,
                                  const float *most, float *actions, uint16_t n) {
    const uint32_t faults = wann_guard_faults(g);
    uint16_t k;
    for (k = 0u; k < n; k++) {
        const float target = (faults == 0u) ? wanted[k] : safe[k];
        actions[k] = wann_guard_slew(target, actions[k], most[k]);
    }
}

/* Says that a stage of the loop has run; the stages of a period are 0, 1, 2, ... in this order. */
static inline void wann_guard_pass(wann_guard *g, uint16_t stage) {
    if (g->stage == stage) {
        g->stage = (uint16_t)(stage + 1u);
    } else {
        wann_guard_latch(g, WANN_GUARD_ORDER);
    }
}

/* Ends a period. Returns 1 if each of its stages has run: only then feed the watchdog. */
static inline int wann_guard_end(wann_guard *g, uint16_t stages) {
    const int is_whole = (g->stage == stages) ? 1 : 0;
    if (is_whole == 0) {
        wann_guard_latch(g, WANN_GUARD_ORDER);
    }
    g->stage = 0u;
    return is_whole;
}

#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif /* WANN_GUARD_H */
