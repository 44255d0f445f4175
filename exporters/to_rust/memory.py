"""What a controller in Rust keeps from one step to the next: the state, what is derived from readings, and the step.

The formulas are traced from their one definition (``core.derived``) and printed, as those of the C header are. All of
the old state is read before anything of the new one is written.
"""

from collections.abc import Sequence
from itertools import count

from wann_rt.core.controller import Controller
from wann_rt.core.symbols import Symbol, lift, schedule
from wann_rt.exporters import drawn
from wann_rt.exporters.contract import test_resets
from wann_rt.exporters.expressions import Printer
from wann_rt.exporters.to_c.memory import short
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_rust.syntax import COLUMNS, INDENT

# What clippy says of formulas: an oscillator at half the rate turns by -1, and a drawn number may begin at 0.
ALLOWED = "\n#![allow(clippy::identity_op, clippy::neg_multiply)]"

_STATE = """\
/// What is remembered from one step to the next; zeros, which are its default, are the beginning.
///
/// Reset it before the first step, after a switch of modes, a fault, or steps that were left out. Each controller that
/// runs needs one of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct State {
<fields>
}

impl State {
    /// Begins anew.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}"""

_STEP_NOTE = """\
/// Computes the actions for one observation; the state advances by one step.
///
/// A controller with a state has no checked step. What is remembered stays finite: a reading that is NaN or infinite
/// leaves it as it was. Its actions are another matter: hold them in range yourself where a channel does not clip."""

_STEP_HEAD = "pub fn step(state: &mut State, obs: &[f32; N_OBSERVATIONS]) -> [f32; N_ACTIONS] {"

_RESET = """\
        if *reset {
            state.reset();
        }
"""
_AGAIN = """\
        if vector % <length> == 0 {
            state.reset();
        }
"""


def declarations(controller: Controller, names: Names) -> list[str]:
    """Returns the state, and where derived channels stand among what the network sees; nothing without a state."""
    if not controller.derived:
        return []
    inner = names.network
    rows = [("Floats that the network sees.", "N_INPUTS", len(controller.inputs))]
    if names.feeds:
        note = "Floats that it gives: the actions, then what feeds recurrent nodes."
        rows.append((note, inner.results, len(controller.outputs)))
    for name in names.derived:
        rows.append(("Index of this derived channel.", constant(names, name), inner.observations.index(name)))
    for name in names.feeds:
        rows.append(("Index of this feed.", constant(names, name), inner.actions.index(name)))
    constants = [f"/// {note}\nconst {name}: usize = {value};" for note, name, value in rows]
    fields = "\n".join(f"{INDENT}{field}: f32," for field in names.state)
    return ["\n".join(constants), _STATE.replace("<fields>", fields)]


def table(controller: Controller, n_vectors: int) -> list[str]:
    """Returns the line that says before which recorded vectors the state is reset."""
    if not controller.derived:
        return []
    resets = test_resets(controller)
    words = ", ".join("true" if k in resets else "false" for k in range(n_vectors))
    return [f"static RESETS: [bool; {n_vectors}] = [{words}];"]


def selftest(controller: Controller, names: Names) -> dict[str, str]:
    """Returns what stands for the marks of the self-test that a state changes."""
    if not controller.derived:
        stateless = dict.fromkeys(("<state>", "<reset>", "<given>", "<again>", "<remembered>"), "")
        return {"<recorded>": "(observation, expected) in VECTORS.iter()", **stateless}
    fields = [f"{INDENT * 2}hash = hashed(hash, state.{field});\n" for field in names.state]
    return {
        "<recorded>": "((observation, expected), reset) in VECTORS.iter().zip(&RESETS)",
        "<state>": f"{INDENT}let mut state = State::default();\n",
        "<reset>": _RESET,
        "<given>": "&mut state, ",
        "<again>": _AGAIN.replace("<length>", str(drawn.SEQUENCE)),
        # What is remembered counts as well as the actions, which a limit may hide it from.
        "<remembered>": "".join(fields),
    }


