"""The functions of a generated header that keep a state: reset, what is derived from readings, and the step.

The formulas are traced from their one definition (``core.derived``) and printed. All of the old state is read before
anything of the new one is written.
"""

from collections.abc import Sequence
from itertools import count

from wann_rt.core.controller import Controller
from wann_rt.core.symbols import Symbol, lift, schedule
from wann_rt.exporters.to_c.frame import enumerated
from wann_rt.exporters.to_c.functions import printer
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.text import COLUMNS, INDENT, assignment, signature

LONGEST = 12  # of a local's name

NOTE = """\
/*
 * What is remembered from one step to the next. Reset it before the first step, after a switch of
 * modes, a fault, or steps that were left out. Each controller that runs needs one of its own.
 */"""

STEP_NOTE = "/* Computes the actions for one observation; the state advances by one step. */"
SPREAD_NOTE = """\
/*
 * Computes the actions for one observation, and how far the members are apart in each; the state
 * advances by one step.
 */"""


def counts(controller: Controller) -> dict[str, str]:
    """Returns the numbers for macros, by name."""
    if not controller.derived:
        return {}
    feeds = {"N_OUTPUTS": str(len(controller.outputs))} if controller.outputs != controller.actions else {}
    return {"N_INPUTS": str(len(controller.inputs)), **feeds, "N_STATE": str(controller.memory.size)}


def declarations(controller: Controller, names: Names) -> list[str]:
    """Returns where derived channels stand among what the network sees, and the state."""
    if not controller.derived:
        return []
    first = len(controller.observations)
    numbers = {name: first + k for k, name in enumerate(names.derived)}
    numbers |= {name: len(names.actions) + k for k, name in enumerate(names.feeds)}
    fields = [f"{INDENT}float {name};" for name in names.state]
    struct = [NOTE, names.fill("typedef struct <p>_state {"), *fields, names.fill("} <p>_state;")]
    return [enumerated(numbers), "\n".join(struct)]


def functions(controller: Controller, names: Names) -> list[str]:
    """Returns the text of the functions that take a state, callees first."""
    return [_reset(names), _derive(controller, names), step(controller, names)]


def _head(names: Names, name: str, *parameters: str) -> list[str]:
    made = ["<p>_state *state", *parameters]
    return signature("static inline void", f"{names.p}_{name}", list(map(names.fill, made)))


def _reset(names: Names) -> str:
    lines = ["/* Begins anew: see <p>_state. */", *_head(names, "reset")]
    lines += [f"{INDENT}state->{field} = 0.0f;" for field in names.state]
    return names.fill("\n".join([*lines, "}"]))


def _derive(controller: Controller, names: Names) -> str:
    """Returns the function that computes what the network sees, and advances the state by the readings."""
    memory, locals_ = controller.memory, short(names.nodes[1 : len(controller.observations) + 1], "r")
    state = [Symbol("input", name=f"m{k + 1}") for k in range(memory.size)]
    read = [Symbol("input", name=name) for name in locals_]
    values, after = (list(map(lift, side)) for side in memory.advance(state, read))
    changed = [
        (f"state->{field}", new) for field, old, new in zip(names.state, state, after, strict=True) if new is not old
    ]
    seen = [(f"seen[{name}]", value) for name, value in zip(names.observations, read, strict=True)]
    seen += [(f"seen[{name}]", value) for name, value in zip(names.derived, values, strict=True)]
    lines = ["/* Computes what the network sees, and remembers the readings. */"]
    lines += _head(names, "derive", "const float obs[<P>_N_OBSERVATIONS]", "float seen[<P>_N_INPUTS]")
    lines.append(names.fill(f"{INDENT}<P>_EXACT"))
    for name, place in zip(locals_, names.observations, strict=True):
        lines += assignment(f"const float {name}", f"obs[{place}]")
    used = {symbol.name for symbol in schedule([value for _, value in (*seen, *changed)]) if symbol.op == "input"}
    for symbol, field in zip(state, names.state, strict=True):
        if symbol.name in used:
            lines += assignment(f"const float {symbol.name}", f"state->{field}")
    lines += _assigned(names, [*seen, *changed])
    return "\n".join([*lines, "}"])


def step(controller: Controller, names: Names, *, has_spread: bool = False) -> str:
    """Returns the text of the step, or of the one that says how far the members of an ensemble are apart, too."""
    state = [Symbol("input", name=f"m{k + 1}") for k in range(len(names.state))]
    places = names.network.actions
    locals_ = short(names.nodes[-len(places) :], "y")
    outputs = [Symbol("input", name=name) for name in locals_]
    after = controller.memory.remember(state, outputs)
    pairs = zip(names.state, state, after, strict=True)
    changed = [(f"state->{field}", old, new) for field, old, new in pairs if new is not old]
    used = {symbol.name for symbol in schedule([new for _, _, new in changed]) if symbol.op == "input"}
    lines = [SPREAD_NOTE if has_spread else STEP_NOTE]
    name, apart = ("step_spread", ["float spread[<P>_N_ACTIONS]"]) if has_spread else ("step", [])
    lines += _head(names, name, "const float obs[<P>_N_OBSERVATIONS]", "float actions[<P>_N_ACTIONS]", *apart)
    given = "outputs" if names.feeds else "actions"
    more = ["float outputs[<P>_N_OUTPUTS];"] if names.feeds else []
    body = ["<P>_EXACT", "float seen[<P>_N_INPUTS];", *more, "<p>_derive(state, obs, seen);"]
    call = f"<p>_network_spread(seen, {given}, spread);" if has_spread else f"<p>_network(seen, {given});"
    lines += [names.fill(f"{INDENT}{line}") for line in (*body, call)]
    for place in names.actions if names.feeds else ():
        lines += assignment(f"actions[{place}]", f"outputs[{place}]")
    for name, place in zip(locals_, places, strict=True):
        lines += assignment(f"const float {name}", f"{given}[{place}]") if name in used else []
    for place, old, _ in changed:
        lines += assignment(f"const float {old.name}", place)
    lines += _assigned(names, [(place, new) for place, _, new in changed])
    return "\n".join([*lines, "}"])


def short(names: Sequence[str], letter: str) -> list[str]:
    """Returns names of locals; long ones, several of which would not fit into a line, by a letter and a number."""
    return [name if len(name) <= LONGEST else f"{letter}{k + 1}" for k, name in enumerate(names)]


def _assigned(names: Names, results: Sequence[tuple[str, Symbol]]) -> list[str]:
    """Returns the lines that compute results and then write them."""
    roots = [value for _, value in results]
    spare = (f"u{k}" for k in count(1))
    locals_, texts = printer(names).expressions(roots, spare, COLUMNS - 3 * len(INDENT)) if roots else ([], [])
    lines = [line for local in locals_ for line in assignment(f"const float {local.name}", local.text)]
    for (target, _), text in zip(results, texts, strict=True):
        lines += assignment(target, text)
    return lines
