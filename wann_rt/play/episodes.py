"""Episodes: what any way of playing a task returns."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.random import Purpose, stream, uniforms

LOW, HIGH = -2.0, 2.0  # the range of shared weights in the paper


class Episodes(NamedTuple):
    """Episodes played, each array [networks, lanes].

    Attributes:
        returns: sums of rewards.
        lengths: steps.
        efforts: sums of the absolute values of all actions, if watched.
        changes: how often an action changed its sign, if watched.
        failed: whether a failure of the environment ended the episode, where an environment plays.
    """

    returns: NDArray[np.float64]
    lengths: NDArray[np.int64]
    efforts: NDArray[np.float64] | None = None
    changes: NDArray[np.int64] | None = None
    failed: NDArray[np.bool_] | None = None


def weights_per_connection(key: np.uint64, connections: int, episodes: int) -> NDArray[np.float32]:
    """Returns random weights of the paper's range, U(-2, 2), [connections, episodes]."""
    return uniforms(key, connections * episodes, LOW, HIGH).reshape(connections, episodes).astype(np.float32)


def episode_seeds(purpose: Purpose, seed: int, count: int, *parts: int) -> NDArray[np.int64]:
    """Returns episode seeds for a purpose; other purposes and other parts (generation, ...) are other streams."""
    return (uniforms(stream(seed, purpose, *parts), count) * 2**53).astype(np.int64)
