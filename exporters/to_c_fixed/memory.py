"""The functions of a header in fixed point that keep a state: reset, what is derived from readings, and the step.

The twin of ``to_c/memory.py``. The formulas are traced from their one definition (``core.fixed.derived``) and printed;
all of the old state is read before anything of the new one is written.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import count

from wann_rt.core.activations import BY_ID
from wann_rt.core.arithmetic import Number
from wann_rt.core.fixed.activations import FIXED, Range
from wann_rt.core.fixed.derived import TURN, WAVES
from wann_rt.core.fixed.memory import FixedMemory
from wann_rt.core.fixed.plan import INT16
from wann_rt.core.fixed.symbols import Symbol, lift
from wann_rt.core.symbols import schedule
from wann_rt.exporters.expressions import COMPARISON, TERNARY, UNARY, Printer, Syntax, Text
from wann_rt.exporters.to_c.frame import enumerated
from wann_rt.exporters.to_c.memory import NOTE, short
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.text import COLUMNS, INDENT, assignment, signature

_SHIFTS = {"shr": ">>", "and": "&"}  # what MISRA wants in brackets as an operand


class WideSyntax(Syntax):
    """C over ``int32_t`` alone: what is read from 16 bits was widened before."""

    def __init__(self, names: Names) -> None:
        """Makes the syntax of a header with these names."""
        self._names = names

    def literal(self, symbol: Symbol) -> str:
        """Returns an integer."""
        return str(symbol.value)

    def operation(self, symbol: Symbol, operands: list[Text]) -> Text:
        """Returns an operation; a limit and a function of the palette are calls."""
        if symbol.op == "limit":
            return self.call(self._names.fill("<p>_clip"), [*operands, *(Text(str(end)) for end in symbol.ends)])
        if symbol.op == "call" and symbol.function is not None:
            call = self.call(self._names.function(BY_ID[_IDS[symbol.function]]), [Text(f"(int)({operands[0].text})")])
            return Text(f"(int32_t){call.text}", UNARY)
        if symbol.op in _SHIFTS:
            sides = [operand.at_least(UNARY) for operand in operands]
            return Text(f"{sides[0]} {_SHIFTS[symbol.op]} {sides[1]}", TERNARY)
        if symbol.op == "gt":
            return Text(f"{operands[0].at_least(UNARY)} > {operands[1].text}", COMPARISON)
        return super().operation(symbol, operands)


_IDS: Mapping[Callable[[Number], Number], int] = {FIXED[k].function: k for k in FIXED}


def arguments(memory: FixedMemory | None) -> dict[int, Range]:
    """Returns the activations that derived channels call, with the range of their arguments: a turn of a phase."""
    kinds = {one.derived.kind for one in memory.derivations} if memory else set()
    return {_IDS[function]: (0, TURN) for kind, function in WAVES.items() if kind in kinds}


def clips(memory: FixedMemory | None) -> bool:
    """Whether derived channels limit anything."""
    return memory is not None and any(symbol.op == "limit" for symbol in schedule(_roots(memory)))


def _roots(memory: FixedMemory) -> list[Symbol]:
    state = [Symbol("input", name=f"m{k + 1}") for k in range(memory.size)]
    seen, after = memory.advance(state, [Symbol("input") for _ in memory.sensors])
    outputs = [Symbol("input") for _ in (*memory.actions, *memory.derivations)]
    return [lift(value) for value in (*seen, *after, *memory.remember(state, outputs))]


def counts(memory: FixedMemory | None, names: Names) -> dict[str, str]:
    """Returns the numbers for macros, by name."""
    if memory is None:
        return {}
    feeds = {"N_OUTPUTS": str(len(names.actions) + len(names.feeds))} if names.feeds else {}
    return {"N_INPUTS": str(len(memory.sensors) + len(memory.derivations)), **feeds, "N_STATE": str(memory.size)}


def declarations(memory: FixedMemory | None, names: Names) -> list[str]:
    """Returns where derived channels stand among what the network sees, and the state."""
    if memory is None:
        return []
    numbers = {name: len(names.observations) + k for k, name in enumerate(names.derived)}
    numbers |= {name: len(names.actions) + k for k, name in enumerate(names.feeds)}
    fields = [f"{INDENT}int{bits}_t {name};" for bits, name in zip(memory.widths, names.state, strict=True)]
    struct = [NOTE, names.fill("typedef struct <p>_state {"), *fields, names.fill("} <p>_state;")]
    return [enumerated(numbers), "\n".join(struct)]


def functions(memory: FixedMemory, names: Names) -> list[str]:
    """Returns the text of the functions that take a state, callees first."""
    return [_reset(names), _derive(memory, names), _step(memory, names)]


def _head(names: Names, name: str, *parameters: str) -> list[str]:
    made = ["<p>_state *state", *parameters]
    return signature("static inline void", f"{names.p}_{name}", list(map(names.fill, made)))


def _reset(names: Names) -> str:
    lines = ["/* Begins anew: see <p>_state. */", *_head(names, "reset")]
    lines += [f"{INDENT}state->{field} = 0;" for field in names.state]
    return names.fill("\n".join([*lines, "}"]))


def _derive(memory: FixedMemory, names: Names) -> str:
    """Returns the function that computes what the network sees, and advances the state by the readings."""
    locals_ = short(names.nodes[1 : len(names.observations) + 1], "r")
    state = [Symbol("input", name=f"m{k + 1}") for k in range(memory.size)]
    read = [Symbol("input", name=name) for name in locals_]
    seen, after = memory.advance(state, read)
    results = [
        (f"seen[{name}]", lift(x), 16) for name, x in zip((*names.observations, *names.derived), seen, strict=True)
    ]
    results += _changed(memory, names, state, after)
    lines = ["/* Computes what the network sees, and remembers the readings. */"]
    lines += _head(names, "derive", "const int16_t obs[<P>_N_OBSERVATIONS]", "int16_t seen[<P>_N_INPUTS]")
    for name, place in zip(locals_, names.observations, strict=True):
        lines += assignment(f"const int32_t {name}", f"obs[{place}]")
    lines += _loaded(names, state, results)
    return "\n".join([*lines, *_assigned(names, results), "}"])


def _step(memory: FixedMemory, names: Names) -> str:
    state = [Symbol("input", name=f"m{k + 1}") for k in range(memory.size)]
    places = names.network.actions
    locals_ = short(names.nodes[-len(places) :], "y")
    after = memory.remember(state, [Symbol("input", name=name) for name in locals_])
    results = _changed(memory, names, state, after)
    used = {symbol.name for symbol in schedule([value for _, value, _ in results]) if symbol.op == "input"}
    lines = ["/* Computes the actions for one observation; the state advances by one step. */"]
    lines += _head(names, "step", "const int16_t obs[<P>_N_OBSERVATIONS]", "int32_t actions[<P>_N_ACTIONS]")
    given = "outputs" if names.feeds else "actions"
    more = ["int32_t outputs[<P>_N_OUTPUTS];"] if names.feeds else []
    body = ["int16_t seen[<P>_N_INPUTS];", *more, "<p>_derive(state, obs, seen);", f"<p>_network(seen, {given});"]
    lines += [names.fill(f"{INDENT}{line}") for line in body]
    for place in names.actions if names.feeds else ():
        lines += assignment(f"actions[{place}]", f"outputs[{place}]")
    for name, place in zip(locals_, places, strict=True):
        lines += assignment(f"const int32_t {name}", f"{given}[{place}]") if name in used else []
    lines += _loaded(names, state, results)
    return "\n".join([*lines, *_assigned(names, results), "}"])


Result = tuple[str, Symbol, int]  # where it goes, what it is, in how many bits


def _changed(memory: FixedMemory, names: Names, old: Sequence[Symbol], new: Sequence[Number]) -> list[Result]:
    """Returns what becomes of the numbers of the state, but for those that stay."""
    rows = zip(names.state, old, new, memory.widths, strict=True)
    return [(f"state->{field}", lift(after), bits) for field, before, after, bits in rows if after is not before]


def _loaded(names: Names, state: Sequence[Symbol], results: Sequence[Result]) -> list[str]:
    """Returns the lines that read what is needed of the old state."""
    used = {symbol.name for symbol in schedule([value for _, value, _ in results]) if symbol.op == "input"}
    lines = []
    for symbol, field in zip(state, names.state, strict=True):
        if symbol.name in used:
            lines += assignment(f"const int32_t {symbol.name}", f"state->{field}")
    return lines


def _assigned(names: Names, results: Sequence[Result]) -> list[str]:
    """Returns the lines that compute results and then write them."""
    spare = (f"u{k}" for k in count(1))
    roots = [value for _, value, _ in results]
    printer = Printer(WideSyntax(names))
    locals_, texts = printer.expressions(roots, spare, COLUMNS - 3 * len(INDENT)) if roots else ([], [])
    lines = [line for local in locals_ for line in assignment(f"const int32_t {local.name}", local.text)]
    for (target, value, bits), text in zip(results, texts, strict=True):
        is_number = value.op == "constant" and INT16[0] <= value.value <= INT16[1]
        narrow = text if is_number or bits > 16 else f"(int16_t){text if text.isidentifier() else f'({text})'}"
        lines += assignment(target, narrow)
    return lines
