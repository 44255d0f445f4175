"""Double pole: balance two poles of unequal length, side by side on one cart. Neuroevolution's classic.

Dynamics, start and ending are those of the literature: Wieland, "Evolving neural network controllers for unstable
systems" (1991), in the form of Gomez and Miikkulainen, "2-D pole balancing with recurrent evolutionary networks"
(1998): friction of cart and joints, Runge-Kutta of fourth order in steps of 0.01 s, a new force every second one. The
harder task that is compared there withholds the velocities (``--observe x,theta_1,theta_2``). Every episode starts so,
the long pole 4.5 degrees off.

| # | observation | unit | meaning |
|---|---|---|---|
| 0 | x | m | position of the cart; the episode ends beyond +-2.4 |
| 1 | x_dot | m/s | its velocity |
| 2 | theta_1 | rad | angle of the long pole, 0 = upright; the episode ends beyond 36 degrees |
| 3 | theta_1_dot | rad/s | its angular velocity |
| 4 | theta_2 | rad | angle of the short pole, as of the long one |
| 5 | theta_2_dot | rad/s | its angular velocity |

| # | action | unit | meaning |
|---|---|---|---|
| 0 | force | 1 | fraction of the greatest force (10 N), limited to [-1, 1] |
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import cos, sin
from wann_rt.core.arithmetic import HALF, ONE, ZERO, Number, absolute, clip, maximum, select
from wann_rt.core.controller import Channel
from wann_rt.tasks.compiled.classic_control import PER_PI

f32 = np.float32


class Params(NamedTuple):
    """Physical constants, float32; the defaults are the literature's."""

    gravity: np.float32 = f32(9.8)  # m/s^2
    cart_mass: np.float32 = f32(1.0)  # kg
    long_mass: np.float32 = f32(0.1)  # kg, of the long pole
    short_mass: np.float32 = f32(0.01)  # kg
    long_half: np.float32 = f32(0.5)  # m, half the length of the long pole
    short_half: np.float32 = f32(0.05)  # m
    cart_friction: np.float32 = f32(0.0005)  # N, against the cart's motion
    joint_friction: np.float32 = f32(0.000002)  # N m s/rad
    max_force: np.float32 = f32(10.0)  # N
    track: np.float32 = f32(2.4)  # m, half its length
    max_angle: np.float32 = f32(36 * 2 * np.pi / 360)  # rad
    dt: np.float32 = f32(0.02)  # s, two steps of integration


OBSERVATIONS = (
    Channel("x", "m", -2.4, 2.4, scale=1 / 2.4),
    Channel("x_dot", "m/s", scale=0.5),
    Channel("theta_1", "rad", -0.63, 0.63, scale=1 / 0.63),
    Channel("theta_1_dot", "rad/s", scale=0.5),
    Channel("theta_2", "rad", -0.63, 0.63, scale=1 / 0.63),
    Channel("theta_2_dot", "rad/s", scale=0.5),
)
ACTIONS = (Channel("force", "1", -1.0, 1.0, clip=True),)
MAX_STEPS = 1000
START = (0.0, 0.0, 4.5 * 2 * np.pi / 360, 0.0, 0.0, 0.0)

Moving = tuple[Number, Number, Number, Number, Number, Number]


def start(seed: int) -> NDArray[np.float32]:
    """Returns the state (x, x_dot, theta_1, theta_1_dot, theta_2, theta_2_dot) in which every episode starts."""
    return np.array(START, f32)


def observe(
    x: Number, x_dot: Number, theta_1: Number, theta_1_dot: Number, theta_2: Number, theta_2_dot: Number
) -> Moving:
    """Returns the six observations of a state: the state itself."""
    return x, x_dot, theta_1, theta_1_dot, theta_2, theta_2_dot


