"""How C writes traced expressions in fixed point.

Ranges decide the types: what 16 bits hold is an ``int``, which costs an 8-bit processor half of an ``int32_t``, and
nothing a 32-bit one.
"""

from collections.abc import Callable, Mapping

from wann_rt.core.fixed.activations import Range, Table
from wann_rt.core.fixed.plan import INT16
from wann_rt.core.fixed.symbols import Symbol
from wann_rt.exporters.expressions import BINDING, COMPARISON, PRIMARY, TERNARY, UNARY, Syntax, Text
from wann_rt.exporters.to_c.names import Names

_LOOSE = TERNARY  # of comparisons, shifts and masks: what MISRA wants in brackets as an operand


def is_narrow(limits: Range) -> bool:
    """Whether 16 bits hold a range."""
    return INT16[0] <= limits[0] and limits[1] <= INT16[1]


def c_type(limits: Range) -> str:
    """Returns the type of a range."""
    return "int" if is_narrow(limits) else "int32_t"


class FixedSyntax(Syntax):
    """C over ``int`` and ``int32_t``.

    Attributes:
        table: what lookups read, if there are any.
    """

    binary = {"add": "+", "sub": "-", "mul": "*", "shr": ">>", "and": "&", "lt": "<", "gt": ">"}  # noqa: RUF012
    absolute = ""  # is a choice

    def __init__(self, ranges: Mapping[Symbol, Range], names: Names, callee: Callable[[Symbol], tuple[str, Range]]):
        """Makes the syntax of one function.

        Args:
            ranges: of every operation.
            names: of the header.
            callee: of a call -> the function's name and the range of its results over all calls.
        """
        self.table: Table = ()
        self._ranges, self._names, self._callee = ranges, names, callee

    def literal(self, symbol: Symbol) -> str:
        """Returns an integer."""
        return str(symbol.value)

    def named(self, symbol: Symbol, texts: Mapping[Symbol, Text]) -> list[Symbol]:
        """Returns the operand of an absolute value, which is written twice."""
        return [a for a in symbol.args if texts[a].binding < PRIMARY] if symbol.op == "abs" else []

    def operation(self, symbol: Symbol, operands: list[Text]) -> Text:
        """Returns an operation in the type of its range."""
        text, is_wide = self._typed(symbol, operands)
        narrows = is_wide and is_narrow(self._ranges[symbol])
        return Text(f"(int)({text.text})", UNARY) if narrows else text

    def _typed(self, symbol: Symbol, operands: list[Text]) -> tuple[Text, bool]:
        """Returns an operation, and whether C gives it the type int32_t."""
        if symbol.op == "input":
            return Text("x"), self._is_wide(symbol)
        if symbol.op == "lookup":
            self.table = symbol.table
            return Text(self._names.fill(f"<P>_READ16(&table[{operands[0].text}])")), False
        if symbol.op == "call":
            name, results = self._callee(symbol)
            return self.call(name, operands), not is_narrow(results)
        if symbol.op in ("neg", "abs"):
            return self._sign(symbol, operands[0])
        if symbol.op in self.binary:
            return self._binary(symbol, *operands)
        sides = symbol.args[1:] if symbol.op == "select" else (symbol,)
        return super().operation(symbol, operands), any(map(self._is_wide, sides))

    def _sign(self, symbol: Symbol, x: Text) -> tuple[Text, bool]:
        needs = self._needs_wide(symbol)
        operand = self._widened(symbol.args[0], x) if needs else x
        minus = Text(f"-{operand.at_least(UNARY)}", UNARY)
        choice = Text(f"{x.text} < 0 ? {minus.text} : {x.text}", _LOOSE)
        return (minus if symbol.op == "neg" else choice), needs or self._is_wide(symbol.args[0])

    def _binary(self, symbol: Symbol, first: Text, second: Text) -> tuple[Text, bool]:
        left, right = symbol.args
        is_wide = self._needs_wide(symbol)
        if is_wide and not (self._is_wide(left) or (self._is_wide(right) and symbol.op != "shr")):
            first = self._widened(left, first)
        if symbol.op in BINDING:
            return self.infix(symbol.op, first, second), is_wide
        operator = self.binary[symbol.op]
        is_comparison = symbol.op in ("lt", "gt")
        text = f"{first.at_least(UNARY)} {operator} {second.at_least(UNARY)}"
        return Text(text, COMPARISON if is_comparison else _LOOSE), is_wide and not is_comparison

    def _widened(self, symbol: Symbol, text: Text) -> Text:
        return text if self._is_wide(symbol) else Text(f"(int32_t){text.at_least(UNARY)}", UNARY)

    def _is_wide(self, symbol: Symbol) -> bool:
        """Whether the text of an operand is an int32_t."""
        return symbol.op not in ("lt", "gt") and not is_narrow(self._ranges[symbol])

    def _needs_wide(self, symbol: Symbol) -> bool:
        """Whether an operation needs 32 bits for its result or an operand."""
        return not all(is_narrow(self._ranges[s]) for s in (symbol, *symbol.args))
