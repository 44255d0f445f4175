"""The palette: every activation a node can have, each with its one float32 definition.

A definition is a plain function over the primitives of ``arithmetic.py``: no libm, no branches, so its cost is the
same for every input and its bits are the same on every target. Ids and formulas are those of the reference
implementation of Gaier and Ha (2019), "Weight Agnostic Neural Networks"; note the factor pi in ``sin`` and ``cos``.
Constants are minimax fits; ``tests/core/fit_activations.py`` finds them again.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wann_rt.core.arithmetic import HALF, ONE, ZERO, Number, absolute, maximum, minimum, select

f32 = np.float32
EVEN_MAGIC = f32(1.5 * 2**24)  # adding and subtracting it rounds to the nearest even integer


def linear(x: Number) -> Number:
    """Returns x."""
    return x


def step(x: Number) -> Number:
    """Returns 1 where x > 0, else 0 (also for NaN)."""
    return select(x > ZERO, ONE, ZERO)


def reduced(x: Number) -> Number:
    """Returns x minus the nearest even integer, in [-1, 1]: sin(pi x) and cos(pi x) have the period 2.

    Exact: floats near 1.5 * 2^24 are 2 apart, so the sum rounds to an even integer, and the difference of neighbours
    is representable (Sterbenz). Where abs(x) >= 2^23, x is an integer and counts as an even one: 0, infinity included.
    """
    rest = x - ((x + EVEN_MAGIC) - EVEN_MAGIC)
    return select(absolute(x) >= f32(2.0**23), ZERO, rest)


def sin(x: Number) -> Number:
    """Returns sin(pi x): a cubic in the parabola d (1 - |d|), which has its zeros; the result lies in [-1, 1]."""
    d = reduced(x)
    y = d * (ONE - absolute(d))
    v = absolute(y)
    return y * (((f32(0.21969882) * v + f32(1.1122317)) * v + f32(3.1418693)) * v + f32(3.1415854))


def cos(x: Number) -> Number:
    """Returns cos(pi x) = sin(pi (1/2 - |d|)), an odd polynomial; the result lies in [-1, 1]."""
    e = HALF - absolute(reduced(x))
    s = e * e
    return e * (((f32(-0.5532916) * s + f32(2.5413868)) * s + f32(-5.1670885)) * s + f32(3.1415806))


def gauss(x: Number) -> Number:
    """Returns exp(-x^2 / 2): a quartic for exp(-x^2 / 32), squared four times; the result lies in (0, 1]."""
    t = minimum(f32(32.0), x * x)
    y = (((f32(3.4226698e-08) * t + f32(-5.0466265e-06)) * t + f32(0.0004881829)) * t + f32(-0.031249957)) * t + ONE
    y = y * y
    y = y * y
    y = y * y
    return y * y


def tanh(x: Number) -> Number:
    """Returns tanh(x): a rational function on [-7.25, 7.25], constant beyond; the result lies in (-1, 1).

    Numerator and denominator share the constant term 2^18, so tiny x pass unchanged.
    """
    x = maximum(f32(-7.25), minimum(f32(7.25), x))
    s = x * x
    p = ((s + f32(591.1133)) * s + f32(32190.752)) * s + f32(262144.0)
    q = ((f32(36.653416) * s + f32(5498.3735)) * s + f32(119569.695)) * s + f32(262144.0)
    return (x * p) / q


def sigmoid(x: Number) -> Number:
    """Returns (tanh(x/2) + 1) / 2, the logistic function."""
    return tanh(x * HALF) * HALF + HALF


def inverse(x: Number) -> Number:
    """Returns -x."""
    return -x


def relu(x: Number) -> Number:
    """Returns max(0, x)."""
    return maximum(ZERO, x)


def square(x: Number) -> Number:
    """Returns x^2."""
    return x * x


@dataclass(frozen=True)
class Activation:
    """One row of the palette.

    Attributes:
        id: number in files and programs, that of the reference implementation.
        name: name in files, on the command line and in generated code.
        formula: what it approximates or is, for people.
        function: its definition, over ``arithmetic`` primitives.
        max_error: greatest absolute error against the exact function over all finite float32 inputs, measured by
            ``tests/core/test_activations.py``; 0 where the definition is exact.
    """

    id: int
    name: str
    formula: str
    function: Callable[[Number], Number]
    max_error: float = 0.0


PALETTE: tuple[Activation, ...] = (
    Activation(1, "linear", "x", linear),
    Activation(2, "step", "x > 0 ? 1 : 0", step),
    Activation(3, "sin", "sin(pi x)", sin, 2.1e-7),
    Activation(4, "gauss", "exp(-x^2 / 2)", gauss, 9.2e-7),
    Activation(5, "tanh", "tanh(x)", tanh, 1.8e-6),
    Activation(6, "sigmoid", "(tanh(x/2) + 1) / 2", sigmoid, 9e-7),
    Activation(7, "inverse", "-x", inverse),
    Activation(8, "abs", "|x|", absolute),
    Activation(9, "relu", "max(0, x)", relu),
    Activation(10, "cos", "cos(pi x)", cos, 8.3e-7),
    Activation(11, "square", "x^2", square),
)

BY_ID = {activation.id: activation for activation in PALETTE}
BY_NAME = {activation.name: activation for activation in PALETTE}
