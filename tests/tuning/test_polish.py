"""Laws of strategies and of the polishing that uses them: what is found, in which steps, judged on which episodes."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from wann_rt import tasks
from wann_rt.core.network import Connection, Network, unsigned
from wann_rt.tuning.polish import FINAL, FULL, SCREEN, Arena, PolishSettings, polish
from wann_rt.tuning.strategies import STRATEGIES, StrategyName, Vectors

TASK = tasks.get("swingup")
NETWORK, _ = Network.build(
    5,
    {10: 5},
    {20: 1},
    [*(Connection(i, 10, -1 if i == 3 else 1) for i in range(6)), *(Connection(i, 20) for i in (2, 4, 5, 10))],
)
each_strategy = pytest.mark.parametrize("method", STRATEGIES)


@each_strategy
def test_strategies_find_the_top_of_a_hill(method: StrategyName) -> None:
    top = np.array([1.0, -2.0, 0.5])
    strategy = STRATEGIES[method](np.zeros(3), 0.5, 16, 7)
    for _ in range(150):
        candidates = strategy.ask()
        strategy.tell(-((candidates - top) ** 2).sum(axis=1))
    assert strategy.center == pytest.approx(top, abs=0.02)


@each_strategy
def test_strategies_do_not_depend_on_the_range_of_scores(method: StrategyName) -> None:
    centers = []
    for scale, shift in ((1.0, 0.0), (1024.0, 4096.0)):
        strategy = STRATEGIES[method](np.ones(4), 0.5, 8, 1)
        for _ in range(5):
            strategy.tell(shift - scale * np.abs(strategy.ask()).sum(axis=1))
        centers.append(strategy.center)
    assert centers[0] == pytest.approx(centers[1], abs=1e-9)


@pytest.mark.parametrize("method", STRATEGIES)
def test_one_weight_can_be_tuned(method: StrategyName) -> None:
    strategy = STRATEGIES[method](np.array([3.0]), 0.5, 8, 1)
    for _ in range(60):
        strategy.tell(-np.abs(strategy.ask()[:, 0]))
    assert abs(strategy.center[0]) < 0.2


def test_a_weight_per_connection_is_polished_in_place() -> None:
    arena = Arena(TASK, 2)
    start = np.linspace(-1, 1, 10)
    found = polish(arena, unsigned(NETWORK), start, PolishSettings(steps=1, final=16))
    assert found.weights.shape == (10,)
    assert arena.env_steps > 0


@dataclass
class Hill(Arena):
    """Returns depend on weights alone: each is best one percent above its start. Notes how many episodes are played."""

    played: set[int] = field(default_factory=set)

    def returns(self, network: Network, candidates: Vectors, starts: NDArray[Any]) -> Vectors:
        """Returns minus the squares of what is missing, in parts of the start."""
        self.env_steps += len(candidates)
        self.played.add(starts.shape[1])
        missing = candidates / UNEQUAL - 1.01
        return np.repeat(-(missing**2).sum(axis=1)[:, np.newaxis], starts.shape[1], axis=1)


UNEQUAL = np.array([100.0, -50.0, 0.05, 2.0, -0.01, 30.0, 1.0, 0.5, -0.2, 140.0])


@each_strategy
def test_weights_of_very_different_sizes_are_tuned_in_their_own_sizes(method: StrategyName) -> None:
    settings = PolishSettings(method, population=16, steps=1000, sigma=0.01, final=4, seed=1)
    missed = []
    for relative in (True, False):
        found = polish(Hill(TASK, 1), unsigned(NETWORK), UNEQUAL, replace(settings, relative=relative))
        missed.append(np.abs(found.weights / UNEQUAL - 1.01).max())
    assert missed[0] < 0.002
    assert missed[1] > 0.005


def test_a_weight_of_no_size_of_its_own_moves_too() -> None:
    settings = PolishSettings(population=16, steps=2000, sigma=0.1, final=4, seed=1, relative=True)
    arena, start = Hill(TASK, 1), np.where(UNEQUAL == 1.0, 0.0, UNEQUAL)
    assert polish(arena, unsigned(NETWORK), start, settings).weights[UNEQUAL == 1.0] != 0.0


def test_an_entrant_of_a_contest_plays_no_fewer_episodes_than_candidates_do() -> None:
    for episodes, wanted in ((4, {4, FULL, FINAL}), (200, {200, FINAL}), (600, {600})):
        arena = Hill(TASK, 1)
        polish(arena, unsigned(NETWORK), UNEQUAL, PolishSettings(episodes=episodes, steps=1, seed=1))
        assert arena.played - {SCREEN} == wanted
