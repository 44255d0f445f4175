"""Prints a traced expression as C: the same operations in the same order, shared ones as locals."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from wann_rt.core.symbols import Symbol, schedule
from wann_rt.exporters.to_c.text import literal

_COMPARE = {"lt": "<", "gt": ">", "ge": ">=", "le": "<="}
_BINARY = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
_MIRRORED = {"gt": "lt", "ge": "le"}  # a > b is b < a, in every bit, also for NaN
# How tightly C binds; a call, a name or a non-negative number is PRIMARY.
_TERNARY, _COMPARISON, _SUM, _PRODUCT, _UNARY, _PRIMARY = range(6)
_LEAVES = ("input", "constant")


class _Text(NamedTuple):
    """An expression as C, and how tightly its outermost operator binds."""

    text: str
    binding: int


class Function(NamedTuple):
    """A C function's parameters, in order, and its traced body over inputs of these names."""

    parameters: tuple[str, ...]
    body: Symbol


class Printer:
    """Prints expressions; knows which sub-expressions the surrounding C has a function for."""

    def __init__(
        self, absolute: str, infinity: str, functions: Mapping[str, Function] | None = None, condition: str = ""
    ) -> None:
        """Makes a printer.

        Args:
            absolute: name of the C function that clears the sign bit.
            infinity: the C expression for infinity.
            functions: by C name; what has the form of a function's body is printed as its call.
            condition: name of the macro around the condition of a choice between what may be two zeros.
        """
        self.absolute = absolute
        self.condition = condition
        self.infinity = infinity
        self.functions = dict(functions or {})

    def expression(
        self, root: Symbol, names: Iterator[str] | None = None, limit: int = 72
    ) -> tuple[list[tuple[str, str]], str]:
        """Returns (local, value) pairs in order, and the text of root in terms of them; see ``expressions``."""
        locals_, (text,) = self.expressions([root], names, limit)
        return locals_, text

    def expressions(
        self, roots: Sequence[Symbol], names: Iterator[str] | None = None, limit: int = 72
    ) -> tuple[list[tuple[str, str]], list[str]]:
        """Returns (local, value) pairs in order, and the text of each root in terms of them.

        Args:
            roots: the traced expressions; what they share is computed once.
            names: names for the locals; letters by default, which suits a function of its own.
            limit: an expression longer than this is split: its longest part becomes a local.
        """
        names = letters(roots) if names is None else names
        order = self._order(roots)
        uses = self._uses(roots, order)
        texts: dict[Symbol, _Text] = {}
        locals_: list[tuple[str, str]] = []

        def make_local(symbol: Symbol) -> None:
            locals_.append((next(names), texts[symbol].text))
            texts[symbol] = _Text(locals_[-1][0], _PRIMARY)

        for symbol in order:
            if symbol.op in _COMPARE:  # a choice is hard to read as an operand or as a condition
                for choice in (arg for arg in symbol.args if texts[arg].binding == _TERNARY):
                    make_local(choice)
            texts[symbol] = self._print(symbol, texts)
            while len(texts[symbol].text) > limit:
                longest = max(self._operands(symbol), key=lambda s: len(texts[s].text))
                if longest.op in (*_LEAVES, *_COMPARE) or texts[longest].text.isidentifier():
                    break
                make_local(longest)
                texts[symbol] = self._print(symbol, texts)
            # A comparison is not a float, so it gets no local variable and is printed wherever it is used.
            if uses[symbol] > 1 and symbol.op not in (*_LEAVES, *_COMPARE):
                make_local(symbol)
        return locals_, [texts[root].text for root in roots]

    def call(self, symbol: Symbol) -> tuple[str, tuple[Symbol, ...]] | None:
        """Returns the function that computes symbol and its arguments, if one does."""
        if symbol.op == "abs":
            return self.absolute, symbol.args
        for name, function in self.functions.items():
            bound: dict[str, Symbol] = {}
            if _unify(function.body, symbol, bound):
                return name, tuple(bound[parameter] for parameter in function.parameters)
        return None

    def called(self, roots: Sequence[Symbol]) -> set[str]:
        """Returns the names of the functions that the text of the roots calls."""
        return {found[0] for found in map(self.call, self._order(roots)) if found}

    def _operands(self, symbol: Symbol) -> tuple[Symbol, ...]:
        found = self.call(symbol)
        return found[1] if found else symbol.args

    def _order(self, roots: Sequence[Symbol]) -> list[Symbol]:
        """Returns what gets printed, operands before their users: ``schedule`` but for folded calls."""
        scheduled = schedule(roots)
        wanted = set(roots)
        for symbol in reversed(scheduled):
            if symbol in wanted:
                wanted.update(self._operands(symbol))
        return [symbol for symbol in scheduled if symbol in wanted]

    def _uses(self, roots: Sequence[Symbol], order: list[Symbol]) -> dict[Symbol, int]:
        """Returns how often each operation would be printed if nothing but the shared ones were local."""
        uses = dict(Counter(roots))
        for symbol in reversed(order):
            times = uses[symbol] if symbol.op in _COMPARE else 1
            for operand in self._operands(symbol):
                uses[operand] = uses.get(operand, 0) + times
        return uses

    def _print(self, symbol: Symbol, texts: Mapping[Symbol, _Text]) -> _Text:
        """Returns the text of symbol, given those of its operands."""
        if symbol.op == "input":
            return _Text(symbol.name, _PRIMARY)
        if symbol.op == "constant":
            text = literal(float(symbol.value), self.infinity)
            return _Text(text, _UNARY if text.startswith("-") else _PRIMARY)
        found = self.call(symbol)
        if found:
            arguments = ", ".join(texts[argument].text for argument in found[1])
            return _Text(f"{found[0]}({arguments})", _PRIMARY)
        operands = [texts[argument] for argument in symbol.args]
        if self.condition and _may_meet_zeros(symbol):
            operands[0] = _Text(f"{self.condition}({operands[0].text})", _PRIMARY)
        return _operation(symbol.op, operands)


