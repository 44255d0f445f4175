"""Memory in fixed point: the twin of ``core/memory.py``, with the formulas of ``derived.py``.

The state is a list of integers, zeros at the beginning: first whether a step was taken since, where a channel asks for
that, then the numbers of each channel in order. Readings come in 16 bits, in formats of their own: one that a rate is
derived from is as fine as its range allows, because a rate multiplies what rounding leaves of a difference by the rate
of the steps. What the network sees has the formats of the plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from wann_rt.core.arithmetic import Number
from wann_rt.core.controller import Controller
from wann_rt.core.fixed.derived import Derivation, Given, Numbers, Scaled, Source, planned, scaled
from wann_rt.core.fixed.plan import Format, Plan, Ranges, format_of
from wann_rt.core.memory import BEGAN


@dataclass(frozen=True)
class FixedMemory:
    """The derived channels of a controller as integers.

    Attributes:
        sensors: names of the observations.
        actions: names of the actions.
        readings: the format of each observation.
        entering: brings each to the format in which the network sees it.
        derivations: the derived channels, in order.
        begins: whether the first number says that a step was taken.
    """

    sensors: tuple[str, ...]
    actions: tuple[str, ...]
    readings: tuple[Format, ...]
    entering: tuple[Scaled, ...]
    derivations: tuple[Derivation, ...]
    begins: bool

    @classmethod
    def of(cls, controller: Controller, plan: Plan, ranges: Ranges | None = None) -> "FixedMemory":
        """Returns the memory of a controller, given its plan; see ``plan``.

        Raises:
            ExportError: 32 bits do not suffice.
        """
        readings, entering, known = [], [], {}
        fine = {name for one in controller.derived if one.kind == "rate_of" for name in one.of}
        for channel, seen in zip(controller.observations, plan.observations, strict=False):
            finest = format_of(channel, (ranges or {}).get(channel.name))
            held = Format(seen.fraction, seen.reach, seen.limits, seen.neutral)
            readings.append(finest if channel.name in fine else held)
            known[channel.name] = Source(readings[-1].fraction)
            entering.append(scaled(channel.name, 2.0 ** (seen.fraction - readings[-1].fraction), 2**15))
        actions = {
            channel.name: Source(form.fraction, form.most)
            for channel, form in zip(controller.outputs, plan.actions, strict=True)
        }
        derivations = []
        for one, seen in zip(controller.derived, plan.observations[len(readings) :], strict=True):
            sources = [actions[f"next {one.name}"]] if one.row.fed else []
            sources += [(actions if one.row.of_actions else known)[name] for name in one.of]
            derivations.append(planned(one, seen.fraction, sources, controller.rate_hz or 1.0))
            known[one.name] = Source(seen.fraction)
        memory, names = controller.memory, [channel.name for channel in controller.actions]
        return cls(memory.sensors, tuple(names), tuple(readings), tuple(entering), tuple(derivations), memory.begins)

    @cached_property
    def places(self) -> tuple[int, ...]:
        """Where in the state the numbers of each channel begin, and last where they end."""
        places = [int(self.begins)]
        for one in self.derivations:
            places.append(places[-1] + len(one.widths))
        return tuple(places)

    @property
    def size(self) -> int:
        """How many numbers the state has."""
        return self.places[-1]

    @property
    def widths(self) -> tuple[int, ...]:
        """Bits of each number of the state: 16 or 32."""
        return (*([16] * self.begins), *(bits for one in self.derivations for bits in one.widths))

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each number of the state."""
        own = [f"{one.derived.name}_{k}" for one in self.derivations for k in range(len(one.widths))]
        return (*([BEGAN] if self.begins else []), *own)

    def advance(self, state: Sequence[Number], read: Sequence[Number]) -> tuple[Numbers, Numbers]:
        """Returns all that the network sees in this step, and the state after the readings.

        Args:
            state: numbers of the state.
            read: of the sensors, in their formats.
        """
        values = dict(zip(self.sensors, read, strict=True))
        began = state[0] > 0 if self.begins else None
        after: list[Number] = [1] if self.begins else []
        for k, one in enumerate(self.derivations):
            own = tuple(state[self.places[k] : self.places[k + 1]])
            sources = () if one.derived.row.of_actions else tuple(values[name] for name in one.derived.of)
            values[one.derived.name], memory = one.formula(Given(began, own, sources, one))
            after += memory
        entered = [into(x) for into, x in zip(self.entering, read, strict=True)]
        return (*entered, *(values[one.derived.name] for one in self.derivations)), tuple(after)

    def remember(self, state: Sequence[Number], outputs: Sequence[Number]) -> Numbers:
        """Returns the state after the outputs: actions that are asked for are kept, recurrent nodes are fed.

        Args:
            state: after the readings.
            outputs: the actions, then what feeds each recurrent node, in the formats of the plan.
        """
        after, feeds = list(state), iter(outputs[len(self.actions) :])
        for k, one in enumerate(self.derivations):
            at = self.places[k]
            if one.derived.row.of_actions:
                after[at] = one.fed(outputs[self.actions.index(one.derived.of[0])], after[at])
            elif one.derived.row.fed:
                after[at] = one.fed(next(feeds), after[at])
        return tuple(after)
