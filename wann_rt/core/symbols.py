"""Tracing: call a definition with symbols and get the expression it computes, ready to be printed as C or ONNX.

A ``Symbol`` overloads the operators and the ``select`` and ``absolute`` primitives of ``arithmetic.py``; running an
activation, a channel's conditioning or a task's dynamics on symbols therefore yields a directed acyclic graph of
exactly the float32 operations that numpy and numba perform. Nodes shared in the definition are shared in the graph.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeVar

import numpy as np

from wann_rt.core.arithmetic import ZERO, Number

T = TypeVar("T", bound=Any)  # what has ``args`` of its own kind: a Symbol, or that of ``core.fixed.symbols``

Op = Literal["input", "constant", "neg", "abs", "add", "sub", "mul", "div", "lt", "gt", "ge", "le", "select", "reduced"]


@dataclass(frozen=True, eq=False)
class Operators:
    """The operators that expressions in float32 and in fixed point share; a kind of symbol adds its own.

    Attributes:
        op: what a symbol does; ``select`` has the arguments (condition, if_true, if_false). No trace holds ``reduced``,
            which an exporter may write for ``activations.reduced`` where a target has a better form of it.
        args: its operands.
    """

    op: str
    args: tuple[Self, ...] = ()

    @classmethod
    def lifted(cls, value: Number) -> Self:
        """Returns a value as a symbol of this kind; a number becomes a constant."""
        raise NotImplementedError

    def made(self, op: str, *operands: Number) -> Self:
        """Returns the symbol of an operation."""
        return type(self)(op, tuple(map(self.lifted, operands)))

    def __neg__(self) -> Self:
        return self.made("neg", self)

    def __abs__(self) -> Self:
        return self.made("abs", self)

    def __add__(self, other: Number) -> Self:
        return self.made("add", self, other)

    def __radd__(self, other: Number) -> Self:
        return self.made("add", other, self)

    def __sub__(self, other: Number) -> Self:
        return self.made("sub", self, other)

    def __rsub__(self, other: Number) -> Self:
        return self.made("sub", other, self)

    def __mul__(self, other: Number) -> Self:
        return self.made("mul", self, other)

    def __rmul__(self, other: Number) -> Self:
        return self.made("mul", other, self)

    def __lt__(self, other: Number) -> Self:
        return self.made("lt", self, other)

    def __gt__(self, other: Number) -> Self:
        return self.made("gt", self, other)

    def select(self, if_true: Number, if_false: Number) -> Self:
        """Returns the choice that ``arithmetic.select`` asks this condition for."""
        return self.made("select", self, if_true, if_false)


@dataclass(frozen=True, eq=False)
class Symbol(Operators):
    """One operation of an expression in float32.

    Attributes:
        op: see ``Operators``.
        args: its operands.
        name: of an input.
        value: of a constant.
    """

    op: Op
    name: str = ""
    value: np.float32 = ZERO

    __array_ufunc__ = None  # numpy scalars on the left give way to the reflected operators

    @classmethod
    def lifted(cls, value: Number) -> "Symbol":
        """Returns ``lift(value)``."""
        return lift(value)

    def select(self, if_true: Number, if_false: Number) -> "Symbol":
        """Returns the choice; between conditions, one of them may be known already."""
        if all(isinstance(side, (bool, np.bool_)) or _is_choice(side) for side in (if_true, if_false)):
            if_true, if_false = self.condition(if_true), self.condition(if_false)
        return self.made("select", self, if_true, if_false)

    @classmethod
    def condition(cls, value: Number) -> "Symbol":
        """Returns a condition as a symbol of this kind; one that is known becomes a comparison of constants."""
        if isinstance(value, (bool, np.bool_)):
            return cls("gt", (cls.lifted(np.float32(bool(value))), cls.lifted(ZERO)))
        return cls.lifted(value)

    def __truediv__(self, other: Number) -> "Symbol":
        return self.made("div", self, other)

    def __rtruediv__(self, other: Number) -> "Symbol":
        return self.made("div", other, self)

    def __ge__(self, other: Number) -> "Symbol":
        return self.made("ge", self, other)

    def __le__(self, other: Number) -> "Symbol":
        return self.made("le", self, other)


def lift(value: Number) -> Symbol:
    """Returns value as a symbol; a number becomes a constant and must be float32 already."""
    if isinstance(value, Symbol):
        return value
    if not isinstance(value, np.float32):
        raise TypeError(f"constant {value!r} is {type(value).__name__}; definitions use np.float32 constants only")
    return Symbol("constant", value=value)


def lift_condition(value: Number) -> Symbol:
    """Returns ``Symbol.condition(value)``."""
    return Symbol.condition(value)


def _is_choice(value: Number) -> bool:
    return isinstance(value, Symbol) and is_condition(value)


def is_condition(symbol: Symbol) -> bool:
    """Whether an expression is a condition and no number: a comparison, or a choice between conditions."""
    if symbol.op == "select":
        return is_condition(symbol.args[1]) and is_condition(symbol.args[2])
    return symbol.op in ("lt", "gt", "ge", "le")


def trace(function: Callable[..., Number], *names: str) -> Symbol:
    """Returns the expression that ``function`` computes for inputs of the given names."""
    return lift(function(*(Symbol("input", name=name) for name in names)))


def schedule(results: Iterable[T]) -> list[T]:
    """Returns every symbol, of either kind, that the results need, each once, operands before their users."""
    done: dict[T, None] = {}
    stack = list(reversed(list(results)))
    while stack:
        symbol = stack[-1]
        waiting = [arg for arg in symbol.args if arg not in done]
        if waiting and symbol not in done:
            stack.extend(reversed(waiting))
        else:
            done[stack.pop()] = None
    return list(done)
