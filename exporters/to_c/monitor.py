"""The part of a generated header that a monitor is: its state, reset, step, and the fail-safe actions.

The formulas are traced from their one definition (``core.monitor``) and printed. It shares no memory with the step that
computes the actions, so either may run without the other.
"""

from collections.abc import Sequence
from itertools import count

import numpy as np

from wann_rt.core.controller import Controller
from wann_rt.core.monitor import Judged, Monitor
from wann_rt.core.reference import Floats
from wann_rt.core.symbols import Symbol, lift, schedule
from wann_rt.exporters import drawn
from wann_rt.exporters.to_c.functions import calling_printer
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.text import COLUMNS, INDENT, assignment, literal, signature, unique, word

_NOTE = """\
/*
 * What the monitor remembers. Reset it before the first step, whenever the plant starts anew, and
 * after an alarm that was dealt with. m_worst says how far from usual the last reading was.
 */"""

_STEP_NOTE = """\
/*
 * Judges what the sensors read, given the actions that were done since the reading before. Call it
 * with every reading, best before the step. Returns 0; or after an alarm, until the reset, the bits
 * of the observations that raised it: 1u << <P>_OBS_...
 */"""

_SAFE_NOTE = "/* What to do after an alarm, unless you know something better. */"


def fields(controller: Controller) -> tuple[str, ...]:
    """Returns the field of the struct for each number of the monitor's state."""
    made: list[str] = []
    for name in _monitor(controller).names:
        kind, _, number = name.partition("_")
        if kind in ("before", "repeats"):
            name = f"{kind}_{word(controller.observations[int(number)].name) or number}"
        made.append(unique(f"m_{name}", made))
    return tuple(made)


def macros(controller: Controller) -> dict[str, str]:
    """Returns the numbers for macros, by name; nothing without a monitor."""
    if controller.monitor is None:
        return {}
    return {"MONITOR_N_STATE": str(controller.monitor.size), "FALSE_ALARMS": f"{controller.monitor.false_alarms:g}"}


def declarations(controller: Controller, names: Names) -> list[str]:
    """Returns the state; nothing without a monitor."""
    if controller.monitor is None:
        return []
    lines = [_NOTE, "typedef struct <p>_monitor_state {", *(f"{INDENT}float {name};" for name in fields(controller))]
    return [names.fill("\n".join([*lines, "} <p>_monitor_state;"]))]


def functions(controller: Controller, names: Names) -> list[str]:
    """Returns the text of the monitor's functions; nothing without one."""
    if controller.monitor is None:
        return []
    return [_reset(controller, names), _step(controller, names), _fail_safe(controller, names)]


def remembered(controller: Controller, observations: Floats, actions: Floats) -> Floats:
    """Returns the state after each drawn step, [steps, numbers]; sequences begin as those of the self-test do."""
    monitor = _monitor(controller)
    rows, state = [], monitor.start()
    for k, (seen, done) in enumerate(zip(observations, actions, strict=True)):
        _, state = monitor.step(state if k % drawn.SEQUENCE else monitor.start(), seen, done)
        is_held = np.arange(monitor.observations) == k % monitor.observations  # others would hide what it does
        for _ in range(monitor.most_repeats):
            seen = np.where(is_held, seen, -seen)
            _, state = monitor.step(state, seen, done)
        rows.append(state)
    return np.array(rows, np.float32)


def _monitor(controller: Controller) -> Monitor:
    assert controller.monitor is not None
    return controller.monitor


def _head(names: Names, result: str, name: str, *parameters: str) -> list[str]:
    return signature(f"static inline {result}", f"{names.p}_{name}", list(map(names.fill, parameters)))


def _reset(controller: Controller, names: Names) -> str:
    lines = [
        "/* Begins anew: see <p>_monitor_state. */",
        *_head(names, "void", "monitor_reset", "<p>_monitor_state *state"),
    ]
    lines += [f"{INDENT}state->{field} = 0.0f;" for field in fields(controller)]
    return names.fill("\n".join([*lines, "}"]))


