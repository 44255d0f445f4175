"""Controller -> ONNX, in a readable form of standard operators or an exact one of elementary ones.

Both compute all conditioning of the channels inside the graph, ``obs`` -> ``actions``, and carry
the contract as metadata. A shared weight is an optional input ``weight`` with the controller's value
as its default. An ensemble runs as a leading axis of members through the same operators.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from onnx import helper

from wann_rt.core.controller import Channel, Controller
from wann_rt.core.errors import ExportError
from wann_rt.core.version import __version__
from wann_rt.exporters.contract import contract
from wann_rt.exporters.to_onnx import exact as onnx_exact
from wann_rt.exporters.to_onnx import native as onnx_native
from wann_rt.exporters.to_onnx.graph import IR_VERSIONS, OPSETS, Graph, Table, Value
from wann_rt.exporters.to_onnx.levels import Level, levels_of


@dataclass(frozen=True)
class Form:
    """What the two forms do differently: the table of values, sums, clips and activations."""

    doc: str
    table: Callable[[Graph, list[Level], str, int], Table]
    add_sums: Callable[[Graph, Level, Table], str]
    add_clip: Callable[[Graph, str, str, str, str, str], str]
    add_activation: Callable[[Graph, str, str, str], str]


NATIVE = Form(
    "Standard operators: equal to the reference within a stated bound",
    onnx_native.table,
    onnx_native.add_sums,
    onnx_native.add_clip,
    onnx_native.add_activation,
)
EXACT = Form(
    "Elementary operators: equal to the reference bit for bit",
    onnx_exact.table,
    onnx_exact.add_sums,
    onnx_exact.add_clip,
    onnx_exact.add_activation,
)


@dataclass(frozen=True)
class Dialect:
    """What a reader of ONNX understands.

    Attributes:
        batch: the one size it accepts, or None for any. With it, the weight is a constant, too.
        native: the readable form.
        exact: the exact form.
    """

    batch: int | None
    native: Form
    exact: Form


# onnx2c wants one size of batch and constants of full rank, and knows no IsNaN.
PLAIN = replace(NATIVE, add_clip=onnx_native.add_plain_clip, add_activation=onnx_native.add_plain_activation)
ANY_READER = Dialect(None, NATIVE, EXACT)
DIALECTS: Mapping[str, Dialect] = {"onnx2c": Dialect(1, PLAIN, EXACT)}


def to_onnx(
    controller: Controller, *, exact: bool = False, opset: int = 13, ir_version: int = 7, compat: str | None = None
) -> bytes:
    """Returns the controller as an ONNX model: ``obs`` [batch, n] -> ``actions`` [batch, m], float32.

    Args:
        controller: what to export.
        exact: bit-equal to the reference for every input, at about five times the operators.
        opset: version of the standard's operators; 13 runs on robots' old runtimes.
        ir_version: version of the file format.
        compat: a key of ``DIALECTS``: write only what that compiler accepts.

    Raises:
        ExportError: a version that these graphs cannot be written for, or an unknown compiler.
    """
    _check_version("opset", opset, OPSETS)
    _check_version("IR version", ir_version, IR_VERSIONS)
    dialect = _dialect(compat)
    form = dialect.exact if exact else dialect.native
    graph = Graph(dialect.batch)
    _add_controller(graph, controller, form)
    model = helper.make_model(
        graph.finish(controller.name or "controller", _values(controller, dialect), _doc(controller, form)),
        producer_name="wann_rt",
        producer_version=__version__,
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=ir_version,
        doc_string=_doc(controller, form),
    )
    helper.set_model_props(model, contract(controller))
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _dialect(compat: str | None) -> Dialect:
    if compat is None:
        return ANY_READER
    if compat not in DIALECTS:
        raise ExportError(f"compat {compat!r} is unknown; known: {', '.join(DIALECTS)}")
    return DIALECTS[compat]


def _check_version(what: str, version: int, known: range) -> None:
    if version not in known:
        raise ExportError(f"{what} {version} is not supported: choose {known.start} to {known.stop - 1}")


def _add_controller(graph: Graph, controller: Controller, form: Form) -> None:
    """Adds everything from ``obs`` to ``actions``."""
    levels = levels_of(controller)
    inputs = _add_observations(graph, form, controller.observations)
    table = form.table(graph, levels, inputs, len(controller.observations))
    kind = controller.weight.kind
    if kind == "shared":
        shape = (1,) if graph.batch is None else (1, 1)
        graph.constant("weight", controller.weight.array.reshape(shape))
    elif kind == "ensemble":
        graph.constant("weights", controller.weight.array.reshape(-1, 1, 1))
        table = _add_member_axis(graph, table, len(controller.weight.values))
    weight = {"shared": "weight", "ensemble": "weights", "connections": ""}[kind]
    outputs = _add_network(graph, form, levels, table, weight)
    actions = _add_actions(graph, form, controller.actions, outputs)
    if kind == "ensemble":
        actions = _add_mean(graph, form, controller, actions)
    graph.rename(actions, "actions")


def _add_network(graph: Graph, form: Form, levels: list[Level], table: Table, weight: str) -> str:
    """Adds the network and returns its outputs, in their order."""
    for level in levels[:-1]:
        parts = _add_level(graph, form, level, table, weight)
        columns = {node: len(table.columns) + k for k, node in enumerate(level.nodes)}
        values = graph.concat([table.name, *parts], f"{level.name}/values")
        table = Table(values, {**table.columns, **columns})
    last = levels[-1]
    outputs = graph.concat(_add_level(graph, form, last, table, weight), f"{last.name}/values")
    if last.nodes != sorted(last.nodes):
        order = [last.nodes.index(node) for node in sorted(last.nodes)]
        outputs = graph.gather(outputs, order, "outputs")
    return outputs


def _add_level(graph: Graph, form: Form, level: Level, table: Table, weight: str) -> list[str]:
    """Adds one level and returns the values of its groups."""
    total = form.add_sums(graph, level, table)
    if weight:
        total = graph.add("Mul", [total, weight], f"{level.name}/weighted")
    names = [f"{level.name}/{group.activation.name}" for group in level.groups]
    sizes = [len(group.nodes) for group in level.groups]
    parts = graph.split(total, sizes, [f"{name}/sum" for name in names])
    return [
        form.add_activation(graph, group.activation.name, part, name)
        for group, part, name in zip(level.groups, parts, names, strict=True)
    ]


def _add_member_axis(graph: Graph, table: Table, members: int) -> Table:
    """Repeats the table for each member of an ensemble."""
    shape = graph.constant("members/shape", np.array([members, 1, 1], np.int64))
    return Table(graph.add("Expand", [table.name, shape], "members"), table.columns)


def _add_mean(graph: Graph, form: Form, controller: Controller, actions: str) -> str:
    """Adds the mean of the members as the reference computes it: a sum in order, then one Mul."""
    members = len(controller.weight.values)
    names = [f"member_{k + 1}" for k in range(members)]
    total, *rest = graph.split(actions, [1] * members, names, axis=0)
    for member in rest:
        total = graph.add("Add", [total, member], "mean/sum")
    mean = graph.add("Mul", [total, graph.number(np.float32(1.0 / members))], "mean")
    mean = _add_limits(graph, form, controller.actions, mean, "mean/clip")
    axis = graph.constant("mean/axis", np.array([0], np.int64))
    return graph.add("Squeeze", [mean, axis], "mean/action")


def _add_observations(graph: Graph, form: Form, channels: Sequence[Channel]) -> str:
    """Adds ``Channel.condition_observation`` for all channels at once.

    A step that only some channels need runs for all: with the numbers that ``_row`` gives to the
    others it changes no bit of theirs.
    """
    x = _add_limits(graph, form, channels, "obs", "obs/clip")
    if any(c.offset != 0 for c in channels):
        offset = _row(graph, "obs/offset", [c.offset if c.offset != 0 else 0.0 for c in channels])
        x = graph.add("Sub", [x, offset], "obs/shifted")
    if any(c.scale != 1 for c in channels):
        scale = _row(graph, "obs/scale", [c.scale for c in channels])
        x = graph.add("Mul", [x, scale], "obs/scaled")
    return x


def _add_actions(graph: Graph, form: Form, channels: Sequence[Channel], y: str) -> str:
    """Adds ``Channel.condition_action`` for all channels at once; see ``_add_observations``."""
    if any(c.scale != 1 for c in channels):
        y = graph.add("Mul", [y, _row(graph, "actions/scale", [c.scale for c in channels])], "actions/scaled")
    if any(c.offset != 0 for c in channels):
        # y + 0.0 would turn -0.0 into 0.0; y + -0.0 is y.
        offset = _row(graph, "actions/offset", [c.offset if c.offset != 0 else -0.0 for c in channels])
        y = graph.add("Add", [y, offset], "actions/shifted")
    return _add_limits(graph, form, channels, y, "actions/clip")


def _add_limits(graph: Graph, form: Form, channels: Sequence[Channel], x: str, name: str) -> str:
    """Adds ``Channel.limit_action``; channels that do not clip get limits that change nothing."""
    if not any(c.clip for c in channels):
        return x
    low = _row(graph, f"{name}/lowest", [c.low if c.clip else -np.inf for c in channels])
    high = _row(graph, f"{name}/highest", [c.high if c.clip else np.inf for c in channels])
    neutral = _row(graph, f"{name}/neutral", [float(c.neutral) if c.clip else np.nan for c in channels])
    return form.add_clip(graph, x, low, high, neutral, name)


def _row(graph: Graph, name: str, values: Sequence[float]) -> str:
    return graph.constant(name, np.array([values], np.float32))


def _values(controller: Controller, dialect: Dialect) -> list[Value]:
    """Returns inputs and outputs with what they mean."""
    batch = dialect.batch or "batch"
    shared = Value("weight", (1,), True, "the shared weight; optional")
    return [
        Value("obs", (batch, len(controller.observations)), True, _listed(controller.observations)),
        *([shared] if controller.weight.kind == "shared" and dialect.batch is None else []),
        Value("actions", (batch, len(controller.actions)), False, _listed(controller.actions)),
    ]


def _listed(channels: Sequence[Channel]) -> str:
    return ", ".join(f"{c.name} [{c.unit}]" if c.unit else c.name for c in channels)


def _doc(controller: Controller, form: Form) -> str:
    network = controller.network
    rate = f" at {controller.rate_hz:g} Hz" if controller.rate_hz else ""
    return (
        f"{controller.name}: {network.n_inputs} observations -> {network.n_outputs} actions{rate}; "
        f"{network.n_connections} connections, {network.n_hidden} hidden nodes. {form.doc}."
    )
