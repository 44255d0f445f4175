"""The output ``spread`` of the exact graph of an ensemble: how far its members are apart."""

import numpy as np

from wann_rt.core.controller import Controller
from wann_rt.exporters.to_onnx.graph import Graph, Value


def value(controller: Controller, batch: int | str) -> Value:
    """Returns the output with what it means."""
    names = ", ".join(channel.name for channel in controller.actions)
    said = f"how far the members are apart, the greatest less the least; NaN where one is NaN: {names}"
    return Value("spread", (batch, len(controller.actions)), False, said)


def add_spread(graph: Graph, controller: Controller, members: list[str]) -> None:
    """Adds ``core.spread.spread_of`` for all actions at once.

    Two choices are left to a runtime, and neither shows: which of two zeros Max and Min give, as the size has no sign,
    and what they give for NaN, as a member's NaN is found by the operator IsNaN and put last. Numbers of one sort have
    one greatest and one least, in whatever order they are compared.

    Args:
        graph: where to.
        controller: the controller, with its state; what feeds recurrent nodes is no action.
        members: the outputs of each, [1, batch, outputs].
    """
    greatest, least = graph.add("Max", members, "spread/greatest"), graph.add("Min", members, "spread/least")
    spread = graph.add("Abs", [graph.add("Sub", [greatest, least], "spread/apart")], "spread/size")
    nan = graph.constant("spread/nan", np.full((1, 1, 1), np.nan, np.float32))
    for member in members:
        is_nan = graph.add("IsNaN", [member], "spread/is_nan")
        spread = graph.add("Where", [is_nan, nan, spread], "spread/kept")
    if controller.outputs != controller.actions:
        spread = graph.gather(spread, list(range(len(controller.actions))), "spread/acted")
    axis = graph.constant("spread/axis", np.array([0], np.int64))
    graph.add("Squeeze", [spread, axis], "spread")
