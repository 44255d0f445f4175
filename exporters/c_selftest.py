"""The self-test of a generated header: it replays recorded vectors on the target and compares bits."""

import numpy as np

from wann_rt.controller import Vector
from wann_rt.exporters.c_names import Names
from wann_rt.exporters.c_text import braced, literal

_SAME = """\
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

_SELFTEST = """\
/*
 * Replays the recorded vectors. Returns 0 if all bits agree, else the number (from 1) of the first
 * vector that does not: refuse to run on anything but 0.
 */
static inline int <p>_selftest(void) {
    /* clang-format off */
    static const float observations[<P>_N_VECTORS][<P>_N_OBSERVATIONS] = {
<observations>
    };
    static const uint32_t expected[<P>_N_VECTORS][<P>_N_ACTIONS] = {
<expected>
    };
    /* clang-format on */
    volatile int first = 0; /* volatile: the steps must run here, not in the compiler */
    float actions[<P>_N_ACTIONS];
    int i;
    int k;
    for (i = first; i < <P>_N_VECTORS; i++) {
        <p>_step(observations[i], actions);
        for (k = 0; k < <P>_N_ACTIONS; k++) {
            if (!<p>_same(actions[k], expected[i][k])) {
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
    return [names.fill(_SAME), text.replace("<expected>", "\n".join(expected))]


def _bits(values: tuple[float, ...]) -> list[str]:
    return [f"0x{bits:08x}u" for bits in np.array(values, np.float32).view(np.uint32)]
