"""The functions of a generated header that compute actions: one line a node, in the task's names."""

from collections.abc import Iterator
from functools import cache
from itertools import count

import numpy as np

from wann_rt.core.activations import BY_ID
from wann_rt.core.controller import Controller
from wann_rt.core.symbols import Symbol, trace
from wann_rt.exporters.expressions import Printer
from wann_rt.exporters.to_c.functions import printer
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.text import (
    COLUMNS,
    INDENT,
    assignment,
    literal,
    signature,
    sum_assignment,
)


def steps(controller: Controller, names: Names) -> list[str]:
    """Returns the text of the step functions, callees first."""
    kind = controller.weight.kind
    if kind == "connections":
        return [_network_step(controller, names, "step", "Computes the actions for one observation.")]
    note = "Computes the actions under any weight shared by all connections."
    network = _network_step(controller, names, "step_weight", note, "float weight")
    return [network, (_shared_step if kind == "shared" else _ensemble_step)(controller, names)]


def _network_step(controller: Controller, names: Names, name: str, note: str, *more: str) -> str:
    lines = _head(names, name, note, *more)
    spare = _spare()
    observations = _observations(controller, names, spare)
    lines += [*observations, ""] if observations else []
    for k in range(len(controller.network.activations)):
        lines += _node(controller, names, k)
    lines.append("")
    outputs = names.nodes[-controller.network.n_outputs :]
    for channel, target, y in zip(controller.actions, names.actions, outputs, strict=True):
        value = trace(channel.condition_action, y)
        lines += _conditioned(printer(names), f"actions[{target}]", value, spare)
    unused = [] if observations else [f"{INDENT}(void)obs;"]
    return "\n".join([*lines, *unused, "}"])


def _head(names: Names, name: str, note: str, *more: str) -> list[str]:
    """Returns a comment, the signature and what opens each body."""
    parameters = ["const float obs[<P>_N_OBSERVATIONS]", "float actions[<P>_N_ACTIONS]", *more]
    lines = signature("static inline void", f"{names.p}_{name}", list(map(names.fill, parameters)))
    return [f"/* {note} */", *lines, names.fill(f"{INDENT}<P>_EXACT")]


def _observations(controller: Controller, names: Names, spare: Iterator[str]) -> list[str]:
    """Returns a line for each observation that the network looks at."""
    used = {source for sources in controller.network.sources for source in sources}
    lines = []
    for k, channel in enumerate(controller.observations):
        if k + 1 in used:
            value = trace(channel.condition_observation, f"obs[{names.observations[k]}]")
            lines += _conditioned(printer(names), f"const float {names.nodes[k + 1]}", value, spare)
    return lines


def _spare() -> Iterator[str]:
    return (f"t{k}" for k in count(1))


def _conditioned(printer: Printer, target: str, value: Symbol, spare: Iterator[str]) -> list[str]:
    locals_, text = printer.expression(value, spare, COLUMNS - 3 * len(INDENT))
    lines = [line for local in locals_ for line in assignment(f"const float {local.name}", local.text)]
    return [*lines, *assignment(target, text)]


def _node(controller: Controller, names: Names, k: int) -> list[str]:
    """Returns the lines of one node: its formula, or first its sum where that is too long."""
    node = controller.network.first + k
    terms = _terms(controller, names, k)
    target = f"const float {names.nodes[node]}"
    whole = assignment(target, _activated(controller, names, k, " ".join(terms), len(terms) > 1))
    if len(whole[-1]) <= COLUMNS:
        return whole
    rest = _activated(controller, names, k, f"s{node}", False)
    if rest == f"s{node}":
        return sum_assignment(target, terms)
    return [*sum_assignment(f"const float s{node}", terms), *assignment(target, rest)]


def _terms(controller: Controller, names: Names, k: int) -> list[str]:
    """Returns the sources of computed node k with their operators, in the order of the oracle."""
    network, weight = controller.network, controller.weight
    start = int(network.program.offsets[k])
    terms = []
    for i, (source, sign) in enumerate(zip(network.sources[k], network.signs[k], strict=True)):
        if weight.kind == "connections":
            term, negative = _weighted(names, source, weight.values[start + i])
        else:
            term, negative = names.nodes[source], sign < 0
        terms.append(_signed(term, negative, first=i == 0))
    return terms or ["0.0f"]


def _weighted(names: Names, source: int, weight: float) -> tuple[str, bool]:
    """Returns a product and whether it is subtracted: rounding is symmetric, and 1 * w is w."""
    size = literal(abs(weight))
    term = f"{size} * {names.nodes[source]}" if source > 0 else size  # node 0 is the bias
    return term, bool(np.signbit(weight))


def _signed(term: str, negative: bool, *, first: bool) -> str:
    if first:
        return f"-{term}" if negative else term
    return f"{'-' if negative else '+'} {term}"


def _activated(controller: Controller, names: Names, k: int, total: str, is_sum: bool) -> str:
    """Returns computed node k's value for the text of its sum."""
    if controller.weight.kind != "connections":
        total = f"({total}) * weight" if is_sum else f"{total} * weight"
    activation = controller.network.activations[k]
    return total if _is_identity(activation) else f"{names.function(BY_ID[activation])}({total})"


@cache
def _is_identity(activation: int) -> bool:
    return trace(BY_ID[activation].function, "x").op == "input"


def _shared_step(controller: Controller, names: Names) -> str:
    lines = _head(names, "step", "Computes the actions for one observation.")
    call = names.fill("<p>_step_weight(obs, actions, <P>_WEIGHT);")
    return "\n".join([*lines, f"{INDENT}{call}", "}"])


def _ensemble_step(controller: Controller, names: Names) -> str:
    """Returns the limited mean over the members, as ``Controller.run`` takes it."""
    weights = controller.weight.values
    lines = _head(names, "step", "Computes the mean of the actions under each member's weight.")
    members = [f"m{k}" for k in range(1, len(weights) + 1)]
    lines += [names.fill(f"{INDENT}float {member}[<P>_N_ACTIONS];") for member in members]
    for member, weight in zip(members, weights, strict=True):
        call = names.fill(f"<p>_step_weight(obs, {member}, {literal(weight)});")
        lines.append(f"{INDENT}{call}")
    outputs = names.nodes[-controller.network.n_outputs :]
    spare, share = _spare(), np.float32(1.0 / len(weights))
    for k, channel in enumerate(controller.actions):
        terms = [_signed(f"{member}[{k}]", False, first=member == "m1") for member in members]
        lines += sum_assignment(f"const float {outputs[k]}", terms)
        mean = channel.limit_action(Symbol("input", name=outputs[k]) * share)
        lines += _conditioned(printer(names), f"actions[{names.actions[k]}]", mean, spare)
    return "\n".join([*lines, "}"])
