"""Acrobot: Gymnasium's ``Acrobot-v1``, compiled. Swing the tip of a two-link arm up by a motor at the elbow.

Dynamics (those of Sutton and Barto's book), start, reward and ending are those of Gymnasium (Runge-Kutta of fourth
order), in float32 and in the primitives of ``arithmetic.py``. The action with the greatest output is taken, the first
of equal ones.

| # | observation | unit | meaning |
|---|---|---|---|
| 0 | cos_theta_1 | 1 | cosine of the first link's angle, 1 = hanging |
| 1 | sin_theta_1 | 1 | its sine |
| 2 | cos_theta_2 | 1 | cosine of the second link's angle to the first, 1 = stretched |
| 3 | sin_theta_2 | 1 | its sine |
| 4 | theta_1_dot | rad/s | angular velocity of the first link, limited to +-4 pi |
| 5 | theta_2_dot | rad/s | angular velocity of the second to the first, limited to +-9 pi |

| # | action | unit | meaning |
|---|---|---|---|
| 0 | torque_minus | 1 | merit of the torque -1 N m |
| 1 | torque_zero | 1 | merit of none |
| 2 | torque_plus | 1 | merit of the torque 1 N m |
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import cos, sin
from wann_rt.core.arithmetic import HALF, ONE, ZERO, Number, maximum, minimum, select
from wann_rt.core.controller import Channel
from wann_rt.tasks.compiled.classic_control import PER_PI, first_state, wrapped

f32 = np.float32


class Params(NamedTuple):
    """Physical constants, float32; the defaults are Gymnasium's."""

    gravity: np.float32 = f32(9.8)  # m/s^2
    mass_1: np.float32 = f32(1.0)  # kg, of the first link
    mass_2: np.float32 = f32(1.0)  # kg
    length_1: np.float32 = f32(1.0)  # m
    centre_1: np.float32 = f32(0.5)  # m, from the first joint to the first link's centre of mass
    centre_2: np.float32 = f32(0.5)  # m
    inertia_1: np.float32 = f32(1.0)  # kg m^2
    inertia_2: np.float32 = f32(1.0)  # kg m^2
    torque: np.float32 = f32(1.0)  # N m
    max_speed_1: np.float32 = f32(4 * np.pi)  # rad/s
    max_speed_2: np.float32 = f32(9 * np.pi)  # rad/s
    dt: np.float32 = f32(0.2)  # s


OBSERVATIONS = (
    Channel("cos_theta_1", "1", -1.0, 1.0),
    Channel("sin_theta_1", "1", -1.0, 1.0),
    Channel("cos_theta_2", "1", -1.0, 1.0),
    Channel("sin_theta_2", "1", -1.0, 1.0),
    Channel("theta_1_dot", "rad/s", -4 * np.pi, 4 * np.pi),
    Channel("theta_2_dot", "rad/s", -9 * np.pi, 9 * np.pi),
)
ACTIONS = (Channel("torque_minus", "1"), Channel("torque_zero", "1"), Channel("torque_plus", "1"))
MAX_STEPS = 500
START = np.full(4, 0.1)  # largest value of each state variable of a start


def start(seed: int) -> NDArray[np.float32]:
    """Returns the state (theta_1, theta_2, theta_1_dot, theta_2_dot) in which the episode of this seed starts."""
    return first_state(seed, -START, START)


def observe(theta_1: Number, theta_2: Number, theta_1_dot: Number, theta_2_dot: Number) -> tuple[Number, ...]:
    """Returns the six observations of a state."""
    first, second = theta_1 * PER_PI, theta_2 * PER_PI
    return cos(first), sin(first), cos(second), sin(second), theta_1_dot, theta_2_dot


