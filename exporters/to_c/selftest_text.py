"""The texts of a generated header's self-test, as it stands in the header.

``<p>`` and ``<P>`` are the prefixes; other marks are filled by ``selftest.py``. What is drawn has its twin in
``exporters/drawn.py``.
"""

FAULTS = """\
/*
 * What <p>_selftest() returns: 0, or the sum of what failed.
 *
 * ROUNDING   operations are fused, reordered, or round otherwise
 * SUBNORMAL  numbers below 2^-126 become 0
 * ZERO       the sign of 0 gets lost
 * NAN        NaN compares as if it were a number
 * FUNCTION   an activation computes something else
 * VECTOR     so does the step, for a recorded vector
 * DRAWN      so does the step, for vectors drawn at its limits and beyond
 */
#define <P>_FAULT_ROUNDING 1
#define <P>_FAULT_SUBNORMAL 2
#define <P>_FAULT_ZERO 4
#define <P>_FAULT_NAN 8
#define <P>_FAULT_FUNCTION 16
#define <P>_FAULT_VECTOR 32
#define <P>_FAULT_DRAWN 64"""

OBSERVED = """\
        for (k = 0; k < <P>_N_OBSERVATIONS; k++) {
            if (i < recorded) {
                const uint32_t bits = <P>_READ_BITS(&<given>[i][k]);
                obs[k] = <p>_float(bits);
            } else {
                const uint32_t low = <P>_READ_BITS(&limits[k][0]);
                const uint32_t high = <P>_READ_BITS(&limits[k][1]);
                obs[k] = <p>_drawn(i - recorded, k, low, high);
            }
        }
"""

SAME = """\
/* Whether value has these bits; any NaN equals any other. */
static inline int <p>_same(float value, uint32_t bits) {
    union {
        float value;
        uint32_t bits;
    } got;
    got.value = value;
    return got.bits == bits ||
           ((got.bits & 0x7fffffffu) > 0x7f800000u && (bits & 0x7fffffffu) > 0x7f800000u);
}"""

# A compiler can be told to fuse, to reorder or to forget NaN in ways that no macro shows, a processor to
# flush subnormals; eight vectors need not meet that (measured with clang 14, -funsafe-math-optimizations:
# 7 of 17 headers that were wrong passed). These operations do. Each result goes through memory:
# where clang could merge them into one vector operation, it did not fuse what it fused elsewhere.
ARITHMETIC = """\
/* The faults of single operations: each rounds by itself, in its place, keeps subnormals and -0. */
static inline int <p>_faults(void) {
    <P>_EXACT
    volatile float v = 1.0002441f; /* volatile: computed here, one by one, not in the compiler */
    volatile union {
        uint32_t bits;
        float value;
    } n;
    float x = v;
    int found = 0;
    v = x * x - 1.0004883f; /* (1 + 2^-12)^2 rounds to 1 + 2^-11 */
    found |= <p>_same(v, 0u) ? 0 : 1;
    v = 1.25f;
    v = v + 25165824.0f - 25165824.0f; /* the nearest even integer */
    found |= <p>_same(v, 0x40000000u) ? 0 : 1;
    v = 7.0f;
    x = v;
    v = 3.0f;
    v = v / x; /* not 3 * (1 / 7) */
    found |= <p>_same(v, 0x3edb6db7u) ? 0 : 1;
    v = 1.1754944e-38f;
    v = v * 0.5f; /* half of the least normal number, and back */
    v = v * 2.0f;
    found |= <p>_same(v, 0x00800000u) ? 0 : 2;
    v = -0.0f;
    v = v + 0.0f;
    found |= <p>_same(v, 0u) ? 0 : 4;
    n.bits = 0x7fc00000u;
    x = n.value;
    found |= (x >= 0.0f) == (x < 0.0f) ? 0 : 8; /* neither */
    return found;
}"""

