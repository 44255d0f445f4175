"""Derived channels: what a network observes besides the sensors' readings, computed from them with memory.

Robots measure positions, not velocities. Each kind is one row of ``KINDS``: its formula, in the primitives of
``arithmetic.py``, how many numbers it remembers, and which settings it has. ``memory.py`` puts the channels of a
controller together. Two rules hold for every kind:

* what is remembered is 0 at the beginning, so a state full of zeros is one that was reset;
* what is remembered is always a finite number: one that is not is not taken, and the one before stays. So no reading,
  whatever it was, does harm for longer than it lasts.

A recurrent node is a kind like the others, but for its source: the network itself feeds it, by an output of its own
behind the actions, and sees its value a step later as one of its inputs. So connections into the past end in such an
output, and what is left between inputs and outputs is feed-forward: levels, order and kernels are those of any network.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from wann_rt.core.arithmetic import HALF, ONE, Number, absolute, maximum, minimum, select
from wann_rt.core.channel import Channel
from wann_rt.core.errors import ControllerError
from wann_rt.core.guess import near
from wann_rt.core.weight import float32

f32 = np.float32
LARGEST = f32(3.4028235e38)
MOST_STEPS = 1000  # by which a channel is delayed
SETTINGS = ("filter", "steps", "limit", "hz")

Numbers = tuple[Number, ...]


class Given(NamedTuple):
    """What a formula computes with.

    Attributes:
        began: whether the readings of an earlier step are remembered; otherwise this step's stand for them.
        memory: what the channel remembers.
        read: the values of its sources in this step.
        rate: steps per second.
        pace: the same where an earlier step is remembered, else 0.
        period: seconds per step.
        filter: see ``Derived``.
        limit: see ``Derived``.
        turn: cosine and sine of the angle by which an oscillator turns in a step.
    """

    began: Any
    memory: Numbers
    read: Numbers
    rate: Any
    pace: Any
    period: Any
    filter: Any
    limit: Any
    turn: Numbers


Formula = Callable[[Given], tuple[Number, Numbers]]


@dataclass(frozen=True)
class Kind:
    """A kind of derived channel.

    Attributes:
        name: in files and on the command line.
        told: what it is, for people; ``{}`` stands for its sources.
        formula: what is given -> the channel's value, and what it remembers.
        sources: how many sources it may have.
        settings: which of ``SETTINGS`` it has.
        floats: how many numbers it remembers.
        of_actions: whether its sources are actions.
        begins: whether it asks ``Given.began``.
        timed: whether it needs the rate.
        fed: whether the network feeds it, by an output of its own behind the actions: a recurrent node.
    """

    name: str
    told: str
    formula: Formula
    floats: "Callable[[Derived], int]"
    sources: tuple[int, ...] = (1,)
    settings: tuple[str, ...] = ()
    of_actions: bool = False
    begins: bool = True
    timed: bool = False
    fed: bool = False


@dataclass(frozen=True)
class Derived:
    """A channel that is computed from others.

    Attributes:
        channel: its name, its unit, its range, and how it enters the network, as for an observation.
        kind: a name in ``KINDS``.
        of: names of its sources: observations, derived channels before it, or actions.
        filter: share of a new value that a filter takes, in (0, 1]; 1 is no filter. ``rate_of``, ``filtered`` and
            ``recurrent``.
        steps: by how many steps it is late. ``delayed``.
        limit: greatest size of the sum. ``integral``.
        hz: turns per second, at most half the rate of the steps. ``sine`` and ``cosine``.
    """

    channel: Channel
    kind: str
    of: tuple[str, ...]
    filter: float | None = None
    steps: int | None = None
    limit: float | None = None
    hz: float | None = None

    def __post_init__(self) -> None:
        """Rounds the numbers to float32; refuses an unknown kind, and settings that are not the kind's."""
        if self.kind not in KINDS:
            raise self._wrong(f"has the unknown kind {self.kind!r}; known: {', '.join(KINDS)}{near(self.kind, KINDS)}")
        kind = self.row
        if len(self.of) not in kind.sources:
            wanted = " or ".join(map(str, kind.sources))
            raise self._wrong(f"is {self.kind} of {len(self.of)} channels; expected {wanted}")
        if self.kind in ("rate_of", "recurrent") and self.filter is None:
            object.__setattr__(self, "filter", 1.0)
        for name in SETTINGS:
            if (getattr(self, name) is None) == (name in kind.settings):
                raise self._wrong(f"is {self.kind}, which {'needs' if name in kind.settings else 'has no'} {name}")
        self._check_numbers()

    @property
    def row(self) -> Kind:
        """The row of its kind."""
        return KINDS[self.kind]

    @property
    def name(self) -> str:
        """The channel's name."""
        return self.channel.name

    @property
    def floats(self) -> int:
        """How many numbers it remembers."""
        return self.row.floats(self)

    @property
    def settings(self) -> dict[str, float]:
        """The settings of its kind, in order."""
        return {name: getattr(self, name) for name in self.row.settings}

    @property
    def told(self) -> str:
        """What it is, for people."""
        said = [f"{name} {value:g}" for name, value in self.settings.items() if (name, value) != ("filter", 1)]
        return ", ".join([self.row.told.format(", ".join(self.of)), *said])

    def _check_numbers(self) -> None:
        for name in ("filter", "limit", "hz"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, float32(getattr(self, name), f"derived channel {self.name!r}: {name}"))
        if self.filter is not None and not 0 < self.filter <= 1:
            raise self._wrong(f"has filter {self.filter}; expected the share of a new value, above 0 and at most 1")
        if self.limit is not None and not 0 < self.limit <= LARGEST:
            raise self._wrong(f"has limit {self.limit}; expected a positive finite number")
        if self.hz is not None and not 0 < self.hz <= LARGEST:
            raise self._wrong(f"has hz {self.hz}; expected a positive finite number")
        steps: Any = self.steps
        if steps is not None and not (type(steps) is int and 1 <= steps <= MOST_STEPS):
            raise self._wrong(f"has steps {steps!r}; expected a whole number from 1 to {MOST_STEPS}")

    def _wrong(self, what: str) -> ControllerError:
        return ControllerError(f"derived channel {self.name!r} {what}")


