"""Tuning: find the best value of the one shared weight by a fine sweep."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.network import Network
from wann_rt.random import Purpose, stream, uniforms
from wann_rt.rollouts import play, starts_of
from wann_rt.tasks import Task

LOW, HIGH, STEP = -2.0, 2.0, 0.01  # the range of the paper; its optimum is a needle, hence the fine grid


class Sweep(NamedTuple):
    """Mean return over a grid of shared weights: ``weights`` [grid], ``means`` [grid]."""

    weights: NDArray[np.float32]
    means: NDArray[np.float64]

    @property
    def best(self) -> float:
        """The weight with the greatest mean."""
        return float(self.weights[np.argmax(self.means)])


def sweep(task: Task, network: Network, *, episodes: int = 32, seed: int = 0, threads: int | None = None) -> Sweep:
    """Plays the same episodes with every shared weight of the grid.

    Args:
        task: the task.
        network: the network.
        episodes: episodes per weight.
        seed: of the episodes; disjoint from those of searching and testing.
        threads: see ``rollouts.play``.
    """
    weights = np.linspace(LOW, HIGH, round((HIGH - LOW) / STEP) + 1).astype(np.float32)
    starts = starts_of(task, episode_seeds(Purpose.SWEEP, seed, episodes))
    played = play(task, network, np.repeat(weights, episodes), np.tile(starts, len(weights)), threads)
    return Sweep(weights, played.returns.reshape(len(weights), episodes).mean(axis=1))


def episode_seeds(purpose: Purpose, seed: int, count: int) -> NDArray[np.int64]:
    """Returns episode seeds for a purpose; seeds of different purposes are different streams."""
    return (uniforms(stream(seed, purpose), count) * 2**53).astype(np.int64)
