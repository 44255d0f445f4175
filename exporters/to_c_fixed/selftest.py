"""The self-test of a header in fixed point: recorded vectors, drawn ones, and the conversions of floats."""

from collections.abc import Sequence

import numpy as np

from wann_rt.core.fixed.plan import INT16
from wann_rt.core.fixed.reference import FixedController, Integers
from wann_rt.exporters import drawn
from wann_rt.exporters.contract import test_vectors
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.selftest_text import MIXED
from wann_rt.exporters.to_c.text import braced, signature

SEED = 0
CONVERTED, FLOAT_STEPS = 160, 24

FAULTS = """\
/*
 * What <p>_selftest() returns: 0, or the sum of what failed.
 *
 * VECTOR  the step computes something else for a recorded vector
 * DRAWN   so it does for vectors drawn at its limits and between
 * FLOAT   so do the conversions of <P>_FLOAT
 */
#define <P>_FAULT_VECTOR 32
#define <P>_FAULT_DRAWN 64
#define <P>_FAULT_FLOAT 128"""

_DRAWN = """\
/* A drawn observation: any, at either limit, of middle size, small. */
<head>
    const uint32_t number = vector * <P>_N_OBSERVATIONS + channel;
    const uint32_t bits = <p>_mixed(number + <seed>u);
    const uint32_t kind = vector % 4u;
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

_FLOATS = """\
#if defined(<P>_FLOAT)
/* A drawn float: any bits, halves, near the ends of 16 bits, of middle size. */
static inline float <p>_argument(unsigned number) {
    const uint32_t bits = <p>_mixed(number);
    const unsigned kind = number % 4u;
    union {
        uint32_t bits;
        float value;
    } made;
    made.bits = bits;
    if (number % 16u == 0u) {
        made.bits = bits | 0x7f800000u; /* NaN */
    } else if (number % 16u == 8u) {
        made.bits = (bits & 0x80000000u) | 0x7f800000u;
    } else if (kind == 1u) {
        made.value = (float)((int)(number / 4u % 64u) - 32) * -0.25f;
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
    uint32_t hash = 0x811c9dc5u;
    unsigned i;
    unsigned k;
    for (i = first; i < <converted>u; i++) {
        const float x = <p>_argument(i);
        const int32_t got = <p>_from_float(x, 2.0f, -3);
        hash = <p>_mixed(hash ^ (uint32_t)got) + 0x9e3779b9u;
    }
    for (i = first; i < <steps>u; i++) {
        for (k = 0; k < <P>_N_OBSERVATIONS; k++) {
            const unsigned number = i * <P>_N_OBSERVATIONS + k;
            obs[k] = <p>_argument(number);
        }
        <p>_step_float(obs, actions);
        for (k = 0; k < <P>_N_ACTIONS; k++) {
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

_SELFTEST = """\
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
    /* clang-format on */
    volatile unsigned first = 0; /* volatile: the steps must run here, not in the compiler */
    const unsigned recorded = <P>_N_VECTORS;
    int16_t obs[<P>_N_OBSERVATIONS];
    int32_t actions[<P>_N_ACTIONS];
    uint32_t hash = 0x811c9dc5u;
    int found = 0;
    unsigned i;
    unsigned k;
    for (i = first; i < recorded + <drawn>u; i++) {
        for (k = 0; k < <P>_N_OBSERVATIONS; k++) {
            if (i < recorded) {
                obs[k] = <P>_READ_OBS(&observations[i][k]);
            } else {
                const int16_t low = <P>_READ_OBS(&limits[k][0]);
                const int16_t high = <P>_READ_OBS(&limits[k][1]);
                obs[k] = <p>_drawn(i - recorded, k, low, high);
            }
        }
        <p>_step(obs, actions);
        for (k = 0; k < <P>_N_ACTIONS; k++) {
            if (i >= recorded) {
                hash = <p>_mixed(hash ^ (uint32_t)actions[k]) + 0x9e3779b9u;
            } else if (actions[k] != <P>_READ32(&expected[i][k])) {
                found |= <P>_FAULT_VECTOR;
            }
        }
    }
    found |= hash != <hash>u ? <P>_FAULT_DRAWN : 0;
#if defined(<P>_FLOAT)
    if (<p>_floats() != <floats>u) {
        found |= <P>_FAULT_FLOAT;
    }
#endif
    return found;
}"""


def selftest(fixed: FixedController, vectors: Integers, names: Names) -> list[str]:
    """Returns the text of the self-test and of what it needs, callees first."""
    limits = np.array([form.limits or INT16 for form in fixed.plan.observations], np.int64)
    drawn_ones = drawn.integers(limits, SEED)
    parameters = ["uint32_t vector", "uint32_t channel", "int16_t low", "int16_t high"]
    fills = {
        "<head>": "\n".join(signature("static inline int16_t", f"{names.p}_drawn", parameters)),
        "<observations>": _rows(vectors),
        "<expected>": _rows(fixed.run(vectors)),
        "<limits>": _rows(np.clip(limits, *INT16)),
        "<drawn>": str(len(drawn_ones)),
        "<hash>": f"0x{drawn.hashed(fixed.run(drawn_ones)):08x}",
        "<floats>": f"0x{_floats_hash(fixed):08x}",
        "<seed>": str(SEED),
        "<converted>": str(CONVERTED),
        "<steps>": str(FLOAT_STEPS),
    }
    texts = []
    for text in (MIXED, _DRAWN, _FLOATS, _SELFTEST):
        for mark, value in fills.items():
            text = text.replace(mark, value)
        texts.append(names.fill(text))
    return texts


def recorded(fixed: FixedController) -> Integers:
    """Returns the observations of the recorded vectors: those of the contract, and the ends of the type."""
    floats = np.array([vector.observation for vector in test_vectors(fixed.controller)], np.float32)
    ends = np.repeat(np.array(INT16)[:, np.newaxis], floats.shape[1], axis=1)
    return np.concatenate([fixed.from_float(floats), ends])


def _floats_hash(fixed: FixedController) -> int:
    """Returns what ``<p>_floats`` computes."""
    x = drawn.convertible(CONVERTED)
    with np.errstate(all="ignore"):
        scaled = x * np.float32(2.0)
        nearest = np.trunc(scaled + np.copysign(np.float32(0.5), scaled))
    limited = np.clip(np.where(np.isnan(scaled), np.float32(-3), nearest), *INT16)
    n = len(fixed.controller.observations)
    actions = fixed(drawn.convertible(FLOAT_STEPS * n).reshape(FLOAT_STEPS, n))
    return drawn.hashed(actions, drawn.hashed(limited.astype(np.int64)))


def _rows(values: Sequence[Sequence[int]] | Integers) -> str:
    return "\n".join(line for row in values for line in braced([str(int(value)) for value in row]))
