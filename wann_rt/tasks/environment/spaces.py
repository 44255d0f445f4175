"""An environment's spaces as channels; what cannot be one is an error that names the wrapper which makes it one."""

from typing import Any, NoReturn

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from wann_rt.core.controller import Channel
from wann_rt.core.errors import TaskError

OPEN = 1e30  # a bound beyond this is the environment's way of saying that there is none
IMAGE_DIMENSIONS = (2, 3)


def observation_channels(env_id: str, space: gymnasium.Space[Any]) -> tuple[Channel, ...]:
    """Returns a channel for each observation.

    Raises:
        TaskError: the space is no flat box.
    """
    if not isinstance(space, spaces.Box):
        _refuse(env_id, f"observations are {_kind(space)}", "gymnasium.wrappers.FlattenObservation", "a flat Box")
    if len(space.shape) in IMAGE_DIMENSIONS and space.dtype == np.uint8:
        wrapper = "gymnasium.wrappers.TransformObservation"
        _refuse(env_id, f"observations are images {list(space.shape)}", wrapper, "a few numbers computed from them")
    if len(space.shape) != 1:
        wrapper = "gymnasium.wrappers.FlattenObservation"
        _refuse(env_id, f"observations have shape {list(space.shape)}", wrapper, "a flat Box")
    low, high = _bounds(env_id, "observation", space)
    return tuple(Channel(f"obs_{k}", "", *_opened(low[k], high[k])) for k in range(len(low)))


def action_channels(env_id: str, space: gymnasium.Space[Any]) -> tuple[Channel, ...]:
    """Returns a channel for each output of the network: an action of a box, or the score of a discrete action.

    An output in [-1, 1] covers the box, and is clipped to it.

    Raises:
        TaskError: the space is neither a flat box of bounded real numbers nor discrete.
    """
    if isinstance(space, spaces.Discrete):
        return tuple(Channel(f"action_{int(space.start) + k}") for k in range(int(space.n)))
    wrapper = "gymnasium.wrappers.TransformAction"
    if not isinstance(space, spaces.Box):
        _refuse(env_id, f"actions are {_kind(space)}", wrapper, "a flat Box or Discrete")
    if len(space.shape) != 1 or not np.issubdtype(space.dtype, np.floating):
        shape = f"have shape {list(space.shape)} and type {space.dtype}"
        _refuse(env_id, f"actions {shape}", wrapper, "a flat Box of real numbers")
    low, high = _bounds(env_id, "action", space)
    if not (np.abs([low, high]) < OPEN).all():
        _refuse(env_id, "actions have no bounds", wrapper, "a Box with finite bounds")
    middle, half = (high + low) / 2, (high - low) / 2
    return tuple(Channel(f"action_{k}", "", low[k], high[k], middle[k], half[k], clip=True) for k in range(len(low)))


def _bounds(env_id: str, what: str, space: spaces.Box) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = (np.asarray(side, np.float64) for side in (space.low, space.high))
    if not len(low):
        raise TaskError(f"environment {env_id} has no {what}s")
    wrong = np.flatnonzero(~(low <= high))
    if len(wrong):
        k = wrong[0]
        raise TaskError(f"environment {env_id}: {what} {k} has the bounds [{low[k]}, {high[k]}]: low <= high expected")
    return low, high


def _kind(space: object) -> str:
    """Returns what a space is, and whose, if it is not one of Gymnasium's: the older gym has a Box, too."""
    kind = type(space)
    return kind.__name__ if isinstance(space, spaces.Space) else f"{kind.__module__}.{kind.__qualname__}"


def _opened(low: float, high: float) -> tuple[float, float]:
    return (-np.inf if low < -OPEN else float(low)), (np.inf if high > OPEN else float(high))


def _refuse(env_id: str, what: str, wrapper: str, wanted: str) -> NoReturn:
    raise TaskError(
        f"environment {env_id}: its {what}, and a controller needs {wanted}: wrap it with {wrapper}, in a function "
        "that returns the wrapped environment, and name that function (--env my_module:my_function)"
    )
