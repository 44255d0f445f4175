"""Monitor: notices that the world is not the one that a controller was searched for.

It is given what the sensors read and the actions that were taken since the reading before. A *feature* is a number that
is near its centre as long as all is well: a reading, its change, what a prediction of it lacks; how it is computed is
the monitor's ``program``. Its *score* is its distance from the centre in units of what is usual. A *level*
(``levels.py``) says when the worst scores of the last steps are too much. Then the alarm stays until the reset and
says, by its bit, which channel had the greatest score when it was raised.

All of it is written in the primitives of ``arithmetic.py``, so numpy computes it and exporters trace it. The state is a
list of float32, zeros at the beginning. A reading that is no finite number is a hit in its step, and in the next one as
the reading before; nothing of it lasts longer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core.arithmetic import ONE, ZERO, Number, absolute, select
from wann_rt.core.derived import LARGEST, kept
from wann_rt.core.errors import ControllerError
from wann_rt.core.levels import Level, Mean
from wann_rt.core.program import CONDITIONS, CONSTANT, Operation, checked, computed
from wann_rt.core.symbols import Symbol, lift
from wann_rt.core.weight import float32

f32 = np.float32
Floats = NDArray[np.float32]
Numbers = tuple[Number, ...]
MOST_CHANNELS = 24  # bits that a float32 holds exactly: the alarm is a number of the state
MOST_REPEATS = 1000  # that a test makes
MOST_LINES, MOST_FEATURES, MOST_LEVELS = 10_000, 1_000, 16


@dataclass(frozen=True)
class Feature:
    """A number that is watched.

    Attributes:
        kind: what it is, see ``monitoring.kinds``; for people.
        channels: numbers of the observations that are to blame where it is unusual.
        value: where the program has it.
        center: what it is about.
        scale: 1 / its usual distance from there.
    """

    kind: str
    channels: tuple[int, ...]
    value: int
    center: float = 0.0
    scale: float = 1.0


class Judged(NamedTuple):
    """What a step makes of its readings.

    Attributes:
        worst: the greatest score; 0 in the first step, which has nothing before it.
        blamed: the bits of the channels that have it.
        remembered: whether there was a step, the readings, and how often they were repeated.
    """

    worst: Number
    blamed: Number
    remembered: Numbers


@dataclass(frozen=True)
class Monitor:
    """A monitor.

    Attributes:
        observations: how many readings it is given.
        actions: how many actions it is given.
        program: computes the features from ``inputs``.
        features: what is watched.
        levels: when there is an alarm.
        fail_safe: the actions to take after an alarm, unless the user has better ones.
        false_alarms: how many a step were stated when it was calibrated.
    """

    observations: int
    actions: int
    program: tuple[Operation, ...]
    features: tuple[Feature, ...]
    levels: tuple[Level | Mean, ...]
    fail_safe: tuple[float, ...]
    false_alarms: float

    def __post_init__(self) -> None:
        """Rounds the numbers to float32 and refuses what cannot be computed with."""
        inputs = 3 * self.observations + self.actions
        object.__setattr__(self, "program", checked(self.program, inputs, "monitor: program"))
        if not 1 <= self.observations <= MOST_CHANNELS:
            raise ControllerError(
                f"monitor: {self.observations} observations; a monitor watches from 1 to {MOST_CHANNELS}, whose bits "
                "its alarm is"
            )
        if not (self.features and self.levels):
            raise ControllerError("monitor: expected at least one feature and one level")
        for has, most, what in (
            (len(self.program), MOST_LINES, "lines of its program"),
            (len(self.features), MOST_FEATURES, "features"),
            (len(self.levels), MOST_LEVELS, "levels"),
        ):
            if has > most:
                raise ControllerError(f"monitor: {has} {what} came; a monitor has at most {most}")
        if not 0 < self.false_alarms < 1:
            raise ControllerError(f"monitor: false_alarms is {self.false_alarms}; expected a share of steps")
        for k, feature in enumerate(self.features):
            self._check_feature(k, feature)
        for k, level in enumerate(self.levels):
            level.check(f"monitor: levels[{k}]")
        safe = tuple(float32(value, "monitor: fail_safe") for value in self.fail_safe)
        if len(safe) != self.actions or not np.isfinite(safe).all():
            raise ControllerError(f"monitor: fail_safe needs a finite number for each of {self.actions} actions")
        object.__setattr__(self, "fail_safe", safe)

    def _check_feature(self, k: int, feature: Feature) -> None:
        here, first = f"monitor: features[{k}]", 3 * self.observations + self.actions
        if not feature.channels or not all(0 <= c < self.observations for c in feature.channels):
            raise ControllerError(f"{here}: channels must be numbers of observations, below {self.observations}")
        if len(set(feature.channels)) < len(feature.channels):
            raise ControllerError(f"{here}: a channel stands twice, whose bits would add up to those of another one")
        if not 0 <= feature.value < first + len(self.program):
            raise ControllerError(f"{here}: value {feature.value} is no line of the program")
        if feature.value >= first and self.program[feature.value - first].op in CONDITIONS:
            raise ControllerError(f"{here}: value {feature.value} is a comparison; expected a number")
        for name in ("center", "scale"):
            number = float32(getattr(feature, name), f"{here}: {name}")
            if not np.isfinite(number) or (name == "scale" and number <= 0):
                raise ControllerError(f"{here}: {name} is {number}; expected a finite number, a scale above 0")
            object.__setattr__(feature, name, number)

    @cached_property
    def read(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Which observations' readings are remembered, and of which the repetitions are counted."""
        used = {a for line in self.program for a in line.args} | {feature.value for feature in self.features}
        n, m = self.observations, self.actions
        repeats = tuple(k for k in range(n) if 2 * n + m + k in used)
        return tuple(k for k in range(n) if n + k in used or k in repeats), repeats

    @cached_property
    def most_repeats(self) -> int:
        """How often a reading must be repeated so that each comparison of a count of it has both answers; at least 1.

        Tests repeat their readings so often: what is never repeated tells nothing of a sensor that is stuck.
        """
        first, lines = 2 * self.observations + self.actions, 3 * self.observations + self.actions
        counts = range(first, first + self.observations)
        compared = [line.args for line in self.program if line.op in CONDITIONS and set(line.args) & set(counts)]
        others = [self.program[a - lines] for args in compared for a in args if a >= lines]
        beyond = max([0.0, *(line.value for line in others if line.op == CONSTANT)])
        return 1 + int(min(beyond, MOST_REPEATS))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """A name for each number of the state."""
        before, repeats = self.read
        own = [name for k, level in enumerate(self.levels) for name in level.names(k)]
        return (
            "seen", *(f"before_{k}" for k in before), *(f"repeats_{k}" for k in repeats), *own, "worst", "alarm",
        )  # fmt: skip

    @property
    def judge_names(self) -> tuple[str, ...]:
        """Names of the first numbers of the state, which are those that ``judge`` advances."""
        return self.names[: 1 + sum(map(len, self.read))]

    @property
    def size(self) -> int:
        """How many numbers the state has."""
        return len(self.names)

    @cached_property
    def watched(self) -> tuple[int, ...]:
        """Numbers of the observations that can be to blame, ascending."""
        return tuple(sorted({channel for feature in self.features for channel in feature.channels}))

    def start(self, *lanes: int) -> Floats:
        """Returns the state at the beginning, of shape [..., size]."""
        return np.zeros((*lanes, self.size), np.float32)

    def step(self, state: Floats, observation: ArrayLike, last_actions: ArrayLike) -> tuple[NDArray[np.uint32], Floats]:
        """Judges one step: returns ``(alarm, state)``.

        Args:
            state: what ``start`` or the step before gave; start anew where the controller's state is reset.
            observation: what the sensors read, raw, [observations] or [batch, observations].
            last_actions: what was done since the reading before; in the first step it does not matter.

        Returns:
            0, or the sum of 2^k of the observations k that gave the alarm; it stays until the state is reset.
        """
        seen, done = np.asarray(observation, np.float32), np.asarray(last_actions, np.float32)
        shapes = [(*seen.shape[:-1], self.size), (*seen.shape[:-1], self.actions)]
        if seen.shape[-1:] != (self.observations,) or [np.shape(state), done.shape] != shapes:
            raise ControllerError(
                f"a monitor's step needs a state of {self.size} numbers, {self.observations} observations and "
                f"{self.actions} actions, of as many rows; shapes {np.shape(state)}, {seen.shape}, {done.shape} came"
            )
        after = np.empty_like(np.atleast_2d(state))
        with np.errstate(all="ignore"):
            numbers = self.advance(*(tuple(np.atleast_2d(side).T) for side in (state, seen, done)))
        for k, number in enumerate(numbers):
            after[:, k] = number
        alarm = after[:, -1].astype(np.uint32)
        return (alarm, after) if seen.ndim > 1 else (alarm[0], after[0])

    def advance(self, state: Sequence[Number], now: Sequence[Number], last_actions: Sequence[Number]) -> Numbers:
        """Returns the state after a step; its last number is the alarm."""
        return self.alarmed(state, self.judge(state, now, last_actions))

    def alarmed(self, state: Sequence[Number], judged: Judged) -> Numbers:
        """Returns the state after a step, given what was made of its readings."""
        at, raised = len(judged.remembered), ZERO
        own: list[Number] = []
        for k, level in enumerate(self.levels):
            is_reached, line = level.advance(judged.worst, tuple(state[at : at + len(level.names(k))]))
            raised = select(is_reached, judged.blamed, raised)
            own += line
            at += len(line)
        alarm = select(state[-1] > ZERO, state[-1], raised)
        return (*judged.remembered, *own, judged.worst, alarm)

    @cached_property
    def traced(self) -> tuple[tuple[Symbol, ...], tuple[Symbol, ...]]:
        """A step as expressions: inputs o1, ... the readings, u1, ... the actions, m1, ... the state; the new state."""
        sizes = (("o", self.observations), ("u", self.actions), ("m", self.size))
        read, done, state = ([Symbol("input", name=f"{letter}{k + 1}") for k in range(n)] for letter, n in sizes)
        with np.errstate(all="ignore"):  # of what a program computes of constants alone
            return (*read, *done, *state), tuple(map(lift, self.advance(state, read, done)))

    def judge(self, state: Sequence[Number], now: Sequence[Number], last_actions: Sequence[Number]) -> Judged:
        """Returns the worst score of a step; see ``Judged``."""
        scores, remembered = self.scores(state, now, last_actions)
        (worst, blamed), *others = scores
        for score, bits in others:
            is_worse = score > worst
            worst, blamed = select(is_worse, score, worst), select(is_worse, bits, blamed)
        return Judged(worst * state[0], blamed, remembered)

    def scores(
        self, state: Sequence[Number], now: Sequence[Number], last_actions: Sequence[Number]
    ) -> tuple[list[tuple[Number, Number]], Numbers]:
        """Returns the score of each feature with the bits of its channels, and what is remembered of the readings."""
        kept_now, kept_repeats = self.read
        before = dict(zip(kept_now, state[1:], strict=False))
        counts = dict(zip(kept_repeats, state[1 + len(kept_now) :], strict=False))
        repeats = {k: _repeated(now[k], before[k], counts[k]) for k in kept_repeats}
        n = range(self.observations)
        inputs = [*now, *(before.get(k, ZERO) for k in n), *last_actions, *(repeats.get(k, ZERO) for k in n)]
        values = computed(self.program, inputs)
        bits = [f32(sum(2.0**channel for channel in feature.channels)) for feature in self.features]
        scores = [_score(values[feature.value], feature) for feature in self.features]
        return list(zip(scores, bits, strict=True)), (ONE, *(now[k] for k in kept_now), *repeats.values())


def _score(value: Number, feature: Feature) -> Number:
    """Returns a feature's score; of what is no finite number, the greatest there is."""
    distance = value if feature.center == 0 else value - f32(feature.center)
    size = absolute(distance)
    return kept(size if feature.scale == 1 else size * f32(feature.scale), LARGEST)


def _repeated(now: Number, before: Number, count: Number) -> Number:
    """Returns how often in a row a reading has been the one before."""
    return select(absolute(now - before) <= ZERO, count + ONE, ZERO)
