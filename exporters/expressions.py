"""Prints traced expressions in any language: the same operations in the same order, shared ones as locals.

What a language writes differently is its ``Syntax``; whether something becomes a local, is a call, or needs brackets
is decided here. A new language is a Syntax and a frame around it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Any, NamedTuple

from wann_rt.core.symbols import schedule

COMPARE = {"lt": "<", "gt": ">", "ge": ">=", "le": "<="}
BINARY = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
# How tightly an operator binds, in C and in most languages; a call, a name or a non-negative number is PRIMARY.
TERNARY, COMPARISON, SUM, PRODUCT, UNARY, PRIMARY = range(6)
BINDING = {"add": SUM, "sub": SUM, "mul": PRODUCT, "div": PRODUCT}
UNNAMED = ("input", "constant", *COMPARE)  # never become locals: a comparison is no number
_MIRRORED = {"gt": "lt", "ge": "le"}  # a > b is b < a, in every bit, also for NaN

Symbol = Any  # of core.symbols or of core.fixed.symbols: what has an op and args


class Text(NamedTuple):
    """An expression as text, and how tightly its outermost operator binds."""

    text: str
    binding: int = PRIMARY

    def at_least(self, binding: int) -> str:
        """Returns the text, in brackets where its operator binds less tightly."""
        return self.text if self.binding >= binding else f"({self.text})"


class Function(NamedTuple):
    """A function's parameters, in order, and its traced body over inputs of these names."""

    parameters: tuple[str, ...]
    body: Symbol


class Local(NamedTuple):
    """A local variable: its name, its value and the operation that it stands for."""

    name: str
    text: str
    symbol: Symbol


class Syntax:
    """How a language writes what a ``Symbol`` computes: literals, choices, operators, calls.

    A language with C's operators overrides ``literal`` and ``absolute`` and, if need be, ``rounded`` and ``select``.
    """

    compare: Mapping[str, str] = COMPARE
    binary: Mapping[str, str] = BINARY
    absolute: str = "abs"

    def literal(self, symbol: Symbol) -> str:
        """Returns a constant."""
        raise NotImplementedError

    def rounded(self, operation: Text) -> Text:
        """Returns a sum, difference, product or quotient, rounded as a float32."""
        return operation

    def select(self, condition: Text, if_true: Text, if_false: Text) -> Text:
        """Returns a choice."""
        sides = [text.at_least(COMPARISON) for text in (condition, if_true, if_false)]
        return Text(f"{sides[0]} ? {sides[1]} : {sides[2]}", TERNARY)

    def call(self, name: str, arguments: Sequence[Text]) -> Text:
        """Returns a call."""
        return Text(f"{name}({', '.join(argument.text for argument in arguments)})")

    def named(self, symbol: Symbol, texts: Mapping[Symbol, Text]) -> list[Symbol]:
        """Returns the operands that must be locals; of a comparison, a choice: it is hard to read as an operand."""
        return [a for a in symbol.args if texts[a].binding == TERNARY] if symbol.op in self.compare else []

    def operation(self, symbol: Symbol, operands: list[Text]) -> Text:
        """Returns the text of an operation, given those of its operands."""
        if symbol.op == "input":
            return Text(symbol.name)
        if symbol.op == "constant":
            text = self.literal(symbol)
            return Text(text, UNARY if text.startswith("-") else PRIMARY)
        if symbol.op == "select":
            return self.select(*operands)
        if symbol.op == "neg":
            return Text(f"-{operands[0].at_least(PRIMARY)}", UNARY)
        if symbol.op in self.compare:
            left, right = (operand.at_least(SUM) for operand in operands)
            return Text(f"{left} {self.compare[symbol.op]} {right}", COMPARISON)
        return self.rounded(self.infix(symbol.op, *operands))

    def infix(self, op: str, left: Text, right: Text) -> Text:
        """Returns two operands with the operator between; operators of one binding group from the left."""
        binding = BINDING[op]
        after = right.at_least(binding + 1)  # or a + (b + c) would change
        if op == "add" and after.startswith("-"):  # a + -b and a - b are the same operation
            return Text(f"{left.at_least(binding)} {self.binary['sub']} {after[1:]}", binding)
        return Text(f"{left.at_least(binding)} {self.binary[op]} {after}", binding)