def accelerations(
    p: Params, theta_1: Number, theta_2: Number, theta_1_dot: Number, theta_2_dot: Number, torque: Number
) -> tuple[Number, Number]:
    """Returns the angular accelerations of both links; Sutton and Barto, "Reinforcement learning", 1998, 11.3."""
    c, s = cos(theta_2 * PER_PI), sin(theta_2 * PER_PI)
    lever = p.length_1 * p.centre_2
    own = p.mass_2 * p.centre_2 * p.centre_2 + p.inertia_2
    d_2 = own + p.mass_2 * lever * c
    d_1 = p.mass_1 * p.centre_1 * p.centre_1 + p.mass_2 * (p.length_1 * p.length_1 + f32(2.0) * lever * c)
    d_1 = d_1 + own + p.inertia_1
    # Gymnasium writes cos(angle - pi / 2) for these sines.
    phi_2 = p.mass_2 * p.centre_2 * p.gravity * sin((theta_1 + theta_2) * PER_PI)
    weight_1 = (p.mass_1 * p.centre_1 + p.mass_2 * p.length_1) * p.gravity * sin(theta_1 * PER_PI)
    whirl = p.mass_2 * lever * s
    phi_1 = weight_1 + phi_2 - whirl * theta_2_dot * (theta_2_dot + f32(2.0) * theta_1_dot)
    ratio = d_2 / d_1
    acc_2 = (torque + ratio * phi_1 - whirl * theta_1_dot * theta_1_dot - phi_2) / (own - d_2 * ratio)
    return -(d_2 * acc_2 + phi_1) / d_1, acc_2


def step(
    p: Params,
    theta_1: Number,
    theta_2: Number,
    theta_1_dot: Number,
    theta_2_dot: Number,
    torque_minus: Number,
    torque_zero: Number,
    torque_plus: Number,
) -> tuple[Number, ...]:
    """Advances by dt.

    Returns:
        theta_1, theta_2, theta_1_dot, theta_2_dot, the reward (-1, or 0 for the goal), and whether the tip is one
        link's length above the first joint, which ends the episode.
    """
    better = maximum(torque_zero, torque_minus)  # of the first two actions
    torque = select(torque_zero > torque_minus, ZERO, -p.torque)
    torque = select(torque_plus > better, p.torque, torque)
    # A stage's derivative is (speed_1, speed_2, acceleration_1, acceleration_2) = (u, v, a, b) of that stage.
    half, sixth = p.dt * HALF, p.dt / f32(6.0)
    u1, v1 = theta_1_dot, theta_2_dot
    a1, b1 = accelerations(p, theta_1, theta_2, u1, v1, torque)
    u2, v2 = u1 + half * a1, v1 + half * b1
    a2, b2 = accelerations(p, theta_1 + half * u1, theta_2 + half * v1, u2, v2, torque)
    u3, v3 = u1 + half * a2, v1 + half * b2
    a3, b3 = accelerations(p, theta_1 + half * u2, theta_2 + half * v2, u3, v3, torque)
    u4, v4 = u1 + p.dt * a3, v1 + p.dt * b3
    a4, b4 = accelerations(p, theta_1 + p.dt * u3, theta_2 + p.dt * v3, u4, v4, torque)
    two = f32(2.0)
    theta_1 = wrapped(theta_1 + sixth * (u1 + two * u2 + two * u3 + u4))
    theta_2 = wrapped(theta_2 + sixth * (v1 + two * v2 + two * v3 + v4))
    theta_1_dot = theta_1_dot + sixth * (a1 + two * a2 + two * a3 + a4)
    theta_2_dot = theta_2_dot + sixth * (b1 + two * b2 + two * b3 + b4)
    theta_1_dot = minimum(p.max_speed_1, maximum(-p.max_speed_1, theta_1_dot))
    theta_2_dot = minimum(p.max_speed_2, maximum(-p.max_speed_2, theta_2_dot))
    height = -cos(theta_1 * PER_PI) - cos((theta_1 + theta_2) * PER_PI)
    reached = height > ONE
    return theta_1, theta_2, theta_1_dot, theta_2_dot, select(reached, ZERO, -ONE), reached
