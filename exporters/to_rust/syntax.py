"""How Rust writes traced float32 expressions. Rust contracts nothing and has no fast math, so no guard is needed."""

import numpy as np

from wann_rt.core.symbols import Symbol
from wann_rt.exporters.expressions import PRIMARY, Syntax, Text
from wann_rt.exporters.to_c.syntax import may_meet_zeros

COLUMNS = 100
INDENT = "    "


class RustSyntax(Syntax):
    """Choices are calls of ``select``, so both sides are computed; sizes are calls of ``absolute``."""

    absolute = "absolute"

    def literal(self, symbol: Symbol) -> str:
        """Returns the shortest literal of the same float32."""
        return literal(float(symbol.value))

    def select(self, condition: Text, if_true: Text, if_false: Text) -> Text:
        """Returns a choice."""
        return self.call("select", [condition, if_true, if_false])

    def operation(self, symbol: Symbol, operands: list[Text]) -> Text:
        """Returns an operation; the condition of a choice between what may be two zeros is ``settled``."""
        if may_meet_zeros(symbol):
            operands = [Text(f"settled({operands[0].text})", PRIMARY), *operands[1:]]
        return super().operation(symbol, operands)


def literal(value: float) -> str:
    """Returns the shortest literal that reads back as the same float32, e.g. ``0.1``; of NaN only that it is one."""
    if np.isnan(value):
        return "f32::NAN"
    if np.isinf(value):
        return "f32::INFINITY" if value > 0 else "f32::NEG_INFINITY"
    number = np.float32(value)
    plain = value == 0 or 1e-4 <= abs(value) < 1e9
    return np.format_float_positional(number, trim="0") if plain else np.format_float_scientific(number, trim="0")
