"""What a controller is fed, checked: numbers in order, or values by the names of the channels."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core.errors import ControllerError
from wann_rt.core.guess import near


def observation_of(observation: ArrayLike | Mapping[str, Any], names: tuple[str, ...]) -> NDArray[np.float32]:
    """Returns the observation as float32 [channels] or [batch, channels], or raises ControllerError."""
    try:
        given = _by_name(observation, names) if isinstance(observation, Mapping) else np.asanyarray(observation)
        if given.dtype.kind not in "fiubO" or np.ma.is_masked(given):
            raise TypeError(f"{'masked values' if given.dtype.kind in 'fiub' else given.dtype} came")
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinity
            batch = np.asarray(given, np.float32)
    except (TypeError, ValueError) as error:
        raise ControllerError(f"an observation must be numbers: {error}") from None
    if batch.ndim not in (1, 2) or batch.shape[-1] != len(names):
        raise ControllerError(
            f"an observation of shape [{len(names)}] ({', '.join(names[:8])}{', ...' * (len(names) > 8)}) "
            f"or [batch, {len(names)}] is expected; shape {list(batch.shape)} came"
        )
    return batch


def _by_name(values: Mapping[str, Any], names: tuple[str, ...]) -> NDArray[Any]:
    """Returns the observations that a mapping names, in order."""
    wrong = [name for name in values if name not in names] or [name for name in names if name not in values]
    if wrong:
        if wrong[0] in names:
            raise ControllerError(f"{wrong[0]!r} is missing; expected {', '.join(names)}")
        guess = near(wrong[0], [name for name in names if name not in values])
        raise ControllerError(f"{wrong[0]!r} is no observation; expected {', '.join(names)}{guess}")
    return np.stack([np.asarray(values[name]) for name in names], axis=-1)
