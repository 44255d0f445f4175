"""A program: float32 operations as a list, so that a file can hold a formula and every exporter can print it.

What a monitor predicts with is a formula of its own for each controller: a plant's step, a linear law, a small network.
A file must say it without naming code, so it says the operations, in order. Reading one runs nothing: the operations
are the primitives of ``arithmetic.py`` and the activations of the palette, and no more.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wann_rt.core.activations import PALETTE
from wann_rt.core.arithmetic import ZERO, Number, absolute, select
from wann_rt.core.errors import ControllerError
from wann_rt.core.guess import near
from wann_rt.core.symbols import Symbol, schedule, trace
from wann_rt.core.weight import float32

CONDITIONS = ("lt", "gt", "ge", "le")
CONSTANT = "constant"
CALLED = ("sin", "cos", "tanh")  # activations that are written as one operation, so files stay short
PRIMITIVES: Mapping[str, tuple[int, Callable[..., Number]]] = {
    "neg": (1, lambda x: -x),
    "abs": (1, absolute),
    "add": (2, lambda a, b: a + b),
    "sub": (2, lambda a, b: a - b),
    "mul": (2, lambda a, b: a * b),
    "div": (2, lambda a, b: a / b),
    "lt": (2, lambda a, b: a < b),
    "gt": (2, lambda a, b: a > b),
    "ge": (2, lambda a, b: a >= b),
    "le": (2, lambda a, b: a <= b),
    "select": (3, select),
}
OPERATIONS: Mapping[str, tuple[int, Callable[..., Number]]] = {
    **{a.name: (1, a.function) for a in PALETTE},
    **PRIMITIVES,
}


class Operation(NamedTuple):
    """One line of a program.

    Attributes:
        op: a name in ``OPERATIONS``, or ``constant``.
        args: numbers of its operands: inputs come first, then the lines in order.
        value: of a constant.
    """

    op: str
    args: tuple[int, ...] = ()
    value: float = 0.0


def checked(program: Sequence[Operation], inputs: int, where: str) -> tuple[Operation, ...]:
    """Returns a program with its constants rounded to float32; refuses what cannot be computed.

    Args:
        program: the lines.
        inputs: how many numbers it is given.
        where: what it is, for messages.

    Raises:
        ControllerError: an operation is unknown, has too few operands, or one that is not there before it.
    """
    is_condition, made = [False] * inputs, []
    for k, (op, args, value) in enumerate(program):
        here = f"{where}: operation {k}"
        if op == CONSTANT:
            number = float32(value, here)
            if args or not np.isfinite(number):
                raise ControllerError(f"{here}: expected a finite constant")
            made.append(Operation(op, (), number))
        else:
            made.append(_checked_operation(Operation(op, tuple(args)), is_condition, here))
        is_condition.append(op in CONDITIONS)
    return tuple(made)


def _checked_operation(operation: Operation, is_condition: Sequence[bool], here: str) -> Operation:
    op, args, _ = operation
    if op not in OPERATIONS:
        known = (*OPERATIONS, CONSTANT)
        raise ControllerError(f"{here}: unknown operation {op!r}; known: {', '.join(known)}{near(op, known)}")
    wanted = OPERATIONS[op][0]
    if len(args) != wanted or not all(type(a) is int and 0 <= a < len(is_condition) for a in args):
        raise ControllerError(f"{here}: {op} needs {wanted} operands, each a number below {len(is_condition)}")
    if [is_condition[a] for a in args] != [op == "select" and k == 0 for k in range(wanted)]:
        raise ControllerError(f"{here}: a comparison is what select asks, and nothing else computes with it")
    return operation


def computed(program: Sequence[Operation], inputs: Sequence[Number]) -> list[Number]:
    """Returns the inputs and the value of each line."""
    values = list(inputs)
    for op, args, value in program:
        if op == CONSTANT:
            values.append(np.float32(value))
        else:
            values.append(OPERATIONS[op][1](*(values[a] for a in args)))
    return values


class Interned:
    """Makes equal expressions one symbol, so that they can be compared and are computed once."""

    def __init__(self) -> None:
        """Knows no expression yet."""
        self._known: dict[Any, Symbol] = {}

    def made(self, op: Any, *args: Symbol, name: str = "", value: np.float32 = ZERO) -> Symbol:
        """Returns the one symbol of an operation on interned ones; of constants alone, their value."""
        if args and op in PRIMITIVES and op not in CONDITIONS and all(a.op == CONSTANT for a in args):
            with np.errstate(all="ignore"):
                return self.made(CONSTANT, value=np.float32(PRIMITIVES[op][1](*(a.value for a in args))))
        key = (op, tuple(map(id, args)), name, value.tobytes() if op == CONSTANT else b"")
        if key not in self._known:
            self._known[key] = Symbol(op, args, name=name, value=value)
        return self._known[key]

    def all(self, roots: Sequence[Symbol]) -> list[Symbol]:
        """Returns expressions made of interned symbols."""
        done: dict[Symbol, Symbol] = {}
        for symbol in schedule(roots):
            args = [done[a] for a in symbol.args]
            done[symbol] = self.made(symbol.op, *args, name=symbol.name, value=symbol.value)
        return [done[root] for root in roots]

    def template(self, function: Callable[[Number], Number]) -> Symbol:
        """Returns a function's expression of its argument ``x``, interned."""
        return self.all([trace(function, "x")])[0]


def matched(template: Symbol, symbol: Symbol) -> Symbol | None:
    """Returns what stands for a template's only input in an expression, both interned; None if it is another one."""
    found: list[Symbol] = []
    seen: set[tuple[int, int]] = set()

    def fits(pattern: Symbol, here: Symbol) -> bool:
        if pattern.op == "input":
            found.append(here)
            return here is found[0]
        if (id(pattern), id(here)) in seen:
            return True
        if pattern.op != here.op or len(pattern.args) != len(here.args):
            return False
        if pattern.op == CONSTANT and pattern.value.tobytes() != here.value.tobytes():
            return False
        seen.add((id(pattern), id(here)))
        return all(map(fits, pattern.args, here.args))

    return found[0] if fits(template, symbol) and found else None


def program_of(roots: Sequence[Symbol], inputs: Sequence[str]) -> tuple[tuple[Operation, ...], list[int]]:
    """Returns a program that computes expressions, and the number of each result.

    Args:
        roots: the expressions; equal parts of them are computed once.
        inputs: names of the inputs, in the order in which the program is given them.

    Raises:
        KeyError: an expression has another input.
    """
    table = Interned()
    templates = {name: table.template(OPERATIONS[name][1]) for name in CALLED}
    numbers = {name: k for k, name in enumerate(inputs)}
    lines: list[Operation] = []
    done: dict[Symbol, int] = {}

    def number_of(symbol: Symbol) -> int:
        if symbol not in done:
            done[symbol] = numbers[symbol.name] if symbol.op == "input" else _added(symbol)
        return done[symbol]

    def _added(symbol: Symbol) -> int:
        if symbol.op == CONSTANT:
            line = Operation(CONSTANT, (), float(symbol.value))
        else:
            line = _called(symbol) or Operation(symbol.op, tuple(map(number_of, symbol.args)))
        lines.append(line)
        return len(inputs) + len(lines) - 1

    def _called(symbol: Symbol) -> Operation | None:
        for name, template in templates.items():
            argument = matched(template, symbol) if symbol.op == template.op else None
            if argument is not None:
                return Operation(name, (number_of(argument),))
        return None

    results = [number_of(root) for root in table.all(roots)]
    return tuple(lines), results
