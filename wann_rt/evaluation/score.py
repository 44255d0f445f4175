"""A score: the mean return of episodes, its interval, and how the actions behaved."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wann_rt.play.episodes import Episodes
from wann_rt.tasks.any_task import AnyTask

Z_95 = 1.96  # two-sided 95 % point of the normal distribution


@dataclass(frozen=True)
class Score:
    """Returns of some episodes.

    Attributes:
        mean: their mean.
        ci95: half the width of the 95 % confidence interval of the mean (normal approximation).
        sd: their standard deviation.
        low: the lowest.
        high: the highest.
        episodes: how many.
        effort: mean absolute value of an action per step; None where actions were not watched.
        chatter: how often per second an action changed its sign; None where unknown.
    """

    mean: float
    ci95: float
    sd: float
    low: float
    high: float
    episodes: int
    effort: float | None = None
    chatter: float | None = None

    @classmethod
    def of(cls, returns: NDArray[np.float64]) -> "Score":
        """Summarises returns."""
        values = returns.ravel()
        sd = float(values.std(ddof=1)) if len(values) > 1 else 0.0
        interval = Z_95 * sd / len(values) ** 0.5
        return cls(float(values.mean()), interval, sd, float(values.min()), float(values.max()), len(values))

    @classmethod
    def of_episodes(cls, task: AnyTask, played: Episodes) -> "Score":
        """Summarises episodes whose actions were watched; each step counts the same for effort and chatter.

        Outputs of which only the greatest counts have neither.
        """
        score = cls.of(played.returns)
        if played.efforts is None or played.changes is None or task.rate_hz is None or task.decision == "argmax":
            return score
        steps = float(played.lengths.sum()) * len(task.actions)
        effort, chatter = played.efforts.sum() / steps, played.changes.sum() / steps * task.rate_hz
        return replace(score, effort=float(effort), chatter=float(chatter))
