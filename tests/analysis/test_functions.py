"""Laws of the palette over intervals: no value and no slope in an interval lies outside of what is said of it."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from wann_rt.analysis.functions import EXTENSIONS, extension_of
from wann_rt.analysis.interval import Interval, add, point, scaled, times
from wann_rt.analysis.rounding import ROUNDED
from wann_rt.core.activations import BY_ID, PALETTE, Activation
from wann_rt.core.errors import ControllerError

Floats = NDArray[np.float64]
BOUNDED = [activation for activation in PALETTE if activation.id in EXTENSIONS]
ENDS = np.array([0.0, 0.5, 1.0, 1.5, 2.0, np.sqrt(3.0), 7.25, 20.0, 1e-30, 1e5, 2.0**22, 2.0**24])


def intervals() -> Interval:
    """Returns intervals of every width, at the places where functions turn and elsewhere."""
    rng = np.random.default_rng(1)
    turns = np.concatenate([ENDS, -ENDS])
    low = np.concatenate([np.repeat(turns, len(turns)), rng.normal(0, 3, 2000), rng.uniform(-40, 40, 2000)])
    other = np.concatenate([np.tile(turns, len(turns)), low[-4000:] + rng.exponential(1, 4000) ** 3])
    ends = np.stack([low, other]).astype(np.float32).astype(np.float64)
    return Interval(*np.sort(ends, axis=0))


def inside(x: Interval) -> Floats:
    """Returns points of each interval, its ends among them, [points, intervals]; each a float32."""
    share = np.linspace(0, 1, 41)[:, np.newaxis]
    points = (x.low + share * (x.high - x.low)).astype(np.float32).astype(np.float64)
    return np.clip(points, x.low, x.high)


Function = Callable[[Floats], Floats]
EXACT: dict[str, tuple[Function, Function]] = {
    "linear": (lambda x: x, lambda x: np.ones_like(x)),
    "step": (lambda x: (x > 0).astype(float), lambda x: np.zeros_like(x)),
    "sin": (lambda x: np.sin(np.pi * x), lambda x: np.pi * np.cos(np.pi * x)),
    "gauss": (lambda x: np.exp(-x * x / 2), lambda x: -x * np.exp(-x * x / 2)),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(np.clip(x, -300, 300)) ** 2),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: 0.25 / np.cosh(np.clip(x, -600, 600) / 2) ** 2),
    "inverse": (lambda x: -x, lambda x: -np.ones_like(x)),
    "abs": (np.abs, np.sign),
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(float)),
    "cos": (lambda x: np.cos(np.pi * x), lambda x: -np.pi * np.sin(np.pi * x)),
    "square": (lambda x: x * x, lambda x: 2 * x),
}


@pytest.mark.parametrize("activation", BOUNDED, ids=lambda activation: activation.name)
def test_no_value_and_no_slope_is_outside(activation: Activation) -> None:
    value, slope = EXACT[activation.name]
    x, extension = intervals(), EXTENSIONS[activation.id]
    points = inside(x)
    with np.errstate(over="ignore"):
        for said, exact in ((extension.values(x), value(points)), (extension.slopes(x), slope(points))):
            slack = 1e-15 * np.maximum(1, np.abs(np.pi * points))  # of the formulas in this test
            assert (said.low <= exact + slack).all()
            assert (exact - slack <= said.high).all()


@pytest.mark.parametrize("activation", BOUNDED, ids=lambda activation: activation.name)
def test_what_float32_computes_is_within_the_error_that_the_palette_says(activation: Activation) -> None:
    x = intervals()
    near = np.abs(x.low) + np.abs(x.high) < 2.0**22
    x = Interval(x.low[near], x.high[near])
    points, said = inside(x), EXTENSIONS[activation.id].values(x)
    computed = BY_ID[activation.id].function(points.astype(np.float32)).astype(np.float64)
    rounded = activation.name in ROUNDED
    error = np.where(rounded, 2.0**-24 * np.abs(computed) + 2.0**-150, activation.max_error)
    assert (said.low - error <= computed).all()
    assert (computed <= said.high + error).all()


@pytest.mark.parametrize("activation", BOUNDED, ids=lambda activation: activation.name)
def test_at_a_point_both_are_tight(activation: Activation) -> None:
    x = np.linspace(-3, 3, 101) + 0.013
    for said in (EXTENSIONS[activation.id].values(point(x)), EXTENSIONS[activation.id].slopes(point(x))):
        assert (said.width <= 1e-12 * np.maximum(1, said.size)).all()


def test_operations_hold_every_result_and_keep_zero() -> None:
    rng = np.random.default_rng(2)
    a, b = (Interval(*np.sort(rng.normal(0, 10.0 ** rng.integers(-8, 9, 1000), (2, 1000)), axis=0)) for _ in range(2))
    for share in np.linspace(0, 1, 7):
        x, y = a.low + share * a.width, b.low + (1 - share) * b.width
        sizes = a.size + b.size, a.size * b.size, 2.5 * a.size
        results = (add(a, b), x + y), (times(a, b), x * y), (scaled(a, -2.5), -2.5 * x)
        for (said, exact), size in zip(results, sizes, strict=True):
            slack = 1e-15 * size
            assert (said.low - slack <= exact).all()
            assert (exact <= said.high + slack).all()
    zero, whole = point(np.zeros(1)), Interval(np.array([-np.inf]), np.array([np.inf]))
    assert times(zero, whole) == times(whole, zero) == zero
    assert scaled(zero, 3.0) == zero
    assert times(point(np.array([1e-300])), point(np.array([1e-300]))).high > 0, "what is too small is not nothing"
    with np.errstate(invalid="ignore"):
        assert add(point(np.array([np.inf])), point(np.array([-np.inf]))) == whole


def test_what_has_no_row_is_said_and_those_of_the_first_version_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {a.id for a in PALETTE if a.since == 1} <= set(EXTENSIONS)
    monkeypatch.delitem(EXTENSIONS, 5)
    with pytest.raises(ControllerError, match="activation tanh has no row in table _ROWS"):
        extension_of(5)
