"""Laws of the functions of a plant: near the true value, NaN and infinite where numpy's are, the same bits compiled."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import builders, compiled, plant_files
from numpy.typing import NDArray

from wann_rt.core import elementary

Floats = NDArray[np.float32]
SMALLEST, LARGEST = np.finfo(np.float32).tiny, np.finfo(np.float32).max
WORST = {"sqrt": 1.0, "exp": 2.0, "log": 2.0, "arctan2": 4.0}  # units in the last place
POSITIVE = np.exp(np.random.default_rng(0).uniform(np.log(SMALLEST), np.log(LARGEST), 100_000)).astype(np.float32)
DOMAINS: dict[str, Floats] = {
    "sqrt": np.append(POSITIVE, [SMALLEST, LARGEST, np.float32(1.0)]),
    "log": np.concatenate([POSITIVE, np.linspace(0.5, 2.0, 100_000, dtype=np.float32)]),
    "exp": np.linspace(-87.3, 88.72, 200_000, dtype=np.float32),
}
EDGES = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, LARGEST, -LARGEST, 1e4, -1e4], np.float32)


def worst(found: Floats, true: NDArray[np.float64]) -> float:
    """Returns the largest error in units in the last place."""
    return float(np.max(np.abs(found - true) / np.spacing(np.abs(true).astype(np.float32))))


@pytest.mark.parametrize("name", DOMAINS)
def test_a_function_is_near_the_true_one_on_all_of_its_domain(name: str) -> None:
    function: Callable[..., Any] = getattr(np, name)
    x = DOMAINS[name]
    with np.errstate(all="ignore"):
        assert worst(getattr(elementary, name)(x), function(x.astype(np.float64))) <= WORST[name]


def test_an_angle_is_near_the_true_one_in_every_direction() -> None:
    rng = np.random.default_rng(1)
    y, x = (rng.choice([-1, 1], (2, 100_000)) * rng.choice(POSITIVE, (2, 100_000))).astype(np.float32)
    round_about = np.linspace(-3.14, 3.14, 100_000)
    y, x = np.append(y, np.sin(round_about)).astype(np.float32), np.append(x, np.cos(round_about)).astype(np.float32)
    with np.errstate(all="ignore"):
        true = np.arctan2(y.astype(np.float64), x.astype(np.float64))
        normal = np.abs(true) >= SMALLEST
        assert worst(elementary.arctan2(y, x)[normal], true[normal]) <= WORST["arctan2"]


@pytest.mark.parametrize("name", DOMAINS)
def test_outside_of_its_domain_a_function_is_what_numpy_has_there(name: str) -> None:
    function: Callable[..., Any] = getattr(np, name)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(getattr(elementary, name)(EDGES), function(EDGES), rtol=4e-7)


def test_on_the_axes_an_angle_is_what_numpy_has_there() -> None:
    y, x = np.meshgrid(*(np.array([0.0, 1.0, -1.0, 5e30, np.inf, -np.inf, np.nan], np.float32),) * 2)
    one_is_finite = np.isfinite(y) | np.isfinite(x)
    with np.errstate(all="ignore"):
        found, true = (function(y, x)[one_is_finite] for function in (elementary.arctan2, np.arctan2))
    np.testing.assert_allclose(found, true, rtol=4e-7)


def test_a_plant_with_these_functions_has_the_same_bits_compiled_and_in_numpy() -> None:
    task = plant_files.elementary_functions()
    rng = np.random.default_rng(2)
    state, actions = builders.inputs(rng, len(task.variables), 64), builders.inputs(rng, 2, 64)
    with np.errstate(all="ignore"):
        *after, reward, failed = task.step(task.params, *state, *actions)
    got = compiled.stepped(task, state, actions)
    assert builders.same_bits(got.state, after)
    assert builders.same_bits(got.rewards, reward)
    assert (got.failed == failed).all()