def functions(controller: Controller, names: Names, printer: Printer) -> list[str]:
    """Returns the text of the functions that take a state, callees first."""
    return [_derive(controller, names, printer), _step(controller, names, printer)]


def constant(names: Names, name: str) -> str:
    """Returns an enumerator of C as a constant of a module, which needs no prefix."""
    return name.removeprefix(f"{names.P}_")


def _derive(controller: Controller, names: Names, printer: Printer) -> str:
    """Returns the function that computes what the network sees, and advances the state by the readings."""
    memory, locals_ = controller.memory, short(names.nodes[1 : len(controller.observations) + 1], "r")
    state, read = _state(names), [Symbol("input", name=name) for name in locals_]
    values, after = (list(map(lift, side)) for side in memory.advance(state, read))
    seen = zip(names.network.observations, [*read, *values], strict=True)
    results = [(f"seen[{constant(names, place)}]", value) for place, value in seen]
    results += _changed(names, state, after)
    lines = [
        "/// Computes what the network sees, and remembers the readings.",
        "fn derive(state: &mut State, obs: &[f32; N_OBSERVATIONS]) -> [f32; N_INPUTS] {",
        f"{INDENT}let mut seen = [0.0; N_INPUTS];",
    ]
    places = (constant(names, name) for name in names.observations)
    lines += [f"{INDENT}let {name} = obs[{place}];" for name, place in zip(locals_, places, strict=True)]
    lines += _assigned(names, state, results, printer)
    return "\n".join([*lines, f"{INDENT}seen", "}"])


def _step(controller: Controller, names: Names, printer: Printer) -> str:
    """Returns the step; what feeds recurrent nodes goes into the state and stays there."""
    state, places = _state(names), names.network.actions
    locals_ = short(names.nodes[-len(places) :], "y")
    after = controller.memory.remember(state, [Symbol("input", name=name) for name in locals_])
    results = _changed(names, state, list(map(lift, after)))
    lines = [_STEP_NOTE, _STEP_HEAD, f"{INDENT}let seen = derive(state, obs);"]
    if not results:
        return "\n".join([*lines, f"{INDENT}network(&seen)", "}"])
    lines.append(f"{INDENT}let outputs = network(&seen);")
    used = _inputs(results)
    for name, place in zip(locals_, places, strict=True):
        lines += [f"{INDENT}let {name} = outputs[{constant(names, place)}];"] * (name in used)
    lines += _assigned(names, state, results, printer)
    actions = ", ".join(f"outputs[{constant(names, place)}]" for place in names.actions)
    return "\n".join([*lines, f"{INDENT}[{actions}]" if names.feeds else f"{INDENT}outputs", "}"])


def _state(names: Names) -> list[Symbol]:
    return [Symbol("input", name=f"m{k + 1}") for k in range(len(names.state))]


def _changed(names: Names, state: Sequence[Symbol], after: Sequence[Symbol]) -> list[tuple[str, Symbol]]:
    """Returns the fields of the state that get another value, and these."""
    pairs = zip(names.state, state, after, strict=True)
    return [(f"state.{field}", new) for field, old, new in pairs if new is not old]


def _inputs(results: Sequence[tuple[str, Symbol]]) -> set[str]:
    return {symbol.name for symbol in schedule([value for _, value in results]) if symbol.op == "input"}


def _assigned(
    names: Names, state: Sequence[Symbol], results: Sequence[tuple[str, Symbol]], printer: Printer
) -> list[str]:
    """Returns the lines that read what is needed of the state, compute all results, and only then write them."""
    used = _inputs(results)
    lines = [f"let {old.name} = state.{field};" for old, field in zip(state, names.state, strict=True)
             if old.name in used]  # fmt: skip
    spare = (f"u{k}" for k in count(1))
    locals_, texts = printer.expressions([value for _, value in results], spare, COLUMNS - 3 * len(INDENT))
    lines += [f"let {local.name} = {local.text};" for local in locals_]
    lines += [f"{target} = {text};" for (target, _), text in zip(results, texts, strict=True)]
    return [f"{INDENT}{line}" for line in lines]
