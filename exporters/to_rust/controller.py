"""A controller in Rust: constants, functions, step, checked step and self-test, as one file of a crate.

What a controller with a state has in place of the checked step is in ``memory.py``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count

import numpy as np

from wann_rt.core import arithmetic
from wann_rt.core.activations import BY_ID, PALETTE
from wann_rt.core.controller import Channel, Controller, Vector
from wann_rt.core.files import digest
from wann_rt.core.symbols import Symbol, trace
from wann_rt.core.terms import Node
from wann_rt.exporters import drawn
from wann_rt.exporters.contract import CREATED_BY, interface_hash, test_vectors
from wann_rt.exporters.drawn import answers
from wann_rt.exporters.expressions import Function, Printer
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.selftest import (
    call,
    drawn_observations,
    functions_hash,
    tested_functions,
)
from wann_rt.exporters.to_rust import memory, texts
from wann_rt.exporters.to_rust.syntax import COLUMNS, INDENT, RustSyntax, literal

_CLIP = ("x", "low", "high", "neutral")


def controller_module(controller: Controller, names: Names) -> str:
    """Returns the text of ``controller.rs``; same controller, same bytes."""
    has_state = bool(controller.derived)
    parts = [
        texts.HEAD.replace("<created_by>", CREATED_BY).replace("<allowed>", memory.ALLOWED * has_state),
        _constants(controller, names),
        *memory.declarations(controller, names),
        *([] if has_state else [texts.STATUS]),
        texts.FAULTS,
        _tables(controller, test_vectors(controller)),
        *_functions(controller),
        *_steps(controller, names),
        *([] if has_state else [texts.CHECKED]),
        *_selftest(controller, names),
    ]
    return "\n\n".join(parts) + "\n"


def _constants(controller: Controller, names: Names) -> str:
    rate = controller.rate_hz
    rows = [
        ("Floats in an observation.", "N_OBSERVATIONS: usize", str(len(controller.observations))),
        ("Floats in the actions.", "N_ACTIONS: usize", str(len(controller.actions))),
        ("The digest of the controller's file.", "DIGEST: &str", f'"{digest(controller)}"'),
        (
            "A hash of all channels - names, units, order, ranges, scales - and the rate.",
            "CONTRACT: u32",
            f"0x{interface_hash(controller):08x}",
        ),
    ]
    if rate is not None and 1e-3 <= rate <= 1e6:
        rows.append(("How often a second to step.", "RATE_HZ: f32", literal(float(np.float32(rate)))))
        rows.append(("Microseconds between two steps.", "DT_US: u32", str(round(1e6 / rate))))
    if controller.lowered.shared and not controller.lowered.averages:
        rows.append(("The weight of all connections.", "WEIGHT: f32", literal(controller.lowered.shared[0])))
    for kind, enumerators in (("observation", names.observations), ("action", names.actions)):
        for k, name in enumerate(enumerators):
            rows.append((f"Index of this {kind}.", f"{name.removeprefix(f'{names.P}_')}: usize", str(k)))
    safe = ", ".join(literal(float(channel.neutral)) for channel in controller.actions)
    rows.append(
        ("The fail-safe actions: of each range the value nearest 0.", "FAIL_SAFE: [f32; N_ACTIONS]", f"[{safe}]")
    )
    return "\n".join(f"/// {note}\npub const {name} = {value};" for note, name, value in rows)


def _tables(controller: Controller, vectors: Sequence[Vector]) -> str:
    rows = [f"{INDENT}({_bits(v.observation)}, {_bits(v.action)})," for v in vectors]
    recorded = f"static VECTORS: [([u32; N_OBSERVATIONS], [u32; N_ACTIONS]); {len(rows)}] = ["
    # Only the checked step asks for the ranges of actions.
    sides = {"OBSERVATION": controller.observations, **({} if controller.derived else {"ACTION": controller.actions})}
    ranges = [_ranges(name, channels) for name, channels in sides.items()]
    return "\n".join([*ranges, recorded, *rows, "];", *memory.table(controller, len(rows))])


def _ranges(name: str, channels: Sequence[Channel]) -> str:
    pairs = ", ".join(f"[{literal(channel.low)}, {literal(channel.high)}]" for channel in channels)
    return f"static {name}_RANGES: [[f32; 2]; N_{name}S] = [{pairs}];"


def _bits(values: Iterable[float]) -> str:
    return "[" + ", ".join(f"0x{int(bits):08x}" for bits in np.array([*values], np.float32).view(np.uint32)) + "]"


def _functions(controller: Controller) -> list[str]:
    """Returns what steps call, callees first: only what is needed, for Rust warns of the rest."""
    used = [a for a in PALETTE if a.id in controller.network.activations]
    bodies = {_called(a.name): Function(("x",), trace(a.function, "x")) for a in used}
    bodies = {name: function for name, function in bodies.items() if function.body.op not in ("input", "abs")}
    made = [_function(name, function) for name, function in (_clip(controller) | bodies).items()]
    text = "\n\n".join([*made, *_steps(controller, Names.of(controller, "x"))])
    helpers = {"select(": texts.SELECT, "settled(": texts.SETTLED, "absolute(": texts.ABSOLUTE}
    return [*(helper for call, helper in helpers.items() if call in text), *made]


def _called(activation: str) -> str:
    return f"activate_{activation}"


def _clip(controller: Controller) -> dict[str, Function]:
    clips = any(channel.clip for channel in (*controller.inputs, *controller.actions))
    return {"clip": Function(_CLIP, trace(arithmetic.clip, *_CLIP))} if clips else {}


def _function(name: str, function: Function) -> str:
    locals_, result = Printer(RustSyntax()).expression(function.body)
    parameters = ", ".join(f"{parameter}: f32" for parameter in function.parameters)
    lines = [f"{INDENT}let {local.name} = {local.text};" for local in locals_]
    return "\n".join([f"fn {name}({parameters}) -> f32 {{", *lines, f"{INDENT}{result}", "}"])


def _steps(controller: Controller, names: Names) -> list[str]:
    if controller.derived:
        printer = Printer(RustSyntax(), _clip(controller))
        return [*_steps(controller.inner, names.network), *memory.functions(controller, names, printer)]
    lowered = controller.lowered
    seen = "one observation" if names.step == "step" else "all that the network sees"
    note = f"/// Computes the {'outputs' if names.feeds else 'actions'} for {seen}."
    if not lowered.shared:
        return [_network_step(controller, names, note, names.step)]
    any_weight = "/// Computes the actions under any weight shared by all connections."
    network = _network_step(controller, names, any_weight, f"{names.step}_weight", ", weight: f32")
    if lowered.averages:
        return [network, _ensemble_step(controller, names)]
    head = [note, _head(names, names.step, _given(names))]
    return [network, "\n".join([*head, f"{INDENT}{names.step}_weight({_given(names)}, WEIGHT)", "}"])]


def _given(names: Names) -> str:
    return "obs" if names.step == "step" else "seen"


def _head(names: Names, name: str, observed: str, more: str = "") -> str:
    """Returns what opens a step; the network of a controller with a state is not for callers."""
    public = "pub " if names.step == "step" else ""
    return f"{public}fn {name}({observed}: &[f32; {names.count}]{more}) -> [f32; {names.results}] {{"


def _network_step(controller: Controller, names: Names, note: str, name: str, more: str = "") -> str:
    nodes = ("1.0", *names.nodes[1:])
    printer, spare, used = Printer(RustSyntax(), _clip(controller)), _spare(), controller.lowered.used
    # A network that looks at nothing still takes an observation.
    given = _given(names)
    observed = given if any(k + 1 in used for k in range(len(controller.observations))) else f"_{given}"
    lines = [note, _head(names, name, observed, more)]
    for k, channel in enumerate(controller.observations):
        if k + 1 in used:
            value = trace(channel.condition_observation, f"{given}[{memory.constant(names, names.observations[k])}]")
            lines += _let(printer, nodes[k + 1], value, spare)
    for node in controller.lowered.nodes:
        lines.append(f"{INDENT}let {nodes[node.number]} = {_node(controller, nodes, node)};")
    results = []
    for channel, y in zip(controller.actions, nodes[-controller.network.n_outputs :], strict=True):
        results.append(next(spare))
        lines += _let(printer, results[-1], trace(channel.condition_action, y), spare)
    return "\n".join([*lines, f"{INDENT}[{', '.join(results)}]", "}"])


def _node(controller: Controller, nodes: Sequence[str], node: Node) -> str:
    """Returns a node's formula: its sum from left to right, times the shared weight, activated."""
    total = ""
    for i, term in enumerate(node.terms):
        text = f"{literal(term.size)} * {nodes[term.source]}" if term.is_weighted else nodes[term.source]
        sign = "-" if term.is_negative else "+" if i else ""
        total += f" {sign} {text}" if i else f"{sign}{text}"
    total = total or "0.0"
    if controller.lowered.shared:
        total = f"({total}) * weight" if len(node.terms) > 1 else f"{total} * weight"
    body = trace(BY_ID[node.activation].function, "x")
    if body.op == "input":
        return total
    return f"{'absolute' if body.op == 'abs' else _called(BY_ID[node.activation].name)}({total})"


