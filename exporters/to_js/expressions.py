"""Prints traced expressions as JavaScript: every operation rounded to float32, shared ones computed once.

A JavaScript number is a float64. For ``+ - * /`` of two float32 numbers, rounding the float64 result to float32 gives
the correctly rounded float32 result (S. Figueroa, "When is double rounding innocuous?", SIGNUM Newsletter 30(3), 1995:
53 >= 2 * 24 + 2), so ``Math.fround`` after each operation gives the bits of float32 arithmetic.
"""

import math
from collections.abc import Sequence
from itertools import count

from wann_rt.core.symbols import Symbol
from wann_rt.exporters.expressions import Printer, Syntax, Text


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
    names = (f"t{k}" for k in count())
    locals_, texts = Printer(JavaScript()).expressions(roots, names, limit=2**31)
    return [f"const {local.name} = {local.text};" for local in locals_], texts


class JavaScript(Syntax):
    """JavaScript, where ``f`` is ``Math.fround``."""

    absolute = "Math.abs"

    def literal(self, symbol: Symbol) -> str:
        """Returns a number."""
        return literal(float(symbol.value))

    def rounded(self, operation: Text) -> Text:
        """Returns the rounded result of an operation."""
        return Text(f"f({operation.text})")
