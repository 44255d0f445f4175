"""A small sample of docs/random_networks.md: the measures are what theory, or arithmetic by hand, says."""

import numpy as np
import pytest
from chaos import distance, layered
from chaos.curiosity import Curiosity


@pytest.mark.parametrize("convolved", [False, True])
@pytest.mark.parametrize(("name", "sigma"), [("tanh", 0.7), ("tanh", 3.0), ("relu", 1.5), ("abs", 2.0), ("sin", 1.5)])
def test_layers_stretch_as_the_theory_of_wide_ones_says(name: str, sigma: float, convolved: bool) -> None:
    found = layered.stretches(name, sigma, 10, 1, convolved=convolved, nets=6)[:, 4:]
    assert np.exp(np.log(found).mean()) == pytest.approx(layered.expected(name, sigma), rel=0.12)


def test_order_turns_to_chaos_where_it_is_known_to() -> None:
    assert layered.crossing("abs") == pytest.approx(1, abs=0.01)
    assert layered.crossing("relu") == pytest.approx(np.sqrt(2), abs=0.01)
    assert layered.crossing("tanh") == pytest.approx(1, abs=0.03)
    assert layered.crossing("sigmoid") is None


def test_a_stretch_is_that_of_a_small_difference() -> None:
    """The chain rule that is measured, against two inputs that differ a little."""
    rng = np.random.default_rng([3, 0])
    x, along = rng.normal(size=(layered.WIDTH, 1)), rng.normal(size=(layered.WIDTH, 1))
    along /= np.linalg.norm(along)
    weights = rng.normal(size=(layered.WIDTH, layered.WIDTH)) * 2.0 / np.sqrt(layered.WIDTH)
    apart = np.linalg.norm(np.tanh(weights @ (x + 1e-6 * along)) - np.tanh(weights @ x)) / 1e-6
    assert layered.stretches("tanh", 2.0, 1, 3, nets=1)[0, 0] == pytest.approx(apart, rel=1e-4)


def test_ranks_of_equal_values_are_their_mean() -> None:
    assert distance.ranked(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [2.5, 0, 2.5, 1]
    assert distance.spearman(np.array([1.0, 2.0, 3.0]), np.array([9.0, 5.0, 1.0])) == pytest.approx(-1)


def test_the_error_of_distillation_orders_distances_and_chaos_costs_contrast() -> None:
    contrasts = []
    for sigma in (1.0, 16.0):
        found = distance.measured(sigma, 0)
        assert distance.spearman(found.distance, found.error) > 0.85
        near, far = found.error[found.distance < 0.05], found.error[found.distance > 0.5]
        contrasts.append(np.median(far) / np.median(near))
    assert contrasts[0] > 2 * contrasts[1]


def test_the_bonus_is_great_where_nobody_was_and_small_where_many_were() -> None:
    rng, curiosity = np.random.default_rng(1), Curiosity(1)
    known = rng.normal(0, 0.2, (400, 2))
    first = curiosity.surprise(known).mean()
    again, beyond = (curiosity.surprise(known + shift).mean() for shift in (0.0, 2.0))
    assert again < 0.02 * first
    assert beyond > 20 * again
    assert curiosity.surprise(known + 2.0).mean() < 0.1 * beyond
