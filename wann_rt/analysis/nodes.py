"""Ranges of nodes: between which values each lies for every observation in a box, and which do nothing there."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from wann_rt.analysis.functions import extension_of
from wann_rt.analysis.network import Found
from wann_rt.analysis.rounding import Rounding
from wann_rt.core.activations import BY_ID
from wann_rt.core.controller import Controller

FLAT = 1e-3  # the greatest slope of a saturated node; an activation that is not saturated has one near 1
STILL = 1e-6  # of a constant node's range, relative to its value where that is above 1


@dataclass(frozen=True)
class NodeRange:
    """What is proven of a node's float32 value.

    Attributes:
        node: its number in the network.
        activation: its name.
        low: it is never less.
        high: it is never greater.
        note: "constant": a number could stand in its place; "saturated": its activation is flat on all that it is
            given; or "".
    """

    node: int
    activation: str
    low: float
    high: float
    note: str


def node_ranges(controller: Controller, found: Found, wrong: Rounding) -> Iterator[NodeRange]:
    """Yields the range of each hidden node and output, of all members together.

    Args:
        controller: the controller.
        found: its formulas on one box.
        wrong: what float32 may add to them.
    """
    members = range(len(controller.lowered.multipliers))
    for place, node in enumerate(controller.lowered.nodes):
        low = min(float(found.values[m][place].low[0]) - wrong.nodes[m][place] for m in members)
        high = max(float(found.values[m][place].high[0]) + wrong.nodes[m][place] for m in members)
        slope = max(float(extension_of(node.activation).slopes(found.sums[m][place]).size[0]) for m in members)
        width = max(float(found.values[m][place].width[0]) for m in members)
        yield NodeRange(node.number, BY_ID[node.activation].name, low, high, _note(width, low, high, slope))


def _note(width: float, low: float, high: float, slope: float) -> str:
    if not np.isfinite(width):
        return ""
    if width <= STILL * max(1.0, abs(low), abs(high)):
        return "constant"
    return "saturated" if 0 < slope < FLAT else ""