def accelerations(
    p: Params, x_dot: Number, theta_1: Number, theta_1_dot: Number, theta_2: Number, theta_2_dot: Number, force: Number
) -> tuple[Number, Number, Number]:
    """Returns the accelerations of the cart and of both poles."""
    s1, c1, s2, c2 = sin(theta_1 * PER_PI), cos(theta_1 * PER_PI), sin(theta_2 * PER_PI), cos(theta_2 * PER_PI)
    moment_1, moment_2 = p.long_mass * p.long_half, p.short_mass * p.short_half
    fall_1 = p.joint_friction * theta_1_dot / moment_1 - p.gravity * s1
    fall_2 = p.joint_friction * theta_2_dot / moment_2 - p.gravity * s2
    three_quarters = f32(0.75)
    push_1 = moment_1 * theta_1_dot * theta_1_dot * s1 + three_quarters * p.long_mass * c1 * fall_1
    push_2 = moment_2 * theta_2_dot * theta_2_dot * s2 + three_quarters * p.short_mass * c2 * fall_2
    long, short = p.long_mass * (ONE - three_quarters * c1 * c1), p.short_mass * (ONE - three_quarters * c2 * c2)
    rubbing = select(x_dot > ZERO, p.cart_friction, select(x_dot < ZERO, -p.cart_friction, ZERO))
    x_acc = (force - rubbing + push_1 + push_2) / (p.cart_mass + long + short)
    acc_1 = -(three_quarters * (x_acc * c1 + fall_1)) / p.long_half
    return x_acc, acc_1, -(three_quarters * (x_acc * c2 + fall_2)) / p.short_half


def advanced(p: Params, state: Moving, h: Number, force: Number) -> Moving:
    """Returns the state h later, by one step of Runge and Kutta; a stage's derivative is (u, a, v, b, w, c)."""
    x, x_dot, theta_1, theta_1_dot, theta_2, theta_2_dot = state
    half, sixth, two = h * HALF, h / f32(6.0), f32(2.0)
    u1, v1, w1 = x_dot, theta_1_dot, theta_2_dot
    a1, b1, c1 = accelerations(p, u1, theta_1, v1, theta_2, w1, force)
    u2, v2, w2 = x_dot + half * a1, theta_1_dot + half * b1, theta_2_dot + half * c1
    a2, b2, c2 = accelerations(p, u2, theta_1 + half * v1, v2, theta_2 + half * w1, w2, force)
    u3, v3, w3 = x_dot + half * a2, theta_1_dot + half * b2, theta_2_dot + half * c2
    a3, b3, c3 = accelerations(p, u3, theta_1 + half * v2, v3, theta_2 + half * w2, w3, force)
    u4, v4, w4 = x_dot + h * a3, theta_1_dot + h * b3, theta_2_dot + h * c3
    a4, b4, c4 = accelerations(p, u4, theta_1 + h * v3, v4, theta_2 + h * w3, w4, force)
    return (
        x + sixth * (u1 + two * u2 + two * u3 + u4),
        x_dot + sixth * (a1 + two * a2 + two * a3 + a4),
        theta_1 + sixth * (v1 + two * v2 + two * v3 + v4),
        theta_1_dot + sixth * (b1 + two * b2 + two * b3 + b4),
        theta_2 + sixth * (w1 + two * w2 + two * w3 + w4),
        theta_2_dot + sixth * (c1 + two * c2 + two * c3 + c4),
    )


def step(
    p: Params,
    x: Number,
    x_dot: Number,
    theta_1: Number,
    theta_1_dot: Number,
    theta_2: Number,
    theta_2_dot: Number,
    force: Number,
) -> tuple[Number, ...]:
    """Advances by dt.

    Returns:
        x, x_dot, theta_1, theta_1_dot, theta_2, theta_2_dot, the reward (always 1), and whether the cart or a pole has
        left its range.
    """
    u, h = clip(force, -ONE, ONE, ZERO) * p.max_force, p.dt * HALF
    middle = advanced(p, (x, x_dot, theta_1, theta_1_dot, theta_2, theta_2_dot), h, u)
    x, x_dot, theta_1, theta_1_dot, theta_2, theta_2_dot = advanced(p, middle, h, u)
    tilt = maximum(absolute(theta_1), absolute(theta_2))
    ended = maximum(absolute(x) - p.track, tilt - p.max_angle) > ZERO
    return x, x_dot, theta_1, theta_1_dot, theta_2, theta_2_dot, select(ended, ONE, ONE), ended
