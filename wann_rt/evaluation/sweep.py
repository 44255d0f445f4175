"""Tuning: find the best value of the one shared weight by a fine sweep."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import TaskError
from wann_rt.core.network import Network
from wann_rt.core.random import Purpose
from wann_rt.evaluation.score import Z_95
from wann_rt.play.episodes import HIGH, LOW, episode_seeds
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.any_task import AnyTask
from wann_rt.tasks.environment.task import EnvironmentTask

EPISODES = 32  # per weight
STEP = 0.01  # of the grid: the best weight can be a needle, which a coarser grid misses
COARSE_STEP, COARSE_EPISODES = 0.1, 8  # for environments, whose episodes cost about 1000 times as much
MOST_WEIGHTS = 100_000


class Sweep(NamedTuple):
    """Mean return over a grid of shared weights.

    Attributes:
        weights: the grid.
        means: mean return with each.
        intervals: half the width of the 95 % confidence interval of each mean.
        env_steps: task steps taken.
    """

    weights: NDArray[np.float32]
    means: NDArray[np.float64]
    intervals: NDArray[np.float64]
    env_steps: int = 0

    @property
    def best(self) -> float:
        """The weight with the greatest mean."""
        return float(self.weights[np.argmax(self.means)])


def grid(low: float = LOW, high: float = HIGH, step: float = STEP) -> NDArray[np.float32]:
    """Returns shared weights from low to high, at most ``step`` apart."""
    if not (np.isfinite([low, high, step]).all() and low <= high and step > 0):
        raise TaskError(f"a sweep from {low} to {high} in steps of {step} is none: low <= high and step > 0 expected")
    count = int(np.ceil(round((high - low) / step, 6))) + 1
    if count > MOST_WEIGHTS:
        raise TaskError(f"a sweep of {count} weights is too fine: at most {MOST_WEIGHTS}")
    return np.linspace(low, high, count).astype(np.float32)


def sweep(
    task: AnyTask,
    network: Network,
    *,
    episodes: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    weights: NDArray[np.float32] | None = None,
    stage: int = 0,
) -> Sweep:
    """Plays the same episodes with every shared weight of the grid.

    Args:
        task: the task.
        network: the network.
        episodes: episodes per weight; 32 by default, or 8 where an environment plays them.
        seed: of the episodes; disjoint from those of searching and testing.
        threads: see ``rollouts.play``.
        weights: the grid; ``grid()`` by default, or a coarse one where an environment plays.
        stage: another stage plays other episodes.
    """
    dear = isinstance(task, EnvironmentTask)
    episodes = episodes or (COARSE_EPISODES if dear else EPISODES)
    weights = grid(step=COARSE_STEP if dear else STEP) if weights is None else weights
    starts = starts_of(task, episode_seeds(Purpose.SWEEP, seed, episodes, *([stage] * (stage > 0))))
    played = play(task, network, np.repeat(weights, episodes), np.tile(starts, len(weights)), threads)
    returns = played.returns.reshape(len(weights), episodes)
    intervals = Z_95 * returns.std(axis=1) / max(episodes - 1, 1) ** 0.5
    return Sweep(weights, returns.mean(axis=1), intervals, int(played.lengths.sum()))


def race(
    task: AnyTask, network: Network, coarse: Sweep, *, episodes: int, seed: int, threads: int | None = None
) -> Sweep:
    """Plays the best twentieth of a sweep again, with new and more episodes: the best of many is partly luck."""
    count = max(8, len(coarse.weights) // 20)
    best = np.sort(np.argsort(-coarse.means, kind="stable")[:count])
    weights = coarse.weights[best]
    return sweep(task, network, episodes=episodes, seed=seed, threads=threads, weights=weights, stage=1)
