"""What plants are written with, in one place: the primitives, and what nearly every plant needs beside them.

Angles are in radians here; the activations ``sin`` and ``cos`` take half-turns.
"""

import numpy as np

from wann_rt.core import activations
from wann_rt.core.arithmetic import (
    HALF,
    ONE,
    ZERO,
    Number,
    absolute,
    both,
    clip,
    either,
    maximum,
    minimum,
    select,
)

__all__ = [
    "HALF", "ONE", "ZERO", "Number", "absolute", "both", "clip", "cosine", "either", "maximum", "minimum", "select",
    "sign", "sine", "wrapped",
]  # fmt: skip

f32 = np.float32
PER_PI = f32(1.0 / np.pi)
TURN = f32(2.0 * np.pi)
PER_TURN = f32(0.5 / np.pi)
ROUND_MAGIC = f32(1.5 * 2**23)  # adding and subtracting it rounds to the nearest integer


def sine(angle: Number) -> Number:
    """Returns the sine of an angle in radians; error below 3e-7 within some turns of 0."""
    return activations.sin(angle * PER_PI)


def cosine(angle: Number) -> Number:
    """Returns the cosine of an angle in radians; error below 1e-6 within some turns of 0."""
    return activations.cos(angle * PER_PI)


def wrapped(angle: Number) -> Number:
    """Returns the angle less whole turns, within a rounding error of [-pi, pi]; unchanged where it is there already."""
    return angle - ((angle * PER_TURN + ROUND_MAGIC) - ROUND_MAGIC) * TURN


def sign(x: Number) -> Number:
    """Returns 1 for a number above 0, -1 for one below, 0 for 0 and NaN."""
    return select(x > ZERO, ONE, select(x < ZERO, -ONE, ZERO))
