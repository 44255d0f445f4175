"""A monitor in the exact graph: ``last_actions`` and its part of ``h_in`` -> ``alarm`` and its part of ``h_out``.

The formulas are traced from their one definition, as those of derived channels are. Its numbers stand behind theirs.
"""

from wann_rt.core.controller import Controller
from wann_rt.core.symbols import schedule
from wann_rt.exporters.to_onnx.exact import add_expressions
from wann_rt.exporters.to_onnx.graph import Graph, Value
from wann_rt.exporters.to_onnx.rewriting import all_with_reductions


def values(controller: Controller, batch: int | str) -> list[Value]:
    """Returns what a monitor adds to the inputs and outputs; nothing where there is none."""
    if controller.monitor is None:
        return []
    names = ", ".join(channel.name for channel in controller.actions)
    said = "0, or after an alarm the sum of 2^k of the observations k that raised it, until the state is reset"
    shape = (batch, len(controller.actions))
    return [
        Value("last_actions", shape, True, f"what was done since the observation before: {names}"),
        Value("alarm", (batch, 1), False, said),
    ]


def add_monitor(graph: Graph, controller: Controller) -> list[str]:
    """Adds the monitor; returns its state after the step, by columns."""
    monitor = controller.monitor
    if monitor is None:
        return []
    inputs, results = monitor.traced
    n, m, behind = monitor.observations, monitor.actions, controller.memory.size
    places = [*(("obs", k) for k in range(n)), *(("last_actions", k) for k in range(m))]
    places += [("h_in", behind + k) for k in range(monitor.size)]
    used = {symbol.name for symbol in schedule(results) if symbol.op == "input"}
    columns = {
        symbol.name: graph.gather(source, [k], f"monitor/{symbol.name}")
        for symbol, (source, k) in zip(inputs, places, strict=True)
        if symbol.name in used
    }
    roots = all_with_reductions(results)
    found = add_expressions(graph, {f"monitor/{k}": root for k, root in enumerate(roots)}, columns, "monitor")
    state = [
        graph.filled("h_in", float(root.value), "monitor/one") if root.op == "constant" else column
        for root, column in zip(roots, found, strict=True)
    ]
    graph.add("Identity", [state[-1]], "alarm")
    return state
