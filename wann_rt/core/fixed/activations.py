"""The palette in fixed point: each activation's one definition in 32-bit integers.

Values are integers that count 2^-12 ("q12"). A definition is a plain function over ``+ - * >> &``, comparison,
``select``, ``absolute`` and ``lookup``; numpy runs it, ``fixed.symbols`` traces it to C. Right shifts round down.
``tanh`` and ``gauss`` are the float32 definitions themselves, sampled 16 times per unit and joined by straight lines:
on a processor without a division, and with multiplications of 16 bits, that is cheaper and nearer than a polynomial.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wann_rt.core import activations
from wann_rt.core.arithmetic import Number, absolute, select

FRACTION = 12  # bits
ONE = 1 << FRACTION
HALF = ONE >> 1
STEP = 8  # bits of a table's step: 1/16 in q12, and a whole byte, so that an AVR need not shift
Table = tuple[int, ...]
Range = tuple[int, int]  # least and greatest value


def lookup(table: Table, index: Number) -> Number:
    """Returns ``table[index]``."""
    if hasattr(index, "lookup"):
        return index.lookup(table)
    return np.array(table)[index]


def apply(function: Callable[[Number], Number], x: Number) -> Number:
    """Returns ``function(x)``; in C that is a call."""
    return x.apply(function) if hasattr(x, "apply") else function(x)


def limited(x: Number, limits: Range | None) -> Number:
    """Returns x within limits, if there are any."""
    if limits is None:
        return x
    return x.limited(*limits) if hasattr(x, "limited") else np.clip(x, *limits)


def sampled(function: Callable[[Number], Number], count: int) -> Table:
    """Returns a float32 definition at multiples of 1/16, from 0 on, to the nearest q12."""
    x = (np.arange(count) / np.float32(ONE >> STEP)).astype(np.float32)
    return tuple(int(y) for y in np.rint(function(x).astype(np.float64) * ONE))


def interpolated(table: Table, x: Number) -> Number:
    """Returns the value at x >= 0, on the line between its neighbours in a table."""
    index = x >> STEP
    low = lookup(table, index)
    return low + ((lookup(table, index + 1) - low) * (x & ((1 << STEP) - 1)) >> STEP)


TANH = sampled(activations.tanh, 66)
GAUSS = sampled(activations.gauss, 66)


def linear(x: Number) -> Number:
    """Returns x."""
    return x


def step(x: Number) -> Number:
    """Returns 1 where x > 0, else 0."""
    return select(x > 0, ONE, 0)


def sin(x: Number) -> Number:
    """Returns sin(pi x): a quadratic in the parabola d (1 - |d|) of the rest d of x modulo 2, in [-1, 1)."""
    d = ((x + ONE) & (2 * ONE - 1)) - ONE
    y = d * (ONE - absolute(d)) >> 8  # q16: at most 1/4
    v = absolute(y)
    p = ((9976 * v >> 16) + 25613) * v >> 16  # q13
    return y * (p + 25741) >> 17


def cos(x: Number) -> Number:
    """Returns cos(pi x) = sin(pi (x + 1/2))."""
    return apply(sin, x + HALF)


def gauss(x: Number) -> Number:
    """Returns exp(-x^2 / 2) for abs(x) <= 4."""
    return interpolated(GAUSS, absolute(x))


def tanh(x: Number) -> Number:
    """Returns tanh(x) for abs(x) <= 4."""
    y = interpolated(TANH, absolute(x))
    return select(x < 0, -y, y)


def sigmoid(x: Number) -> Number:
    """Returns (tanh(x/2) + 1) / 2 for -8 <= x < 8."""
    return (apply(tanh, x >> 1) + ONE) >> 1


def inverse(x: Number) -> Number:
    """Returns -x."""
    return -x


def relu(x: Number) -> Number:
    """Returns max(0, x)."""
    return select(x > 0, x, 0)


def square(x: Number) -> Number:
    """Returns x^2 for abs(x) < 11.3."""
    return x * x >> FRACTION


@dataclass(frozen=True)
class FixedActivation:
    """One row of the palette.

    Attributes:
        function: its definition.
        limit: its argument is limited to [-limit - 1, limit]: where a bounded function is constant, or where the
            result or an intermediate value of another one would leave its range.
        max_error: greatest absolute error against the float32 definition, at every argument within the limit, and
            beyond it where the function is bounded; ``tests/core/test_fixed_activations.py`` measures it.
    """

    function: Callable[[Number], Number]
    limit: int
    max_error: float


VALUE_LIMIT = (1 << 19) - 1  # greatest absolute value of a node: 128, which leaves 12 bits for a weight
_ROWS = {
    1: FixedActivation(linear, VALUE_LIMIT, 0.0),
    2: FixedActivation(step, VALUE_LIMIT, 0.0),
    3: FixedActivation(sin, VALUE_LIMIT, 3.6e-4),
    4: FixedActivation(gauss, 4 * ONE - 1, 7.4e-4),
    5: FixedActivation(tanh, 4 * ONE - 1, 7.4e-4),
    6: FixedActivation(sigmoid, 8 * ONE - 1, 5e-4),
    7: FixedActivation(inverse, VALUE_LIMIT, 0.0),
    8: FixedActivation(absolute, VALUE_LIMIT, 0.0),
    9: FixedActivation(relu, VALUE_LIMIT, 0.0),
    10: FixedActivation(cos, VALUE_LIMIT - HALF, 3.6e-4),
    11: FixedActivation(square, 46_339, 2.5e-4),  # its square is the greatest that 32 bits hold
}
FIXED = activations.covered(_ROWS, "FIXED", __name__)