def _step(controller: Controller, names: Names) -> str:
    monitor, places = _monitor(controller), [f"state->{field}" for field in fields(controller)]
    sizes = (("o", monitor.observations), ("u", monitor.actions), ("m", monitor.size))
    read, done, old = ([Symbol("input", name=f"{letter}{k + 1}") for k in range(n)] for letter, n in sizes)
    with np.errstate(all="ignore"):  # of what a program computes of constants alone
        scores, remembered = monitor.scores(old, read, done)
        worst, blamed = (Symbol("input", name=name) for name in ("worst", "blamed"))
        results = tuple(map(lift, monitor.alarmed(old, Judged(worst * old[0], blamed, remembered))))
    changed = [(place, new) for place, before, new in zip(places, old, results, strict=True) if new is not before]
    parameters = ["<p>_monitor_state *state", "const float obs[<P>_N_OBSERVATIONS]"]
    lines = [names.fill(_STEP_NOTE)]
    lines += _head(names, "uint32_t", "monitor_step", *parameters, "const float last_actions[<P>_N_ACTIONS]")
    lines.append(names.fill(f"{INDENT}<P>_EXACT"))
    sources = [f"obs[{name}]" for name in names.observations] + [f"last_actions[{name}]" for name in names.actions]
    roots = [lift(score) for score, _ in scores]
    used = {symbol.name for symbol in schedule([*roots, *results]) if symbol.op == "input"}
    for symbol, source in zip([*read, *done, *old], [*sources, *places], strict=True):
        lines += assignment(f"const float {symbol.name}", source) if symbol.name in used else []
    lines += _computed(names, roots, [bits for _, bits in scores], changed)
    unused = [f"{INDENT}(void){name};" for name, letter in (("last_actions", "u"),) if not _reads(used, letter)]
    return "\n".join([*lines, *unused, f"{INDENT}return (uint32_t){places[-1]};", "}"])


def _reads(used: set[str], letter: str) -> bool:
    return any(name.startswith(letter) for name in used)


def _computed(
    names: Names, scores: Sequence[Symbol], bits: Sequence[np.float32], changed: Sequence[tuple[str, Symbol]]
) -> list[str]:
    """Returns the lines that compute the scores, find the worst, and then write results: all is read before."""
    spare = (f"w{k}" for k in count(1))  # no t7, which is a register in a header of MIPS
    values = [value for _, value in changed]
    printer = calling_printer(names)
    # Each score twice, so that it has a local: it is compared, and then taken.
    locals_, texts = printer.expressions([*scores, *scores, *values], spare, COLUMNS - 3 * len(INDENT))
    after = {"worst", "blamed"}  # what is computed of these
    late = [bool(after & {s.name for s in schedule([local.symbol]) if s.op == "input"}) for local in locals_]
    made = [assignment(f"const float {local.name}", local.text) for local in locals_]
    lines = [line for text, is_late in zip(made, late, strict=True) if not is_late for line in text]
    lines += _worst(names, texts[: len(scores)], bits)
    lines += [line for text, is_late in zip(made, late, strict=True) if is_late for line in text]
    for (target, _), text in zip(changed, texts[2 * len(scores) :], strict=True):
        lines += assignment(target, text)
    return lines


def _worst(names: Names, scores: Sequence[str], bits: Sequence[np.float32]) -> list[str]:
    """Returns the lines that find the worst score and who is to blame; as pairs, each takes one comparison."""
    lines = [f"{INDENT}float worst = {scores[0]};", f"{INDENT}float blamed = {literal(float(bits[0]))};"]
    for score, own in zip(scores[1:], bits[1:], strict=True):
        lines += [
            names.fill(f"{INDENT}if (<P>_IF({score} > worst)) {{"),
            f"{INDENT * 2}worst = {score};",
            f"{INDENT * 2}blamed = {literal(float(own))};",
            f"{INDENT}}}",
        ]
    return lines


def _fail_safe(controller: Controller, names: Names) -> str:
    lines = [_SAFE_NOTE, *_head(names, "void", "fail_safe", "float actions[<P>_N_ACTIONS]")]
    for name, value in zip(names.actions, _monitor(controller).fail_safe, strict=True):
        lines += assignment(f"actions[{name}]", literal(value))
    return "\n".join([*lines, "}"])