def _ensemble_step(controller: Controller, names: Names) -> str:
    weights, given = controller.lowered.shared, _given(names)
    mutable = "mut " if len(weights) > 1 else ""
    lines = [
        "/// Computes the mean of the actions under each member's weight.",
        _head(names, names.step, given),
        f"{INDENT}let {mutable}sum = {names.step}_weight({given}, {literal(weights[0])});",
    ]
    if len(weights) > 1:
        members = ", ".join(map(literal, weights[1:]))
        lines += [
            f"{INDENT}for weight in [{members}] {{",
            f"{INDENT * 2}for (total, more) in sum.iter_mut().zip({names.step}_weight({given}, weight)) {{",
            f"{INDENT * 3}*total = *total + more;",
            f"{INDENT * 2}}}",
            f"{INDENT}}}",
        ]
    printer, spare, share = Printer(RustSyntax(), _clip(controller)), _spare(), np.float32(1.0 / len(weights))
    results = []
    for k, channel in enumerate(controller.actions):
        results.append(next(spare))
        mean = channel.limit_action(Symbol("input", name=f"sum[{k}]") * share)
        lines += _let(printer, results[-1], mean, spare)
    return "\n".join([*lines, f"{INDENT}[{', '.join(results)}]", "}"])


def _spare() -> Iterator[str]:
    return (f"t{k}" for k in count(1))


