"""The swing-up with a price on effort and on jerky actions: the same physics, start and observations.

Each step's reward is reduced by ``effort_penalty * a^2`` and ``smoothness_penalty * (a - a')^2``, where a is the
limited action and a' the one before (0 at the start), which is a fifth state variable. It is a task of its own, so
that the plain one keeps its bits, its state and its speed.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.arithmetic import ONE, Number, clip
from wann_rt.tasks.compiled import cartpole_swingup as plain

f32 = np.float32


class Params(NamedTuple):
    """Those of the plain task, then the penalties per step."""

    gravity: np.float32 = f32(9.82)
    pole_mass: np.float32 = f32(0.5)
    cart_mass: np.float32 = f32(0.5)
    pole_length: np.float32 = f32(0.6)
    max_force: np.float32 = f32(10.0)
    friction: np.float32 = f32(0.1)
    track: np.float32 = f32(2.4)
    dt: np.float32 = f32(0.01)
    effort_penalty: np.float32 = f32(0.0)  # reward lost per step at full force
    smoothness_penalty: np.float32 = f32(0.0)  # reward lost when the force changes by full force, e.g. from 0 to 1


def start(seed: int) -> NDArray[np.float32]:
    """Returns the plain task's first state, and no action before it."""
    return np.append(plain.start(seed), f32(0.0))


def observe(x: Number, x_dot: Number, theta: Number, theta_dot: Number, earlier: Number) -> tuple[Number, ...]:
    """Returns the five observations of a state; the earlier action is none of them."""
    return plain.observe(x, x_dot, theta, theta_dot)


def step(
    p: Params, x: Number, x_dot: Number, theta: Number, theta_dot: Number, earlier: Number, force: Number
) -> tuple[Number, ...]:
    """Advances the plain task and charges for the action."""
    base: Any = p  # includes every field of the plain params
    x, x_dot, theta, theta_dot, reward, failed = plain.step(base, x, x_dot, theta, theta_dot, force)
    action = clip(force, -ONE, ONE, f32(0.0))
    change = action - earlier
    charged = reward - p.effort_penalty * action * action - p.smoothness_penalty * change * change
    return x, x_dot, theta, theta_dot, action, charged, failed
