"""A score: the mean return of episodes, its interval, and how the actions behaved."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core.errors import ConfigError
from wann_rt.play.episodes import Episodes
from wann_rt.tasks.any_task import AnyTask

Z_95 = 1.96  # two-sided 95 % point of the normal distribution
MIDDLE = 0.25  # the share that an interquartile mean leaves out at each end


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
        returns: of each episode, in order.
    """

    mean: float
    ci95: float
    sd: float
    low: float
    high: float
    episodes: int
    effort: float | None = None
    chatter: float | None = None
    returns: tuple[float, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, returns: NDArray[np.float64]) -> "Score":
        """Summarises returns."""
        values = returns.ravel()
        sd = float(values.std(ddof=1)) if len(values) > 1 else 0.0
        interval = Z_95 * sd / len(values) ** 0.5
        low, high = float(values.min()), float(values.max())
        return cls(float(values.mean()), interval, sd, low, high, len(values), returns=tuple(values.tolist()))

    @classmethod
    def of_episodes(cls, task: AnyTask, played: Episodes) -> "Score":
        """Summarises episodes whose actions were watched; each step counts the same for effort and chatter.

        Outputs of which only the greatest counts have neither.
        """
        score = cls.of(played.returns)
        if played.efforts is None or played.changes is None or task.rate_hz is None or task.decision == "argmax":
            return score
        steps = float(played.lengths.sum()) * len(task.acts)
        effort, chatter = played.efforts.sum() / steps, played.changes.sum() / steps * task.rate_hz
        return replace(score, effort=float(effort), chatter=float(chatter))

    @property
    def iqm(self) -> float:
        """The interquartile mean of the returns, see ``interquartile_mean``."""
        return interquartile_mean(self.returns)

    def quantile(self, share: float) -> float:
        """Returns what this share of the episodes stays at or below, e.g. 0.05; between two returns, linearly.

        Raises:
            ConfigError: the share is not from 0 to 1.
        """
        return float(np.quantile(self.returns, _checked(share, 0.0)))

    def cvar(self, share: float = 0.05) -> float:
        """Returns the conditional value at risk: the mean return of the worst share of the episodes.

        An episode that lies only partly in that share counts in part, as in R. T. Rockafellar and S. Uryasev,
        "Conditional value-at-risk for general loss distributions", 2002. ``cvar(1)`` is the mean.

        Raises:
            ConfigError: the share is not above 0 and at most 1.
        """
        worst = np.sort(np.array(self.returns))
        wanted = _checked(share, 1e-12) * len(worst)
        parts = np.clip(wanted - np.arange(len(worst)), 0.0, 1.0)
        return float((worst * parts).sum() / parts.sum())

    def to_dict(self) -> dict[str, Any]:
        """Returns the summary as JSON values, without the single returns."""
        return {name: value for name, value in asdict(self).items() if name != "returns"}

    def short(self) -> dict[str, Any]:
        """Returns what a controller's provenance says of its score."""
        said: dict[str, Any] = {"mean": round(self.mean, 2), "ci95": round(self.ci95, 2), "episodes": self.episodes}
        behaviour = {"effort": self.effort, "sign_changes_per_s": self.chatter}
        return said | {name: float(f"{value:.3g}") for name, value in behaviour.items() if value is not None}


def _checked(share: float, least: float) -> float:
    if not least <= share <= 1:
        raise ConfigError(f"share is {share!r}; expected a share of the episodes, from 0 to 1")
    return share


def interquartile_mean(values: Sequence[float] | ArrayLike) -> float:
    """Returns the mean of what is left without the lowest and the highest quarter, rounded down, of the values.

    It is the aggregate of R. Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice",
    2021 (rliable), there computed by ``scipy.stats.trim_mean`` with a quarter cut at each end.
    """
    ordered = np.sort(np.asarray(values, float))
    cut = int(MIDDLE * len(ordered))
    return float(ordered[cut : len(ordered) - cut].mean())
