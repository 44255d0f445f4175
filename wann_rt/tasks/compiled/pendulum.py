"""Pendulum: Gymnasium's ``Pendulum-v1``, compiled. Swing a pendulum up with a weak motor, and hold it there.

Dynamics, start and reward are those of Gymnasium (semi-implicit Euler), in float32 and in the primitives of
``arithmetic.py``. The angle is kept within one turn, where Gymnasium lets it grow and normalises it in the reward.
Episodes never fail.

| # | observation | unit | meaning |
|---|---|---|---|
| 0 | cos_theta | 1 | cosine of the angle, 1 = upright |
| 1 | sin_theta | 1 | sine of the angle |
| 2 | theta_dot | rad/s | angular velocity, limited to [-8, 8] |

| # | action | unit | meaning |
|---|---|---|---|
| 0 | torque | N m | of the motor, limited to [-2, 2] |
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import cos, sin
from wann_rt.core.arithmetic import ZERO, Number, absolute, clip, maximum, minimum
from wann_rt.core.controller import Channel
from wann_rt.tasks.compiled.classic_control import PER_PI, first_state, wrapped

f32 = np.float32


class Params(NamedTuple):
    """Physical constants, float32; the defaults are Gymnasium's."""

    gravity: np.float32 = f32(10.0)  # m/s^2
    mass: np.float32 = f32(1.0)  # kg
    length: np.float32 = f32(1.0)  # m
    max_torque: np.float32 = f32(2.0)  # N m
    max_speed: np.float32 = f32(8.0)  # rad/s
    dt: np.float32 = f32(0.05)  # s


OBSERVATIONS = (
    Channel("cos_theta", "1", -1.0, 1.0),
    Channel("sin_theta", "1", -1.0, 1.0),
    Channel("theta_dot", "rad/s", -8.0, 8.0),
)
ACTIONS = (Channel("torque", "N m", -2.0, 2.0, clip=True),)
MAX_STEPS = 200
START = np.array([np.pi, 1.0])  # largest angle and angular velocity of a start


def start(seed: int) -> NDArray[np.float32]:
    """Returns the state (theta, theta_dot) in which the episode of this seed starts; theta is 0 upright."""
    return first_state(seed, -START, START)


def observe(theta: Number, theta_dot: Number) -> tuple[Number, ...]:
    """Returns the three observations of a state."""
    return cos(theta * PER_PI), sin(theta * PER_PI), theta_dot


def step(p: Params, theta: Number, theta_dot: Number, torque: Number) -> tuple[Number, ...]:
    """Advances by dt.

    Returns:
        theta, theta_dot, the reward of the state before, and whether the speed is beyond its limit: never.
    """
    u = clip(torque, -p.max_torque, p.max_torque, ZERO)
    cost = theta * theta + f32(0.1) * theta_dot * theta_dot + f32(0.001) * u * u
    fall = f32(1.5) * p.gravity / p.length * sin(theta * PER_PI)
    push = f32(3.0) * u / (p.mass * p.length * p.length)
    theta_dot = minimum(p.max_speed, maximum(-p.max_speed, theta_dot + (fall + push) * p.dt))
    theta = wrapped(theta + theta_dot * p.dt)
    return theta, theta_dot, -cost, absolute(theta_dot) > p.max_speed
