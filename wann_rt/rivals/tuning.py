"""Rivals get what ours get: the same strategy, budget, disturbances, price of chatter, and held-out choice."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.network import Network
from wann_rt.play.episodes import Episodes
from wann_rt.play.rollouts import play
from wann_rt.rivals.law import Gains, Law, closed, passing, with_gains
from wann_rt.tasks.task import Task
from wann_rt.tuning.polish import Arena, PolishSettings, polish
from wann_rt.tuning.strategies import Vectors


@dataclass
class LawArena(Arena):
    """Plays candidates as gains of a law, in the law's closed task; a candidate counts gains in their scales."""

    law: Law | None = None

    def returns(self, network: Network, candidates: Vectors, starts: NDArray[Any]) -> Vectors:
        """Returns the return of each candidate in each episode, [candidates, episodes]."""
        assert self.law is not None
        episodes = starts.shape[1]
        gains = np.repeat((candidates * np.array(self.law.scale)).T, episodes, axis=1)
        lanes = with_gains(np.tile(starts, (1, len(candidates))), _first(self.task, self.law), gains)
        played = play(self.task, network, np.ones(lanes.shape[1], np.float32), lanes, self.threads)
        self.env_steps += int(played.lengths.sum())
        return played.returns.reshape(len(candidates), episodes)


def _first(task: Any, law: Law) -> int:
    """Returns the row of the first gain in the states of a closed task."""
    return len(task.variables) - len(law.first(0)) - len(law.gains)


def tuned(task: Task, law: Law, settings: PolishSettings) -> Gains:
    """Returns the gains that are best on a task, which says what disturbs and what is priced.

    Args:
        task: the task, under its conditions.
        law: the formula.
        settings: as for our own controllers.
    """
    if not law.gains:
        return np.zeros(0)
    arena = LawArena(closed(task, law), settings.seed, settings.threads, law=law)
    scale = np.array(law.scale)
    found = polish(arena, passing(task), np.array(law.start) / scale, settings)
    return np.array((found.weights * scale).astype(np.float32), np.float64)


def played(task: Task, law: Law, gains: Gains, starts: NDArray[np.float32], threads: int | None = None) -> Episodes:
    """Returns watched episodes of a law on a task, which begin in the task's first states of ``starts``."""
    loop = closed(task, law)
    lanes = with_gains(starts, _first(loop, law), gains)
    return play(loop, passing(task), np.ones(lanes.shape[1], np.float32), lanes, threads, watched=True)
