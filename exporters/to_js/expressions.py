"""JavaScript as a language of the one printer: every operation rounded to float32 by ``Math.fround``.

A JavaScript number is a float64. For ``+ - * /`` of two float32 numbers, rounding the float64 result to float32 gives
the correctly rounded float32 result (S. Figueroa, "When is double rounding innocuous?", SIGNUM Newsletter 30(3), 1995:
53 >= 2 * 24 + 2), so ``Math.fround`` after each operation gives the bits of float32 arithmetic.
"""

import math
from collections.abc import Sequence
from itertools import count

from wann_rt.core.symbols import Symbol
from wann_rt.exporters.expressions import Printer, Syntax, Text

COLUMNS = 110


class JavaScript(Syntax):
    """How JavaScript writes a definition; ``f`` stands for ``Math.fround``."""

    absolute = "Math.abs"

    def literal(self, symbol: Symbol) -> str:
        """Returns a constant: a float32 is exactly one float64, whose shortest decimals Python prints."""
        value = float(symbol.value)
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return repr(value).removesuffix(".0")

    def rounded(self, operation: Text) -> Text:
        """Returns an operation, rounded."""
        return Text(f"f({operation.text})")


def function(parameters: Sequence[str], roots: Sequence[Symbol]) -> str:
    """Returns an arrow function of the inputs named ``parameters`` that returns the roots, a list unless it is one."""
    names = (f"t{k}" for k in count())
    locals_, texts = Printer(JavaScript()).expressions(roots, names, limit=COLUMNS)
    result = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    head = f"({', '.join(parameters)}) =>"
    if not locals_:
        return f"{head} {result}"
    lines = [f"  const {local.name} = {local.text};" for local in locals_]
    return "\n".join([f"{head} {{", *lines, f"  return {result};", "}"])
