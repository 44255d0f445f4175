"""CartPole: Gymnasium's ``CartPole-v1``, compiled. Balance a pole by pushing its cart to the left or to the right.

Dynamics, start, reward and ending are those of Gymnasium (explicit Euler), in float32 and in the primitives of
``arithmetic.py``. The action with the greater output is taken, the first if they are equal.

| # | observation | unit | meaning |
|---|---|---|---|
| 0 | x | m | position of the cart; the episode ends beyond +-2.4 |
| 1 | x_dot | m/s | its velocity |
| 2 | theta | rad | angle of the pole, 0 = upright; the episode ends beyond 12 degrees |
| 3 | theta_dot | rad/s | its angular velocity |

| # | action | unit | meaning |
|---|---|---|---|
| 0 | push_left | 1 | merit of pushing with -10 N |
| 1 | push_right | 1 | merit of pushing with 10 N |
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import cos, sin
from wann_rt.core.arithmetic import ONE, ZERO, Number, absolute, maximum, select
from wann_rt.core.controller import Channel
from wann_rt.tasks.compiled.classic_control import PER_PI, first_state

f32 = np.float32


class Params(NamedTuple):
    """Physical constants, float32; the defaults are Gymnasium's."""

    gravity: np.float32 = f32(9.8)  # m/s^2
    cart_mass: np.float32 = f32(1.0)  # kg
    pole_mass: np.float32 = f32(0.1)  # kg
    half_length: np.float32 = f32(0.5)  # m, of the pole
    force: np.float32 = f32(10.0)  # N
    track: np.float32 = f32(2.4)  # m, half its length
    max_angle: np.float32 = f32(12 * 2 * np.pi / 360)  # rad
    dt: np.float32 = f32(0.02)  # s


OBSERVATIONS = (
    Channel("x", "m", -4.8, 4.8),
    Channel("x_dot", "m/s"),
    Channel("theta", "rad", -24 * 2 * np.pi / 360, 24 * 2 * np.pi / 360),
    Channel("theta_dot", "rad/s"),
)
ACTIONS = (Channel("push_left", "1"), Channel("push_right", "1"))
MAX_STEPS = 500
START = np.full(4, 0.05)  # largest value of each state variable of a start


def start(seed: int) -> NDArray[np.float32]:
    """Returns the state (x, x_dot, theta, theta_dot) in which the episode of this seed starts."""
    return first_state(seed, -START, START)


def observe(x: Number, x_dot: Number, theta: Number, theta_dot: Number) -> tuple[Number, ...]:
    """Returns the four observations of a state: the state itself."""
    return x, x_dot, theta, theta_dot


def step(
    p: Params, x: Number, x_dot: Number, theta: Number, theta_dot: Number, push_left: Number, push_right: Number
) -> tuple[Number, ...]:
    """Advances by dt (positions with the old velocities).

    Returns:
        x, x_dot, theta, theta_dot, the reward (always 1), and whether cart or pole has left its range.
    """
    force = select(push_right > push_left, p.force, -p.force)
    s, c = sin(theta * PER_PI), cos(theta * PER_PI)
    mass, moment = p.cart_mass + p.pole_mass, p.pole_mass * p.half_length
    push = (force + moment * theta_dot * theta_dot * s) / mass
    theta_acc = (p.gravity * s - c * push) / (p.half_length * (f32(4 / 3) - p.pole_mass * c * c / mass))
    x_acc = push - moment * theta_acc * c / mass
    x, theta = x + p.dt * x_dot, theta + p.dt * theta_dot
    x_dot, theta_dot = x_dot + p.dt * x_acc, theta_dot + p.dt * theta_acc
    excess = maximum(absolute(x) - p.track, absolute(theta) - p.max_angle)  # beyond either limit
    ended = excess > ZERO
    return x, x_dot, theta, theta_dot, select(ended, ONE, ONE), ended  # a reward for each lane