def is_finite(x: Number) -> Number:
    """Returns whether x is neither infinite nor NaN."""
    return absolute(x) <= LARGEST


def kept(new: Number, old: Number) -> Number:
    """Returns what is remembered: a new number if it is finite, else the old one."""
    return select(is_finite(new), new, old)


def leaked(new: Number, old: Number, share: float) -> Number:
    """Returns what a recurrent node remembers: what it is fed with, or this share of it and the rest of the old."""
    return kept(new if share == 1 else old + (new - old) * f32(share), old)


def _readings(given: Given) -> Numbers:
    """Returns the readings, those that are no finite numbers as they were before."""
    return tuple(map(kept, given.read, given.memory))


def _held(given: Given) -> tuple[Numbers, Numbers]:
    """Returns the readings, see ``_readings``, and the readings before these."""
    now = _readings(given)
    return now, tuple(select(given.began, old, new) for old, new in zip(given.memory, now, strict=False))


def _filtered(given: Given, value: Number, old: Number) -> Number:
    return kept(old + (value - old) * given.filter, old)


def _change(now: Numbers, before: Numbers) -> Number:
    """Returns the difference of two readings; of the cosine and sine of an angle, the sine of the rotation between."""
    return now[0] - before[0] if len(now) == 1 else before[0] * now[1] - before[1] * now[0]


def _rate(given: Given) -> tuple[Number, Numbers]:
    """Without a filter, a first reading stands for the one before it, so that a rate begins with +0.

    A filter begins with +0 also where it is fed with -0, so it needs no such choice: a product with 0 is cheaper.
    """
    if len(given.memory) == len(given.read):
        now, before = _held(given)
        return _change(now, before) * given.rate, now
    now = _readings(given)
    smooth = _filtered(given, _change(now, given.memory) * given.pace, given.memory[-1])
    return smooth, (*now, smooth)


def _smooth(given: Given) -> tuple[Number, Numbers]:
    now, before = _held(given)
    value = _filtered(given, now[0], before[0])
    return value, (value,)


def _late(given: Given) -> tuple[Number, Numbers]:
    """The readings stand in a line, the newest first; at the beginning all of them are the first one."""
    new = kept(given.read[0], given.memory[0])
    line = tuple(select(given.began, old, new) for old in given.memory)
    return line[-1], (new, *line[:-1])


def _before(given: Given) -> tuple[Number, Numbers]:
    """What is remembered is the action, or the network's output, see ``Memory.remember``."""
    return given.memory[0], given.memory


def _sum(given: Given) -> tuple[Number, Numbers]:
    """The limits are its anti-windup: a sum at its limit leaves it with the first reading of the other sign."""
    total = kept(given.memory[0] + given.read[0] * given.period, given.memory[0])
    value = minimum(given.limit, maximum(-given.limit, total))
    return value, (value,)


def _turned(given: Given) -> tuple[Numbers, Numbers]:
    """Returns sine and cosine of a phase, and what is remembered of the next: the sine, and 1 less the cosine.

    So zeros are the beginning of a turn. Rounding would let the amplitude drift; a step of Newton's keeps it at 1.
    """
    (turn_cos, turn_sin), sine, cosine = given.turn, given.memory[0], ONE - given.memory[1]
    new_sine, new_cosine = sine * turn_cos + cosine * turn_sin, cosine * turn_cos - sine * turn_sin
    gain = f32(1.5) - HALF * (new_sine * new_sine + new_cosine * new_cosine)
    return (sine, cosine), (new_sine * gain, ONE - new_cosine * gain)


def _sine(given: Given) -> tuple[Number, Numbers]:
    (sine, _), memory = _turned(given)
    return sine, memory


def _cosine(given: Given) -> tuple[Number, Numbers]:
    (_, cosine), memory = _turned(given)
    return cosine, memory


def _two(derived: Derived) -> int:
    return 2


def _rate_floats(derived: Derived) -> int:
    return len(derived.of) + int(derived.filter != 1)


def _one(derived: Derived) -> int:
    return 1


def _steps(derived: Derived) -> int:
    return derived.steps or 1


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("rate_of", "rate of {}", _rate, _rate_floats, (1, 2), ("filter",), timed=True),
        Kind("filtered", "filtered {}", _smooth, _one, settings=("filter",)),
        Kind("delayed", "earlier {}", _late, _steps, settings=("steps",)),
        Kind("previous", "previous {}", _before, _one, of_actions=True, begins=False),
        Kind("integral", "integral of {}", _sum, _one, settings=("limit",), begins=False, timed=True),
        Kind("recurrent", "recurrent node", _before, _one, (0,), ("filter",), begins=False, fed=True),
        Kind("sine", "sine of a phase that turns", _sine, _two, (0,), ("hz",), begins=False, timed=True),
        Kind("cosine", "cosine of a phase that turns", _cosine, _two, (0,), ("hz",), begins=False, timed=True),
    )
}
