"""Activations in fixed point: near the float32 definitions, and never beyond 32 bits."""

import numpy as np
import pytest

from wann_rt.core.activations import BY_ID, PALETTE, Activation
from wann_rt.core.fixed.activations import FIXED, GAUSS, HALF, ONE, TANH, VALUE_LIMIT, gauss, linear, sin, square, tanh
from wann_rt.core.fixed.reference import Integers
from wann_rt.core.fixed.symbols import INT32, Symbol, lift, traced

BOUNDED = ("gauss", "tanh", "sigmoid")
by_name = pytest.mark.parametrize("activation", PALETTE, ids=lambda activation: activation.name)


def values(activation: Activation) -> tuple[Integers, Integers]:
    """Returns every argument within the limit, and the activation's values."""
    row = FIXED[activation.id]
    x = np.arange(-row.limit - 1, row.limit + 1)
    return x, np.broadcast_to(row.function(x), x.shape)


@by_name
def test_errors_are_what_the_palette_says(activation: Activation) -> None:
    x, y = values(activation)
    exact = activation.function((x / ONE).astype(np.float32)).astype(np.float64)
    error = np.abs(y / ONE - exact).max()
    if activation.name in BOUNDED:
        ends = activation.function(np.array([-1e9, 1e9], np.float32))
        error = max(error, np.abs(y[[0, -1]] / ONE - ends).max())
    stated = FIXED[activation.id].max_error
    assert error <= stated
    assert stated <= 1.03 * error


@by_name
def test_values_of_bounded_activations_stay_in_their_bounds(activation: Activation) -> None:
    bounds = {"step": (0, ONE), "gauss": (0, ONE), "sigmoid": (0, ONE)}
    bounds |= dict.fromkeys(("sin", "cos", "tanh"), (-ONE, ONE))
    low, high = bounds.get(activation.name, (-VALUE_LIMIT - 1, VALUE_LIMIT + 1))
    _, y = values(activation)
    assert low <= y.min()
    assert y.max() <= high


@by_name
def test_no_operation_leaves_32_bits_within_the_limit(activation: Activation) -> None:
    row = FIXED[activation.id]
    found = traced(row.function, -row.limit - 1, row.limit)
    assert all(INT32[0] <= low <= high <= INT32[1] for low, high in found.ranges.values())
    _, y = values(activation)
    assert found.ranges[found.root] == (y.min(), y.max())


def test_a_trace_refuses_overflow_and_reading_beside_a_table() -> None:
    with pytest.raises(OverflowError, match="mul in square"):
        traced(square, -46_341, 0)
    with pytest.raises(OverflowError, match="66 entries"):
        traced(tanh, 0, 5 * ONE)
    found = traced(square, -46_340, 46_340)
    assert found.ranges[found.root] == (0, 46_340**2 >> 12)


def test_definitions_use_whole_constants_only() -> None:
    with pytest.raises(TypeError, match="int only"):
        lift(0.5)
    with pytest.raises(TypeError, match="int only"):
        Symbol("input") + np.float32(1)


def test_hand_computed_values() -> None:
    assert TANH[16] == round(np.tanh(1.0) * ONE) == 3119
    assert (GAUSS[0], GAUSS[16]) == (ONE, round(np.exp(-0.5) * ONE))
    assert [int(sin(np.int64(x))) for x in (0, HALF, -HALF, 2 * ONE + HALF)] == [0, 4095, -4096, 4095]
    assert linear(7) == 7


def test_tanh_is_odd_and_gauss_is_even() -> None:
    x = np.arange(1, 4 * ONE)
    assert np.array_equal(tanh(-x), -tanh(x))
    assert np.array_equal(gauss(-x), gauss(x))


def test_every_activation_has_a_row() -> None:
    assert list(FIXED) == list(BY_ID)
