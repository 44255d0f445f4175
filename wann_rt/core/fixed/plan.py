"""A controller in fixed point as a plan of integers: the format of every channel, factors, shifts and limits.

Observations have 16 bits, so their type is a limit. Each has the finest format that holds its range; actions and all
values in between count 2^-12. What is decided here is all that the oracle and the C header have in common.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from wann_rt.core.controller import Channel, Controller
from wann_rt.core.errors import ExportError
from wann_rt.core.fixed.activations import FRACTION, ONE, Range
from wann_rt.core.fixed.nodes import Node, clipped, nodes_of
from wann_rt.core.fixed.symbols import INT32
from wann_rt.core.guess import near
from wann_rt.core.stateful import only_without_monitor

INT16 = (-(2**15), 2**15 - 1)  # range of the type of an observation
DEFAULT_INPUT = 16.0  # an observation without bounds is given the range that enters the network as -16 to 16
MOST_FRACTION = 100  # of a channel's format, of either sign: 2^100 and 2^-100 are normal float32
MOST_BITS = 15  # of a factor: processors of 8 and 16 bits multiply such numbers fast

Ranges = Mapping[str, Sequence[float]]


class Affine(NamedTuple):
    """The integer form of a scale and an offset: ``((x * factor + constant) >> shift) + after``, rounded to nearest."""

    factor: int
    constant: int
    shift: int
    after: int = 0

    def ends(self, x: Range) -> Range:
        """Returns the range of the results for a range of arguments."""
        low, high = sorted(((end * self.factor + self.constant) >> self.shift) + self.after for end in x)
        return low, high


@dataclass(frozen=True)
class Observation:
    """How an observation enters the network.

    Attributes:
        fraction: its format: it counts 2^-fraction of its unit.
        reach: what the format must hold, in its unit.
        limits: what it is limited to, in its format; None: its type is the limit.
        neutral: what stands for NaN, in its format.
        condition: offset and scale; None: ``widen`` is all it takes.
        widen: factor, a power of two, that brings it to the network's format; 1 with a condition.
        range: of what enters the network.
    """

    fraction: int
    reach: tuple[float, float]
    limits: Range | None
    neutral: int
    condition: Affine | None
    widen: int
    range: Range


@dataclass(frozen=True)
class Action:
    """How a network output becomes an action.

    Attributes:
        fraction: its format: it counts 2^-fraction of its unit.
        limits: what it is limited to, in its format; None: it never leaves that, or its channel does not clip.
        condition: scale and offset; None: the output as it is.
        most: its greatest absolute value, of an ensemble that of the mean.
    """

    fraction: int
    limits: Range | None
    condition: Affine | None
    most: int


@dataclass(frozen=True)
class Plan:
    """A controller without its memory as integers, see ``Controller.inner``; ``memory.py`` has the rest.

    Attributes:
        observations: one for each channel that the network sees, derived ones behind the others.
        members: the computed nodes under each weight: one list, or for an ensemble one for each of its weights.
        actions: one for each channel, of each member; an ensemble's mean is limited alike.
        mean: for each action of an ensemble: the members' sum times 1 / members; empty otherwise.
    """

    observations: tuple[Observation, ...]
    members: tuple[tuple[Node, ...], ...]
    actions: tuple[Action, ...]
    mean: tuple[Affine, ...]


def plan(controller: Controller, ranges: Ranges | None = None) -> Plan:
    """Returns the plan of a controller.

    Args:
        controller: any controller.
        ranges: name of an observation, or of a derived channel -> (low, high), in its unit: what its format must hold,
            where no clip says it; by default its bounds, or ``DEFAULT_INPUT`` where it has none.

    Raises:
        ExportError: a range is no range or its channel unknown; a recorded vector lies outside of a range that
            nobody stated; a number leaves 32 bits.
    """
    only_without_monitor(controller, "fixed point")
    stated = _checked(controller, ranges or {})
    observations = tuple(_observation(c, stated.get(c.name)) for c in controller.inputs)
    _check_vectors(controller, observations[: len(controller.observations)], stated)
    inputs = [o.range for o in observations]
    lowered = controller.lowered
    members = [nodes_of(lowered, multiplier, inputs) for multiplier in lowered.multipliers]
    actions, mean = [], []
    for k, channel in enumerate(controller.outputs, -len(controller.outputs)):
        action = _action(channel, [member[k].range for member in members])
        if lowered.averages:
            reach = action.most * len(members)
            mean.append(_affine(f"the mean of action {channel.name}", 1.0 / len(members), 0.0, reach))
            action = replace(action, most=_most(clipped(mean[-1].ends((-reach, reach)), action.limits or INT32)))
        actions.append(action)
    return Plan(observations, tuple(members), tuple(actions), tuple(mean))


def unstated(controller: Controller, ranges: Ranges | None = None) -> dict[str, tuple[float, float]]:
    """Returns the observations whose range nobody stated, with what their formats hold; see ``DEFAULT_INPUT``."""
    channels = [c for c in controller.inputs if c.name not in (ranges or {}) and not _is_bounded(c)]
    return {channel.name: _reach(channel, None) for channel in channels}


def _is_bounded(channel: Channel) -> bool:
    return math.isfinite(channel.low) and math.isfinite(channel.high)


def _checked(controller: Controller, ranges: Ranges) -> Ranges:
    """Returns the ranges, or raises ExportError."""
    names = [channel.name for channel in controller.inputs]
    for name, limits in ranges.items():
        if name not in names:
            raise ExportError(f"a range came for {name!r}; the observations are {', '.join(names)}{near(name, names)}")
        if len(limits) != 2 or not (math.isfinite(limits[0]) and math.isfinite(limits[1]) and limits[0] < limits[1]):
            raise ExportError(f"the range of {name} is {limits}; expected two finite numbers, the lower one first")
    return ranges


def _check_vectors(controller: Controller, observations: Sequence[Observation], stated: Ranges) -> None:
    """Raises ExportError where a recorded observation shows that the default range is too narrow."""
    for k, (channel, observation) in enumerate(zip(controller.observations, observations, strict=True)):
        if channel.name in stated or _is_bounded(channel):
            continue
        outside = [v.observation[k] for v in controller.vectors if not _within(v.observation[k], observation, channel)]
        if outside:
            raise ExportError(
                f"observation {channel.name} has no bounds and takes the value {outside[0]:g} in a recorded vector; "
                f"the default range ends at {observation.reach[1]:g}: state its range, --range {channel.name}=LOW:HIGH"
            )


def _within(value: float, observation: Observation, channel: Channel) -> bool:
    low, high = (end * 2.0**-observation.fraction for end in INT16)
    return low <= (min(max(value, channel.low), channel.high) if channel.clip else value) <= high


class Format(NamedTuple):
    """What 16 bits hold of a channel; the attributes are those of ``Observation``."""

    fraction: int
    reach: tuple[float, float]
    limits: Range | None
    neutral: int


def format_of(channel: Channel, stated: Sequence[float] | None, most_fraction: int = MOST_FRACTION) -> Format:
    """Returns the finest format that holds a channel's range, counting at least 2^-most_fraction of its unit."""
    reach = _reach(channel, stated)
    fraction = min(_fraction(max(map(abs, reach))), most_fraction)
    held = INT16
    if channel.clip:
        held = _nearest(max(reach[0], channel.low), fraction), _nearest(min(reach[1], channel.high), fraction)
    return Format(fraction, reach, None if held == INT16 else held, _nearest(float(channel.neutral), fraction))


