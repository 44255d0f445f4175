"""Sweep: find the best value of the one shared weight on a fine grid.

The greatest mean of many is partly luck, and on a plateau nothing but luck: other episodes would choose another weight,
which may behave quite differently. So the weight is chosen by a rule whose answer is a property of the network: of all
weights that cannot be told from the best, by the standard error of the difference over the same episodes, the calmest.
That is the "one standard error" rule - among what is as good, take the simplest - of L. Breiman, J. Friedman, R. Olshen
and C. Stone, "Classification and Regression Trees", 1984; here the simplest action is the one that changes its sign
least. Of weights that are equally calm, the middle of the widest range: its neighbours are as good.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import ConfigError, TaskError
from wann_rt.core.network import Network
from wann_rt.core.random import Purpose
from wann_rt.core.stages import stage as say
from wann_rt.evaluation.score import Z_95
from wann_rt.play.episodes import HIGH, LOW, episode_seeds
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.any_task import AnyTask, available, held_out
from wann_rt.tasks.environment.task import EnvironmentTask

EPISODES = 32  # per weight
STEP = 0.01  # of the grid: the best weight can be a needle, which a coarser grid misses
COARSE_STEP, COARSE_EPISODES = 0.1, 8  # for environments, whose episodes cost about 1000 times as much
MOST_WEIGHTS = MOST_EPISODES = 100_000
FINAL_EPISODES = 8  # times as many for finalists
FINALISTS, KEEPING_UP = 8, 3.0  # at least so many, and all within so many standard errors of the best
AS_CALM = 1.05  # times the fewest sign changes count as as few


class Sweep(NamedTuple):
    """Mean return over a grid of shared weights.

    Attributes:
        weights: the grid, ascending.
        means: mean return with each.
        intervals: half the width of the 95 % confidence interval of each mean.
        env_steps: task steps taken.
        behind: by how many standard errors each mean is behind the greatest, over the same episodes; None: unknown.
        changes: sign changes of the actions a step, with each weight; None where nobody watched.
        chosen: the weight that a race among the best has chosen, if there was one.
    """

    weights: NDArray[np.float32]
    means: NDArray[np.float64]
    intervals: NDArray[np.float64]
    env_steps: int = 0
    behind: NDArray[np.float64] | None = None
    changes: NDArray[np.float64] | None = None
    chosen: float | None = None

    @property
    def best(self) -> float:
        """The calmest of the weights within one standard error of the greatest mean; see the module."""
        if self.chosen is not None:
            return self.chosen
        good = self.means == self.means.max() if self.behind is None else self.behind <= 1
        if self.changes is not None:
            good &= self.changes <= AS_CALM * self.changes[good].min()
        return _middle(self.weights, good)

    @property
    def greatest(self) -> float:
        """The weight with the greatest mean, which other episodes may find elsewhere."""
        return float(self.weights[np.argmax(self.means)])


def _middle(weights: NDArray[np.float32], good: NDArray[np.bool_]) -> float:
    """Returns the middle of the longest row of good neighbours; of equally long ones the last, which is positive."""
    chosen = weights[good]
    apart = 1.5 * np.diff(weights).min() if len(weights) > 1 else 0.0  # finalists have gaps between them
    rows = np.split(chosen, 1 + np.flatnonzero(np.diff(chosen) > apart))
    longest = max(rows[::-1], key=len)
    return float(longest[len(longest) // 2])


def grid(low: float = LOW, high: float = HIGH, step: float = STEP) -> NDArray[np.float32]:
    """Returns shared weights from low to high, at most ``step`` apart."""
    if not (np.isfinite([low, high, step]).all() and low <= high and step > 0):
        raise TaskError(f"a sweep from {low} to {high} in steps of {step} is none: low <= high and step > 0 expected")
    count = int(np.ceil(round((high - low) / step, 6))) + 1
    if count > MOST_WEIGHTS:
        raise TaskError(f"a sweep of {count} weights is too fine: at most {MOST_WEIGHTS}")
    return np.linspace(low, high, count).astype(np.float32)


def evenly(count: int) -> NDArray[np.float32] | None:
    """Returns so many shared weights over the range of random ones; of 0 None, the grid that a sweep has by itself."""
    return np.linspace(LOW, HIGH, count).astype(np.float32) if count else None


def check_size(weights: int, episodes: int) -> None:
    """Raises ConfigError unless a sweep can have so many weights, and episodes with each; 0: as many as by itself."""
    if weights != 0 and not 2 <= weights <= MOST_WEIGHTS:
        raise ConfigError(f"sweep_weights is {weights}; expected 0, or from 2 to {MOST_WEIGHTS}")
    if not 0 <= episodes <= MOST_EPISODES:
        raise ConfigError(f"sweep_episodes is {episodes}; expected from 0 to {MOST_EPISODES}")


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
    say(f"sweep: {len(weights)} weights x {episodes} episodes")
    task = held_out(task)
    episodes = available(task, episodes)
    starts = starts_of(task, episode_seeds(Purpose.SWEEP, seed, episodes, *([stage] * (stage > 0))))
    played = play(task, network, np.repeat(weights, episodes), np.tile(starts, len(weights)), threads, watched=True)
    returns = played.returns.reshape(len(weights), episodes)
    intervals = Z_95 * returns.std(axis=1) / max(episodes - 1, 1) ** 0.5
    changes = None
    if played.changes is not None and task.decision != "argmax":
        taken = played.lengths.reshape(returns.shape).sum(axis=1)
        changes = played.changes.reshape(returns.shape).sum(axis=1) / np.maximum(taken, 1)
    return Sweep(weights, returns.mean(axis=1), intervals, int(played.lengths.sum()), _behind(returns), changes)


def _behind(returns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns by how many standard errors each mean is behind the greatest; returns are [weights, episodes]."""
    lost = returns[np.argmax(returns.mean(axis=1))] - returns
    mean, error = lost.mean(axis=1), lost.std(axis=1) / max(returns.shape[1] - 1, 1) ** 0.5
    alike = mean <= 1e-9 * np.abs(returns).max()  # but for rounding
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(alike, 0.0, mean / error)


def race(
    task: AnyTask, network: Network, coarse: Sweep, *, episodes: int, seed: int, threads: int | None = None
) -> Sweep:
    """Plays what keeps up with the best of a sweep again, with new and more episodes."""
    count = max(FINALISTS, len(coarse.weights) // 20)
    keep = np.zeros(len(coarse.weights), np.bool_) if coarse.behind is None else coarse.behind <= KEEPING_UP
    keep[np.argsort(-coarse.means, kind="stable")[:count]] = True
    return sweep(task, network, episodes=episodes, seed=seed, threads=threads, weights=coarse.weights[keep], stage=1)


def tuned_weight(
    task: AnyTask,
    network: Network,
    *,
    episodes: int | None = None,
    threads: int | None = None,
    weights: NDArray[np.float32] | None = None,
) -> Sweep:
    """Returns the sweep over all shared weights whose ``best`` is the tuned weight of a network.

    It always plays the same episodes: who asks again, or with another seed for the test episodes, gets the same weight.
    Where episodes are cheap, in compiled tasks, what keeps up with the best is played again, with more of them.
    """
    swept = sweep(task, network, episodes=episodes, threads=threads, weights=weights)
    if isinstance(task, EnvironmentTask):
        return swept
    more = FINAL_EPISODES * (episodes or EPISODES)
    final = race(task, network, swept, episodes=more, seed=0, threads=threads)
    return swept._replace(env_steps=swept.env_steps + final.env_steps, chosen=final.best)
