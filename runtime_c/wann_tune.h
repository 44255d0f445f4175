/*
 * wann_tune: finds the best shared weight of a controller on the machine itself, in one header.
 *
 *     static wann_tune tune;
 *     float obs[N], actions[1];
 *
 *     if ((load_from_eeprom(&tune) == 0) || (wann_tune_is_whole(&tune) == 0)) {
 *         wann_tune_start(&tune, CONTROLLER_WEIGHT, 0.18f, 2.0f, 200.0f, 20u);
 *     }
 *     while (wann_tune_is_done(&tune) == 0) {
 *         float total = 0.0f;
 *         while (episode_goes_on()) { // what your robot calls an episode: from rest to rest
 *             read_sensors(obs);
 *             controller_step_weight(obs, actions, tune.weight);
 *             drive(actions);
 *             total += reward();
 *         }
 *         wann_tune_tell(&tune, total);
 *         save_to_eeprom(&tune);
 *     }
 *     // from now on: controller_step_weight(obs, actions, tune.weight), the best
 *
 * First a scan walks from the controller's own weight to both sides, as far as the bounds, and no
 * further on a side than the first return below the floor that you set. Then the best weight so
 * far is played again, so that luck does not lead for long, and so is the own one; and then
 * neighbours of the best, ever nearer. What leads after three episodes or more is the result; the
 * own weight stays unless another has done better. `wann-rt knob` says beforehand what it gains.
 *
 * The state is 84 bytes without a pointer: save it between episodes, and a robot whose battery was
 * changed goes on where it stopped. No heap, no global variable, no library but <stdint.h>; C99
 * and C++11; the same bits as wann_rt.Knob in Python on every machine.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef WANN_TUNE_H
#define WANN_TUNE_H

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

#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ != 16
#error "computes float in a wider type: add -msse2 -mfpmath=sse (s390: -fexcess-precision=fast)"
#endif
#if defined(__FAST_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__ASSOCIATIVE_MATH__)
#error "-ffast-math, or a part of it, changes results: compile this file without it"
#endif

#define WANN_TUNE_KEPT 4u           /* weights that are remembered: the own, and the best others */
#define WANN_TUNE_AGAIN 3u          /* episodes after which a weight's mean is trusted */
#define WANN_TUNE_STEP 1.4f         /* from one weight of the scan to the next */
#define WANN_TUNE_REACH 0.17f       /* how near a leader its neighbours are tried at first */
#define WANN_TUNE_MOST 1.0e30f      /* no return counts more than this, or less than its negative */
#define WANN_TUNE_NO_FLOOR -1.0e30f /* as a floor: any return can be borne */

/* The sides of the scan: towards 0, and away from it. */
#define WANN_TUNE_DOWN 1u
#define WANN_TUNE_UP 2u

/* The state of a search; wann_tune_start() fills it. Read `weight`, leave the rest alone. */
typedef struct wann_tune {
    float weight; /* to play the next episode with; after the last one, the best */
    float low;
    float high;
    float floor;
    float ends[2]; /* of the scan */
    float reach;
    float leader; /* whose neighbours have been tried */
    float weights[WANN_TUNE_KEPT];
    float means[WANN_TUNE_KEPT];
    uint16_t counts[WANN_TUNE_KEPT];
    uint16_t budget;
    uint16_t told;
    uint8_t open;  /* sides on which the scan goes on */
    uint8_t side;  /* on which the episode that is being played is; 0: not of the scan */
    uint8_t tried; /* sides of the leader, within the reach */
    uint8_t n;     /* weights kept */
    uint32_t seal; /* of all the others */
} wann_tune;

/* The bits of a float. */
static inline uint32_t wann_tune_bits(float x) {
    union {
        float value;
        uint32_t bits;
    } got;
    got.value = x;
    return got.bits;
}

/* Whether x is a number, told by its bits. */
static inline int wann_tune_is_number(float x) {
    return ((wann_tune_bits(x) & 0x7f800000u) != 0x7f800000u) ? 1 : 0;
}

