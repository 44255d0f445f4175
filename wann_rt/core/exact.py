"""Logarithm and exponential in float64 from exactly rounded operations alone: the same bits everywhere.

Those of a C library may differ in the last bit between machines and versions.
"""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
LN2 = 0.6931471805599453
# ln 2 in two parts, the first with 20 zero bits at its end, so that a small whole number times it is exact.
LN2_HIGH, LN2_LOW = float.fromhex("0x1.62e42feep-1"), float.fromhex("0x1.a39ef35793c76p-33")


def polynomial(x: Numbers, coefficients: tuple[float, ...]) -> Numbers:
    """Returns a polynomial in x, coefficients lowest power first."""
    total = np.zeros_like(x)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def logarithm(p: Numbers) -> Numbers:
    """Returns the natural logarithm of positive numbers, within some units in the last place.

    p = m * 2^e with m in [1/sqrt 2, sqrt 2), and log m = 2 artanh((m - 1) / (m + 1)) by its power series.
    """
    m, e = np.frexp(p)
    small = m < 0.5**0.5
    m, e = np.where(small, 2.0 * m, m), np.where(small, e - 1, e)
    t = (m - 1.0) / (m + 1.0)
    series = polynomial(t * t, tuple(1.0 / k for k in range(1, 24, 2)))
    return 2.0 * t * series + e * LN2


def exponential(x: float) -> float:
    """Returns e^x, within some units in the last place; inf above 700, 0 below -700, NaN of NaN.

    x = k ln 2 + r with r in [-ln 2 / 2, ln 2 / 2], and e^r by its power series.
    """
    if not -700.0 <= x <= 700.0:
        return x if x != x else max(0.0, np.sign(x) * np.inf)
    k = np.rint(x / LN2)
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    term, total = 1.0, 1.0
    for n in range(1, 15):
        term = term * r / n
        total += term
    return float(np.ldexp(total, int(k)))
