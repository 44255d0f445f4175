/*
 * Runs step functions on a target and prints one line for each: its name, the hash of all bits that
 * it computed, and what its self-test said.
 *
 * Inputs are made here from a counter by integers alone, so that nothing but the code under test
 * has to fit into a target's flash. exporters/target_inputs.py makes the same inputs and hashes: it
 * says why they are what they are.
 */
#ifndef WANN_HARNESS_H
#define WANN_HARNESS_H

#include <stdint.h>

/* The bits of input number `index`, which belongs to observation number `row`. */
typedef uint32_t (*wann_input)(uint32_t seed, uint32_t row, uint32_t index);
typedef void (*wann_step_function)(const float *observation, float *actions);

/* What each board supplies: writes a character to the outside. */
void wann_put(char c);

/* What each program supplies: checks all of its subjects. */
void wann_check_all(void);

typedef struct {
    const char *name;
    wann_step_function step;
    int (*selftest)(void);
    wann_input input;
    uint32_t rows;
    uint32_t seed;
    uint8_t n_observations;
    uint8_t n_actions;
} wann_subject;

static inline float wann_float(uint32_t bits) {
    union {
        uint32_t bits;
        float value;
    } both;
    both.bits = bits;
    return both.value;
}

/* All NaN are one: which one comes out of an operation is not defined. */
static inline uint32_t wann_bits(float value) {
    union {
        float value;
        uint32_t bits;
    } both;
    both.value = value;
    return (both.bits & UINT32_C(0x7fffffff)) > UINT32_C(0x7f800000) ? UINT32_C(0x7fc00000)
                                                                     : both.bits;
}

static inline uint32_t wann_mix(uint32_t x) {
    x ^= x >> 16;
    x *= UINT32_C(0x21f0aaad);
    x ^= x >> 15;
    x *= UINT32_C(0x735a2d97);
    x ^= x >> 15;
    return x;
}

static inline uint32_t wann_observation(uint32_t seed, uint32_t row, uint32_t index) {
    static const uint32_t special[32] = {
        0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007fffff, 0x807fffff, 0x00800000,
        0x80800000, 0x00800001, 0x01000000, 0x34000000, 0xb3800000, 0x3f000000, 0xbf000000,
        0x3f800000, 0xbf800000, 0x3fc00000, 0x40b504f3, 0x40e80000, 0xc0e80001, 0x42b00000,
        0xc2d00000, 0x4a800000, 0x4affffff, 0x4b000000, 0xcb000000, 0x4b800001, 0x501502f9,
        0x7f7fffff, 0xff7fffff, 0x7f800000, 0x7fc00000,
    };
    const uint32_t bits = wann_mix(seed + 2 * index * UINT32_C(0x9e3779b9));
    const uint32_t choice = wann_mix(seed + (2 * index + 1) * UINT32_C(0x9e3779b9));
    if ((row & 1) != 0 && (choice & 7) == 0) {
        return special[(choice >> 3) & 31];
    }
    if ((row & 1) != 0 && (choice & 7) == 1) {
        return bits;
    }
    return (bits & UINT32_C(0x807fffff)) | ((121 + (choice >> 8) % 10) << 23);
}

static inline uint32_t wann_stratified(uint32_t seed, uint32_t row, uint32_t index) {
    const uint32_t noise = wann_mix(seed + index * UINT32_C(0x9e3779b9));
    const uint32_t within = row & UINT32_C(0xffff);
    if (row < UINT32_C(0x10000)) {
        return (within << 16) | (noise & UINT32_C(0xffff));
    }
    return ((within >> 15) << 31) | ((115 + ((within >> 11) & 15)) << 23) |
           ((within & UINT32_C(0x7ff)) << 12) | (noise & UINT32_C(0xfff));
}

static inline uint32_t wann_fnv(uint32_t hash, uint32_t word) {
    int shift;
    for (shift = 0; shift < 32; shift += 8) {
        hash = (hash ^ ((word >> shift) & 0xff)) * UINT32_C(16777619);
    }
    return hash;
}

static inline void wann_put_hex(uint32_t value) {
    int shift;
    for (shift = 28; shift >= 0; shift -= 4) {
        const uint32_t digit = (value >> shift) & 15;
        wann_put((char)(digit < 10 ? '0' + digit : 'a' + (digit - 10)));
    }
}

static inline void wann_check(const wann_subject *subject) {
    float observation[WANN_MAX_OBSERVATIONS];
    float actions[WANN_MAX_ACTIONS];
    uint32_t hash = UINT32_C(2166136261);
    uint32_t index = 0;
    uint32_t row;
    const char *c;
    int k;
    for (row = 0; row < subject->rows; row++) {
        for (k = 0; k < subject->n_observations; k++) {
            observation[k] = wann_float(subject->input(subject->seed, row, index));
            index++;
        }
        subject->step(observation, actions);
        for (k = 0; k < subject->n_actions; k++) {
            hash = wann_fnv(hash, wann_bits(actions[k]));
        }
    }
    for (c = subject->name; *c != '\0'; c++) {
        wann_put(*c);
    }
    wann_put(' ');
    wann_put_hex(hash);
    wann_put(' ');
    wann_put_hex((uint32_t)subject->selftest());
    wann_put('\n');
}

#endif /* WANN_HARNESS_H */