/* Mixes a word into a seal (FNV-1a, by words). */
static inline uint32_t wann_tune_mixed(uint32_t seal, uint32_t word) {
    return (seal ^ word) * 16777619u;
}

/* Returns the seal that a state should have. */
static inline uint32_t wann_tune_seal(const wann_tune *t) {
    uint32_t seal = 2166136261u;
    uint16_t k;
    seal = wann_tune_mixed(seal, wann_tune_bits(t->weight));
    seal = wann_tune_mixed(seal, wann_tune_bits(t->low));
    seal = wann_tune_mixed(seal, wann_tune_bits(t->high));
    seal = wann_tune_mixed(seal, wann_tune_bits(t->floor));
    seal = wann_tune_mixed(seal, wann_tune_bits(t->ends[0]));
    seal = wann_tune_mixed(seal, wann_tune_bits(t->ends[1]));
    seal = wann_tune_mixed(seal, wann_tune_bits(t->reach));
    seal = wann_tune_mixed(seal, wann_tune_bits(t->leader));
    for (k = 0u; k < WANN_TUNE_KEPT; k++) {
        seal = wann_tune_mixed(seal, wann_tune_bits(t->weights[k]));
        seal = wann_tune_mixed(seal, wann_tune_bits(t->means[k]));
        seal = wann_tune_mixed(seal, t->counts[k]);
    }
    seal = wann_tune_mixed(seal, t->budget);
    seal = wann_tune_mixed(seal, t->told);
    seal = wann_tune_mixed(seal, t->open);
    seal = wann_tune_mixed(seal, t->side);
    seal = wann_tune_mixed(seal, t->tried);
    return wann_tune_mixed(seal, t->n);
}

/* Whether a state that was saved has come back whole; of another one, start anew. */
static inline int wann_tune_is_whole(const wann_tune *t) {
    return ((t->n <= WANN_TUNE_KEPT) && (wann_tune_seal(t) == t->seal)) ? 1 : 0;
}

/* Whether the budget is spent. */
static inline int wann_tune_is_done(const wann_tune *t) { return (t->told >= t->budget) ? 1 : 0; }

/*
 * Starts a search.
 *
 * own     the controller's weight: <P>_WEIGHT of its header.
 * low, high  bounds which no weight leaves; both of the sign of own.
 * floor   the least return that can be borne: on a side where one is below it, the scan goes no
 *         further. WANN_TUNE_NO_FLOOR for none.
 * budget  how many episodes.
 *
 * Returns 1; or 0 where own is not between the bounds, or 0 is: then the search is done, and its
 * weight is own.
 */
static inline int wann_tune_start(wann_tune *t, float own, float low, float high, float floor,
                                  uint16_t budget) {
    int is_good = 0;
    uint16_t k;
    if (((low > 0.0f) || (high < 0.0f)) && (low <= own) && (own <= high)) {
        is_good = 1;
    }
    if ((wann_tune_is_number(own) == 0) || (wann_tune_is_number(low) == 0) ||
        (wann_tune_is_number(high) == 0) || (wann_tune_is_number(floor) == 0)) {
        is_good = 0;
    }
    t->weight = own;
    t->low = low;
    t->high = high;
    t->floor = floor;
    t->ends[0] = own;
    t->ends[1] = own;
    t->reach = WANN_TUNE_REACH;
    t->leader = 0.0f;
    for (k = 0u; k < WANN_TUNE_KEPT; k++) {
        t->weights[k] = 0.0f;
        t->means[k] = 0.0f;
        t->counts[k] = 0u;
    }
    t->budget = (is_good != 0) ? budget : (uint16_t)0u;
    t->told = 0u;
    t->open = WANN_TUNE_DOWN | WANN_TUNE_UP;
    t->side = 0u;
    t->tried = 0u;
    t->n = 0u;
    t->seal = wann_tune_seal(t);
    return is_good;
}

