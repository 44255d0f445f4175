"""The one arithmetic: the float32 primitives from which every activation and every task is written.

A function written with these primitives and the operators ``+ - * /`` and unary ``-`` has several readers:

* numpy float32 scalars and arrays (the oracle in ``reference.py``): the definitions below;
* numba (the search): ``kernels/block.py`` gives each the same meaning, for a float32 and for a block of lanes;
* a ``symbols.Symbol``: the call returns an expression that exporters print as C or as ONNX operators.

Every primitive is exact or rounded once to nearest even, as IEEE 754 binary32 defines it, so all readers compute the
same bits wherever nothing is contracted into a fused multiply-add. Constants must be ``np.float32``: a Python float is
a double to numba. Comparison with NaN is false; which NaN (sign, payload) comes out of an operation is not defined by
IEEE 754, so two NaNs always count as equal.
"""

from typing import Any

import numpy as np

# np.float32, an array of float32 lanes or a symbols.Symbol: whatever the caller passes comes back.
Number = Any

ZERO = np.float32(0.0)
HALF = np.float32(0.5)
ONE = np.float32(1.0)


def select(condition: Number, if_true: Number, if_false: Number) -> Number:
    """Returns ``if_true`` where ``condition`` holds, else ``if_false``; both sides are always computed."""
    if hasattr(condition, "select"):
        return condition.select(if_true, if_false)
    if isinstance(condition, (bool, np.bool_)) and (hasattr(if_true, "select") or hasattr(if_false, "select")):
        return if_true if condition else if_false  # a choice between symbols that is known already
    chosen: Any = np.where(condition, if_true, if_false)
    return chosen[()]  # a scalar stays a scalar


def absolute(x: Number) -> Number:
    """Returns x without its sign bit."""
    return abs(x)


def both(a: Number, b: Number) -> Number:
    """Returns whether two conditions hold."""
    return select(a, b, a)


def either(a: Number, b: Number) -> Number:
    """Returns whether at least one of two conditions holds."""
    return select(a, a, b)


def is_number(x: Number) -> Number:
    """Returns whether x is not NaN, for NaN alone is not at least itself.

    Not by way of the size, which at least 0 has for all but NaN: from there LLVM 19 and 20 conclude that x itself is
    not negative, and drop a lower limit that follows. Not by equality, which many a strict build warns of.
    """
    return x >= x


def minimum(a: Number, b: Number) -> Number:
    """Returns ``a < b ? a : b``: b where either is NaN or both are zero (the meaning of SSE's ``minps``)."""
    return select(a < b, a, b)


def maximum(a: Number, b: Number) -> Number:
    """Returns ``a > b ? a : b``: b where either is NaN or both are zero (the meaning of SSE's ``maxps``)."""
    return select(a > b, a, b)


def clip(x: Number, low: Number, high: Number, neutral: Number) -> Number:
    """Returns x limited to [low, high]; NaN becomes ``neutral``, so that no NaN ever reaches an actuator.

    NaN is replaced first: clang 14 takes ``max(x, low) >= low ? max(x, low) : low`` for ``max(x, low)``, and so would
    let NaN through.
    """
    return minimum(high, maximum(low, select(is_number(x), x, neutral)))
