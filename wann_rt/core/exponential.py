"""exp and log from the primitives: libm's may differ between machines, and a search ranks by the last bit.

They are coarse, because a search needs no more of a score; those of ``elementary.py`` are for plants.
"""

import numpy as np

from wann_rt.core.arithmetic import ONE, Number, maximum

LOWEST = np.float32(-32.0)
TWO = np.float32(2.0)
PART = np.float32(1.0 / 64.0)
C2, C3, C4, C5 = (np.float32(1.0 / n) for n in (2, 3, 4, 5))


def exponential(x: Number) -> Number:
    """Returns exp(x) of an x of at most 0, within 1e-4 of itself; below -32 it stays at exp(-32)."""
    y = maximum(x, LOWEST) * PART
    p = ONE + y * (ONE + y * C2 * (ONE + y * C3 * (ONE + y * C4 * (ONE + y * C5))))
    p = p * p
    p = p * p
    p = p * p
    p = p * p
    p = p * p
    return p * p


def logarithm(x: Number) -> Number:
    """Returns log(x) of an x from 1 to 100, within 1e-3: three of Halley's steps on exp."""
    y = TWO * (x - ONE) / (x + ONE)
    y = y + TWO * (x * exponential(-y) - ONE) / (x * exponential(-y) + ONE)
    y = y + TWO * (x * exponential(-y) - ONE) / (x * exponential(-y) + ONE)
    return y + TWO * (x * exponential(-y) - ONE) / (x * exponential(-y) + ONE)
