"""The texts of the self-test of a header in fixed point, as it stands in the header.

``<p>`` and ``<P>`` are the prefixes; other marks are filled by ``selftest.py``. What is drawn has its twin in
``exporters/drawn.py``.
"""

FAULTS = """\
/*
 * What <p>_selftest() returns: 0, or the sum of what failed.
 *
 * FUNCTION  an activation, or a node's weight and limit, compute something else
 * VECTOR    so does the step, for a recorded vector
 * DRAWN     so does the step, for vectors drawn at its limits and between
 * FLOAT     so do the conversions of <P>_FLOAT
 */
#define <P>_FAULT_FUNCTION 16
#define <P>_FAULT_VECTOR 32
#define <P>_FAULT_DRAWN 64
#define <P>_FAULT_FLOAT 128"""

DRAWN = """\
/* A drawn observation: any, at either limit, of middle size, small. */
<head>
    const uint32_t number = drawn * <P>_N_OBSERVATIONS + channel;
    const uint32_t bits = <p>_mixed(number + <seed>u);
    const uint32_t kind = drawn % 4u;
    int32_t found = (int32_t)(bits & 15u) - 8;
    if (kind == 0u) {
        found = (int32_t)(bits & 0xffffu) - 0x8000;
    } else if (kind == 1u) {
        found = ((bits & 64u) != 0u ? high : low) + (int32_t)(bits & 3u) - 1;
    } else if (kind == 2u) {
        found = (int32_t)(bits & 0x3fffu) - 0x2000;
    }
    return (int16_t)(found > 32767 ? 32767 : found < -32768 ? -32768 : found);
}"""

FUNCTIONS = """\
<head>
    const int32_t low = <P>_READ32(&limits[0]);
    const int32_t high = <P>_READ32(&limits[1]);
    const int32_t least = <P>_READ32(&limits[2]);
    const int32_t most = <P>_READ32(&limits[3]);
    const uint32_t shift = (uint32_t)<P>_READ32(&limits[4]);
    const uint32_t bits = <p>_mixed(number);
    const uint32_t kind = number % 4u;
    const int32_t step = (int32_t)(number / 4u) * 256;
    int32_t found = (int32_t)(bits & 15u) - 8;
    if (kind == 0u) {
        found = (int32_t)(bits >> shift) - (int32_t)(0x80000000u >> shift);
    } else if (kind == 1u) {
        found = ((bits & 64u) != 0u ? high : low) + (int32_t)(bits & 3u) - 1;
    } else if (kind == 2u) {
        found = (bits & 64u) != 0u ? step : -step;
    }
    return found > most ? most : found < least ? least : found;
}

/* A hash with what a function computed. */
static inline uint32_t <p>_joined(uint32_t hash, int32_t result) {
    return <p>_mixed(hash ^ (uint32_t)result) + 0x9e3779b9u;
}

/* The hash of what the functions compute for drawn arguments. */
static inline uint32_t <p>_functions(void) {
    /* clang-format off */
    static const int32_t limits[<tested>]
        [5] <P>_FLASH = {
<limits>
    };
    /* clang-format on */
    volatile unsigned first = 0; /* volatile: all is computed here, not in the compiler */
    uint32_t hash = 0x811c9dc5u;
    unsigned i;
    for (i = first; i < <operands>u; i++) {
        int32_t x;
        int32_t y;
<calls>
    }
    return hash;
}"""

