"""Prints traced expressions as JavaScript: every operation rounded to float32, shared ones computed once.

A JavaScript number is a float64. For ``+ - * /`` of two float32 numbers, rounding the float64 result to float32 gives
the correctly rounded float32 result (S. Figueroa, "When is double rounding innocuous?", SIGNUM Newsletter 30(3), 1995:
53 >= 2 * 24 + 2), so ``Math.fround`` after each operation gives the bits of float32 arithmetic.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from wann_rt.core.symbols import Symbol, schedule

_BINARY = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
_COMPARE = {"lt": "<", "gt": ">", "ge": ">=", "le": "<=", "eq": "==="}
_LEAVES = ("input", "constant")


def literal(value: float) -> str:
    """Returns a number as JavaScript; a float32 is exactly one float64, whose shortest decimals Python prints."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "(-Infinity)"
    text = repr(float(value)).removesuffix(".0")
    return f"({text})" if text.startswith("-") else text


def function(parameters: Sequence[str], roots: Sequence[Symbol]) -> str:
    """Returns an arrow function of the inputs named ``parameters`` that returns the roots, a list unless it is one."""
    lines, texts = statements(roots)
    result = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    head = f"({', '.join(parameters)}) =>"
    return f"{head} {{\n  {' '.join(lines)}\n  return {result};\n}}" if lines else f"{head} {result}"


def statements(roots: Sequence[Symbol]) -> tuple[list[str], list[str]]:
    """Returns the declarations of what is used more than once, in order, and the text of each root."""
    order = schedule(roots)
    uses = Counter(roots)
    for symbol in order:
        uses.update(symbol.args)
    texts: dict[Symbol, str] = {}
    lines: list[str] = []
    for symbol in order:
        texts[symbol] = _text(symbol, texts)
        if uses[symbol] > 1 and symbol.op not in _LEAVES:
            lines.append(f"const t{len(lines)} = {texts[symbol]};")
            texts[symbol] = f"t{len(lines) - 1}"
    return lines, [texts[root] for root in roots]


def _text(symbol: Symbol, texts: Mapping[Symbol, str]) -> str:
    """Returns the text of one operation; every one stands in brackets of its own."""
    operands = [texts[argument] for argument in symbol.args]
    if symbol.op == "input":
        return symbol.name
    if symbol.op == "constant":
        return literal(float(symbol.value))
    if symbol.op in _BINARY:
        return f"f({operands[0]} {_BINARY[symbol.op]} {operands[1]})"
    if symbol.op in _COMPARE:
        return f"({operands[0]} {_COMPARE[symbol.op]} {operands[1]})"
    if symbol.op == "select":
        return f"({operands[0]} ? {operands[1]} : {operands[2]})"
    return f"(-{operands[0]})" if symbol.op == "neg" else f"Math.abs({operands[0]})"
