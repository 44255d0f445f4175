"""Jumps: how far an action leaps where the argument of a ``step`` node passes 0."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from wann_rt.analysis.functions import extension_of
from wann_rt.analysis.interval import Interval, add, limited, point, scaled, times
from wann_rt.analysis.network import Found
from wann_rt.core.activations import BY_NAME
from wann_rt.core.controller import Controller

STEP = BY_NAME["step"].id


@dataclass(frozen=True)
class Jump:
    """What one ``step`` node does to one action when it switches and nothing else does, but what it switches itself.

    Attributes:
        node: its number in the network.
        action: name of the action.
        bound: the action leaps by no more, in its unit; proven.
    """

    node: int
    action: str
    bound: float


def jumps(controller: Controller, found: Found) -> Iterator[Jump]:
    """Yields a bound for each ``step`` node whose argument passes 0 in the box, and each action that it reaches.

    Args:
        controller: the controller; of an ensemble, one member switches at a time.
        found: its formulas on one box, see ``network.bounded``.
    """
    for place, node in enumerate(controller.lowered.nodes):
        if node.activation != STEP:
            continue
        bounds = np.zeros(len(controller.actions))
        for member in range(len(controller.lowered.multipliers)):
            if _switches(found.sums[member][place]):
                bounds = np.maximum(bounds, _leaps(controller, found, member, place))
        for action, bound in zip(controller.actions, bounds, strict=True):
            if bound > 0:
                yield Jump(node.number, action.name, float(bound))


def _switches(total: Interval) -> bool:
    return bool(total.low[0] <= 0 < total.high[0])


def _leaps(controller: Controller, found: Found, member: int, place: int) -> list[float]:
    """Returns by how much each action may change when one node's value goes from 0 to 1."""
    lowered, sums, values = controller.lowered, found.sums[member], found.values[member]
    multiplier, none = lowered.multipliers[member], point(np.zeros(1))
    first = lowered.network.first
    changes = {first + place: point(np.ones(1))}
    with np.errstate(all="ignore"):
        for later in range(place + 1, len(lowered.nodes)):
            node, total = lowered.nodes[later], none
            for term in node.terms:
                if term.source in changes:
                    total = add(total, scaled(changes[term.source], term.factor))
            total = total if multiplier is None else scaled(total, multiplier)
            if not total.size[0]:
                continue
            if node.activation == STEP:
                change = Interval(-np.ones(1), np.ones(1)) if _switches(sums[later]) else none
            else:
                change = times(extension_of(node.activation).slopes(sums[later]), total)
            width = float(values[later].width[0])
            changes[node.number] = limited(change, -width, width)  # no further than from end to end of its range
        return [_leap(controller, changes.get(node.number, none), k, found) for k, node in enumerate(lowered.outputs)]


def _leap(controller: Controller, change: Interval, k: int, found: Found) -> float:
    """Returns the change of an action for one of its output: a clip only makes it less, a mean divides it."""
    channel, members = controller.actions[k], len(controller.lowered.multipliers)
    leap = float(scaled(change, channel.scale).size[0])
    return min(leap, float(found.actions[k].value.width[0]) * members) / members
