"""When a search ends before its last generation: a score that is enough, no progress, or a budget that is spent."""

import re
import time
from dataclasses import dataclass

from wann_rt.core.errors import ConfigError
from wann_rt.evolution.search import Generation

LIMITS = ("target", "patience", "budget")  # as a user says them, see ``Stopping.of``
UNITS = {"s": 1.0, "sec": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BUDGET = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")


@dataclass(frozen=True)
class Stopping:
    """Limits of a search; None: no limit. A search that they end can be gone on with.

    Attributes:
        target: end once the champion's retested fitness is at least this.
        patience: end after so many generations without a better champion.
        seconds: end once the search has taken so long; of a task that is compiled, counted from the end of the first
            generation, before which it may have been compiled.
        episodes: end once so many episodes of an environment have been played.
    """

    target: float | None = None
    patience: int | None = None
    seconds: float | None = None
    episodes: int | None = None

    @classmethod
    def of(cls, target: float | None = None, patience: int | None = None, budget: str | None = None) -> "Stopping":
        """Returns limits as a user says them; a budget is a time ("10min") or a number of episodes ("500 episodes").

        Raises:
            ConfigError: the budget is neither, or the patience is not positive.
        """
        if patience is not None and patience < 1:
            raise ConfigError(f"patience is {patience!r}; expected a number of generations of at least 1")
        seconds, episodes = (None, None) if budget is None else read_budget(budget)
        return cls(target, patience, seconds, episodes)


def read_budget(text: str) -> tuple[float | None, int | None]:
    """Returns seconds, or episodes, that a text says.

    Raises:
        ConfigError: it says neither.
    """
    match = _BUDGET.fullmatch(text.strip().lower())
    if match is not None:
        number, unit = float(match[1]), match[2]
        if unit in UNITS and number > 0:
            return number * UNITS[unit], None
        if unit in ("episode", "episodes") and number >= 1:
            return None, int(number)
    raise ConfigError(f"budget is {text!r}; expected a time such as 90s, 10min or 2h, or '500 episodes'")


class Stopper:
    """Decides after each generation whether a search shall end.

    Attributes:
        episodes: how many of an environment have been played; ``count`` is told of them.
    """

    def __init__(self, stopping: Stopping) -> None:
        self._stopping = stopping
        self._began = time.monotonic()
        self._best, self._since = -float("inf"), 0
        self.episodes = 0

    def begin(self) -> None:
        """Lets the time begin now."""
        self._began = time.monotonic()

    def count(self, episodes: int) -> None:
        """Counts episodes that have been played."""
        self.episodes += episodes

    def reason(self, report: Generation) -> str:
        """Returns why the search shall end after this generation; empty if it shall not."""
        limits = self._stopping
        self._since = 0 if report.champion > self._best else self._since + 1
        self._best = max(self._best, report.champion)
        if limits.target is not None and report.champion >= limits.target:
            return f"the champion's fitness {report.champion:g} has reached the target {limits.target:g}"
        if limits.patience is not None and self._since >= limits.patience:
            return f"no better champion in {limits.patience} generations"
        if limits.seconds is not None and time.monotonic() - self._began >= limits.seconds:
            return f"the budget of {limits.seconds:g} seconds is spent"
        if limits.episodes is not None and self.episodes >= limits.episodes:
            return f"the budget of {limits.episodes} episodes is spent"
        return ""