def _observation(channel: Channel, stated: Sequence[float] | None) -> Observation:
    plain = channel.offset == 0 and channel.scale == 1
    fraction, reach, limits, neutral = format_of(channel, stated, FRACTION if plain else MOST_FRACTION)
    held = limits or INT16
    if plain:
        widen = 2 ** (FRACTION - fraction)
        if max(map(abs, held)) * widen > INT32[1]:
            raise _too_wide(f"observation {channel.name}")
        return Observation(fraction, reach, limits, neutral, None, widen, (held[0] * widen, held[1] * widen))
    unit = 2.0 ** (FRACTION - fraction) * channel.scale
    condition = _affine(f"observation {channel.name}", unit, -channel.offset * channel.scale * ONE, -INT16[0])
    ends = condition.ends(held)
    return Observation(fraction, reach, limits, neutral, condition, 1, ends)


def _reach(channel: Channel, stated: Sequence[float] | None) -> tuple[float, float]:
    """Returns what a channel's format must hold: its clip, else what was stated, else its bounds, else the default."""
    half = DEFAULT_INPUT / abs(channel.scale) if channel.scale else 1.0
    bounded = [math.isfinite(bound) and (channel.clip or stated is None) for bound in (channel.low, channel.high)]
    low, high = stated or (channel.offset - half, channel.offset + half)
    if bounded[0]:
        low, high = channel.low, high if stated else max(high, channel.low + half)
    if bounded[1]:
        low, high = low if stated or bounded[0] else min(low, channel.high - half), channel.high
    if low > high:
        raise ExportError(f"the range of {channel.name}, {low:g} to {high:g}, is beyond its clip")
    return low, high