class Printer:
    """Prints expressions; knows which sub-expressions the surrounding code has a function for."""

    def __init__(self, syntax: Syntax, functions: Mapping[str, Function] | None = None) -> None:
        """Makes a printer.

        Args:
            syntax: of the language.
            functions: by name; what has the form of a function's body is printed as its call.
        """
        self.syntax = syntax
        self.functions = dict(functions or {})

    def expression(self, root: Symbol, names: Iterator[str] | None = None, limit: int = 72) -> tuple[list[Local], str]:
        """Returns the locals in order, and the text of root in terms of them; see ``expressions``."""
        locals_, (text,) = self.expressions([root], names, limit)
        return locals_, text

    def expressions(
        self, roots: Sequence[Symbol], names: Iterator[str] | None = None, limit: int = 72
    ) -> tuple[list[Local], list[str]]:
        """Returns the locals in order, and the text of each root in terms of them.

        Args:
            roots: the traced expressions; what they share is computed once.
            names: names for the locals; letters by default, which suits a function of its own.
            limit: an expression longer than this is split: its longest part becomes a local.
        """
        names = letters(roots) if names is None else names
        order = self._order(roots)
        uses = self._uses(roots, order)
        texts: dict[Symbol, Text] = {}
        locals_: list[Local] = []

        def make_local(symbol: Symbol) -> None:
            locals_.append(Local(next(names), texts[symbol].text, symbol))
            texts[symbol] = Text(locals_[-1].name)

        for symbol in order:
            for operand in self.syntax.named(symbol, texts):
                make_local(operand)
            texts[symbol] = self._print(symbol, texts)
            while len(texts[symbol].text) > limit:
                longest = max(self._operands(symbol), key=lambda s: len(texts[s].text))
                if longest.op in UNNAMED or texts[longest].text.isidentifier():
                    break
                make_local(longest)
                texts[symbol] = self._print(symbol, texts)
            # A comparison is not a float, so it gets no local variable and is printed wherever it is used.
            if uses[symbol] > 1 and symbol.op not in UNNAMED:
                make_local(symbol)
        return locals_, [texts[root].text for root in roots]

    def call(self, symbol: Symbol) -> tuple[str, tuple[Symbol, ...]] | None:
        """Returns the function that computes symbol and its arguments, if one does."""
        if symbol.op == "abs" and self.syntax.absolute:
            return self.syntax.absolute, symbol.args
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
            times = uses[symbol] if symbol.op in COMPARE else 1
            for operand in self._operands(symbol):
                uses[operand] = uses.get(operand, 0) + times
        return uses

    def _print(self, symbol: Symbol, texts: Mapping[Symbol, Text]) -> Text:
        """Returns the text of symbol, given those of its operands."""
        found = self.call(symbol)
        if found:
            return self.syntax.call(found[0], [texts[argument] for argument in found[1]])
        return self.syntax.operation(symbol, [texts[argument] for argument in symbol.args])


def letters(roots: Iterable[Symbol]) -> Iterator[str]:
    """Yields a, b, c, ... and then u1, u2, ..., without the names of the roots' inputs."""
    inputs = {s.name for s in schedule(roots) if s.op == "input"}
    names = chain("abcdefghijklmnopqrstuvw", (f"u{k}" for k in count(1)))
    yield from (name for name in names if name not in inputs)


def _unify(pattern: Symbol, symbol: Symbol, bound: dict[str, Symbol]) -> bool:
    """Whether symbol is pattern with its inputs replaced; ``bound`` receives the replacements."""
    if pattern.op == "input":
        return same(bound.setdefault(pattern.name, symbol), symbol)
    if pattern.op == "constant":
        return same(pattern, symbol)
    (op, args), (symbol_op, symbol_args) = _canonical(pattern), _canonical(symbol)
    return op == symbol_op and all(_unify(p, s, bound) for p, s in zip(args, symbol_args, strict=True))


def same(a: Symbol, b: Symbol) -> bool:
    """Whether two symbols are the same operation or constants of the same bits."""
    both_constant = a.op == b.op == "constant"
    return a is b or (both_constant and a.value.tobytes() == b.value.tobytes())


def _canonical(symbol: Symbol) -> tuple[str, tuple[Symbol, ...]]:
    if symbol.op in _MIRRORED:
        return _MIRRORED[symbol.op], symbol.args[::-1]
    return symbol.op, symbol.args
