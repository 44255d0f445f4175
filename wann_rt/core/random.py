"""Counter-based random numbers: every number is a pure function of (seed, what it is for, its index).

So results depend neither on the order of evaluation nor on threads, processes or machines, and a resumed run draws
what an uninterrupted one would have drawn. The mixer is that of SplitMix64 (Steele, Lea and Flood, "Fast splittable
pseudorandom number generators", OOPSLA 2014); only integer arithmetic and IEEE + - * / sqrt are used, so the numbers
are the same bits on every machine. Kernels compile ``mix``, ``fold`` and ``uniform`` as they stand here.
"""

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.exact import logarithm, polynomial

u64 = np.uint64
GOLDEN = u64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, the stream increment of SplitMix64
MIX_1 = u64(0xBF58476D1CE4E5B9)
MIX_2 = u64(0x94D049BB133111EB)
S27, S30, S31, S11 = u64(27), u64(30), u64(31), u64(11)


class Purpose(IntEnum):
    """What a stream of numbers is for; streams of different purposes are independent."""

    INITIAL = 1
    VARIATION = 2
    RANKING = 3
    EPISODE = 4
    RETEST = 5
    TEST = 6
    WEIGHTS = 7
    SWEEP = 8
    START = 9
    VECTORS = 10
    TUNE_EPISODE = 11
    TUNE_SCREEN = 12
    TUNE_FINAL = 13
    TUNE_NOISE = 14
    DISTURBANCE = 15
    RANDOM_WEIGHTS = 16
    BOOTSTRAP = 17
    SPLIT = 18
    PROPOSAL = 19


def mix(z: Any) -> Any:
    """Returns a uint64 in which every bit of z (a uint64, scalar or array) has been spread over all 64."""
    z = (z ^ (z >> S30)) * MIX_1
    z = (z ^ (z >> S27)) * MIX_2
    return z ^ (z >> S31)


def fold(key: Any, part: Any) -> Any:
    """Returns the key of a sub-stream: ``fold(fold(seed, purpose), index)``."""
    return mix((key ^ mix(part + GOLDEN)) + GOLDEN)


def uniform(key: Any, index: Any) -> Any:
    """Returns number ``index`` of a stream: a float64 in [0, 1) with 53 random bits."""
    return (mix(key + (index + u64(1)) * GOLDEN) >> S11) * 2.0**-53


def stream(seed: int, purpose: Purpose, *parts: int) -> np.uint64:
    """Returns the key of the stream for a purpose; parts (generation, genome, ...) tell streams of it apart."""
    with np.errstate(over="ignore"):  # uint64 arithmetic wraps on purpose
        key = u64(seed % 2**64)
        for part in (int(purpose), *parts):
            key = u64(fold(key, u64(part % 2**64)))
        return key


def uniforms(key: np.uint64, count: int, low: float = 0.0, high: float = 1.0) -> NDArray[np.float64]:
    """Returns the first ``count`` numbers of a stream, uniform in [low, high)."""
    with np.errstate(over="ignore"):
        drawn: NDArray[np.float64] = uniform(key, np.arange(count, dtype=np.uint64))
    return low + (high - low) * drawn


def normals(key: np.uint64, count: int) -> NDArray[np.float64]:
    """Returns the first ``count`` standard normal numbers of a stream, by inversion of the distribution function.

    Source: M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution", 1988 (PPND7, about
    seven figures, which float32 states do not exceed).
    """
    u, half_cell = uniforms(key, count), 2.0**-54  # p = u + half_cell, the middle of a cell, is never 0 or 1
    q = (u - 0.5) + half_cell
    tail = np.minimum(u + half_cell, (1.0 - u) - half_cell)  # p itself would round to 1 at the upper end
    r = np.sqrt(-logarithm(tail))
    middle = q * _ratio(0.180625 - q * q, _MIDDLE)
    near = _ratio(r - 1.6, _NEAR)
    far = _ratio(r - 5.0, _FAR)
    outer = np.copysign(np.where(r <= 5.0, near, far), q)
    return np.where(np.abs(q) <= 0.425, middle, outer)


_MIDDLE = (
    (3.3871327179e00, 5.0434271938e01, 1.5929113202e02, 5.9109374720e01),
    (1.0, 1.7895169469e01, 7.8757757664e01, 6.7187563600e01),
)
_NEAR = (
    (1.4234372777e00, 2.7568153900e00, 1.3067284816e00, 1.7023821103e-01),
    (1.0, 7.3700164250e-01, 1.2021132975e-01),
)
_FAR = (
    (6.6579051150e00, 3.0812263860e00, 4.2868294337e-01, 1.7337203997e-02),
    (1.0, 2.4197894225e-01, 1.2258202635e-02),
)


def _ratio(x: NDArray[np.float64], coefficients: tuple[tuple[float, ...], tuple[float, ...]]) -> NDArray[np.float64]:
    """Returns the ratio of two polynomials, coefficients lowest power first."""
    numerator, denominator = (polynomial(x, c) for c in coefficients)
    return numerator / denominator
