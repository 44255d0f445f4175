"""Controller -> ONNX, in a readable form of standard operators or an exact one of elementary ones.

Both compute all conditioning of the channels inside the graph, ``obs`` -> ``actions``, and carry
the contract as metadata. A shared weight is a constant, or on request an optional input ``weight`` with the
controller's value as its default. An ensemble runs as a leading axis of members through the same operators.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from onnx import helper

from wann_rt.core.controller import Channel, Controller
from wann_rt.core.errors import ExportError
from wann_rt.core.guess import near
from wann_rt.core.reference import evaluate_spread
from wann_rt.core.sight import Sight
from wann_rt.core.stateful import only_without_feedback, only_without_monitor, only_without_state
from wann_rt.core.version import __version__
from wann_rt.exporters.contract import contract, test_resets, test_vectors
from wann_rt.exporters.sighted import described
from wann_rt.exporters.sighted import digest as digest_of_sight
from wann_rt.exporters.spread import only_ensembles, only_where_it_is
from wann_rt.exporters.to_onnx import memory, monitor
from wann_rt.exporters.to_onnx.conditioning import add_actions, add_limits, add_observations
from wann_rt.exporters.to_onnx.forms import ANY_READER, DIALECTS, Dialect, Form
from wann_rt.exporters.to_onnx.graph import IR_VERSIONS, OPSETS, Graph, Table, Value
from wann_rt.exporters.to_onnx.levels import Level, levels_of
from wann_rt.exporters.to_onnx.sight import add_sight
from wann_rt.exporters.to_onnx.sight import value as frame_value
from wann_rt.exporters.to_onnx.spread import add_spread
from wann_rt.exporters.to_onnx.spread import value as spread_value

# With the way from a frame before it; tests/exporters/test_sight.py runs them.
TRIED_WITH_FRAMES = {
    "exact": ["onnxruntime: same bits", "onnx.reference: same bits", "OpenVINO: within rounding"],
    "standard": ["onnxruntime: within rounding", "onnx.reference: within rounding", "OpenVINO: within rounding"],
}


def to_onnx(
    controller: Controller,
    *,
    exact: bool = False,
    opset: int = 13,
    ir_version: int = 7,
    compat: str | None = None,
    weight: str = "constant",
    sight: Sight | None = None,
    spread: bool = False,
) -> bytes:
    """Returns the controller as an ONNX model: ``obs`` [batch, n] -> ``actions`` [batch, m], float32.

    Args:
        controller: what to export.
        exact: bit-equal to the reference for every input, at about five times the operators.
        opset: version of the standard's operators; 13 runs on robots' old runtimes.
        ir_version: version of the file format.
        compat: a key of ``DIALECTS``: write only what that compiler accepts.
        weight: "constant", which every tool understands; "input": a shared weight is an input that may be left out.
            onnxruntime warns of such an input at each load, OpenVINO and converters to float16 take it for a constant.
        sight: how observations are read from frames; then the input is ``frame``, uint8 [batch, rows, columns, 3],
            instead of ``obs``.
        spread: whether the exact form of an ensemble has a second output ``spread``; see ``core.spread``.

    Raises:
        ExportError: a version that these graphs cannot be written for, an unknown compiler, a weight that cannot be an
            input, or a spread of what is no ensemble.
    """
    if spread:
        _check_spread(controller, exact, compat)
    _check_state(controller, exact, compat, weight)
    if sight is not None and (compat is not None or weight != "constant"):
        raise ExportError("ONNX that sees frames is written without compat, and with its weight as a constant")
    _check_version("opset", opset, OPSETS)
    _check_version("IR version", ir_version, IR_VERSIONS)
    dialect = _dialect(compat)
    form = dialect.exact if exact else dialect.native
    is_input = _is_weight_input(controller, dialect, weight)
    graph = Graph(dialect.batch)
    if sight is not None:
        add_sight(graph, controller, sight)
    _add_controller(graph, controller, form, is_input, has_spread=spread)
    doc = _doc(controller, form, is_input, sight)
    model = helper.make_model(
        graph.finish(controller.name or "controller", _values(controller, dialect, is_input, sight, spread), doc),
        producer_name="wann_rt",
        producer_version=__version__,
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=ir_version,
        doc_string=doc,
    )
    more = _of_sight(sight, form) | _of_spread(controller, spread)
    helper.set_model_props(model, contract(controller) | _properties(form, is_input) | more)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _check_state(controller: Controller, exact: bool, compat: str | None, weight: str) -> None:
    """Refuses what a graph cannot carry: in the standard form outputs that are remembered, in others any state."""
    if not exact:
        only_without_feedback(controller, "ONNX of standard operators")
        only_without_monitor(controller, "ONNX of standard operators")
    if compat is not None or weight != "constant":
        only_without_state(controller, "ONNX with compat or with its weight as an input")
        only_without_monitor(controller, "ONNX with compat or with its weight as an input")


def _check_spread(controller: Controller, exact: bool, compat: str | None) -> None:
    """Refuses a spread that a graph cannot have."""
    if not exact:
        raise only_where_it_is("ONNX of standard operators")
    if compat is not None:
        raise only_where_it_is("ONNX with compat")
    only_ensembles(controller)


def _dialect(compat: str | None) -> Dialect:
    if compat is None:
        return ANY_READER
    if compat not in DIALECTS:
        raise ExportError(f"compat {compat!r} is unknown; known: {', '.join(DIALECTS)}{near(compat, DIALECTS)}")
    return DIALECTS[compat]


def _is_weight_input(controller: Controller, dialect: Dialect, weight: str) -> bool:
    if weight not in ("constant", "input"):
        raise ExportError(f"weight {weight!r} is unknown: constant, or input")
    if weight == "input" and (controller.lowered.averages or not controller.lowered.shared):
        raise ExportError(f"only a shared weight can be an input; this one is of kind {controller.weight.kind!r}")
    if weight == "input" and dialect.batch is not None:
        raise ExportError("a graph for this compiler has no optional inputs: leave out weight=input, or compat")
    return weight == "input"


def _properties(form: Form, is_weight_input: bool) -> dict[str, str]:
    """Returns what is true of this graph but not of the controller's other formats."""
    return {
        "wann_rt.onnx_form": form.name,
        "wann_rt.onnx_weight": "input" if is_weight_input else "constant",
        "wann_rt.onnx_tried": json.dumps(tried(form.name)),
    }


