"""Episodes: what any way of playing a task returns."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Episodes(NamedTuple):
    """Episodes played, each array [networks, lanes].

    Attributes:
        returns: sums of rewards.
        lengths: steps.
        efforts: sums of the absolute values of all actions, if watched.
        changes: how often an action changed its sign, if watched.
    """

    returns: NDArray[np.float64]
    lengths: NDArray[np.int64]
    efforts: NDArray[np.float64] | None = None
    changes: NDArray[np.int64] | None = None
