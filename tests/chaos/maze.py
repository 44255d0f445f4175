"""A maze that deceives: the way to the goal leads away from it first, and whoever only comes nearer ends in a trap.

A point starts in a trap that is open at the back; the goal lies behind its closed end. The return is by how much the
point is nearer to the goal in the end than it was in the beginning.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import wann_rt as wr
from wann_rt.core.activations import tanh
from wann_rt.core.arithmetic import Number, absolute, both, clip, select
from wann_rt.core.controller import Channel

f32 = np.float32
ZERO, ONE = f32(0), f32(1)


class Params(NamedTuple):
    """The trap and the goal."""

    half_width: np.float32 = f32(1.0)
    back: np.float32 = f32(-1.0)  # where the sides of the trap end
    front: np.float32 = f32(1.0)  # its closed end
    goal: np.float32 = f32(2.0)  # at (0, goal)
    speed: np.float32 = f32(2.0)
    dt: np.float32 = f32(0.05)


def start(seed: int) -> NDArray[np.float32]:
    """Returns the state x, y: near the origin."""
    return np.random.default_rng(seed).uniform(-0.1, 0.1, 2).astype(np.float32)


def observe(x: Number, y: Number) -> tuple[Number, ...]:
    """Returns the position."""
    return x, y


def away(p: Params, x: Number, y: Number) -> Number:
    """Returns the distance to the goal, along both axes: no root is a primitive."""
    return absolute(x) + absolute(y - p.goal)


def step(p: Params, x: Number, y: Number, vx: Number, vy: Number) -> tuple[Number, ...]:
    """Moves the point; a wall stops what would cross it."""
    reach = p.speed * p.dt
    to_x = clip(x + clip(vx, -ONE, ONE, ZERO) * reach, f32(-5), f32(5), ZERO)
    to_y = clip(y + clip(vy, -ONE, ONE, ZERO) * reach, f32(-5), f32(5), ZERO)
    beside = both(y > p.back, y < p.front)
    crosses = (absolute(x) - p.half_width) * (absolute(to_x) - p.half_width) <= ZERO
    new_x = select(both(beside, crosses), x, to_x)
    under = absolute(new_x) < p.half_width
    through = (y - p.front) * (to_y - p.front) <= ZERO
    new_y = select(both(under, through), y, to_y)
    left = away(p, new_x, new_y)
    return new_x, new_y, away(p, x, y) - left, left < f32(0.3)


task = wr.Task(
    name="deceptive-maze",
    observations=(Channel("x", "m", -5, 5, scale=0.5), Channel("y", "m", -5, 5, scale=0.5)),
    actions=(Channel("vx", "1", -1, 1, clip=True), Channel("vy", "1", -1, 1, clip=True)),
    rate_hz=20,
    max_steps=200,
    params=Params(),
    start=start,
    observe=observe,
    step=step,
)
SOLVED = 1.7  # of 2: nearer to the goal than 0.3


def featured(plain: wr.Task, weights: NDArray[np.float32]) -> wr.Task:
    """Returns the task whose return is by how much a random feature of the observations has changed in the end."""
    *each, bias = (f32(w) for w in weights)
    count = len(plain.start(0))

    def feature(observations: tuple[Any, ...]) -> Any:
        total: Any = bias
        for weight, channel, seen in zip(each, plain.observations, observations, strict=True):
            total = total + weight * (seen * f32(channel.scale))
        return tanh(total)

    observed: Callable[..., Any] = plain.observe

    def stepped(p: Any, *values: Any) -> tuple[Any, ...]:
        *after, _, failed = plain.step(p, *values)
        return *after, feature(observed(*after)) - feature(observed(*values[:count])), failed

    names = plain.names or ("x", "y")
    return replace(plain, step=stepped, names=names)
