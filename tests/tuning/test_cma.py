"""CMA-ES is that of the library ``cmaes`` wherever the tutorial leaves one answer only."""

from collections.abc import Callable

import numpy as np
import pytest
from helpers import needs

from wann_rt.core.exact import exponential, logarithm
from wann_rt.tuning.cma import LONGEST, Covariance, Normals, _power, rates

cmaes = needs.module("cmaes")


def hill(x: np.ndarray) -> np.ndarray:
    """Returns costs with an axis for each dimension, and some waves."""
    found: np.ndarray = ((x - 1) ** 2 * np.arange(1, x.shape[1] + 1)).sum(axis=1) + np.sin(3 * x).sum(axis=1)
    return found


@pytest.mark.parametrize(("n", "population"), [(2, 6), (7, 12), (14, 24), (25, 30)])
def test_candidates_are_those_of_the_library(n: int, population: int) -> None:
    theirs = cmaes.CMA(mean=np.zeros(n), sigma=0.5, population_size=population, seed=5)
    ours = Covariance(np.zeros(n), 0.5, population, 5)
    for _ in range(40):
        wanted, asked = np.array([theirs.ask() for _ in range(population)]), ours.ask()
        assert np.allclose(asked, wanted, rtol=0, atol=1e-9)
        costs = hill(wanted)
        theirs.tell(list(zip(wanted, costs, strict=True)))
        ours.tell(wanted, costs)
        assert ours.collapsed == theirs.should_stop()


@pytest.mark.parametrize(("n", "population"), [(2, 4), (3, 5), (10, 16), (60, 12)])
def test_constants_are_those_of_the_library(n: int, population: int) -> None:
    theirs, ours = cmaes.CMA(mean=np.zeros(n), sigma=1.0, population_size=population), rates(n, population)
    assert np.allclose(ours.weights, theirs._weights, atol=1e-12)
    names = ("_mu_eff", "_cc", "_c1", "_cmu", "_c_sigma", "_d_sigma", "_chi_n")
    assert ours[2:] == pytest.approx([getattr(theirs, name) for name in names], rel=1e-12)


def ball(x: np.ndarray) -> np.ndarray:
    """Returns costs with one top, at which the distribution becomes a point."""
    found: np.ndarray = (x**2).sum(axis=1)
    return found


def slope(x: np.ndarray) -> np.ndarray:
    """Returns costs without an end, along which the distribution grows."""
    return -x[:, 0]


def ridge(x: np.ndarray) -> np.ndarray:
    """Returns costs with one free direction, in which the distribution grows longer than it is wide."""
    found: np.ndarray = (x[:, 1:] ** 2).sum(axis=1) - 1e-9 * x[:, 0]
    return found


@pytest.mark.parametrize("costs", [ball, slope, ridge])
def test_it_stops_when_the_library_does(costs: Callable[[np.ndarray], np.ndarray]) -> None:
    theirs = cmaes.CMA(mean=np.ones(3), sigma=0.5, population_size=8, seed=3)
    ours = Covariance(np.ones(3), 0.5, 8, 3)
    while not (theirs.should_stop() or ours.collapsed):
        asked = np.array([theirs.ask() for _ in range(8)])
        assert np.allclose(ours.ask(), asked, rtol=1e-4, atol=1e-6)
        theirs.tell(list(zip(asked, costs(asked), strict=True)))
        ours.tell(asked, costs(asked))
        assert ours.generation < 2000
    assert theirs.should_stop() == ours.collapsed


def test_it_stops_where_scores_no_longer_differ() -> None:
    ours = Covariance(np.zeros(3), 0.5, 8, 1)
    for _ in range(100):
        if ours.collapsed:
            break
        ours.tell(ours.ask(), np.zeros(8))
    assert ours.collapsed
    assert ours.generation == 10 + 12 + 1  # once more than the scores it remembers


def test_normal_numbers_are_those_of_the_legacy_generator() -> None:
    ours, theirs = Normals(7), np.random.RandomState(7)
    for count in (1, 3, 100, 7):
        assert np.allclose(ours.take(count), theirs.randn(count), rtol=1e-14, atol=0)


def test_logarithms_exponentials_and_powers_are_right() -> None:
    x = np.geomspace(1e-300, 1e300, 1001)
    assert np.allclose(logarithm(x), np.log(x), rtol=1e-15, atol=1e-16)
    for exponent in (-700.0, -1.5, -1e-9, 0.0, 0.3, 1.0, 42.0, 700.0):
        assert exponential(exponent) == pytest.approx(np.exp(exponent), rel=1e-14)
    assert (exponential(1e4), exponential(-1e4)) == (np.inf, 0.0)
    assert np.isnan(exponential(np.nan))
    assert _power(0.9, 37) == pytest.approx(0.9**37, rel=1e-14)


def run(mean: np.ndarray, costs: Callable[[np.ndarray], np.ndarray], generations: int, seed: int = 0) -> Covariance:
    """Returns a distribution that went on whether it had collapsed or not."""
    ours = Covariance(mean, 1.3, 6, seed)
    with np.errstate(all="ignore"):
        for _ in range(generations):
            asked = ours.ask()
            ours.tell(asked, costs(asked))
    return ours


@pytest.mark.parametrize(
    ("mean", "costs"),
    [
        (np.full(3, 1.3e138), lambda x: np.zeros(len(x))),  # cmaes#101: eigenvalues did not converge
        (np.zeros(2), lambda x: (x[:, 0] - 3) ** 2 + (10 * (x[:, 1] + 2)) ** 2),  # cmaes#17 and #27: long after its end
        (np.zeros(3), lambda x: x[:, 0] * 1e300),  # cmaes#34 and #36: an overflow, then a negative eigenvalue
        (np.zeros(3), lambda x: np.full(len(x), np.nan)),
        (np.zeros(3), lambda x: np.where(x[:, 0] > 0, np.inf, -np.inf)),
        (np.zeros(12), lambda x: (x**2 * np.geomspace(1, 1e16, 12)).sum(axis=1)),  # pyribs#285: nothing like a circle
    ],
)
def test_what_ended_others_in_an_error_or_for_ever_ends(
    mean: np.ndarray, costs: Callable[[np.ndarray], np.ndarray]
) -> None:
    ours = run(mean, costs, 1500)
    assert ours.generation == 1500
    assert 0 <= ours.step <= LONGEST
    assert not np.isnan(ours.mean).any()


def test_seed_0_is_a_seed_and_no_global_generator_is_touched() -> None:
    np.random.seed(5)  # noqa: NPY002  pycma#221 is about this one
    before = np.random.get_state()[1].tolist()  # type: ignore[index]  # noqa: NPY002
    first, again, other = (run(np.zeros(3), hill, 5, seed).ask() for seed in (0, 0, 1))
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index]  # noqa: NPY002
    assert np.array_equal(first, again)  # pycma#228: there 0 means the clock
    assert not np.array_equal(first, other)
