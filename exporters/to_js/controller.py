"""A controller as JavaScript: its arithmetic as traced functions, its network as data that a page can change."""

import json
import math
from typing import Any

import numpy as np

from wann_rt.core.activations import PALETTE
from wann_rt.core.controller import Controller
from wann_rt.core.levels import Level, Mean
from wann_rt.core.monitor import Monitor
from wann_rt.core.reference import evaluate_spread
from wann_rt.core.spread import widened
from wann_rt.core.symbols import Symbol, lift, trace
from wann_rt.exporters.to_js.expressions import function


def controller_functions(controller: Controller) -> str:
    """Returns declarations of ``ACTIVATIONS``, ``CONDITION``, ``ACTION`` and ``LIMIT``.

    ``ACTIVATIONS`` has the functions of the palette that the network uses, by id; the others have one function for
    each input or output: what enters the network, what leaves it, and the limits of the mean of an ensemble. A
    controller with a state has ``ADVANCE``, too, which of the state and the readings gives the derived channels and the
    state after the readings, and ``REMEMBER``, which of that and the outputs gives the state after the step. One with a
    monitor has ``WATCH``: of what it remembers, the readings and the actions done since those before, what it remembers
    then; the last number is the alarm. An ensemble has ``WIDEN``, which takes one more member's action into the least
    and the greatest so far.
    """
    used = [activation for activation in PALETTE if activation.id in controller.network.activations]
    activations = [f"{a.id}: {function(['x'], [trace(a.function, 'x')])}" for a in used]
    sides = {
        "CONDITION": [trace(channel.condition_observation, "x") for channel in controller.inputs],
        "ACTION": [trace(channel.condition_action, "x") for channel in controller.outputs],
        "LIMIT": [trace(channel.limit_action, "x") for channel in controller.outputs],
    }
    lists = [_list(name, roots) for name, roots in sides.items()]
    more = [*lists, *_memory(controller), *_watch(controller), *_widen(controller)]
    return "\n".join([f"const ACTIVATIONS = {{{', '.join(activations)}}};", *more])


def _widen(controller: Controller) -> list[str]:
    """Returns the declaration of ``WIDEN``; nothing where there are no members."""
    if not controller.lowered.averages:
        return []
    names = ["low", "high", "x"]
    return [f"const WIDEN = {function(names, list(widened(*(Symbol('input', name=name) for name in names))))};"]


def _watch(controller: Controller) -> list[str]:
    """Returns the declaration of ``WATCH``; nothing without a monitor."""
    monitor = controller.monitor
    if monitor is None:
        return []
    sides = (("m", monitor.size), ("o", monitor.observations), ("u", monitor.actions))
    inputs = ([Symbol("input", name=f"{letter}[{k}]") for k in range(count)] for letter, count in sides)
    with np.errstate(all="ignore"):  # of what a program computes of constants alone
        return [f"const WATCH = {function(['m', 'o', 'u'], list(map(lift, monitor.advance(*inputs))))};"]


def _memory(controller: Controller) -> list[str]:
    """Returns the declarations of ``ADVANCE`` and ``REMEMBER``; nothing without a state."""
    if not controller.derived:
        return []
    memory = controller.memory
    state, read, outputs = (
        [Symbol("input", name=f"{letter}[{k}]") for k in range(count)]
        for letter, count in (("m", memory.size), ("o", len(controller.observations)), ("y", len(controller.outputs)))
    )
    values, after = memory.advance(state, read)
    seen = function(["m", "o"], list(map(lift, (*values, *after))))
    kept = function(["m", "y"], list(map(lift, memory.remember(state, outputs))))
    if memory.size == 1:
        kept = f"(m, y) => [({kept})(m, y)]"
    return [f"const ADVANCE = {seen};", f"const REMEMBER = {kept};"]


def _list(name: str, roots: list[Symbol]) -> str:
    return f"const {name} = [{', '.join(function(['x'], [root]) for root in roots)}];"


def controller_data(controller: Controller) -> dict[str, Any]:
    """Returns what the functions need to compute the controller, as JSON values; ``engine.js`` reads it.

    Weights and vectors are numbers whose nearest float64 is the float32; infinities and NaN are text.
    """
    network, weight, lowered = controller.network, controller.weight, controller.lowered
    return {
        "inputs": network.n_inputs,
        "outputs": network.n_outputs,
        "nodes": [
            {"activation": node.activation, "sources": [term.source for term in node.terms]} for node in lowered.nodes
        ],
        "factors": list(map(float, lowered.factors)),
        "weight": {"kind": weight.kind, "values": list(map(float, weight.values))},
        "share": float(np.float32(1.0 / max(len(weight.values), 1))),
        "decision": controller.decision,
        "vectors": [[list(map(number, side)) for side in vector] for vector in controller.vectors],
        **({"spreads": _spreads(controller)} if lowered.averages else {}),
        **({"memory": _memory_data(controller)} if controller.derived else {}),
        **({"monitor": _monitor_data(controller.monitor)} if controller.monitor is not None else {}),
    }


def _spreads(controller: Controller) -> list[list[float | str]]:
    """Returns how far the members of an ensemble are apart in each of the vectors."""
    if not controller.vectors:
        return []
    rows = np.array([vector.observation for vector in controller.vectors], np.float32)
    begins = np.isin(np.arange(len(rows)), controller.resets)
    return [list(map(number, row)) for row in evaluate_spread(controller, rows, begins)]


def _monitor_data(monitor: Monitor) -> dict[str, Any]:
    """Returns how much a monitor remembers, from which score on one reading is an alarm, and what to do then."""
    at_once = [level.above for level in monitor.levels if isinstance(level, Level) and level.hits == 1]
    others = [level.above ** (0.5 if isinstance(level, Mean) else 1.0) for level in monitor.levels]
    return {
        "size": monitor.size,
        "above": float(min(at_once or others)),
        "safe": list(monitor.fail_safe),
    }


def _memory_data(controller: Controller) -> dict[str, Any]:
    """Returns names of the numbers of the state, how many of the outputs are actions, and where vectors reset it."""
    names, actions = list(controller.memory.names), len(controller.actions)
    return {"names": names, "derived": len(controller.derived), "actions": actions, "resets": list(controller.resets)}


def number(value: float) -> float | str:
    """Returns a number as JSON says it: what JSON cannot say is text that JavaScript's ``Number`` reads."""
    if math.isfinite(value):
        return float(value)
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def embedded(value: object) -> str:
    """Returns JSON that may stand within a script element of a page, whatever text it holds."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
