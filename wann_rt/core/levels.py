"""Levels of a monitor: when its worst scores are an alarm, one after another or taken together.

A ``Level`` counts hits among the last steps. A ``Mean`` adds scores up and forgets them slowly, which finds what is a
little unusual for long, since noise cancels and a fault does not. Both are written in the primitives of
``arithmetic.py``.
"""

from dataclasses import dataclass

import numpy as np

from wann_rt.core.arithmetic import ONE, ZERO, Number, select
from wann_rt.core.derived import LARGEST
from wann_rt.core.errors import ControllerError
from wann_rt.core.weight import float32

f32 = np.float32
Numbers = tuple[Number, ...]
MOST_OF = 64  # steps among which hits are counted
MOST_SCORE = 1e15  # that a mean takes: its square, and sums of that, are finite numbers


@dataclass(frozen=True)
class Level:
    """Alarms after ``hits`` scores above ``above`` within ``of`` steps."""

    hits: int
    of: int
    above: float

    def check(self, where: str) -> None:
        """Rounds the numbers to float32 and refuses what cannot be counted."""
        number = float32(self.above, f"{where}: above")
        whole = type(self.hits) is int and type(self.of) is int
        if not (whole and 1 <= self.hits <= self.of <= MOST_OF and 0 < number <= LARGEST):
            raise ControllerError(
                f"{where}: expected 1 to {MOST_OF} hits, of as many steps or more, above a positive number"
            )
        object.__setattr__(self, "above", number)

    def names(self, k: int) -> tuple[str, ...]:
        """A name for each number that level k remembers."""
        return tuple(f"hit_{k}_{j}" for j in range(self.of - 1))

    def advance(self, worst: Number, line: Numbers) -> tuple[Number, Numbers]:
        """Returns whether there are enough hits, and the last of them, newest first."""
        is_hit = worst > f32(self.above)
        if self.of == 1:
            return is_hit, ()
        hit = select(is_hit, ONE, ZERO)
        return sum(line, hit) >= f32(self.hits), (hit, *line[:-1])


@dataclass(frozen=True)
class Mean:
    """Alarms where the mean of squared scores is above ``above``, later ones counting more.

    It is an exponentially weighted moving average (EWMA chart, Roberts 1959).

    Attributes:
        share: how much a new score counts, from above 0 to 1; those before, one less that.
        most: the greatest score that is taken: more of a single one is a ``Level``'s matter.
        above: the threshold, of squares.
    """

    share: float
    most: float
    above: float

    def check(self, where: str) -> None:
        """Rounds the numbers to float32 and refuses those of which no mean could be taken."""
        for name, greatest in (("share", ONE), ("most", f32(MOST_SCORE)), ("above", LARGEST)):
            number = float32(getattr(self, name), f"{where}: {name}")
            if not 0 < number <= greatest:
                raise ControllerError(f"{where}: {name} is {number}; expected a number above 0, up to {greatest:g}")
            object.__setattr__(self, name, number)

    def names(self, k: int) -> tuple[str, ...]:
        """A name for each number that level k remembers."""
        return (f"mean_{k}",)

    def advance(self, worst: Number, line: Numbers) -> tuple[Number, Numbers]:
        """Returns whether the mean is too great, and the mean."""
        (mean,) = line
        taken = select(worst > f32(self.most), f32(self.most), worst)
        mean = mean + (taken * taken - mean) * f32(self.share)
        return mean > f32(self.above), (mean,)
