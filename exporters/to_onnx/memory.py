"""The state of a controller in a graph: ``h_in`` -> ``h_out``, around the graph of the inner controller.

In either form it is exact: only the network between them may round otherwise. The formulas are traced from their one
definition, as activations are.
"""

from collections.abc import Sequence

from wann_rt.core.controller import Controller
from wann_rt.core.symbols import Symbol, lift, schedule
from wann_rt.exporters.to_onnx.exact import add_expressions
from wann_rt.exporters.to_onnx.graph import Graph, Value


def values(controller: Controller, batch: int | str) -> tuple[Value, Value]:
    """Returns the state as input and output."""
    watching = () if controller.monitor is None else controller.monitor.names
    numbers = (*controller.memory.names, *(f"monitor {name}" for name in watching))
    names = ", ".join(numbers)
    said = f"the state: {names}; zeros reset it"
    shape = (batch, len(numbers))
    return Value("h_in", shape, True, said), Value("h_out", shape, False, f"the state after the step: {names}")


def add_derived(graph: Graph, controller: Controller) -> tuple[str, list[str]]:
    """Adds the derived channels; returns all that the network sees, and the state after the readings, by columns."""
    sensors, memory = controller.observations, controller.memory
    read = [Symbol("input", name=f"obs_{k}") for k in range(len(sensors))]
    state = [Symbol("input", name=f"h_{k}") for k in range(memory.size)]
    seen, after = (list(map(lift, side)) for side in memory.advance(state, read))
    used = {symbol.name for symbol in schedule([*seen, *after]) if symbol.op == "input"}
    inputs = {f"obs_{k}": graph.gather("obs", [k], f"obs/{k}") for k in range(len(sensors)) if f"obs_{k}" in used}
    inputs |= {f"h_{k}": graph.gather("h_in", [k], f"h_in/{k}") for k in range(memory.size) if f"h_{k}" in used}
    columns = _added(graph, [*seen, *after], inputs, "derived")
    return graph.concat(["obs", *columns[: len(seen)]], "seen"), columns[len(seen) :]


def add_remembered(graph: Graph, controller: Controller, after: list[str], actions: str) -> list[str]:
    """Returns the state after the readings, and the outputs that are remembered, by columns."""
    memory = controller.memory
    state = [Symbol("input", name=f"h_{k}") for k in range(memory.size)]
    done = [Symbol("input", name=f"action_{k}") for k in range(len(controller.outputs))]
    kept = list(map(lift, memory.remember(state, done)))
    inputs = {f"h_{k}": name for k, name in enumerate(after)}
    used = {symbol.name for symbol in schedule(kept) if symbol.op == "input"}
    inputs |= {d.name: graph.gather(actions, [k], f"actions/{k}") for k, d in enumerate(done) if d.name in used}
    return _added(graph, kept, inputs, "remembered")


def _added(graph: Graph, roots: Sequence[Symbol], inputs: dict[str, str], name: str) -> list[str]:
    """Returns the column of each root, a constant as a column, too."""
    found = add_expressions(graph, {f"{name}/{k}": root for k, root in enumerate(roots)}, inputs, name)
    return [
        graph.filled("h_in", float(root.value), f"{name}/one") if root.op == "constant" else column
        for root, column in zip(roots, found, strict=True)
    ]