def _may_meet_zeros(symbol: Symbol) -> bool:
    """Whether symbol is the lesser or the greater of two values, and both may be zero."""
    if symbol.op != "select" or symbol.args[0].op not in _COMPARE:
        return False
    values = symbol.args[1:]
    is_extreme = all(any(_same(value, other) for other in symbol.args[0].args) for value in values)
    return is_extreme and not any(value.op == "constant" and value.value != 0 for value in values)


def _operation(op: str, operands: list[_Text]) -> _Text:
    def operand(position: int, at_least: int) -> str:
        text, binding = operands[position]
        return text if binding >= at_least else f"({text})"

    if op == "select":
        choice = f"{operand(0, _COMPARISON)} ? {operand(1, _COMPARISON)} : {operand(2, _COMPARISON)}"
        return _Text(choice, _TERNARY)
    if op == "neg":
        return _Text(f"-{operand(0, _PRIMARY)}", _UNARY)
    if op in _COMPARE:
        return _Text(f"{operand(0, _SUM)} {_COMPARE[op]} {operand(1, _SUM)}", _COMPARISON)
    # C groups from the left: the right operand must bind tighter, or a + (b + c) would change.
    binding = _SUM if op in ("add", "sub") else _PRODUCT
    right = operand(1, binding + 1)
    if op == "add" and right.startswith("-"):  # a + -b and a - b are the same operation
        return _Text(f"{operand(0, binding)} - {right[1:]}", binding)
    return _Text(f"{operand(0, binding)} {_BINARY[op]} {right}", binding)


def letters(roots: Iterable[Symbol]) -> Iterator[str]:
    """Yields a, b, c, ... and then t1, t2, ..., without the names of the roots' inputs."""
    inputs = {s.name for s in schedule(roots) if s.op == "input"}
    yield from (letter for letter in "abcdefghijklmnopqrstuvw" if letter not in inputs)
    yield from (f"t{k}" for k in count(1))


def _unify(pattern: Symbol, symbol: Symbol, bound: dict[str, Symbol]) -> bool:
    """Whether symbol is pattern with its inputs replaced; ``bound`` receives the replacements."""
    if pattern.op == "input":
        return _same(bound.setdefault(pattern.name, symbol), symbol)
    if pattern.op == "constant":
        return _same(pattern, symbol)
    (op, args), (symbol_op, symbol_args) = _canonical(pattern), _canonical(symbol)
    return op == symbol_op and all(_unify(p, s, bound) for p, s in zip(args, symbol_args, strict=True))


def _same(a: Symbol, b: Symbol) -> bool:
    """Whether two symbols are the same operation or constants of the same bits."""
    both_constant = a.op == b.op == "constant"
    return a is b or (both_constant and a.value.tobytes() == b.value.tobytes())


def _canonical(symbol: Symbol) -> tuple[str, tuple[Symbol, ...]]:
    if symbol.op in _MIRRORED:
        return _MIRRORED[symbol.op], symbol.args[::-1]
    return symbol.op, symbol.args