def _of_sight(sight: Sight | None, form: Form) -> dict[str, str]:
    """Returns what is said of how frames are read; nothing where none are."""
    if sight is None:
        return {}
    return {
        "wann_rt.frame": described(sight),
        "wann_rt.frame_digest": digest_of_sight(sight),
        "wann_rt.onnx_tried": json.dumps(TRIED_WITH_FRAMES[form.name]),
    }


def _of_spread(controller: Controller, has_spread: bool) -> dict[str, str]:
    """Returns the spread of each test vector, if the graph tells it."""
    if not has_spread:
        return {}
    observations = np.array([vector.observation for vector in test_vectors(controller)], np.float32)
    begins = np.isin(np.arange(len(observations)), test_resets(controller))
    rows = evaluate_spread(controller, observations, begins)
    return {"wann_rt.test_spreads": json.dumps([[float(number).hex() for number in row] for row in rows])}


@cache
def _tried() -> Mapping[str, list[str]]:
    text = (files("wann_rt.exporters.to_onnx") / "tried.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def tried(form: str) -> list[str]:
    """Returns the runtimes that ran a form, each with its version and what it kept; written by ``make runtimes``."""
    return _tried()[form]


def _check_version(what: str, version: int, known: range) -> None:
    if version not in known:
        raise ExportError(f"{what} {version} is not supported: choose {known.start} to {known.stop - 1}")


def _add_controller(
    graph: Graph, controller: Controller, form: Form, is_weight_input: bool, *, has_spread: bool
) -> None:
    """Adds everything from ``obs`` to ``actions`` and ``spread``."""
    seen, after = memory.add_derived(graph, controller) if controller.derived else ("obs", [])
    given, controller = controller, controller.inner
    levels = levels_of(controller)
    table = form.table(graph, levels, add_observations(graph, form, controller, seen))
    multipliers = np.array(controller.lowered.shared, np.float32)
    weight = ""
    if controller.lowered.averages:
        weight = graph.constant("weights", multipliers.reshape(-1, 1, 1))
        table = _add_member_axis(graph, table, len(multipliers))
    elif len(multipliers):
        weight = graph.constant("weight", multipliers.reshape((1,) if is_weight_input else (1, 1)))
    outputs = _add_network(graph, form, levels, table, weight)
    actions = add_actions(graph, form, controller.actions, outputs)
    if controller.lowered.averages:
        members = _members(graph, controller, actions)
        actions = _add_mean(graph, form, controller, members)
        if has_spread:
            add_spread(graph, given, members)
    state = memory.add_remembered(graph, given, after, actions) if given.derived else []
    state += monitor.add_monitor(graph, given)
    if state:
        graph.add("Concat", state, "h_out", axis=-1)
    if given.actions != controller.actions:
        actions = graph.gather(actions, list(range(len(given.actions))), "acted")
    graph.rename(actions, "actions")


def _add_network(graph: Graph, form: Form, levels: list[Level], table: Table, weight: str) -> str:
    """Adds the network and returns its outputs, in their order."""
    for level in levels[:-1]:
        values = _add_level(graph, form, level, table, weight)
        columns = {node: len(table.columns) + k for k, node in enumerate(level.nodes)}
        values = graph.concat([table.name, values], f"{level.name}/table")
        table = Table(values, {**table.columns, **columns})
    last = levels[-1]
    outputs = _add_level(graph, form, last, table, weight)
    if last.nodes != sorted(last.nodes):
        order = [last.nodes.index(node) for node in sorted(last.nodes)]
        outputs = graph.gather(outputs, order, "outputs")
    return outputs


def _add_level(graph: Graph, form: Form, level: Level, table: Table, weight: str) -> str:
    """Adds one level and returns the values of its nodes."""
    total = form.add_sums(graph, level, table)
    if weight:
        total = graph.add("Mul", [total, weight], f"{level.name}/weighted")
    names = [f"{level.name}/{group.activation.name}" for group in level.groups]
    sizes = [len(group.nodes) for group in level.groups]
    parts = graph.split(total, sizes, [f"{name}/sum" for name in names])
    values = [
        form.add_activation(graph, group.activation.name, part, name)
        for group, part, name in zip(level.groups, parts, names, strict=True)
    ]
    return form.keep_nan(graph, level, total, graph.concat(values, f"{level.name}/values"))


def _add_member_axis(graph: Graph, table: Table, members: int) -> Table:
    """Repeats the table for each member of an ensemble."""
    shape = graph.constant("members/shape", np.array([members, 1, 1], np.int64))
    return Table(graph.add("Expand", [table.name, shape], "members"), table.columns)


def _members(graph: Graph, controller: Controller, actions: str) -> list[str]:
    """Returns the actions of each member, [1, batch, actions]."""
    members = len(controller.lowered.multipliers)
    names = [f"member_{k + 1}" for k in range(members)]
    return graph.split(actions, [1] * members, names, axis=0)


def _add_mean(graph: Graph, form: Form, controller: Controller, members: list[str]) -> str:
    """Adds the mean of the members as the reference computes it: a sum in order, then one Mul."""
    total, *rest = members
    for member in rest:
        total = graph.add("Add", [total, member], "mean/sum")
    mean = graph.add("Mul", [total, graph.number(np.float32(1.0 / len(members)))], "mean")
    mean = add_limits(graph, form, controller.actions, mean, "mean/clip")
    axis = graph.constant("mean/axis", np.array([0], np.int64))
    return graph.add("Squeeze", [mean, axis], "mean/action")


def _values(
    controller: Controller, dialect: Dialect, is_weight_input: bool, sight: Sight | None, has_spread: bool
) -> list[Value]:
    """Returns inputs and outputs with what they mean."""
    batch = dialect.batch or "batch"
    shared = Value("weight", (1,), True, "the shared weight; optional")
    observed = Value("obs", (batch, len(controller.observations)), True, _listed(controller.observations))
    return [
        observed if sight is None else frame_value(sight, batch),
        *([shared] if is_weight_input else []),
        Value("actions", (batch, len(controller.actions)), False, _listed(controller.actions)),
        *([spread_value(controller, batch)] if has_spread else []),
        *(memory.values(controller, batch) if controller.derived or controller.monitor is not None else ()),
        *monitor.values(controller, batch),
    ]


def _listed(channels: Sequence[Channel]) -> str:
    return ", ".join(f"{c.name} [{c.unit}]" if c.unit else c.name for c in channels)


def _doc(controller: Controller, form: Form, is_weight_input: bool, sight: Sight | None) -> str:
    network = controller.network
    rate = f" at {controller.rate_hz:g} Hz" if controller.rate_hz else ""
    return (
        f"{controller.name}: {len(controller.observations)} observations -> {len(controller.actions)} actions{rate}; "
        f"{network.n_connections} connections, {network.n_hidden} hidden nodes. {form.doc}."
        f"{' Input weight may be left out.' * is_weight_input} "
        f"{'' if sight is None else f'Frame: {described(sight)}. '}"
        f"Tried in {'; '.join(tried(form.name) if sight is None else TRIED_WITH_FRAMES[form.name])}."
    )
