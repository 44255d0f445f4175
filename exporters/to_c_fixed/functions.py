"""The functions that a header in fixed point calls: clip, and the activations, printed from their traces.

Ranges decide the types: what 16 bits hold is an ``int``, which costs an 8-bit processor half of an ``int32_t``, and
nothing a 32-bit one.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from wann_rt.core.activations import BY_ID
from wann_rt.core.fixed.activations import FIXED, Range, Table
from wann_rt.core.fixed.plan import INT16, Plan
from wann_rt.core.fixed.symbols import Symbol, Traced, traced
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.text import COLUMNS, INDENT, assignment, signature

_CLIP = """\
/* x limited to [low, high] */
static inline int32_t <p>_clip(int32_t x, int32_t low, int32_t high) {
    return x > high ? high : x < low ? low : x;
}"""

_BINARY = {"add": "+", "sub": "-", "mul": "*", "shr": ">>", "and": "&", "lt": "<", "gt": ">"}
_BINDING = {"mul": 4, "add": 3, "sub": 3}  # operators that bind less tightly are put in brackets
_PRIMARY, _UNARY, _LOOSE = 6, 5, 0
_LONG = 60  # characters: a longer expression becomes a local
_INLINE = {"linear", "inverse"}  # are no calls
_IDS = {FIXED[k].function: k for k in FIXED}


class Text(NamedTuple):
    """An expression as C.

    Attributes:
        text: the expression.
        binding: how tightly its outermost operator binds.
        is_wide: whether its type is int32_t, not int.
    """

    text: str
    binding: int
    is_wide: bool

    def at_least(self, binding: int) -> str:
        """Returns the text, in brackets where its operator binds less tightly."""
        return self.text if self.binding >= binding else f"({self.text})"

    def widened(self) -> "Text":
        """Returns it as an int32_t."""
        return self if self.is_wide else Text(f"(int32_t){self.at_least(_UNARY)}", _UNARY, True)

    def narrowed(self, limits: Range) -> "Text":
        """Returns it as an int, if its range permits."""
        return Text(f"(int)({self.text})", _UNARY, False) if self.is_wide and is_narrow(limits) else self


def is_narrow(limits: Range) -> bool:
    """Whether 16 bits hold a range."""
    return INT16[0] <= limits[0] and limits[1] <= INT16[1]


def c_type(limits: Range) -> str:
    """Returns the type of a range."""
    return "int" if is_narrow(limits) else "int32_t"


def is_call(activation: int) -> bool:
    """Whether an activation is a function in C."""
    return BY_ID[activation].name not in _INLINE


def arguments(plan: Plan) -> dict[int, Range]:
    """Returns the range of arguments that each activation meets, callees first: as one node's or as a callee."""
    met: dict[int, Range] = {}
    for node in (node for nodes in plan.members for node in nodes):
        met[node.activation] = _joined(met.get(node.activation), node.argument)
    for ranges in [_trace(activation, met[activation]).ranges for activation in met]:
        for symbol in ranges:
            if symbol.function is not None:
                callee = _IDS[symbol.function]
                met[callee] = _joined(met.get(callee), ranges[symbol.args[0]])
    return dict(sorted(met.items()))


def _joined(a: Range | None, b: Range) -> Range:
    return b if a is None else (min(a[0], b[0]), max(a[1], b[1]))


def _trace(activation: int, limits: Range) -> Traced:
    return traced(FIXED[activation].function, *limits)


def functions(plan: Plan, names: Names) -> list[str]:
    """Returns the text of each function that the plan needs, callees first."""
    met = arguments(plan)
    limits = [form.limits for form in plan.observations] + [form.limits for form in plan.actions]
    clips = any(limits) or any(node.limit is not None for nodes in plan.members for node in nodes)
    return [*([names.fill(_CLIP)] * clips), *(_function(k, met[k], met, names) for k in met if is_call(k))]


def _function(activation: int, argument: Range, met: Mapping[int, Range], names: Names) -> str:
    found = _trace(activation, argument)
    printer = _Printer(found, met, names)
    result = printer.text(found.root).narrowed(found.ranges[found.root])
    head = f"static inline {c_type(found.ranges[found.root])}"
    opening = signature(head, names.function(BY_ID[activation]), [f"{c_type(argument)} x"])
    return function(BY_ID[activation].formula, opening, printer.lines, result.text)


def function(note: str, opening: list[str], lines: Sequence[str], result: str) -> str:
    """Returns the text of a function, on one line if that is all it needs."""
    short = f"{opening[-1]} return {result}; }}"
    if not lines and len(opening) == 1 and len(short) <= COLUMNS:
        return f"/* {note} */\n{short}"
    return "\n".join([f"/* {note} */", *opening, *lines, f"{INDENT}return {result};", "}"])


