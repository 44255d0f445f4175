"""The self-test of a generated header: it replays recorded vectors on the target and compares bits."""

import numpy as np

from wann_rt.core.controller import Vector
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.text import braced, literal

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
# 7 of 17 headers that were wrong passed). These five operations do. Each result goes through memory:
# where clang could merge them into one vector operation, it did not fuse what it fused elsewhere.
ARITHMETIC = """\
/* Whether each operation rounds by itself, in its place, and keeps subnormals, -0 and NaN. */
static inline int <p>_is_exact(void) {
    <P>_EXACT
    volatile float v = 1.0002441f; /* volatile: computed here, one by one, not in the compiler */
    volatile union {
        uint32_t bits;
        float value;
    } n;
    float x = v;
    int exact;
    v = x * x - 1.0004883f; /* (1 + 2^-12)^2 rounds to 1 + 2^-11 */
    exact = <p>_same(v, 0u);
    v = 1.25f;
    v = v + 25165824.0f - 25165824.0f; /* the nearest even integer */
    exact &= <p>_same(v, 0x40000000u);
    v = 1.1754944e-38f;
    v = v * 0.5f; /* half of the least normal number, and back */
    v = v * 2.0f;
    exact &= <p>_same(v, 0x00800000u);
    v = -0.0f;
    v = v + 0.0f;
    exact &= <p>_same(v, 0u);
    n.bits = 0x7fc00000u;
    x = n.value;
    exact &= (x >= 0.0f) == (x < 0.0f); /* neither */
    return exact;
}"""

# An AVR copies plain constants to its RAM, of which it has 2 kB; PROGMEM keeps them in flash. Elsewhere the
# loop that reads a row would become a call of memcpy (GCC 12, -Os, from some ten floats on), which a program
# without a C library lacks: not so if each read is volatile.
_TABLES = """\
/* Tables stay in flash, also where that is a memory of its own. */
#if defined(__AVR__)
#include <avr/pgmspace.h>
#define <P>_FLASH PROGMEM
#define <P>_READ_FLOAT(address) pgm_read_float(address)
#define <P>_READ_BITS(address) pgm_read_dword(address)
#else
#define <P>_FLASH
#define <P>_READ_FLOAT(address) (*(const volatile float *)(address))
#define <P>_READ_BITS(address) (*(address))
#endif"""

_SELFTEST = """\
/*
 * Replays the recorded vectors. Returns 0 if all bits agree, else the number (from 1) of the first
 * vector that does not, or -1 if single operations do not: refuse to run on anything but 0.
 */
static inline int <p>_selftest(void) {
    /* clang-format off */
    static const float observations[<P>_N_VECTORS]
        [<P>_N_OBSERVATIONS] <P>_FLASH = {
<observations>
    };
    static const uint32_t expected[<P>_N_VECTORS]
        [<P>_N_ACTIONS] <P>_FLASH = {
<expected>
    };
    /* clang-format on */
    volatile int first = 0; /* volatile: the steps must run here, not in the compiler */
    float obs[<P>_N_OBSERVATIONS];
    float actions[<P>_N_ACTIONS];
    int i;
    int k;
    if (!<p>_is_exact()) {
        return -1;
    }
    for (i = first; i < <P>_N_VECTORS; i++) {
        for (k = 0; k < <P>_N_OBSERVATIONS; k++) {
            obs[k] = <P>_READ_FLOAT(&observations[i][k]);
        }
        <p>_step(obs, actions);
        for (k = 0; k < <P>_N_ACTIONS; k++) {
            const uint32_t bits = <P>_READ_BITS(&expected[i][k]);
            if (!<p>_same(actions[k], bits)) {
                return i + 1;
            }
        }
    }
    return 0;
}"""


def selftest(vectors: tuple[Vector, ...], names: Names) -> list[str]:
    """Returns the text of the self-test and of the comparison it needs."""
    infinity = names.fill("<P>_INF")
    observations, expected = [], []
    for vector in vectors:
        observations += braced([literal(v, infinity) for v in vector.observation])
        expected += braced(_bits(vector.action))
    text = names.fill(_SELFTEST)
    text = text.replace("<observations>", "\n".join(observations))
    tables = names.fill(_TABLES)
    return [tables, names.fill(SAME), names.fill(ARITHMETIC), text.replace("<expected>", "\n".join(expected))]


def _bits(values: tuple[float, ...]) -> list[str]:
    return [f"0x{bits:08x}u" for bits in np.array(values, np.float32).view(np.uint32)]
