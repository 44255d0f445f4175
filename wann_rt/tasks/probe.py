"""Strict symbols: what a user's ``observe`` and ``step`` may not do with a number, said in plain words.

Python lets a function do much with a symbol that no kernel and no C header could follow: a branch on one takes always
the same side, a comparison by ``==`` is always False. These symbols refuse it, in the line where it happens.
"""

from typing import Any, NoReturn

from wann_rt.core.arithmetic import Number
from wann_rt.core.symbols import Symbol

BRANCH = (
    "a branch on a value (if, while, and, or, not, min, max): all lanes go the same way, so compute both sides and "
    "choose by select(condition, if_true, if_false), minimum or maximum of wann_rt.core.arithmetic"
)
PRIMITIVES = (
    "primitives are + - * /, < > <= >= and select, absolute, minimum, maximum, clip of wann_rt.core.arithmetic; there "
    "are sqrt, exp, log, arctan2 of wann_rt.core.elementary, too, and sin, cos, of half-turns (angle * PER_PI), of "
    "wann_rt.core.activations"
)
CONSTANT = (
    "a constant that is no np.float32: a Python float has 64 bits in compiled code, so write np.float32(...), and keep "
    "the result of a function of math or numpy as np.float32(...) outside of the function"
)


class NoPrimitiveError(Exception):
    """A number was used as none of the primitives allows; the message says what to write instead."""


class Probe(Symbol):
    """A symbol that refuses what is no primitive."""

    @classmethod
    def lifted(cls, value: Number) -> "Probe":
        """Returns a value as a symbol; a number must be float32."""
        try:
            symbol = super().lifted(value)
            return symbol if isinstance(symbol, Probe) else cls("constant", value=symbol.value)
        except TypeError:
            raise NoPrimitiveError(f"{CONSTANT}; {value!r} ({type(value).__name__}) came") from None

    def __bool__(self) -> bool:
        raise NoPrimitiveError(BRANCH)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        raise NoPrimitiveError(f"== and != are no primitives: write absolute(a - b) < tolerance; {PRIMITIVES}")

    def __pow__(self, power: Any) -> NoReturn:
        raise NoPrimitiveError(f"x ** {power!r} is no primitive: write x * x; {PRIMITIVES}")

    def __getattr__(self, name: str) -> NoReturn:
        raise NoPrimitiveError(f".{name} of a number is no primitive: a number is one value, no array; {PRIMITIVES}")


def _refused(what: str) -> Any:
    def refuse(self: Probe, *_: Any) -> NoReturn:
        raise NoPrimitiveError(f"{what} is no primitive; {PRIMITIVES}")

    return refuse


_REFUSED = {
    "x % y": ("__mod__", "__rmod__"),
    "x // y": ("__floordiv__", "__rfloordiv__"),
    "a & b": ("__and__", "__rand__"),
    "a | b": ("__or__", "__ror__"),
    "~ a": ("__invert__",),
    "float(x), or a function of the module math,": ("__float__",),
    "int(x)": ("__int__", "__index__"),
    "round(x)": ("__round__",),
    "x[k]": ("__getitem__",),
    "len(x)": ("__len__",),
    "a loop over a number": ("__iter__",),
    "a power": ("__rpow__",),
}
for _what, _methods in _REFUSED.items():
    for _method in _methods:
        setattr(Probe, _method, _refused(_what))
