"""The conditioning of the channels: what is done to observations before the network and to actions behind it."""

from collections.abc import Sequence

import numpy as np

from wann_rt.core.controller import Channel, Controller
from wann_rt.exporters.to_onnx.forms import Form
from wann_rt.exporters.to_onnx.graph import PLUS_ZERO, Graph, Table


def add_observations(graph: Graph, form: Form, controller: Controller, given: str = "obs") -> Table:
    """Adds ``Channel.condition_observation`` for all channels that some node reads, at once.

    The others stay out: a MatMul would multiply them by 0, which gives NaN where they are infinite or NaN. A step
    that only some channels need runs for all: with the numbers that ``_row`` gives to the others it changes no bit of
    theirs.

    Args:
        graph: where to.
        form: which one.
        controller: whose observations they are.
        given: the matrix that holds them, [batch, observations].
    """
    channels: Sequence[Channel] = controller.observations
    read = [k for k in range(len(channels)) if 1 + k in controller.lowered.used]
    columns = {1 + k: column for column, k in enumerate(read)}
    if not read:
        return Table(graph.filled(given, 0.0, "obs/none"), {PLUS_ZERO: 0})  # has the size of the batch
    x = given if len(read) == len(channels) else graph.gather(given, read, "obs/read")
    channels = [channels[k] for k in read]
    x = add_limits(graph, form, channels, x, "obs/clip")
    if any(c.offset != 0 for c in channels):
        offset = _row(graph, "obs/offset", [c.offset if c.offset != 0 else 0.0 for c in channels])
        x = graph.add("Sub", [x, offset], "obs/shifted")
    if any(c.scale != 1 for c in channels):
        if any(c.offset != 0 and c.scale != 1 for c in channels):
            x = graph.apart(x, len(channels), "obs/apart")
        scale = _row(graph, "obs/scale", [c.scale for c in channels])
        x = graph.add("Mul", [x, scale], "obs/scaled")
    return Table(x, columns)


def add_actions(graph: Graph, form: Form, channels: Sequence[Channel], y: str) -> str:
    """Adds ``Channel.condition_action`` for all channels at once; see ``add_observations``."""
    if any(c.scale != 1 for c in channels):
        y = graph.apart(y, len(channels), "actions/apart")  # from a weight, or the last step of a sigmoid
        y = graph.add("Mul", [y, _row(graph, "actions/scale", [c.scale for c in channels])], "actions/scaled")
    if any(c.offset != 0 for c in channels):
        # y + 0.0 would turn -0.0 into 0.0; y + -0.0 is y.
        if any(c.scale != 1 for c in channels):
            y = graph.apart(y, len(channels), "actions/unfused")
        offset = _row(graph, "actions/offset", [c.offset if c.offset != 0 else -0.0 for c in channels])
        y = graph.add("Add", [y, offset], "actions/shifted")
    return add_limits(graph, form, channels, y, "actions/clip")


def add_limits(graph: Graph, form: Form, channels: Sequence[Channel], x: str, name: str) -> str:
    """Adds ``Channel.limit_action``; channels that do not clip get limits that change nothing."""
    if not any(c.clip for c in channels):
        return x
    low = _row(graph, f"{name}/lowest", [c.low if c.clip else -np.inf for c in channels])
    high = _row(graph, f"{name}/highest", [c.high if c.clip else np.inf for c in channels])
    neutral = _row(graph, f"{name}/neutral", [float(c.neutral) if c.clip else np.nan for c in channels])
    return form.add_clip(graph, x, low, high, neutral, name)


def _row(graph: Graph, name: str, values: Sequence[float]) -> str:
    return graph.constant(name, np.array([values], np.float32))