# An AVR copies plain constants to its RAM, of which it has 2 kB; PROGMEM keeps them in flash. Elsewhere the
# loop that reads a row would become a call of memcpy (GCC 12, -Os, from some ten floats on), which a program
# without a C library lacks: not so if each read is volatile.
TABLES = """\
/* Tables stay in flash, also where that is a memory of its own. */
#if defined(__AVR__)
#include <avr/pgmspace.h>
#define <P>_FLASH PROGMEM
#define <P>_READ_BITS(address) pgm_read_dword(address)
#else
#define <P>_FLASH
#define <P>_READ_BITS(address) (*(const volatile uint32_t *)(address))
#endif"""

MIXED = """\
/* Drawn bits: the same on every target. */
static inline uint32_t <p>_mixed(uint32_t x) {
    x = (x ^ (x >> 16)) * 0x85ebca6bu;
    x = (x ^ (x >> 13)) * 0xc2b2ae35u;
    return x ^ (x >> 16);
}"""

BITS = """\
/* The float of these bits. */
static inline float <p>_float(uint32_t bits) {
    union {
        uint32_t bits;
        float value;
    } made;
    made.bits = bits;
    return made.value;
}

/* A hash, and one number more; any NaN counts as the same. */
static inline uint32_t <p>_hashed(uint32_t hash, float value) {
    union {
        float value;
        uint32_t bits;
    } got;
    got.value = value;
    if ((got.bits & 0x7fffffffu) > 0x7f800000u) {
        got.bits = 0x7fc00000u;
    }
    return <p>_mixed(hash ^ got.bits) + 0x9e3779b9u;
}"""

FUNCTIONS = """\
/* A drawn argument: any bits, of middle size, large, whole or a fraction, near 1, near a limit. */
static inline float <p>_argument(unsigned number) {
    const uint32_t bits = <p>_mixed(number);
    const uint32_t sign = bits & 0x80000000u;
    const uint32_t exponent = bits >> 23;
    const unsigned kind = number % 6u;
    uint32_t found = bits & 0x807fffffu;
    if (kind == 0u) {
        found = number % 24u == 0u ? bits | 0x7f800000u : bits; /* NaN */
    } else if (kind == 1u) {
        found |= ((exponent & 15u) + 117u) << 23;
    } else if (kind == 2u) {
        found |= ((exponent & 3u) + 149u) << 23;
    } else if (kind == 3u) {
        return (float)((int)(number / 6u) - 20) * -0.25f; /* -0 is among them */
    } else if (kind == 4u) {
        found |= ((exponent & 3u) + 125u) << 23;
    } else {
        found = (bits & 64u) != 0u ? 0x40e80000u : (bits & 128u) != 0u ? 0x41680000u : 0x40b504f3u;
        found = sign | (found + ((bits >> 8) & 0xffffu) - 0x8000u);
    }
    return <p>_float(found);
}

/* The hash of what the functions compute for drawn arguments. */
static inline uint32_t <p>_functions(void) {
    volatile unsigned first = 0; /* volatile: all is computed here, not in the compiler */
    uint32_t hash = 0x811c9dc5u;
    unsigned i;
    for (i = first; i < <inputs>u; i++) {
        const float x = <p>_argument(i);
        float y;
<calls>
    }
    return hash;
}"""

DRAWN = """\
/* A drawn observation: each eighth vector is of one kind. */
<drawn>
    const uint32_t number = drawn * <P>_N_OBSERVATIONS + channel;
    const uint32_t bits = <p>_mixed(number + <seed>u);
    const uint32_t ordinary = (bits & 0x807fffffu) | ((((bits >> 23) & 15u) + 117u) << 23);
    const uint32_t kind = drawn % 8u;
    uint32_t found = ordinary;
    if (kind == 0u) {
        found = bits;
    } else if (kind == 1u) {
        found = bits & 0x807fffffu; /* subnormal */
    } else if (kind == 2u) {
        found = ((bits & 64u) != 0u ? high : low) + (bits & 3u) - 1u; /* on, inside or outside */
    } else if (kind == 3u || kind == 4u) {
        if (channel % 32u == drawn / 8u % <rounds>u) {
            found = kind == 3u ? 0x7fc00000u : (bits & 0x80000000u) | 0x7f800000u;
        }
    } else if (kind == 5u || (kind == 7u && (bits & 64u) != 0u)) {
        return (float)((int)(bits & 7u) - 3);
    }
    return <p>_float(found);
}"""

