"""Pendubot and acrobot with torque: swing two hanging links up by the motor of one joint, and balance them.

The motor of the shoulder drives a pendubot, that of the elbow an acrobot; the other joint is free. Params are those of
RealAIGym's double pendulum, design C.1, model 1.0, as its robustness leaderboard has them: 6 N m, and neither friction
nor inertia of the motors (F. Wiebe and others, "Open source dual-purpose acrobot and pendubot platform", IEEE Robotics
and Automation Magazine, 2024; dfki-ric-underactuated-lab/double_pendulum). Both inertias are about the link's joint.
With a = shoulder and b = elbow from upright and stretched, and h = m_2 l_1 r_2,

    M11 a'' + M12 b'' = torque_1 + h sin(b) b' (2 a' + b') + (m_1 r_1 + m_2 l_1) g sin(a) + m_2 r_2 g sin(a + b)
    M12 a'' + I_2 b'' = torque_2 - h sin(b) a'^2 + m_2 r_2 g sin(a + b),        M12 = I_2 + h cos(b)

where M11 = I_1 + m_2 l_1^2 + h cos(b) + M12; Runge-Kutta of fourth order, 100 Hz. An episode fails when a joint turns
faster than the limit.

| # | observation | unit | meaning |
|---|---|---|---|
| 0 | cos_shoulder | 1 | cosine of the first link's angle, 1 = upright |
| 1 | sin_shoulder | 1 | its sine |
| 2 | cos_elbow | 1 | cosine of the second link's angle to the first, 1 = stretched |
| 3 | sin_elbow | 1 | its sine |
| 4 | shoulder_dot | rad/s | angular velocity of the first link |
| 5 | elbow_dot | rad/s | angular velocity of the second to the first |

| # | action | unit | meaning |
|---|---|---|---|
| 0 | torque | 1 | of the motor, as a share of its greatest |

A step's reward is 1 / (1 + 4 (2 - cos a - cos(a + b)) + (a'^2 + (a' + b')^2) / 20): 1 for both links upright at rest.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import cos, sin
from wann_rt.core.arithmetic import HALF, ONE, ZERO, Number, absolute, clip, either
from wann_rt.core.controller import Channel
from wann_rt.tasks.compiled.classic_control import PER_PI, first_state, wrapped

f32 = np.float32


class Params(NamedTuple):
    """Physical constants, float32; these drive the shoulder."""

    gravity: np.float32 = f32(9.81)  # m/s^2
    mass_1: np.float32 = f32(0.52346023)  # kg, of the first link
    mass_2: np.float32 = f32(0.62556772)  # kg
    length_1: np.float32 = f32(0.2)  # m
    length_2: np.float32 = f32(0.3)  # m, which only its picture shows
    centre_1: np.float32 = f32(0.2)  # m, from the first joint to the first link's centre of mass
    centre_2: np.float32 = f32(0.25569305)  # m
    inertia_1: np.float32 = f32(0.0318872)  # kg m^2, about the first joint
    inertia_2: np.float32 = f32(0.05086985)  # kg m^2, about the second
    damping_1: np.float32 = f32(0.0)  # N m s/rad
    damping_2: np.float32 = f32(0.0)  # N m s/rad
    shoulder_torque: np.float32 = f32(6.0)  # N m
    elbow_torque: np.float32 = f32(0.0)  # N m
    max_rate: np.float32 = f32(30.0)  # rad/s
    dt: np.float32 = f32(0.01)  # s


class ElbowParams(Params):
    """The same of the acrobot: a task is known by the type of its params, too."""

    __slots__ = ()


ELBOW = ElbowParams(shoulder_torque=f32(0.0), elbow_torque=f32(6.0))
OBSERVATIONS = (
    Channel("cos_shoulder", "1", -1.0, 1.0),
    Channel("sin_shoulder", "1", -1.0, 1.0),
    Channel("cos_elbow", "1", -1.0, 1.0),
    Channel("sin_elbow", "1", -1.0, 1.0),
    Channel("shoulder_dot", "rad/s", scale=0.2),
    Channel("elbow_dot", "rad/s", scale=0.2),
)
ACTIONS = (Channel("torque", "1", -1.0, 1.0, clip=True),)
MAX_STEPS = 1000
HANGING = np.array([np.pi, 0.0, 0.0, 0.0])
START = np.full(4, 0.05)  # largest distance from it of each state variable of a start
FOUR = f32(4.0)
TWENTIETH = f32(0.05)

Moving = tuple[Number, Number]


def start(seed: int) -> NDArray[np.float32]:
    """Returns the state (shoulder, elbow, shoulder_dot, elbow_dot) in which the episode of this seed starts."""
    return first_state(seed, HANGING - START, HANGING + START)


def observe(shoulder: Number, elbow: Number, shoulder_dot: Number, elbow_dot: Number) -> tuple[Number, ...]:
    """Returns the six observations of a state."""
    first, second = shoulder * PER_PI, elbow * PER_PI
    return cos(first), sin(first), cos(second), sin(second), shoulder_dot, elbow_dot


def accelerations(p: Params, angles: Moving, rates: Moving, torque: Number) -> Moving:
    """Returns the angular accelerations of both joints; the torque is a share of the greatest."""
    (shoulder, elbow), (a, b) = angles, rates
    c, s = cos(elbow * PER_PI), sin(elbow * PER_PI)
    whirl = p.mass_2 * p.length_1 * p.centre_2
    weight_2 = p.mass_2 * p.centre_2 * p.gravity * sin((shoulder + elbow) * PER_PI)
    weight_1 = (p.mass_1 * p.centre_1 + p.mass_2 * p.length_1) * p.gravity * sin(shoulder * PER_PI) + weight_2
    m12 = p.inertia_2 + whirl * c
    m11 = p.inertia_1 + p.mass_2 * p.length_1 * p.length_1 + whirl * c + m12
    x = torque * p.shoulder_torque + weight_1 + whirl * s * b * (a + a + b) - p.damping_1 * a
    y = torque * p.elbow_torque + weight_2 - whirl * s * a * a - p.damping_2 * b
    det = m11 * p.inertia_2 - m12 * m12
    return (p.inertia_2 * x - m12 * y) / det, (m11 * y - m12 * x) / det


def step(
    p: Params, shoulder: Number, elbow: Number, shoulder_dot: Number, elbow_dot: Number, torque: Number
) -> tuple[Number, ...]:
    """Advances by dt.

    Returns:
        shoulder, elbow, shoulder_dot, elbow_dot, the reward of the new state, and whether a joint turns too fast.
    """
    share = clip(torque, -ONE, ONE, ZERO)
    half, sixth, two = p.dt * HALF, p.dt / f32(6.0), f32(2.0)
    # A stage's derivative is (u, v, a, b): rates and accelerations of shoulder and elbow.
    u1, v1 = shoulder_dot, elbow_dot
    a1, b1 = accelerations(p, (shoulder, elbow), (u1, v1), share)
    u2, v2 = u1 + half * a1, v1 + half * b1
    a2, b2 = accelerations(p, (shoulder + half * u1, elbow + half * v1), (u2, v2), share)
    u3, v3 = u1 + half * a2, v1 + half * b2
    a3, b3 = accelerations(p, (shoulder + half * u2, elbow + half * v2), (u3, v3), share)
    u4, v4 = u1 + p.dt * a3, v1 + p.dt * b3
    a4, b4 = accelerations(p, (shoulder + p.dt * u3, elbow + p.dt * v3), (u4, v4), share)
    shoulder = wrapped(shoulder + sixth * (u1 + two * u2 + two * u3 + u4))
    elbow = wrapped(elbow + sixth * (v1 + two * v2 + two * v3 + v4))
    shoulder_dot = shoulder_dot + sixth * (a1 + two * a2 + two * a3 + a4)
    elbow_dot = elbow_dot + sixth * (b1 + two * b2 + two * b3 + b4)
    low = two - cos(shoulder * PER_PI) - cos((shoulder + elbow) * PER_PI)
    second = shoulder_dot + elbow_dot
    reward = ONE / (ONE + FOUR * low + TWENTIETH * (shoulder_dot * shoulder_dot + second * second))
    fast = either(absolute(shoulder_dot) > p.max_rate, absolute(elbow_dot) > p.max_rate)
    return shoulder, elbow, shoulder_dot, elbow_dot, reward, fast
