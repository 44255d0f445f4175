"""From what a controller asks for to what the plant gets: limits, delay, dead zone, rate and gain."""

from typing import Any

import numpy as np

from wann_rt.core.arithmetic import ONE, ZERO, absolute, clip, select
from wann_rt.core.channel import Channel
from wann_rt.tasks.composed.layout import Draws, Layout
from wann_rt.tasks.composed.pieces import Piece, all_of, chained, delayed_by, same

f32 = np.float32


def asked_of(layout: Layout) -> Piece:
    """Returns the actions, limited as their channels say."""
    first = len(layout.names)
    return all_of([_limited(first + k, channel) for k, channel in enumerate(layout.plain.actions)])


def _limited(at: int, channel: Channel) -> Piece:
    low, high, neutral = f32(channel.low), f32(channel.high), f32(channel.neutral)

    def limited(p: Any, v: Any, x: Any) -> Any:
        return clip(v[at], low, high, neutral)

    def free(p: Any, v: Any, x: Any) -> Any:
        return v[at]

    return limited if channel.clip else free


def moved_of(layout: Layout) -> Piece:
    """Returns where the actuators are: late, dead around 0, slow."""
    n, moved = range(len(layout.plain.actions)), same
    if layout.has("delay"):
        at, strength, (begin, _) = layout.at(Draws.LATE), layout.param("delay"), layout.lines
        moved = chained(moved, all_of([delayed_by(k, at, strength, begin + k, len(n), layout.late) for k in n]))
    if layout.has("dead_zone"):
        strength = layout.param("dead_zone")
        moved = chained(moved, all_of([_dead(k, strength, f32(layout.plain.strengths[k])) for k in n]))
    if layout.has("rate_limit"):
        strength, begin = layout.param("rate_limit"), layout.positions[0]
        most = [f32(layout.plain.strengths[k] / layout.plain.rate) for k in n]
        moved = chained(moved, all_of([_slow(k, strength, most[k], begin + k) for k in n]))
    return moved


def _dead(k: int, strength: int, size: np.float32) -> Piece:
    def moving(p: Any, v: Any, x: Any) -> Any:
        return select(absolute(x[k]) < p[strength] * size, ZERO, x[k])

    return moving


def _slow(k: int, strength: int, most: np.float32, at: int) -> Piece:
    def slow(p: Any, v: Any, x: Any) -> Any:
        reach = p[strength] * most
        return v[at] + clip(x[k] - v[at], -reach, reach, ZERO)

    return slow


def given_of(layout: Layout) -> Piece:
    """Returns what the plant gets: the actuators' gains are its own where it has a param that is their strength."""
    if not layout.has("actuator_gain") or layout.plain.motor:
        return same
    strength, first = layout.param("actuator_gain"), layout.at("actuator_0")
    return all_of([_strong(k, strength, first + k) for k in range(len(layout.plain.actions))])


def _strong(k: int, strength: int, at: int) -> Piece:
    def strong(p: Any, v: Any, x: Any) -> Any:
        return x[k] * (ONE + p[strength] * v[at])

    return strong
