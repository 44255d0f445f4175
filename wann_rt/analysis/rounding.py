"""How far the float32 arithmetic of a controller may be from its formulas in real numbers.

Each operation is rounded once, so that its result is wrong by at most half a unit in the last place: 2^-24 of it, or
half of the least subnormal (IEEE 754; N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2002, chapter 2).
An activation adds ``max_error`` of the palette, which was measured over all float32 numbers, and passes on what its
argument lacks by its greatest slope. A ``step`` passes nothing on: what is said here holds between its jumps.
"""

from typing import NamedTuple

import numpy as np

from wann_rt.analysis.functions import FAR, extension_of
from wann_rt.analysis.interval import Interval, widened
from wann_rt.analysis.network import Found
from wann_rt.core.activations import BY_ID
from wann_rt.core.channel import Channel
from wann_rt.core.controller import Controller
from wann_rt.core.terms import Node

HALF_ULP, LEAST = 2.0**-24, 2.0**-150
SLACK = 1.0 + 1e-9  # for the float64 in which all this is computed
ROUNDED = {"square"}  # definitions that are the formula itself, but for one rounding: x * x


class Rounding(NamedTuple):
    """Bounds of what rounding does; infinite where a number may leave the range of float32.

    Attributes:
        nodes: [members][nodes]: of the value of each node.
        actions: of each action.
    """

    nodes: list[list[float]]
    actions: list[float]


def rounding(controller: Controller, box: Interval, found: Found) -> Rounding:
    """Returns bounds of the difference between the float32 actions and the formulas, over one box.

    Args:
        controller: the controller.
        box: intervals [1, observations].
        found: what the formulas are on it, see ``network.bounded``.
    """
    lowered = controller.lowered
    sizes = zip(controller.observations, box.size[0], strict=True)
    inputs = [(1.0, 0.0), *(_input(channel, float(size)) for channel, size in sizes)]
    nodes, members = list[list[float]](), list[list[tuple[float, float]]]()
    with np.errstate(all="ignore"):
        for multiplier, sums, values in zip(lowered.multipliers, found.sums, found.values, strict=True):
            known = list(inputs)
            for node, total, value in zip(lowered.nodes, sums, values, strict=True):
                error = _passed(node, total, _sum_error(node, known, multiplier))
                known.append((float(value.size.max()) + error, error))
            nodes.append([error * SLACK for _, error in known[len(inputs) :]])
            outputs = known[-len(lowered.outputs) :]
            members.append([_output(channel, *y) for channel, y in zip(controller.actions, outputs, strict=True)])
    return Rounding(nodes, [_mean_error(list(each)) * SLACK for each in zip(*members, strict=True)])


def _once(size: float) -> float:
    """Returns how much one rounding of a number of that size may change it."""
    return HALF_ULP * size + LEAST if np.isfinite(size) else np.inf


def _input(channel: Channel, size: float) -> tuple[float, float]:
    """Returns the size of a conditioned observation, and its error."""
    error = 0.0
    if channel.offset != 0:
        size += abs(channel.offset)
        error = _once(size)
    if channel.scale != 1:
        size, error = size * abs(channel.scale), error * abs(channel.scale)
        error += _once(size + error)
    return size + error, error


def _sum_error(node: Node, known: list[tuple[float, float]], multiplier: float | None) -> float:
    """Returns the error of what an activation is given."""
    size = error = 0.0
    for i, term in enumerate(node.terms):
        factor = abs(term.factor)
        product, wrong = known[term.source][0] * factor, known[term.source][1] * factor
        wrong += _once(product) if term.is_weighted else 0.0
        size, error = size + product, error + wrong
        error += _once(size + error) if i else 0.0
    if multiplier is not None:
        size, error = size * abs(multiplier), error * abs(multiplier)
        error += _once(size + error)
    return error


def _passed(node: Node, total: Interval, error: float) -> float:
    """Returns the error of a node's value, whose argument may be wrong by so much."""
    activation = BY_ID[node.activation]
    if not np.isfinite(error):
        return np.inf
    around = widened(total, error)
    if activation.family == "wave" and not around.size.max() < FAR:
        return 2.0  # from crest to valley: of such numbers float32 has no phase
    slope = float(extension_of(node.activation).slopes(around).size.max())
    size = float(extension_of(node.activation).values(around).size.max())
    own = _once(size) if activation.name in ROUNDED else activation.max_error
    return slope * error + own


def _output(channel: Channel, size: float, error: float) -> tuple[float, float]:
    """Returns the size of a member's conditioned action, and its error."""
    if channel.scale != 1:
        size, error = size * abs(channel.scale), error * abs(channel.scale)
        error += _once(size + error)
    if channel.offset != 0:
        size += abs(channel.offset)
        error += _once(size + error)
    return size + error, error


def _mean_error(members: list[tuple[float, float]]) -> float:
    """Returns the error of the members' mean: they are summed in order, the sum is multiplied once."""
    size, error = members[0]
    for more, wrong in members[1:]:
        size, error = size + more, error + wrong
        error += _once(size + error)
    count = len(members)
    return error if count == 1 else (error + _once(size + error) + 2 * HALF_ULP * size) / count