def _let(printer: Printer, name: str, value: Symbol, spare: Iterator[str]) -> list[str]:
    locals_, text = printer.expression(value, spare, COLUMNS - 3 * len(INDENT))
    pairs = [*((local.name, local.text) for local in locals_), (name, text)]
    return [f"{INDENT}let {target} = {result};" for target, result in pairs]


def _selftest(controller: Controller, names: Names) -> list[str]:
    seed, observations = drawn_observations(controller)
    tested = tested_functions(controller)
    texts_of = [call(function, _called, "clip", literal) for function in tested]
    calls = [f"{INDENT * 2}hash = hashed(hash, {text});" for text in texts_of]
    ask = texts.ASK_FUNCTIONS.replace("<hash>", f"0x{functions_hash(tested):08x}") if tested else ""
    fills: Mapping[str, str] = {
        "<functions>": ask,
        "<seed>": str(seed),
        "<rounds>": str(drawn.rounds(len(controller.observations))),
        "<drawn>": str(len(observations)),
        "<hash>": f"0x{drawn.hashed(answers(controller, observations)):08x}",
        **memory.selftest(controller, names),
    }
    text = texts.SELFTEST
    for mark, value in fills.items():
        text = text.replace(mark, value)
    functions = texts.FUNCTIONS.replace("<inputs>", str(drawn.FUNCTION_INPUTS)).replace("<calls>", "\n".join(calls))
    return [functions, text] if tested else [text]
