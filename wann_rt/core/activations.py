"""The palette: every activation a node can have, each with its one float32 definition.

A definition is a plain function over the primitives of ``arithmetic.py``: no libm, no branches, so its cost is the
same for every input and its bits are the same on every target. Ids and formulas are those of the reference
implementation of Gaier and Ha (2019), "Weight Agnostic Neural Networks"; note the factor pi in ``sin`` and ``cos``.
Constants are minimax fits; ``tests/core/fit_activations.py`` finds them again.

Other rooms need more of an activation than its definition: its form in fixed point, its operator in ONNX. Each keeps
that in a table of its own and has it checked by ``covered`` when it is imported, so that nobody can forget one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from wann_rt.core.arithmetic import HALF, ONE, ZERO, Number, absolute, maximum, minimum, select
from wann_rt.core.errors import TableError

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


Family = Literal["straight", "switch", "wave", "bell", "bend"]


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
        family: its kind of curve, which gives it its colour in drawings.
        reach: drawings show it from -reach to reach.
        since: the version of the controller file that brought it; see FORMAT.md, "Versions".
    """

    id: int
    name: str
    formula: str
    function: Callable[[Number], Number]
    max_error: float = 0.0
    family: Family = "bend"
    reach: float = 1.0
    since: int = 1


PALETTE: tuple[Activation, ...] = (
    Activation(1, "linear", "x", linear, family="straight"),
    Activation(2, "step", "x > 0 ? 1 : 0", step, family="switch"),
    Activation(3, "sin", "sin(pi x)", sin, 2.1e-7, "wave"),
    Activation(4, "gauss", "exp(-x^2 / 2)", gauss, 9.2e-7, "bell", 3.0),
    Activation(5, "tanh", "tanh(x)", tanh, 1.8e-6, "switch", 3.0),
    Activation(6, "sigmoid", "(tanh(x/2) + 1) / 2", sigmoid, 9e-7, "switch", 5.0),
    Activation(7, "inverse", "-x", inverse, family="straight"),
    Activation(8, "abs", "|x|", absolute),
    Activation(9, "relu", "max(0, x)", relu),
    Activation(10, "cos", "cos(pi x)", cos, 8.3e-7, "wave"),
    Activation(11, "square", "x^2", square),
)

BY_ID = {activation.id: activation for activation in PALETTE}
BY_NAME = {activation.name: activation for activation in PALETTE}
MAX_ID = 127  # genomes hold ids in one signed byte
LAST_OF_VERSION_1 = 11  # readers of version 1 of the controller file know no later id

Key = TypeVar("Key", int, str)
Row = TypeVar("Row")


def covered(table: Mapping[Key, Row], name: str, module: str, suffix: str = ".py") -> Mapping[Key, Row]:
    """Returns a table that has exactly one row for each activation, under its id or its name.

    Args:
        table: id -> row, or name -> row.
        name: what the table is called.
        module: where it stands: ``__name__`` there.
        suffix: of the file's name.

    Raises:
        TableError: a row is missing, or one is there of which the palette has no activation.
    """
    where = f"table {name} in {module.replace('.', '/')}{suffix}"
    missing = [a for a in PALETTE if a.id not in table and a.name not in table]
    if missing:
        raise TableError(
            f"{where} has no row for activation {missing[0].name} (id {missing[0].id}), which PALETTE in "
            "wann_rt/core/activations.py has: add one"
        )
    unknown = [key for key in table if key not in BY_ID and key not in BY_NAME]
    if unknown:
        raise TableError(
            f"{where} has a row {unknown[0]!r}, but PALETTE in wann_rt/core/activations.py has no such activation: "
            "add it there, or remove the row"
        )
    return table


def _check_palette() -> None:
    ids, names = [a.id for a in PALETTE], [a.name for a in PALETTE]
    if len({*ids}) < len(ids) or len({*names}) < len(names) or not all(1 <= i <= MAX_ID for i in ids):
        raise TableError(
            f"PALETTE in wann_rt/core/activations.py: ids must be distinct, from 1 to {MAX_ID}, and names distinct; "
            f"it has {', '.join(f'{a.id} {a.name}' for a in PALETTE)}"
        )
    unversioned = [a for a in PALETTE if (a.since > 1) != (a.id > LAST_OF_VERSION_1)]
    if unversioned:
        raise TableError(
            f"PALETTE in wann_rt/core/activations.py: {unversioned[0].name} (id {unversioned[0].id}) has since="
            f"{unversioned[0].since}; version 1 of the controller file has ids 1 to {LAST_OF_VERSION_1}, and a later "
            "activation says which version brings it: the next one, since=2 for the first"
        )


_check_palette()
