"""The small functions that a generated header's steps call: activations, clip, absolute value."""

from collections import Counter
from collections.abc import Iterable, Mapping

from wann_rt.core import arithmetic
from wann_rt.core.activations import PALETTE, Activation
from wann_rt.core.controller import Controller
from wann_rt.core.symbols import schedule, trace
from wann_rt.exporters.expressions import Function, Printer
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.syntax import CSyntax
from wann_rt.exporters.to_c.text import INDENT, assignment, signature

_ABSOLUTE = """\
/* |x|, of -0 too */
static inline float <p>_abs(float x) {
#if defined(__GNUC__)
    return __builtin_fabsf(x);
#else
    return x > 0.0f ? x : 0.0f - x;
#endif
}"""

_WORTH_A_CALL = 12  # operations; smaller functions are written out where they are used
_CLIP = ("x", "low", "high", "neutral")


def printer(names: Names, callees: Mapping[str, Function] | None = None) -> Printer:
    """Returns a printer of expressions that may call ``callees``; by default ``<p>_clip``."""
    called = _clip(names) if callees is None else callees
    return Printer(CSyntax(names), called)


def calling_printer(names: Names) -> Printer:
    """Returns a printer that calls ``<p>_clip`` and each activation that is long enough."""
    bodies = {names.function(a): Function(("x",), trace(a.function, "x")) for a in PALETTE}
    worth = {name: function for name, function in bodies.items() if len(schedule([function.body])) > _WORTH_A_CALL}
    return printer(names, _clip(names) | worth)


def _clip(names: Names) -> dict[str, Function]:
    return {names.fill("<p>_clip"): Function(_CLIP, trace(arithmetic.clip, *_CLIP))}


def functions(controller: Controller, names: Names) -> list[str]:
    """Returns the text of each function that the controller needs, callees first."""
    used = activations_of(controller, names)
    clips = any(channel.clip for channel in (*controller.inputs, *controller.actions))
    nodes = Counter(controller.network.activations)
    if controller.monitor is not None:
        nodes += Counter({a.id: sum(line.op == a.name for line in controller.monitor.program) for a in PALETTE})
    keeps = bool(controller.derived) or controller.monitor is not None  # only what is finite, which the size says
    return function_texts(used, names, clips=clips, absolute=keeps, calls={a: nodes[a.id] for a in used})


def activations_of(controller: Controller, names: Names) -> list[Activation]:
    """Returns the activations that the network has or the monitor calls, in the palette's order."""
    ids = {*controller.network.activations}
    if controller.monitor is not None:
        called = calling_printer(names).called(controller.monitor.traced[1])
        ids |= {activation.id for activation in PALETTE if names.function(activation) in called}
    return [activation for activation in PALETTE if activation.id in ids]


def function_texts(
    used: Iterable[Activation],
    names: Names,
    *,
    clips: bool = False,
    absolute: bool = False,
    calls: Mapping[Activation, int] | None = None,
) -> list[str]:
    """Returns the text of some functions, callees first.

    Args:
        used: activations, in the palette's order.
        names: of the header.
        clips: whether ``<p>_clip`` is called.
        absolute: whether ``<p>_abs`` is called, be it by none of the others.
        calls: how often each activation is called; a long one that is called twice is not inlined.
    """
    calls = calls or {}
    bodies = {activation: trace(activation.function, "x") for activation in used}
    texts = []
    if absolute or any(symbol.op == "abs" for symbol in schedule(bodies.values())):
        texts.append(names.fill(_ABSOLUTE))
    if clips:
        note = "x limited to [low, high]; neutral for NaN"
        texts += [_text(names, name, function, note, {}) for name, function in _clip(names).items()]
    callees: dict[str, Function] = {}
    for activation, body in bodies.items():
        if body.op not in ("input", "abs"):  # the identity needs no function, and <p>_abs has been written already
            name, function = names.function(activation), Function(("x",), body)
            is_long = len(schedule([body])) > _WORTH_A_CALL
            storage = "<P>_ONE_COPY" if is_long and calls.get(activation, 0) > 1 else "static inline"
            texts.append(_text(names, name, function, activation.formula, callees, storage))
            if is_long:
                callees[name] = function
    return texts


def _text(
    names: Names,
    name: str,
    function: Function,
    note: str,
    callees: Mapping[str, Function],
    storage: str = "static inline",
) -> str:
    locals_, result = printer(names, callees).expression(function.body)
    parameters = [f"float {parameter}" for parameter in function.parameters]
    lines = [f"/* {note} */", *signature(names.fill(f"{storage} float"), name, parameters)]
    lines.append(f"{INDENT}{names.P}_EXACT")
    for local in locals_:
        lines += assignment(f"const float {local.name}", local.text)
    return "\n".join([*lines, f"{INDENT}return {result};", "}"])