FLOATS = """\
#if defined(<P>_FLOAT)
/* A drawn float: any bits, about halves, near the ends of 16 bits, of middle size. */
static inline float <p>_argument(uint32_t number) {
    const uint32_t bits = <p>_mixed(number);
    const uint32_t kind = number % 4u;
    union {
        uint32_t bits;
        float value;
    } made;
    made.bits = bits;
    if (number % 16u == 0u) {
        made.bits = (number % 32u == 0u ? bits : (bits & 0x80000000u) | 1u) | 0x7f800000u; /* NaN */
    } else if (number % 16u == 8u) {
        made.bits = (bits & 0x80000000u) | 0x7f800000u;
    } else if (kind == 1u) {
        made.value = (float)((int)(number / 4u % 64u) - 32) * -0.25f;
        made.bits = made.bits + (bits & 3u) - 1u;
    } else if (kind == 2u) {
        made.bits = (bits & 0x80000000u) | (0x467ffe00u + ((bits >> 8) & 0xfffu) - 0x800u);
    } else if (kind == 3u) {
        made.bits = (bits & 0x807fffffu) | ((((bits >> 23) & 15u) + 117u) << 23);
    }
    return made.value;
}

/* The hash of what drawn floats become, and of what steps make of them. */
static inline uint32_t <p>_floats(void) {
    volatile unsigned first = 0; /* volatile: all is computed here, not in the compiler */
    float obs[<P>_N_OBSERVATIONS];
    float actions[<P>_N_ACTIONS];
<state>    uint32_t hash = 0x811c9dc5u;
    unsigned i;
    unsigned k;
<begin>    for (i = first; i < <converted>u; i++) {
        const float x = <p>_argument(i);
        const int32_t got = <p>_from_float(x, 2.0f, -3);
        hash = <p>_mixed(hash ^ (uint32_t)got) + 0x9e3779b9u;
    }
    for (i = first; i < <steps>u; i++) {
        for (k = 0; k < <P>_N_OBSERVATIONS; k++) {
            uint32_t number = (uint32_t)i * <P>_N_OBSERVATIONS + k;
            if (i % 2u != 0u) { /* NaN among numbers of middle size */
                number = k % <rounds>u == i / 2u % <rounds>u ? 16u * number : 4u * number + 3u;
            }
            obs[k] = <p>_argument(number);
        }
<float step>        for (k = 0; k < <P>_N_ACTIONS; k++) {
            union {
                float value;
                uint32_t bits;
            } got;
            got.value = actions[k];
            hash = <p>_mixed(hash ^ got.bits) + 0x9e3779b9u;
        }
    }
    return hash;
}
#endif"""

SELFTEST = """\
/*
 * Computes recorded vectors and drawn ones. Returns 0 if all actions agree, else the sum of the
 * faults, see <P>_FAULT_VECTOR: refuse to run on anything but 0.
 */
static inline int <p>_selftest(void) {
    /* clang-format off */
    static const int16_t observations[<P>_N_VECTORS]
        [<P>_N_OBSERVATIONS] <P>_FLASH = {
<observations>
    };
    static const int32_t expected[<P>_N_VECTORS]
        [<P>_N_ACTIONS] <P>_FLASH = {
<expected>
    };
    static const int16_t limits[<P>_N_OBSERVATIONS]
        [2] <P>_FLASH = {
<limits>
    };
<resets>    /* clang-format on */
    volatile unsigned first = 0; /* volatile: the steps must run here, not in the compiler */
    const unsigned recorded = <P>_N_VECTORS;
    int16_t obs[<P>_N_OBSERVATIONS];
    int32_t actions[<P>_N_ACTIONS];
<state>    uint32_t hash = 0x811c9dc5u;
    int found = 0;
    unsigned i;
    unsigned k;
<begin><functions>    for (i = first; i < recorded + <drawn>u; i++) {
        for (k = 0; k < <P>_N_OBSERVATIONS; k++) {
            if (i < recorded) {
                obs[k] = <P>_READ_OBS(&observations[i][k]);
            } else {
                const int16_t low = <P>_READ_OBS(&limits[k][0]);
                const int16_t high = <P>_READ_OBS(&limits[k][1]);
                obs[k] = <p>_drawn(i - recorded, k, low, high);
            }
        }
<step>        for (k = 0; k < <P>_N_ACTIONS; k++) {
            if (i >= recorded) {
                hash = <p>_mixed(hash ^ (uint32_t)actions[k]) + 0x9e3779b9u;
            } else if (actions[k] != <P>_READ32(&expected[i][k])) {
                found |= <P>_FAULT_VECTOR;
            }
        }
<remembered>    }
<renewed>    found |= hash != <hash>u ? <P>_FAULT_DRAWN : 0;
#if defined(<P>_FLOAT)
    if (<p>_floats() != <floats>u) {
        found |= <P>_FAULT_FLOAT;
    }
#endif
    return found;
}"""

ASK_FUNCTIONS = """\
    if (<p>_functions() != <hash>u) {
        found |= <P>_FAULT_FUNCTION;
    }
"""

STEP = """\
        <p>_step(obs, actions);
"""

FLOAT_STEP = """\
        <p>_step_float(obs, actions);
"""

# Of a controller with a state: vectors are sequences, and so are drawn ones. STATE, STATE_BEGIN and REMEMBERED are
# those of the header in float32, ``to_c/selftest_text.py``.
RESETS = """\
    static const int16_t resets[<P>_N_VECTORS] <P>_FLASH = {
<numbers>
    };
"""

STATE_STEP = """\
        if (i < recorded ? <P>_READ_OBS(&resets[i]) != 0 : (i - recorded) % <length>u == 0u) {
            <p>_reset(&state);
        }
        <p>_step(&state, obs, actions);
"""

STATE_FLOAT_STEP = """\
        if (i % <length>u == 0u) {
            <p>_reset(&state);
        }
        <p>_step_float(&state, obs, actions);
"""
