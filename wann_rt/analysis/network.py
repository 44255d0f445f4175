"""A controller's formulas over boxes of observations: ranges of all nodes, and slopes of all actions.

What is bounded here are the formulas, in real numbers. How far the float32 arithmetic may be from them is bounded in
``rounding.py``.
"""

from typing import NamedTuple

import numpy as np

from wann_rt.analysis.functions import extension_of
from wann_rt.analysis.interval import Floats, Interval, add, limited, outward, point, scaled, times
from wann_rt.core.channel import Channel
from wann_rt.core.controller import Controller
from wann_rt.core.terms import Node


class Spread(NamedTuple):
    """A value and its slopes on many boxes.

    Attributes:
        value: intervals [boxes].
        slopes: towards each observation, intervals [boxes, observations].
    """

    value: Interval
    slopes: Interval


class Found(NamedTuple):
    """What a controller is on many boxes.

    Attributes:
        actions: of each action.
        sums: of each member's nodes, in order, what the activation is given.
        values: of each member's nodes, what it gives.
        bends: [boxes, observations]: how much of a box's width the slopes of curved activations see; for choosing
            where a box is cut.
    """

    actions: list[Spread]
    sums: list[list[Interval]]
    values: list[list[Interval]]
    bends: Floats


def bounded(controller: Controller, boxes: Interval) -> Found:
    """Returns the ranges and slopes of a controller on boxes of observations.

    Args:
        controller: the controller.
        boxes: intervals [boxes, observations] in the units of the channels.
    """
    lowered, inputs = controller.lowered, _inputs(controller, boxes)
    bends, sums, values, members = np.zeros(boxes.low.shape), list[list[Interval]](), list[list[Interval]](), []
    with np.errstate(all="ignore"):
        for multiplier in lowered.multipliers:
            known, given = list(inputs), list[Interval]()
            for node in lowered.nodes:
                total = _total(node, known, multiplier)
                extension = extension_of(node.activation)
                if extension.is_curved:
                    bends += total.slopes.size * boxes.width
                known.append(_through(extension.values(total.value), extension.slopes(total.value), total))
                given.append(total.value)
            sums.append(given)
            values.append([spread.value for spread in known[len(inputs) :]])
            outputs = known[-len(lowered.outputs) :]
            members.append([_action(c, y) for c, y in zip(controller.actions, outputs, strict=True)])
        actions = [_mean(c, list(each)) for c, each in zip(controller.actions, zip(*members, strict=True), strict=True)]
    return Found(actions, sums, values, bends)


def _inputs(controller: Controller, boxes: Interval) -> list[Spread]:
    """Returns the bias and the conditioned observations."""
    zero = np.zeros(boxes.low.shape)
    made = [Spread(point(np.ones(len(zero))), point(zero))]
    for k, channel in enumerate(controller.observations):
        value, own = Interval(boxes.low[:, k], boxes.high[:, k]), zero.copy()
        own[:, k] = 1.0
        spread = Spread(value, point(own))
        if channel.clip:
            spread = _limited(channel, spread)
        if channel.offset != 0:
            spread = _shifted(spread, -channel.offset)
        made.append(_scaled(spread, channel.scale))
    return made


def _total(node: Node, known: list[Spread], multiplier: float | None) -> Spread:
    """Returns what the node's activation is given."""
    if not node.terms:
        none = known[0]  # the bias: no slope
        return Spread(scaled(none.value, 0.0), none.slopes)
    first, *rest = (_scaled(known[term.source], term.factor) for term in node.terms)
    total = first
    for spread in rest:
        total = Spread(add(total.value, spread.value), add(total.slopes, spread.slopes))
    return total if multiplier is None else _scaled(total, multiplier)


def _scaled(spread: Spread, factor: float) -> Spread:
    if factor == 1:
        return spread
    return Spread(scaled(spread.value, factor), scaled(spread.slopes, factor))


def _shifted(spread: Spread, by: float) -> Spread:
    return Spread(outward(spread.value.low + by, spread.value.high + by), spread.slopes)


def _through(value: Interval, slope: Interval, inner: Spread) -> Spread:
    """Returns a function of a value: the chain rule."""
    return Spread(value, times(Interval(slope.low[:, None], slope.high[:, None]), inner.slopes))


def _limited(channel: Channel, spread: Spread) -> Spread:
    """Returns a value limited to a channel's range: outside of it the slope is 0."""
    low, high = spread.value
    slope = Interval(
        ((channel.low < low) & (high < channel.high)).astype(np.float64),
        ((channel.low <= high) & (low <= channel.high)).astype(np.float64),
    )
    return _through(limited(spread.value, channel.low, channel.high), slope, spread)


def _action(channel: Channel, output: Spread) -> Spread:
    """Returns the conditioned action of one member."""
    spread = _scaled(output, channel.scale)
    if channel.offset != 0:
        spread = _shifted(spread, channel.offset)
    return _limited(channel, spread) if channel.clip else spread


def _mean(channel: Channel, members: list[Spread]) -> Spread:
    """Returns the mean of the members' actions, limited once more."""
    if len(members) == 1:
        return members[0]
    total = members[0]
    for spread in members[1:]:
        total = Spread(add(total.value, spread.value), add(total.slopes, spread.slopes))
    mean = _scaled(total, float(np.float32(1.0 / len(members))))
    return _limited(channel, mean) if channel.clip else mean
