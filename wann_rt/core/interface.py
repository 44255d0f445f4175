"""What a controller is fed with and what it gives: names, rate and recorded vectors that fit together."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from wann_rt.core.channel import Channel
from wann_rt.core.errors import ControllerError
from wann_rt.core.monitor import Monitor
from wann_rt.core.weight import float32

MIN_VECTORS = 8


class Vector(NamedTuple):
    """One recorded pair that every evaluator must reproduce bit for bit."""

    observation: tuple[float, ...]
    action: tuple[float, ...]


def checked_vectors(vectors: Sequence[Vector], observations: int, actions: int) -> tuple[Vector, ...]:
    """Returns test vectors rounded to float32; refuses one that fits no channel or is not finite."""
    return tuple(_checked(k, vector, (observations, actions)) for k, vector in enumerate(vectors))


def _checked(index: int, vector: Vector, sizes: tuple[int, int]) -> Vector:
    if (len(vector.observation), len(vector.action)) != sizes:
        raise ControllerError(f"test vector {index} does not have one value per channel")
    observation, action = (tuple(float32(x, f"test vector {index}") for x in side) for side in vector)
    if not np.isfinite([*observation, *action]).all():
        raise ControllerError(f"test vector {index} holds a number that float32 cannot")
    return Vector(observation, action)


def check_channels(side: str, channels: tuple[Channel, ...], expected: int) -> None:
    """Refuses another number of channels than the network has, and names that are empty or stand twice."""
    if len(channels) != expected:
        raise ControllerError(f"the network has {expected} {side}s, but {len(channels)} {side} channels came")
    count = Counter(channel.name for channel in channels)
    twice = sorted(name for name in count if count[name] > 1)
    if twice or "" in count:
        raise ControllerError(f"{side} channels need distinct, non-empty names; repeated: {twice}")


def checked_rate(rate_hz: Any) -> float | None:
    """Returns a rate as the number that a file gives back, so that a controller has one digest."""
    if rate_hz is None:
        return None
    is_number = isinstance(rate_hz, (int, float, np.integer, np.floating)) and not isinstance(rate_hz, bool)
    if not (is_number and 0 < rate_hz < float("inf")):
        raise ControllerError(f"rate_hz is {rate_hz!r}; expected a positive number of calls per second, or null")
    return float(rate_hz)


def check_monitor(monitor: Monitor, observations: int, actions: int) -> None:
    """Refuses a monitor of another interface."""
    if (monitor.observations, monitor.actions) != (observations, actions):
        raise ControllerError(
            f"the monitor is for {monitor.observations} observations and {monitor.actions} actions, but the controller "
            f"has {observations} and {actions}"
        )
