"""Tracing: call a definition with symbols and get the expression it computes, ready to be printed as C or ONNX.

A ``Symbol`` overloads the operators and the ``select`` and ``absolute`` primitives of ``arithmetic.py``; running an
activation, a channel's conditioning or a task's dynamics on symbols therefore yields a directed acyclic graph of
exactly the float32 operations that numpy and numba perform. Nodes shared in the definition are shared in the graph.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np

from wann_rt.core.arithmetic import ZERO, Number

T = TypeVar("T", bound=Any)  # what has ``args`` of its own kind: a Symbol, or that of ``core.fixed.symbols``

Op = Literal["input", "constant", "neg", "abs", "add", "sub", "mul", "div", "lt", "gt", "ge", "le", "select"]


@dataclass(frozen=True, eq=False)
class Symbol:
    """One operation of an expression.

    Attributes:
        op: what it does; ``select`` has the arguments (condition, if_true, if_false).
        args: its operands.
        name: of an input.
        value: of a constant.
    """

    op: Op
    args: tuple["Symbol", ...] = ()
    name: str = ""
    value: np.float32 = ZERO

    __array_ufunc__ = None  # numpy scalars on the left give way to the reflected operators below

    def __neg__(self) -> "Symbol":
        return Symbol("neg", (self,))

    def __abs__(self) -> "Symbol":
        return Symbol("abs", (self,))

    def __add__(self, other: Number) -> "Symbol":
        return Symbol("add", (self, lift(other)))

    def __radd__(self, other: Number) -> "Symbol":
        return Symbol("add", (lift(other), self))

    def __sub__(self, other: Number) -> "Symbol":
        return Symbol("sub", (self, lift(other)))

    def __rsub__(self, other: Number) -> "Symbol":
        return Symbol("sub", (lift(other), self))

    def __mul__(self, other: Number) -> "Symbol":
        return Symbol("mul", (self, lift(other)))

    def __rmul__(self, other: Number) -> "Symbol":
        return Symbol("mul", (lift(other), self))

    def __truediv__(self, other: Number) -> "Symbol":
        return Symbol("div", (self, lift(other)))

    def __rtruediv__(self, other: Number) -> "Symbol":
        return Symbol("div", (lift(other), self))

    def __lt__(self, other: Number) -> "Symbol":
        return Symbol("lt", (self, lift(other)))

    def __gt__(self, other: Number) -> "Symbol":
        return Symbol("gt", (self, lift(other)))

    def __ge__(self, other: Number) -> "Symbol":
        return Symbol("ge", (self, lift(other)))

    def __le__(self, other: Number) -> "Symbol":
        return Symbol("le", (self, lift(other)))

    def select(self, if_true: Number, if_false: Number) -> "Symbol":
        """Returns the choice that ``arithmetic.select`` asks this condition for."""
        return Symbol("select", (self, lift(if_true), lift(if_false)))


def lift(value: Number) -> Symbol:
    """Returns value as a symbol; a number becomes a constant and must be float32 already."""
    if isinstance(value, Symbol):
        return value
    if not isinstance(value, np.float32):
        raise TypeError(f"constant {value!r} is {type(value).__name__}; definitions use np.float32 constants only")
    return Symbol("constant", value=value)


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
