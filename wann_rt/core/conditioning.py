"""Conditioning: what is done to an observation on its way into the network, and to an output on its way out.

The formulas stand here once, in the primitives of ``arithmetic.py``. ``Channel`` computes with them in numpy and lets
them be traced; ``kernels.decide`` compiles them.
"""

from typing import Any, NamedTuple

from wann_rt.core.arithmetic import Number, clip


class Conditioning(NamedTuple):
    """The numbers of a channel, float32; or of all channels of a side, arrays [channels]. See ``channel.Channel``."""

    low: Number
    high: Number
    neutral: Number
    offset: Number
    scale: Number
    clip: Any


def condition_observation(channel: Conditioning, o: Number) -> Number:
    """Returns what enters the network for observation o; an offset of 0 and a scale of 1 are left out."""
    if channel.clip:
        o = clip(o, channel.low, channel.high, channel.neutral)
    if channel.offset != 0:
        o = o - channel.offset
    if channel.scale != 1:
        o = o * channel.scale
    return o


def condition_action(channel: Conditioning, y: Number) -> Number:
    """Returns the action for network output y; a scale of 1 and an offset of 0 are left out."""
    if channel.scale != 1:
        y = y * channel.scale
    if channel.offset != 0:
        y = y + channel.offset
    return limit_action(channel, y)


def limit_action(channel: Conditioning, y: Number) -> Number:
    """Returns y clipped, if the channel clips."""
    if channel.clip:
        y = clip(y, channel.low, channel.high, channel.neutral)
    return y
