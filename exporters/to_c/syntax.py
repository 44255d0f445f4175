"""How C writes traced float32 expressions."""

from wann_rt.core.symbols import Symbol
from wann_rt.exporters.expressions import COMPARE, Syntax, Text, same
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.text import literal


class CSyntax(Syntax):
    """C99 and C++11; ``<p>_abs`` clears a sign, ``<P>_INF`` is infinity, ``<P>_IF`` surrounds some conditions."""

    def __init__(self, names: Names) -> None:
        """Makes the syntax of a header with these names."""
        self.absolute = names.fill("<p>_abs")
        self._infinity, self._condition = names.fill("<P>_INF"), names.fill("<P>_IF")

    def literal(self, symbol: Symbol) -> str:
        """Returns the shortest literal of the same float32."""
        return literal(float(symbol.value), self._infinity)

    def operation(self, symbol: Symbol, operands: list[Text]) -> Text:
        """Returns an operation; the condition of a choice between what may be two zeros goes through the macro."""
        if may_meet_zeros(symbol):
            operands = [Text(f"{self._condition}({operands[0].text})"), *operands[1:]]
        return super().operation(symbol, operands)


def may_meet_zeros(symbol: Symbol) -> bool:
    """Whether symbol is the lesser or the greater of two values, and both may be zero."""
    if symbol.op != "select" or symbol.args[0].op not in COMPARE:
        return False
    values = symbol.args[1:]
    is_extreme = all(any(same(value, other) for other in symbol.args[0].args) for value in values)
    return is_extreme and not any(value.op == "constant" and value.value != 0 for value in values)
