"""Memory: what a controller with derived channels remembers from one step to the next, and how that advances.

The state is a list of float32, zeros at the beginning. The first number says whether a step was taken (1) since, where
a channel asks for that; then come the numbers of each channel, in order. A step computes what the network sees from the
state and the readings (``advance``), then the actions, and last keeps those that are asked for (``remember``). All
formulas are those of ``derived.py``: numpy computes them, compiled tasks and exporters trace them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import cos, sin
from wann_rt.core.arithmetic import ONE, ZERO, Number, select
from wann_rt.core.channel import Channel
from wann_rt.core.derived import Derived, Given, Numbers, is_finite, kept, leaked
from wann_rt.core.errors import ControllerError
from wann_rt.core.guess import near

Floats = NDArray[np.float32]
MOST_FLOATS = 10_000
BEGAN = "began"


@dataclass(frozen=True)
class Memory:
    """The derived channels of a controller.

    Attributes:
        derived: the channels, in order.
        sensors: names of the observations.
        actions: names of the actions.
        rate_hz: steps per second; None where unknown.
    """

    derived: tuple[Derived, ...]
    sensors: tuple[str, ...]
    actions: tuple[str, ...]
    rate_hz: float | None

    def __post_init__(self) -> None:
        """Refuses a source that is not there, an unknown rate, a name twice, and too large a state."""
        for k, channel in enumerate(self.derived):
            if channel.name in self._known(k):
                raise ControllerError(
                    f"channel {channel.name!r} is there twice; a derived channel needs a name of its own"
                )
            known = self.actions if channel.row.of_actions else self._known(k)
            for name in channel.of:
                if name not in known:
                    raise ControllerError(
                        f"derived channel {channel.name!r} is {channel.kind} of {name!r}, which is none of "
                        f"{', '.join(known)}{near(name, known)}"
                    )
            if channel.row.timed and not (self.rate_hz is not None and 1e-6 <= self.rate_hz <= 1e6):
                raise ControllerError(
                    f"derived channel {channel.name!r} is {channel.kind}, which needs the rate of the steps, from "
                    f"1e-6 to 1e6 Hz; rate_hz is {self.rate_hz}"
                )
            if channel.hz is not None and not 2 * np.float32(channel.hz) <= np.float32(self.rate_hz or 0):
                raise ControllerError(
                    f"derived channel {channel.name!r} has hz {channel.hz:g}; at {self.rate_hz:g} steps a second at "
                    f"most {(self.rate_hz or 0) / 2:g} can be told apart"
                )
        if self.size > MOST_FLOATS:
            raise ControllerError(f"derived channels remember {self.size} numbers; at most {MOST_FLOATS} are expected")

    @property
    def begins(self) -> bool:
        """Whether the first number says that a step was taken."""
        return any(channel.row.begins for channel in self.derived)

    @cached_property
    def places(self) -> tuple[int, ...]:
        """Where in the state the numbers of each channel begin, and last where they end."""
        places = [int(self.begins)]
        for channel in self.derived:
            places.append(places[-1] + channel.floats)
        return tuple(places)

    @property
    def size(self) -> int:
        """How many numbers the state has."""
        return self.places[-1]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """A name for each number of the state."""
        own = [f"{channel.name}_{k}" for channel in self.derived for k in range(channel.floats)]
        return (*([BEGAN] if self.begins else []), *own)

    def start(self, *lanes: int) -> Floats:
        """Returns the state at the beginning, of shape [..., size]."""
        return np.zeros((*lanes, self.size), np.float32)

    def observed(self, state: Floats, observations: Floats) -> tuple[Floats, Floats]:
        """Returns what the network sees [lanes, inputs], and the state after the readings [lanes, size]."""
        with np.errstate(all="ignore"):
            values, after = self.advance(tuple(state.T), tuple(observations.T))
        lanes = len(observations)
        return _columns((*observations.T, *values), lanes), _columns(after, lanes)

    def acted(self, state: Floats, outputs: Floats) -> Floats:
        """Returns the state [lanes, size] after the outputs [lanes, outputs]."""
        with np.errstate(all="ignore"):
            after = self.remember(tuple(state.T), tuple(outputs.T))
        return _columns(after, len(outputs))

    def advance(self, state: Sequence[Number], read: Sequence[Number]) -> tuple[Numbers, Numbers]:
        """Returns the values of the derived channels in this step, and the state after the readings.

        Args:
            state: numbers of the state.
            read: of the sensors, raw.
        """
        values = dict(zip(self.sensors, read, strict=True))
        began = state[0] > ZERO if self.begins else None
        pace = state[0] * np.float32(self.rate_hz or 1.0) if self.begins else None
        after: list[Number] = [self._began(state[0], values)] if self.begins else []
        for k, channel in enumerate(self.derived):
            own = tuple(state[self.places[k] : self.places[k + 1]])
            sources = () if channel.row.of_actions else tuple(values[name] for name in channel.of)
            value, memory = channel.row.formula(self._given(channel, began, pace, own, sources))
            values[channel.name] = value
            after += memory
        return tuple(values[channel.name] for channel in self.derived), tuple(after)

    def remember(self, state: Sequence[Number], outputs: Sequence[Number]) -> Numbers:
        """Returns the state after the outputs: actions that are asked for are kept, recurrent nodes are fed.

        Args:
            state: after the readings.
            outputs: the actions, then what feeds each recurrent node.
        """
        after, feeds = list(state), iter(outputs[len(self.actions) :])
        for k, channel in enumerate(self.derived):
            at = self.places[k]
            if channel.row.of_actions:
                after[at] = kept(outputs[self.actions.index(channel.of[0])], after[at])
            elif channel.row.fed:
                after[at] = leaked(next(feeds), after[at], channel.filter or 1.0)
        return tuple(after)

    def _given(self, channel: Derived, began: Number, pace: Number, own: Numbers, sources: Numbers) -> Given:
        rate = np.float32(self.rate_hz or 1.0)
        setting = np.float32(channel.filter or 1.0), np.float32(channel.limit or 1.0)
        half_turns = np.float32(2.0) * np.float32(channel.hz or 0.0) * (ONE / rate)
        turn = (cos(half_turns), sin(half_turns)) if channel.hz else ()
        return Given(began, own, sources, rate, pace, ONE / rate, *setting, turn)

    def _began(self, before: Number, values: dict[str, Number]) -> Number:
        """Returns 1 from the first step on in which all that is read was a finite number."""
        asked = [name for channel in self.derived if channel.row.begins for name in channel.of]
        began: Number = ONE
        for name in dict.fromkeys(asked):
            if name in self.sensors:
                began = select(is_finite(values[name]), began, before)
        return began

    def _known(self, k: int) -> tuple[str, ...]:
        return (*self.sensors, *(channel.name for channel in self.derived[:k]))


def feeds_of(derived: Sequence[Derived]) -> tuple[Channel, ...]:
    """Returns the outputs by which a network feeds its recurrent nodes, behind the actions: unconditioned."""
    return tuple(Channel(f"next {one.name}") for one in derived if one.row.fed)


def _columns(values: Sequence[Number], lanes: int) -> Floats:
    """Returns values, each of a number for every lane or one for all, as columns."""
    made = np.empty((lanes, len(values)), np.float32)
    for k, value in enumerate(values):
        made[:, k] = value
    return made
