"""The functions of a generated header that compute actions: one line a node, in the task's names."""

from collections.abc import Iterator
from functools import cache
from itertools import count

import numpy as np

from wann_rt.core.activations import BY_ID
from wann_rt.core.controller import Controller
from wann_rt.core.symbols import Symbol, trace
from wann_rt.core.terms import Node
from wann_rt.exporters.expressions import Printer
from wann_rt.exporters.to_c import memory
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
    if controller.derived:
        return [*steps(controller.inner, names.network), *memory.functions(controller, names)]
    lowered = controller.lowered
    if not lowered.shared:
        return [_network_step(controller, names, names.step, "Computes the actions for one observation.")]
    note = "Computes the actions under any weight shared by all connections."
    network = _network_step(controller, names, f"{names.step}_weight", note, "float weight")
    return [network, *(_ensemble_step if lowered.averages else _shared_step)(controller, names)]


def _network_step(controller: Controller, names: Names, name: str, note: str, *more: str) -> str:
    lines = head(names, name, note, *more)
    spare = spare_names()
    observations = _observations(controller, names, spare)
    lines += [*observations, ""] if observations else []
    for node in controller.lowered.nodes:
        lines += _node(controller, names, node)
    lines.append("")
    outputs = names.nodes[-controller.network.n_outputs :]
    for channel, target, y in zip(controller.actions, names.actions, outputs, strict=True):
        value = trace(channel.condition_action, y)
        lines += conditioned(printer(names), f"actions[{target}]", value, spare)
    unused = [] if observations else [f"{INDENT}(void)obs;"]
    return "\n".join([*lines, *unused, "}"])


def head(names: Names, name: str, note: str, *more: str) -> list[str]:
    """Returns a comment, the signature and what opens each body."""
    parameters = [f"const float obs[<P>_{names.count}]", f"float actions[<P>_{names.results}]", *more]
    lines = signature("static inline void", f"{names.p}_{name}", list(map(names.fill, parameters)))
    return [f"/* {note} */", *lines, names.fill(f"{INDENT}<P>_EXACT")]


def _observations(controller: Controller, names: Names, spare: Iterator[str]) -> list[str]:
    """Returns a line for each observation that the network looks at."""
    used, lines = controller.lowered.used, []
    for k, channel in enumerate(controller.observations):
        if k + 1 in used:
            value = trace(channel.condition_observation, f"obs[{names.observations[k]}]")
            lines += conditioned(printer(names), f"const float {names.nodes[k + 1]}", value, spare)
    return lines


def spare_names() -> Iterator[str]:
    """Returns names for the temporaries of one function."""
    return (f"u{k}" for k in count(1))


def conditioned(printer: Printer, target: str, value: Symbol, spare: Iterator[str]) -> list[str]:
    """Returns the lines that give an expression's value to a target."""
    locals_, text = printer.expression(value, spare, COLUMNS - 3 * len(INDENT))
    lines = [line for local in locals_ for line in assignment(f"const float {local.name}", local.text)]
    return [*lines, *assignment(target, text)]


def _node(controller: Controller, names: Names, node: Node) -> list[str]:
    """Returns the lines of one node: its formula, or first its sum where that is too long."""
    terms = _terms(names, node)
    target = f"const float {names.nodes[node.number]}"
    is_multiplied = bool(controller.lowered.shared)
    whole = assignment(target, _activated(names, node, " ".join(terms), len(terms) > 1, is_multiplied))
    if len(whole[-1]) <= COLUMNS:
        return whole
    total = f"s{node.number}"
    rest = _activated(names, node, total, False, is_multiplied)
    if rest == total:
        return sum_assignment(target, terms)
    return [*sum_assignment(f"const float {total}", terms), *assignment(target, rest)]


def _terms(names: Names, node: Node) -> list[str]:
    """Returns a node's terms with their operators, in order."""
    terms = []
    for i, term in enumerate(node.terms):
        text = names.nodes[term.source]
        if term.is_weighted:  # 1 * w is w: node 0 is the bias
            text = f"{literal(term.size)} * {text}" if term.source > 0 else literal(term.size)
        terms.append(_signed(text, term.is_negative, first=i == 0))
    return terms or ["0.0f"]


def _signed(term: str, negative: bool, *, first: bool) -> str:
    if first:
        return f"-{term}" if negative else term
    return f"{'-' if negative else '+'} {term}"


def _activated(names: Names, node: Node, total: str, is_sum: bool, is_multiplied: bool) -> str:
    """Returns a node's value for the text of its sum."""
    if is_multiplied:
        total = f"({total}) * weight" if is_sum else f"{total} * weight"
    return total if _is_identity(node.activation) else f"{names.function(BY_ID[node.activation])}({total})"


@cache
def _is_identity(activation: int) -> bool:
    return trace(BY_ID[activation].function, "x").op == "input"


def _shared_step(controller: Controller, names: Names) -> list[str]:
    lines = head(names, names.step, "Computes the actions for one observation.")
    call = names.fill(f"<p>_{names.step}_weight(obs, actions, <P>_WEIGHT);")
    return ["\n".join([*lines, f"{INDENT}{call}", "}"])]


def _ensemble_step(controller: Controller, names: Names) -> list[str]:
    """Returns the limited mean over the members, as ``Controller.run`` takes it, and what adds one of them."""
    weights = controller.lowered.shared
    add = head(names, "add_member", "Adds the actions under one more weight.", "float weight")
    add += [
        names.fill(f"{INDENT}float more[<P>_{names.results}];"),
        f"{INDENT}{names.p}_{names.step}_weight(obs, more, weight);",
    ]
    add += [f"{INDENT}actions[{k}] = actions[{k}] + more[{k}];" for k in range(len(names.actions))]
    lines = head(names, names.step, "Computes the mean of the actions under each member's weight.")
    lines.append(names.fill(f"{INDENT}float sum[<P>_{names.results}];"))
    for k, weight in enumerate(weights):
        lines.append(f"{INDENT}{names.p}_{'add_member' if k else f'{names.step}_weight'}(obs, sum, {literal(weight)});")
    lines += mean(controller, names)
    return ["\n".join([*text, "}"]) for text in ((add, lines) if len(weights) > 1 else (lines,))]


def mean(controller: Controller, names: Names) -> list[str]:
    """Returns the lines that make the actions of the members' ``sum``."""
    spare, share, lines = spare_names(), np.float32(1.0 / len(controller.lowered.shared)), []
    for k, (name, channel) in enumerate(zip(names.actions, controller.actions, strict=True)):
        limited = channel.limit_action(Symbol("input", name=f"sum[{k}]") * share)
        lines += conditioned(printer(names), f"actions[{name}]", limited, spare)
    return lines
