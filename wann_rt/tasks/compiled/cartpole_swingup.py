"""CartPoleSwingUp: swing a hanging pole up by moving its cart, and hold it there.

Dynamics, start, reward and ending are those of the WANN reference code (``CartPoleSwingUp``, after Gal, McAllister
and Rasmussen, "Improving PILCO with Bayesian neural network dynamics models", 2016), in float32 and in the primitives
of ``arithmetic.py``, so that numba, Gymnasium and generated code step bit for bit alike.

| # | observation | unit | meaning |
|---|---|---|---|
| 0 | x | m | position of the cart; the track ends at +-2.4 |
| 1 | x_dot | m/s | its velocity |
| 2 | cos_theta | 1 | cosine of the pole's angle, 1 = upright |
| 3 | sin_theta | 1 | sine of the pole's angle |
| 4 | theta_dot | rad/s | its angular velocity |

| # | action | unit | meaning |
|---|---|---|---|
| 0 | force | 1 | fraction of the greatest force (10 N), limited to [-1, 1] |
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import cos, sin
from wann_rt.core.arithmetic import HALF, ONE, Number, absolute, clip
from wann_rt.core.controller import Channel
from wann_rt.core.random import Purpose, normals, stream

f32 = np.float32


class Params(NamedTuple):
    """Physical constants, float32; the defaults are the reference's."""

    gravity: np.float32 = f32(9.82)  # m/s^2
    pole_mass: np.float32 = f32(0.5)  # kg
    cart_mass: np.float32 = f32(0.5)  # kg
    pole_length: np.float32 = f32(0.6)  # m
    max_force: np.float32 = f32(10.0)  # N
    friction: np.float32 = f32(0.1)  # N s/m, between cart and track
    track: np.float32 = f32(2.4)  # m, half its length
    dt: np.float32 = f32(0.01)  # s


OBSERVATIONS = (
    Channel("x", "m"),
    Channel("x_dot", "m/s"),
    Channel("cos_theta", "1", -1.0, 1.0),
    Channel("sin_theta", "1", -1.0, 1.0),
    Channel("theta_dot", "rad/s"),
)
ACTIONS = (Channel("force", "1", -1.0, 1.0, clip=True),)
MAX_STEPS = 1000
START_MEAN = np.array([0.0, 0.0, np.pi, 0.0])  # at rest in the middle, pole hanging
START_SD = 0.2  # of each state variable

PER_PI = f32(1.0 / np.pi)  # sin and cos of the palette take half-turns


def start(seed: int) -> NDArray[np.float32]:
    """Returns the state (x, x_dot, theta, theta_dot) in which the episode of this seed starts."""
    return (START_MEAN + START_SD * normals(stream(seed, Purpose.START), 4)).astype(f32)


def observe(x: Number, x_dot: Number, theta: Number, theta_dot: Number) -> tuple[Number, ...]:
    """Returns the five observations of a state."""
    return x, x_dot, cos(theta * PER_PI), sin(theta * PER_PI), theta_dot


def step(p: Params, x: Number, x_dot: Number, theta: Number, theta_dot: Number, force: Number) -> tuple[Number, ...]:
    """Advances by dt (explicit Euler: positions with the old velocities).

    Returns:
        x, x_dot, theta, theta_dot, the reward of the new state, and whether the cart has left the track.
    """
    u = clip(force, -ONE, ONE, f32(0.0)) * p.max_force
    s, c = sin(theta * PER_PI), cos(theta * PER_PI)
    mass = p.cart_mass + p.pole_mass
    moment = p.pole_mass * p.pole_length
    swing = moment * theta_dot * theta_dot * s
    push = u - p.friction * x_dot
    lever = f32(4.0) * mass - f32(3.0) * p.pole_mass * c * c
    x_acc = (f32(3.0) * p.pole_mass * p.gravity * s * c + f32(4.0) * push - f32(2.0) * swing) / lever
    theta_acc = f32(3.0) * (f32(2.0) * mass * p.gravity * s + f32(2.0) * push * c - swing * c) / (p.pole_length * lever)
    x, theta = x + x_dot * p.dt, theta + theta_dot * p.dt
    x_dot, theta_dot = x_dot + x_acc * p.dt, theta_dot + theta_acc * p.dt
    upright = (cos(theta * PER_PI) + ONE) * HALF
    central = cos(x * HALF / p.track)
    return x, x_dot, theta, theta_dot, upright * central, absolute(x) > p.track
