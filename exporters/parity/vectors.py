"""The observations on which evaluators are compared: recorded, random of all magnitudes, and special ones."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core.controller import Channel, Controller
from wann_rt.core.random import Purpose, normals, stream, uniforms

Floats = NDArray[np.float32]

# Both zeros, subnormals, the smallest normal, tiny, where rounding by magic constants ends, huge, overflow, NaN.
SPECIAL = np.array(
    [
        *(0.0, -0.0, 1e-45, -1e-45, 1e-39, -1e-39, 2.0**-126, 1e-30, -1e-30, 2.0**22, 2.0**23, -(2.0**24), 1e10),
        *(1e30, -1e30, 3.4028235e38, -3.4028235e38, np.inf, -np.inf, np.nan),
    ],
    np.float32,
)
MAGNITUDES = (1.0, 1e-3, 30.0, 1e6)
RESETS = 0.05  # share of the steps before which a state is reset
WIDE = 1e6  # a range wider than this says "unbounded" in practice


def observations(controller: Controller, n_random: int, recorded: ArrayLike | None = None) -> Floats:
    """Returns observations [batch, observations]: the same ones each time.

    Args:
        controller: whose own recorded observations come first.
        n_random: how many random ones; half within the bounds of the channels, half beyond.
        recorded: further observations, e.g. of an episode.
    """
    channels = controller.observations
    own = np.array([v.observation for v in controller.vectors], np.float32).reshape(-1, len(channels))
    given = own[:0] if recorded is None else np.atleast_2d(controller.check_observation(recorded))
    return np.concatenate([own, given, _random(channels, n_random), _special(channels)])


def resets(controller: Controller, count: int) -> NDArray[np.bool_]:
    """Returns before which observations the state of a controller is reset: at its own ones, then at drawn ones."""
    drawn = uniforms(stream(3, Purpose.VECTORS), count) < RESETS
    own = len(controller.vectors)
    drawn[:own] = np.isin(np.arange(own), controller.resets)
    drawn[own : own + 1] = True
    return np.asarray(drawn, np.bool_)


def _random(channels: tuple[Channel, ...], count: int) -> Floats:
    """Returns ordinary observations and, every other one, ones of all magnitudes."""
    magnitude = np.array(MAGNITUDES)[np.arange(count) // 2 % len(MAGNITUDES)]
    wild = np.arange(count) % 2 == 1
    columns = [
        np.where(wild, normals(stream(1, Purpose.VECTORS, k), count) * magnitude, _ordinary(channel, k, count))
        for k, channel in enumerate(channels)
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _ordinary(channel: Channel, index: int, count: int) -> NDArray[np.float64]:
    """Returns values within the channel's bounds, or standard normal ones where it has none."""
    key = stream(2, Purpose.VECTORS, index)
    if channel.high - channel.low <= WIDE:
        return uniforms(key, count, channel.low, channel.high)
    return np.clip(normals(key, count), channel.low, channel.high)


def _special(channels: tuple[Channel, ...]) -> Floats:
    """Returns each special value in each channel, the others ordinary, and in all channels at once."""
    n = len(channels)
    one = _random(channels, len(SPECIAL) * n).reshape(len(SPECIAL), n, n)
    one[:, np.arange(n), np.arange(n)] = SPECIAL[:, np.newaxis]
    return np.concatenate([one.reshape(-1, n), np.repeat(SPECIAL[:, np.newaxis], n, axis=1)])
