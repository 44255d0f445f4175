"""Tracing in fixed point: call an integer definition with a symbol, get its expression and the range of every part.

The twin of ``core/symbols.py`` for ``core.fixed.activations``. An argument in fixed point has so few values that
ranges need no theory: every operation is computed for all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.arithmetic import Number, select
from wann_rt.core.fixed.activations import Range, Table, limited, lookup
from wann_rt.core.symbols import Operators, schedule

Leaf = Literal["input", "constant"]
Op = Literal[Leaf, "neg", "abs", "add", "sub", "mul", "shr", "and", "lt", "gt", "select", "limit", "lookup", "call"]
INT32 = (-(2**31), 2**31 - 1)


@dataclass(frozen=True, eq=False)
class Symbol(Operators):
    """One operation of an expression in fixed point.

    Attributes:
        op: see ``symbols.Operators``.
        args: its operands.
        value: of a constant.
        table: of a lookup.
        function: of a call.
        name: of an input.
        ends: of a limit.
    """

    op: Op
    value: int = 0
    table: Table = ()
    function: Callable[[Number], Number] | None = None
    name: str = "x"
    ends: Range = (0, 0)

    @classmethod
    def lifted(cls, value: Number) -> "Symbol":
        """Returns ``lift(value)``."""
        return lift(value)

    def __rshift__(self, other: Number) -> "Symbol":
        return self.made("shr", self, other)

    def __and__(self, other: Number) -> "Symbol":
        return self.made("and", self, other)

    def lookup(self, table: Table) -> "Symbol":
        """Returns what ``activations.lookup`` asks this index for."""
        return Symbol("lookup", (self,), table=table)

    def limited(self, low: int, high: int) -> "Symbol":
        """Returns what ``activations.limited`` asks this number for."""
        return Symbol("limit", (self,), ends=(low, high))

    def apply(self, function: Callable[[Number], Number]) -> "Symbol":
        """Returns what ``activations.apply`` asks this argument for."""
        return Symbol("call", (self,), function=function)


def lift(value: Number) -> Symbol:
    """Returns value as a symbol; a number becomes a constant and must be an int."""
    if isinstance(value, Symbol):
        return value
    if not isinstance(value, int):
        raise TypeError(f"constant {value!r} is {type(value).__name__}; definitions in fixed point use int only")
    return Symbol("constant", value=value)


@dataclass(frozen=True)
class Traced:
    """A function of one argument as an expression.

    Attributes:
        root: its result.
        ranges: every symbol that it needs, operands first, with the least and the greatest value that it takes.
    """

    root: Symbol
    ranges: Mapping[Symbol, Range]


@cache
def traced(function: Callable[[Number], Number], low: int, high: int) -> Traced:
    """Returns the expression that ``function`` computes, with the ranges for all arguments from low to high.

    Raises:
        OverflowError: an operation leaves 32 bits, or a lookup its table.
    """
    argument = Symbol("input")
    root = lift(function(argument))
    values: dict[Symbol, NDArray[np.int64]] = {argument: np.arange(low, high + 1)}
    for symbol in schedule([root]):
        if symbol not in values:
            values[symbol] = _value(symbol, [values[operand] for operand in symbol.args])
    ranges = {symbol: (int(value.min()), int(value.max())) for symbol, value in values.items()}
    for symbol, (least, greatest) in ranges.items():
        if least < INT32[0] or greatest > INT32[1]:
            raise OverflowError(f"{symbol.op} in {function.__name__} takes values from {least} to {greatest}")
        if symbol.function is not None:
            traced(symbol.function, *ranges[symbol.args[0]])
    return Traced(root, ranges)


def _value(symbol: Symbol, operands: list[Any]) -> NDArray[np.int64]:
    """Returns what an operation computes for all arguments."""
    if symbol.op == "constant":
        return np.array([symbol.value])
    if symbol.op == "lookup":
        index = operands[0]
        if index.min() < 0 or index.max() >= len(symbol.table):
            raise OverflowError(f"a table of {len(symbol.table)} entries is read from {index.min()} to {index.max()}")
        return np.asarray(lookup(symbol.table, index))
    if symbol.op == "limit":
        return np.asarray(limited(operands[0], symbol.ends))
    if symbol.function is not None:
        return np.asarray(symbol.function(operands[0]))
    return np.asarray(_OPERATIONS[symbol.op](*operands))


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "neg": lambda x: -x,
    "abs": abs,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "shr": lambda a, b: a >> b,
    "and": lambda a, b: a & b,
    "lt": lambda a, b: a < b,
    "gt": lambda a, b: a > b,
    "select": select,
}
