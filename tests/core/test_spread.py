"""How far the members of an ensemble are apart: what is a law of it, and what is refused."""

from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest
from helpers import builders, small_controllers
from helpers.c_library import swing_up
from hypothesis import given
from hypothesis import strategies as st

from wann_rt.core import reference
from wann_rt.core.controller import Weight
from wann_rt.core.errors import ControllerError
from wann_rt.core.spread import spread_of

floats = st.floats(width=32, allow_nan=True, allow_infinity=True).map(np.float32)


@given(st.lists(floats, min_size=1, max_size=5))
def test_it_is_the_greatest_less_the_least_whatever_the_order_and_nan_where_a_member_is(actions: list[object]) -> None:
    numbers = np.array(actions, np.float32)
    with np.errstate(all="ignore"):
        expected = numbers.max() - numbers.min()  # numpy's own two keep NaN
        found = {np.float32(spread_of(order)).tobytes() for order in permutations(numbers)}
        assert builders.same_bits(spread_of(list(numbers)), np.abs(expected))
    assert np.isnan(expected) or len(found) == 1
    assert not np.signbit(spread_of([np.float32(0.0), np.float32(-0.0)]))
    assert not np.signbit(spread_of([np.float32(-0.0), np.float32(0.0)]))


def test_members_are_compared_after_their_own_limits_and_one_member_is_never_apart() -> None:
    wide = swing_up(Weight("ensemble", (-2.0, -0.5, 0.75)))
    ensemble = replace(wide, actions=(replace(wide.actions[0], low=-5.0, high=5.0), wide.actions[1]))
    rows = np.random.default_rng(1).normal(0, 2, (50, 5)).astype(np.float32)
    members = ensemble.members(rows)
    assert abs(members[..., 0]).max() == 5, "the limit is met"
    assert abs(wide.members(rows)[..., 0]).max() > 5
    assert builders.same_bits(ensemble.spread(rows), members.max(axis=0) - members.min(axis=0))
    assert builders.same_bits(ensemble.spread(rows), reference.evaluate_spread(ensemble, rows))
    assert builders.same_bits(ensemble.spread(rows[3]), ensemble.spread(rows)[3])
    for weight in (Weight.shared(-1.5), Weight("ensemble", (-1.5,)), Weight("connections", (0.5,) * 14)):
        assert not swing_up(weight).spread(rows).any()


def test_with_a_state_it_is_that_of_the_step_which_would_follow_and_of_the_actions_alone() -> None:
    controller = small_controllers.recurrent(small_controllers.ENSEMBLE)
    rows = np.random.default_rng(2).normal(0, 2, (40, 2)).astype(np.float32)
    begins = np.arange(40) % 11 == 0
    expected, state = reference.evaluate_spread(controller, rows, begins), controller.start()
    assert (expected.shape, len(controller.outputs)) == ((40, 1), 3)
    for k, row in enumerate(rows):
        state = controller.start() if begins[k] else state
        before = state.copy()
        assert builders.same_bits(controller.spread(row, state), expected[k])
        assert builders.same_bits(state, before), "it is not advanced"
        _, state = controller.step(state, row)
    assert any((a != b).any() for a, b in pairwise(expected))


def test_a_state_that_is_missing_or_too_much_is_one_error() -> None:
    with pytest.raises(ControllerError, match=r"a state of shape .* begin with start"):
        small_controllers.recurrent(small_controllers.ENSEMBLE).spread([0.0, 0.0])
    with pytest.raises(ControllerError, match=r"a state of shape \[0\] is expected"):
        swing_up().spread([0.0] * 5, np.zeros(3, np.float32))
