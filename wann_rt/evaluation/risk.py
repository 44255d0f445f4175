"""What many returns are worth as one number: their mean, and how much the worst of them count beside it."""

import numpy as np
from numpy.typing import NDArray


def valued(returns: NDArray[np.float64], weight: float = 0.0, share: float = 0.25) -> NDArray[np.float64]:
    """Returns the value of episodes along the last axis: their mean, mixed with the mean over the worst of them.

    The latter is the conditional value at risk; see ``Score.cvar``, which also counts episodes in part. Here the worst
    share is rounded up to whole episodes, at least one.

    Args:
        returns: of episodes, [..., episodes].
        weight: share of the mean over the worst in the value; 0 gives the mean, in every bit.
        share: which share of the episodes is the worst.
    """
    mean: NDArray[np.float64] = returns.mean(axis=-1)
    if weight == 0:
        return mean
    count = max(1, int(np.ceil(share * returns.shape[-1])))
    worst = np.sort(returns, axis=-1)[..., :count].mean(axis=-1)
    return np.asarray((1.0 - weight) * mean + weight * worst)