SELFTEST = """\
/*
 * Computes recorded vectors and drawn ones. Returns 0 if all bits are those of the search, else the
 * sum of the faults, see <P>_FAULT_ROUNDING: refuse to run on anything but 0.
 */
static inline int <p>_selftest(void) {
    /* clang-format off */
    static const uint32_t observations[<P>_N_VECTORS]
        [<P>_N_OBSERVATIONS] <P>_FLASH = {
<observations>
    };
    static const uint32_t expected[<P>_N_VECTORS]
        [<P>_N_ACTIONS] <P>_FLASH = {
<expected>
    };
    static const uint32_t limits[<P>_N_OBSERVATIONS]
        [2] <P>_FLASH = {
<limits>
    };
<resets>    /* clang-format on */
    volatile unsigned first = 0; /* volatile: the steps must run here, not in the compiler */
    const unsigned recorded = <P>_N_VECTORS;
    float obs[<P>_N_OBSERVATIONS];
    float actions[<P>_N_ACTIONS];
<state>    uint32_t hash = 0x811c9dc5u;
    int found = <p>_faults();
    unsigned i;
    unsigned k;
<begin><functions>    for (i = first; i < recorded + <drawn>u; i++) {
<observed><step>        for (k = 0; k < <P>_N_ACTIONS; k++) {
            if (i < recorded) {
                const uint32_t bits = <P>_READ_BITS(&expected[i][k]);
                if (!<p>_same(actions[k], bits)) {
                    found |= <P>_FAULT_VECTOR;
                }
            } else {
                hash = <p>_hashed(hash, actions[k]);
            }
        }
<remembered>    }
<renewed>    return found | (hash != <hash>u ? <P>_FAULT_DRAWN : 0);
}"""

STEP = """\
        <p>_step(obs, actions);
"""

# Of a controller with a state: vectors are sequences, and so are drawn ones, which begin at every kind of vector.
RESETS = """\
    static const uint32_t resets[<P>_N_VECTORS] <P>_FLASH = {
<numbers>
    };
"""

STATE = """\
    <p>_state state;
"""

# What is remembered counts as well as the actions, which a limit may hide it from.
REMEMBERED = """\
        if (i >= recorded) {
<numbers>
        }
"""

# A value that a reset leaves out would show in a step only if the first reading after it is NaN.
RENEWED = """\
    <p>_reset(&state);
<numbers>
"""

# Once before, too: GCC takes a state for uninitialised that only the first turn of a loop resets.
STATE_BEGIN = """\
    <p>_reset(&state);
"""

STATE_STEP = """\
        if (i < recorded ? <P>_READ_BITS(&resets[i]) != 0u : (i - recorded) % <length>u == 0u) {
            <p>_reset(&state);
        }
        <p>_step(&state, obs, actions);
"""

ASK_FUNCTIONS = """\
    if (<p>_functions() != <hash>u) {
        found |= <P>_FAULT_FUNCTION;
    }
"""

MONITOR_STATE = """\
    <p>_monitor_state monitor;
"""

MONITOR_BEGIN = """\
    <p>_monitor_reset(&monitor);
"""

# All that it remembers counts: the alarm alone would hide most of what it computes.
MONITOR_STEP = """\
        if (i >= recorded) {
            if ((i - recorded) % <length>u == 0u) {
                <p>_monitor_reset(&monitor);
            }
            (void)<p>_monitor_step(&monitor, obs, actions);
            for (uint32_t again = 0u; again < <repeats>u; again++) { /* one sensor is stuck */
                for (uint32_t c = 0u; c < <P>_N_OBSERVATIONS; c++) {
                    obs[c] = (c == (i - recorded) % <P>_N_OBSERVATIONS) ? obs[c] : -obs[c];
                }
                (void)<p>_monitor_step(&monitor, obs, actions);
            }
<numbers>
        }
"""