def _fraction(most: float) -> int:
    """Returns the finest format in which 16 bits hold ``most``; a power of two loses its last step."""
    mantissa, exponent = math.frexp(most)
    fraction = 16 - exponent if mantissa == 0.5 else 15 - exponent
    return min(max(fraction, -MOST_FRACTION), MOST_FRACTION) if most else FRACTION


def _nearest(value: float, fraction: int) -> int:
    """Returns a value in a format, limited to 16 bits."""
    return round(min(max(value * 2.0**fraction, INT16[0]), INT16[1]))


def _affine(what: str, scale: float, offset: float, most: int) -> Affine:
    """Returns ``x * scale + offset`` for abs(x) up to ``most``, as exact as 32 bits allow.

    Raises:
        ExportError: the result leaves 32 bits, or would be off by more than a 256th; the message begins with ``what``.
    """
    for shift in range(30, -1, -1):
        if most * abs(scale) + abs(offset) > INT32[1]:
            break
        factor, constant = round(scale * 2**shift), round(offset * 2**shift) + (1 << shift >> 1)
        fits = most * abs(factor) + abs(constant) <= INT32[1]
        if fits and (factor.bit_length() <= MOST_BITS or shift == 0):
            if most * abs(scale - factor / 2**shift) <= max(1.0, most * abs(scale) / 256):
                return Affine(factor, constant, shift)
            break
    raise _too_wide(what)


def _too_wide(what: str) -> ExportError:
    return ExportError(
        f"{what} takes values too wide for 32 bits, of which {FRACTION} are a fraction inside the network: state a "
        "narrower range, or scale it"
    )


def _action(channel: Channel, outputs: Sequence[Range]) -> Action:
    """Returns an action, given the range of its output under each weight."""
    output = min(low for low, _ in outputs), max(high for _, high in outputs)
    fraction, condition, ends = FRACTION, None, output
    if channel.scale != 1 or channel.offset != 0:
        most = max(map(abs, output))
        fraction = _action_fraction(channel, most / ONE)
        unit = 2.0 ** (fraction - FRACTION)
        condition = _affine(f"action {channel.name}", channel.scale * unit, 0.0, most)
        condition = condition._replace(after=round(channel.offset * 2.0**fraction))
        ends = condition.ends(output)
    limits = None
    if channel.clip:
        low, high = (round(min(max(x * 2.0**fraction, INT32[0] + 1), INT32[1])) for x in (channel.low, channel.high))
        limits = None if low <= ends[0] and ends[1] <= high else (low, high)
        ends = clipped(ends, (low, high))
    return Action(fraction, limits, condition, _most(ends))


def _most(ends: Range) -> int:
    return max(map(abs, ends))


def _action_fraction(channel: Channel, most: float) -> int:
    """Returns an action's format: as fine as what it is computed from, unless its offset leaves no room for that."""
    fine = FRACTION - math.frexp(channel.scale)[1] + 1 if channel.scale else FRACTION
    reach = abs(channel.scale) * most + abs(channel.offset)
    return min(fine, 29 - math.frexp(reach)[1], MOST_FRACTION)