/* Returns the place of the greatest mean of those that have played as often; n where none has. */
static inline uint16_t wann_tune_lead(const wann_tune *t, uint16_t least) {
    uint16_t best = t->n;
    uint16_t k;
    for (k = 0u; k < t->n; k++) {
        if ((t->counts[k] >= least) && ((best == t->n) || (t->means[k] > t->means[best]))) {
            best = k;
        }
    }
    return best;
}

/* Returns the place of the best but the leader; where there is no other, the leader. */
static inline uint16_t wann_tune_rival(const wann_tune *t, uint16_t lead) {
    uint16_t best = lead;
    uint16_t k;
    for (k = 0u; k < t->n; k++) {
        if ((k != lead) && ((best == lead) || (t->means[k] > t->means[best]))) {
            best = k;
        }
    }
    return best;
}

/* Returns the best weight so far; before the first episode, the own one. */
static inline float wann_tune_best(const wann_tune *t) {
    uint16_t lead = wann_tune_lead(t, WANN_TUNE_AGAIN);
    if (lead == t->n) {
        lead = wann_tune_lead(t, 0u);
    }
    return (t->n > 0u) ? t->weights[lead] : t->weight;
}

/* Counts an episode: to a weight that is kept, or in the place of the worst, never of the own. */
static inline void wann_tune_enter(wann_tune *t, float value) {
    uint16_t place = WANN_TUNE_KEPT;
    uint16_t k;
    for (k = 0u; k < t->n; k++) {
        if (wann_tune_bits(t->weights[k]) == wann_tune_bits(t->weight)) {
            place = k;
        }
    }
    if (place < WANN_TUNE_KEPT) {
        t->counts[place] = (uint16_t)(t->counts[place] + 1u);
        t->means[place] += (value - t->means[place]) / (float)t->counts[place];
    } else if (t->n < WANN_TUNE_KEPT) {
        place = t->n;
        t->n = (uint8_t)(t->n + 1u);
        t->counts[place] = 0u;
    } else {
        place = 1u;
        for (k = 2u; k < WANN_TUNE_KEPT; k++) {
            if (t->means[k] < t->means[place]) {
                place = k;
            }
        }
        t->counts[place] = (value > t->means[place]) ? (uint16_t)0u : t->counts[place];
    }
    if (t->counts[place] == 0u) {
        t->weights[place] = t->weight;
        t->means[place] = value;
        t->counts[place] = 1u;
    }
}

/* Takes the next step of the scan on one side; returns 0 where it is over there. */
static inline int wann_tune_walk(wann_tune *t, uint8_t side) {
    const uint16_t k = (side == WANN_TUNE_DOWN) ? (uint16_t)0u : (uint16_t)1u;
    const float end =
        (side == WANN_TUNE_DOWN) ? (t->ends[0] / WANN_TUNE_STEP) : (t->ends[1] * WANN_TUNE_STEP);
    int walked = 0;
    if ((t->open & side) != 0u) {
        if ((t->low <= end) && (end <= t->high)) {
            t->ends[k] = end;
            t->side = side;
            t->weight = end;
            walked = 1;
        } else {
            t->open = (uint8_t)(t->open & (uint8_t)~side);
        }
    }
    return walked;
}

/* Takes the next step of the scan, on the other side than the last where that is open. */
static inline int wann_tune_scan(wann_tune *t) {
    const uint8_t first = (t->side == WANN_TUNE_DOWN) ? WANN_TUNE_UP : WANN_TUNE_DOWN;
    int walked = wann_tune_walk(t, first);
    if (walked == 0) {
        walked = wann_tune_walk(t, (first == WANN_TUNE_DOWN) ? (uint8_t)WANN_TUNE_UP
                                                             : (uint8_t)WANN_TUNE_DOWN);
    }
    return walked;
}

