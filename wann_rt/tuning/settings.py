"""What may be set about tuning, beside its method."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from wann_rt.core.errors import ConfigError
from wann_rt.core.guess import near
from wann_rt.evaluation.sweep import STEP
from wann_rt.play.episodes import HIGH, LOW

_SIGMA = 10.0  # the greatest first step, in sizes of the weights


@dataclass(frozen=True)
class TuneSettings:
    """Settings of ``tune``.

    Attributes:
        steps: budget of task steps; a sweep ignores it, pruning doubles it.
        episodes: per candidate and generation, or per weight of the sweep; by default 4, or 32 of the sweep.
        population: candidates in a generation.
        sigma: first standard deviation of a weight, as a multiple of the root mean square of the weights; by default
            0.5, or 0.2 for a controller that has a weight per connection already.
        relative: whether sigma counts in each weight's own size instead, for weights of very different sizes.
        low: sweep: lowest shared weight.
        high: sweep: highest shared weight.
        step: sweep: distance between weights.
        smallest: connections at which pruning stops.
    """

    steps: int = 50_000_000
    episodes: int | None = None
    population: int = 32
    sigma: float | None = None
    relative: bool = False
    low: float = LOW
    high: float = HIGH
    step: float = STEP
    smallest: int = 4

    def __post_init__(self) -> None:
        """Refuses values out of range, naming the setting."""
        if self.steps < 1 or (self.episodes is not None and self.episodes < 1):
            raise ConfigError(f"steps ({self.steps}) and episodes ({self.episodes}) must be at least 1")
        if self.population < 4 or (self.sigma is not None and not 0 < self.sigma <= _SIGMA):
            raise ConfigError(
                f"population ({self.population}) must be at least 4, sigma ({self.sigma}) above 0 and at most 10"
            )

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "TuneSettings":
        """Returns settings by name.

        Raises:
            ConfigError: there is none of that name, or its value is out of range.
        """
        known = [field.name for field in fields(cls)]
        for name, value in settings.items():
            if name not in known:
                raise ConfigError(f"tuning has no setting {name!r}; settings: {', '.join(known)}{near(name, known)}")
            if name == "relative":
                if not isinstance(value, bool):
                    raise ConfigError(f"setting relative of tuning is {value!r}; expected True or False")
            elif value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
                raise ConfigError(f"setting {name} of tuning is {value!r}; expected a number")
        return cls(**settings)
