"""What the tasks taken from Gymnasium's classic control share: their first states, and angles within one turn."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core.arithmetic import Number

f32 = np.float32
PER_PI = f32(1.0 / np.pi)  # sin and cos of the palette take half-turns
TURN = f32(2.0 * np.pi)
PER_TURN = f32(0.5 / np.pi)
ROUND_MAGIC = f32(1.5 * 2**23)  # adding and subtracting it rounds to the nearest integer


def first_state(seed: int, low: ArrayLike, high: ArrayLike) -> NDArray[np.float32]:
    """Returns the state in which Gymnasium's environment starts after ``reset(seed=seed)``.

    Gymnasium draws it as ``np_random.uniform(low, high)`` from numpy's PCG64, seeded through a ``SeedSequence``. So the
    compiled task and the environment play the same episodes. Product and sum are separate operations here, so that no
    processor fuses them.

    Args:
        seed: of the episode; negative ones, which Gymnasium refuses, count modulo 2^64.
        low: lowest value of each state variable.
        high: highest value of each.
    """
    drawn = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed % 2**64))).random(np.shape(low))
    lowest, highest = np.asarray(low, np.float64), np.asarray(high, np.float64)
    spread = (highest - lowest) * drawn
    return (lowest + spread).astype(f32)


def wrapped(angle: Number) -> Number:
    """Returns the angle less whole turns, within a rounding error of [-pi, pi]; unchanged where it is there already."""
    return angle - ((angle * PER_TURN + ROUND_MAGIC) - ROUND_MAGIC) * TURN