/* Chooses a weight to play again; returns 0 once those that matter have been often enough. */
static inline int wann_tune_repeat(wann_tune *t) {
    const uint16_t lead = wann_tune_lead(t, 0u);
    const uint16_t left = (uint16_t)(t->budget - t->told);
    uint16_t again = WANN_TUNE_KEPT;
    if (t->counts[lead] < WANN_TUNE_AGAIN) {
        again = lead;
    } else if (t->counts[0] < WANN_TUNE_AGAIN) {
        again = 0u;
    } else if (left < WANN_TUNE_AGAIN) { /* too few for another to be trusted */
        const uint16_t rival = wann_tune_rival(t, lead);
        again = (t->counts[rival] < t->counts[lead]) ? rival : lead;
    } else {
        again = WANN_TUNE_KEPT;
    }
    if (again < WANN_TUNE_KEPT) {
        t->weight = t->weights[again];
    }
    return (again < WANN_TUNE_KEPT) ? 1 : 0;
}

/* Tries a neighbour of the leader within the bounds; returns 0 where that has been. */
static inline int wann_tune_try(wann_tune *t, uint8_t side) {
    const float by = (side == WANN_TUNE_UP) ? (1.0f + t->reach) : (1.0f - t->reach);
    const float near_by = t->leader * by;
    int found = 0;
    if ((t->tried & side) == 0u) {
        t->tried = (uint8_t)(t->tried | side);
        if ((t->low <= near_by) && (near_by <= t->high)) {
            t->weight = near_by;
            found = 1;
        }
    }
    return found;
}

/* Chooses a neighbour of the leader that has not been tried; after both, one half as far. */
static inline void wann_tune_near(wann_tune *t) {
    const float leader = t->weights[wann_tune_lead(t, 0u)];
    if (wann_tune_bits(leader) != wann_tune_bits(t->leader)) {
        t->leader = leader;
        t->tried = 0u;
    }
    if (t->tried == (WANN_TUNE_DOWN | WANN_TUNE_UP)) {
        t->tried = 0u;
        t->reach *= 0.5f;
    }
    t->weight = leader;
    if (wann_tune_try(t, WANN_TUNE_DOWN) == 0) {
        (void)wann_tune_try(t, WANN_TUNE_UP);
    }
}

/* Chooses the weight of the next episode. */
static inline void wann_tune_choose(wann_tune *t) {
    const uint16_t scan = (uint16_t)(((uint32_t)t->budget * 3u) / 5u);
    const int scanned = (t->told < scan) ? wann_tune_scan(t) : 0;
    if (scanned == 0) {
        t->side = 0u;
        if (wann_tune_repeat(t) == 0) {
            wann_tune_near(t);
        }
    }
}

/* Returns a return between the limits; what is no number is the worst there is. */
static inline float wann_tune_limited(float value) {
    float found;
    if ((wann_tune_is_number(value) == 0) || (value < -WANN_TUNE_MOST)) {
        found = -WANN_TUNE_MOST;
    } else if (value > WANN_TUNE_MOST) {
        found = WANN_TUNE_MOST;
    } else {
        found = value;
    }
    return found;
}

/*
 * Takes the return of the episode that was played with t->weight, which becomes that of the next.
 *
 * value  the greater, the better; NaN or infinite for an episode that failed.
 *
 * Returns 1 if there is another episode to play.
 */
static inline int wann_tune_tell(wann_tune *t, float value) {
    if (wann_tune_is_done(t) == 0) {
        const float limited = wann_tune_limited(value);
        wann_tune_enter(t, limited);
        if (limited < t->floor) {
            t->open = (uint8_t)(t->open & (uint8_t)~t->side);
        }
        t->told = (uint16_t)(t->told + 1u);
        if (wann_tune_is_done(t) != 0) {
            t->weight = wann_tune_best(t);
        } else {
            wann_tune_choose(t);
        }
        t->seal = wann_tune_seal(t);
    }
    return (wann_tune_is_done(t) == 0) ? 1 : 0;
}

#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif /* WANN_TUNE_H */
