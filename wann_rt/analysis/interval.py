"""Intervals of float64, many at once: each operation's result holds every number that the operands allow.

Every result is moved outward by one unit in the last place, so that rounding takes nothing away from a bound; of
functions of libm, which are not rounded to nearest, by a few (R. E. Moore, *Interval Analysis*, 1966).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST = np.nextafter(0.0, 1.0)
LIBM = 8.0 * np.finfo(np.float64).eps  # relative; numpy's exp, sin, cos and tanh are within 4 ulp wherever it runs


class Interval(NamedTuple):
    """All numbers from ``low`` to ``high``, arrays of one shape."""

    low: Floats
    high: Floats

    @property
    def size(self) -> Floats:
        """The greatest absolute value."""
        return np.maximum(np.abs(self.low), np.abs(self.high))

    @property
    def width(self) -> Floats:
        """From end to end."""
        return self.high - self.low


def point(x: Floats | float) -> Interval:
    """Returns the interval that holds one number."""
    exact = np.asarray(x, np.float64)
    return Interval(exact, exact)


def outward(low: Floats, high: Floats) -> Interval:
    """Returns an interval with both ends moved outward; what is no number, infinity minus infinity, is unbounded.

    An end at 0 stays: a sum of float64 that is 0 is exact, and of products ``_product`` takes care.
    """
    low = np.where(low == 0, 0.0, np.nextafter(low, -np.inf))
    high = np.where(high == 0, 0.0, np.nextafter(high, np.inf))
    return Interval(np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high))


def widened(x: Interval, by: Floats | float) -> Interval:
    """Returns an interval with both ends moved outward by so much."""
    return outward(x.low - by, x.high + by)


def add(a: Interval, b: Interval) -> Interval:
    """Returns a + b."""
    return outward(a.low + b.low, a.high + b.high)


def times(a: Interval, b: Interval) -> Interval:
    """Returns a * b."""
    ends = [_product(x, y) for x in a for y in b]
    return outward(np.minimum.reduce(ends), np.maximum.reduce(ends))


def scaled(a: Interval, factor: float) -> Interval:
    """Returns a * factor."""
    low, high = (a.low, a.high) if factor >= 0 else (a.high, a.low)
    return outward(_product(low, np.asarray(factor)), _product(high, np.asarray(factor)))


def _product(x: Floats, y: Floats) -> Floats:
    """Returns x * y; 0 times infinity is 0, for an end at infinity stands for numbers as great as one likes.

    What is too small for float64 is the least number that is not.
    """
    with np.errstate(invalid="ignore", under="ignore"):
        made = x * y
    nothing = (x == 0) | (y == 0)
    return np.where(nothing, 0.0, np.where(made == 0, np.copysign(LEAST, made), made))


def limited(a: Interval, low: float, high: float) -> Interval:
    """Returns what is left of an interval in [low, high]; beyond it, the nearer end."""
    return Interval(np.clip(a.low, low, high), np.clip(a.high, low, high))