class _Printer:
    """Prints a traced function's body; what is used twice becomes a local."""

    def __init__(self, found: Traced, met: Mapping[int, Range], names: Names) -> None:
        self.lines: list[str] = []
        self._ranges, self._met, self._names = found.ranges, met, names
        self._uses: dict[Symbol, int] = {}
        for operand in (operand for symbol in found.ranges for operand in symbol.args):
            self._uses[operand] = self._uses.get(operand, 0) + 1
        self._texts: dict[Symbol, Text] = {}
        self._letters = (f"t{k}" for k in count(1))

    def text(self, symbol: Symbol) -> Text:
        """Returns a symbol's expression; its locals have been written before."""
        if symbol not in self._texts:
            printed = self._print(symbol).narrowed(self._ranges[symbol])
            is_shared = self._uses.get(symbol, 0) > 1 and symbol.op not in ("input", "constant")
            if is_shared or len(printed.text) > _LONG:
                printed = self._local(symbol, printed)
            self._texts[symbol] = printed
        return self._texts[symbol]

    def _local(self, symbol: Symbol, printed: Text) -> Text:
        name, limits = next(self._letters), self._ranges[symbol]
        self.lines += assignment(f"const {c_type(limits)} {name}", printed.text)
        return Text(name, _PRIMARY, not is_narrow(limits))

    def _print(self, symbol: Symbol) -> Text:
        if symbol.op == "input":
            return Text("x", _PRIMARY, not is_narrow(self._ranges[symbol]))
        if symbol.op == "constant":
            is_wide = not is_narrow(self._ranges[symbol])
            return Text(str(symbol.value), _PRIMARY if symbol.value >= 0 else _UNARY, is_wide)
        operands = [self.text(operand) for operand in symbol.args]
        return _PRINTERS.get(symbol.op, _Printer._binary)(self, symbol, operands)

    def _is_wide(self, symbol: Symbol) -> bool:
        """Whether an operation needs 32 bits for its result or an operand."""
        return not all(is_narrow(self._ranges[s]) for s in (symbol, *symbol.args))

    def _binary(self, symbol: Symbol, operands: list[Text]) -> Text:
        first, second = operands
        is_wide = self._is_wide(symbol)
        if is_wide and not (first.is_wide or (second.is_wide and symbol.op != "shr")):
            first = first.widened()
        binding = _BINDING.get(symbol.op, _LOOSE)
        left = first.at_least(binding or _UNARY)
        text = f"{left} {_BINARY[symbol.op]} {second.at_least((binding or 4) + 1)}"
        return Text(text, binding, is_wide and symbol.op not in ("lt", "gt"))

    def _minus(self, symbol: Symbol, operands: list[Text]) -> Text:
        operand = operands[0].widened() if self._is_wide(symbol) else operands[0]
        return Text(f"-{operand.at_least(_UNARY)}", _UNARY, operand.is_wide)

    def _absolute(self, symbol: Symbol, operands: list[Text]) -> Text:
        x = operands[0]
        if x.binding < _PRIMARY:
            x = self._local(symbol.args[0], x)
        minus = self._minus(symbol, [x])
        return Text(f"{x.text} < 0 ? {minus.text} : {x.text}", _LOOSE, minus.is_wide)

    def _select(self, symbol: Symbol, operands: list[Text]) -> Text:
        condition, *sides = operands
        shown = " : ".join(side.at_least(1) for side in sides)
        return Text(f"{condition.text} ? {shown}", _LOOSE, any(side.is_wide for side in sides))

    def _lookup(self, symbol: Symbol, operands: list[Text]) -> Text:
        if not any("table[" in line for line in self.lines):
            self.lines[:0] = _table(symbol.table, self._names)
        return Text(self._names.fill(f"<P>_READ16(&table[{operands[0].text}])"), _PRIMARY, False)

    def _call(self, symbol: Symbol, operands: list[Text]) -> Text:
        assert symbol.function is not None
        callee = _IDS[symbol.function]
        name = self._names.function(BY_ID[callee])
        return Text(f"{name}({operands[0].text})", _PRIMARY, not is_narrow(value_limits(callee, self._met)))


_PRINTERS: dict[str, Callable[[_Printer, Symbol, list[Text]], Text]] = {
    "neg": _Printer._minus,
    "abs": _Printer._absolute,
    "select": _Printer._select,
    "lookup": _Printer._lookup,
    "call": _Printer._call,
}


def value_limits(activation: int, met: Mapping[int, Range]) -> Range:
    """Returns the range of what an activation's C function returns."""
    found = _trace(activation, met[activation])
    return found.ranges[found.root]


def _table(table: Table, names: Names) -> list[str]:
    """Returns the lines that define a table."""
    lines = [INDENT * 2]
    for value in table:
        if len(f"{lines[-1]} {value},") > COLUMNS:
            lines.append(INDENT * 2)
        lines[-1] += f"{'' if lines[-1].isspace() else ' '}{value},"
    head = names.fill(f"{INDENT}static const int16_t table[{len(table)}] <P>_FLASH = {{")
    return [f"{INDENT}/* clang-format off */", head, *lines, f"{INDENT}}};", f"{INDENT}/* clang-format on */"]
