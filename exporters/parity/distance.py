"""How far actions of two evaluators lie apart: in float32 steps, absolutely, and beside a bound."""

import numpy as np
from numpy.typing import NDArray

from wann_rt.exporters.parity.vectors import Floats


def distance(a: Floats, b: Floats) -> NDArray[np.int64]:
    """Returns how many float32 steps lie between a and b; all NaN are one number, beyond infinity."""
    steps: NDArray[np.int64] = np.abs(_ordinal(a) - _ordinal(b))
    return steps


def _ordinal(x: Floats) -> NDArray[np.int64]:
    """Returns integers in the order of the floats, -0.0 just below 0.0."""
    bits = np.where(np.isnan(x), np.float32(np.nan), x).astype(np.float32).view(np.int32).astype(np.int64)
    return np.where(bits < 0, -1 - (bits & 0x7FFFFFFF), np.where(np.isnan(x), 0x7F800001, bits))


def difference(a: Floats, b: Floats) -> NDArray[np.float64]:
    """Returns the absolute difference: 0 for equal infinities and two NaN, infinite where only one side is NaN."""
    with np.errstate(invalid="ignore"):
        found = np.abs(a.astype(np.float64) - b.astype(np.float64))
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    return np.where(same, 0.0, np.where(np.isnan(found), np.inf, found))


def ratio(differences: NDArray[np.float64], bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns difference over bound; 0 where there is no difference, whatever the bound."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(differences == 0, 0.0, differences / bounds)
