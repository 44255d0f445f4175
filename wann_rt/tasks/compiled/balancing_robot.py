"""Balancing robot: two wheels side by side carry a body that would fall over; stand up, come back, and stay.

The equations and params are those of Y. Yamamoto's NXTway-GS, a robot of LEGO Mindstorms NXT ("NXTway-GS model-based
design", 2008), driving straight ahead: a body of mass M whose centre is L above the axle, wheels of mass m and radius
R, motors with resistance, torque constant and back EMF between body and wheels.

    ((2 m + M) R^2 + 2 Jw + 2 Jm) th'' + (M L R cos psi - 2 Jm) psi'' = torque + M L R psi'^2 sin psi
    (M L R cos psi - 2 Jm) th'' + (M L^2 + Jpsi + 2 Jm) psi'' = M g L sin psi - torque
    torque = 2 Kt / Rm voltage - 2 (Kt Kb / Rm + friction) (th' - psi')

with the wheels' angle th from upright, the body's pitch psi, Jw = m R^2 / 2 and Jpsi = M L^2 / 3. Semi-implicit Euler
in four parts of a step, 250 Hz, as fast as that robot's own controller. An episode fails where the robot has fallen or
is too far away.

| # | observation | unit | meaning |
|---|---|---|---|
| 0 | place | m | of the wheels, from where the robot should be |
| 1 | speed | m/s | of the wheels |
| 2 | pitch | rad | of the body, 0 is upright, positive leans forward |
| 3 | pitch_rate | rad/s | its angular velocity |

| # | action | unit | meaning |
|---|---|---|---|
| 0 | voltage | 1 | of both motors, as a share of the greatest |

A step's reward is 1 / (1 + 20 place^2 + 5 pitch^2): at most 1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import cos, sin
from wann_rt.core.arithmetic import ONE, ZERO, Number, absolute, clip, either
from wann_rt.core.controller import Channel
from wann_rt.tasks.compiled.classic_control import PER_PI, first_state

f32 = np.float32


class Params(NamedTuple):
    """Physical constants, float32."""

    gravity: np.float32 = f32(9.81)  # m/s^2
    wheel_mass: np.float32 = f32(0.03)  # kg, each
    wheel_radius: np.float32 = f32(0.04)  # m
    body_mass: np.float32 = f32(0.6)  # kg
    body_centre: np.float32 = f32(0.072)  # m, above the axle
    motor_inertia: np.float32 = f32(1e-5)  # kg m^2
    resistance: np.float32 = f32(6.69)  # ohm
    back_emf: np.float32 = f32(0.468)  # V s/rad
    torque_constant: np.float32 = f32(0.317)  # N m/A
    friction: np.float32 = f32(0.0022)  # N m s/rad, between body and motor
    max_voltage: np.float32 = f32(8.0)  # V
    most_pitch: np.float32 = f32(0.8)  # rad, beyond which it has fallen
    limit: np.float32 = f32(1.0)  # m
    dt: np.float32 = f32(0.004)  # s


OBSERVATIONS = (
    Channel("place", "m", -1.0, 1.0),
    Channel("speed", "m/s"),
    Channel("pitch", "rad", -0.8, 0.8),
    Channel("pitch_rate", "rad/s"),
)
ACTIONS = (Channel("voltage", "1", -1.0, 1.0, clip=True),)
MAX_STEPS = 1000
START = np.array([0.5, 0.2, 0.2, 0.5])  # largest distance from rest: m, m/s, rad, rad/s
TWO, THIRD = f32(2.0), f32(1.0 / 3.0)
SUB_STEPS = f32(4.0)  # the motors answer within some milliseconds


def start(seed: int) -> NDArray[np.float32]:
    """Returns the state (place, speed, pitch, pitch_rate) in which the episode of this seed starts."""
    return first_state(seed, -START, START)


def observe(place: Number, speed: Number, pitch: Number, pitch_rate: Number) -> tuple[Number, ...]:
    """Returns the state: all of it is seen."""
    return place, speed, pitch, pitch_rate


def accelerations(
    p: Params, wheel_rate: Number, pitch: Number, pitch_rate: Number, voltage: Number
) -> tuple[Number, Number]:
    """Returns the angular accelerations of the wheels from upright and of the body, from the equations above."""
    c, s = cos(pitch * PER_PI), sin(pitch * PER_PI)
    motors = TWO * p.motor_inertia
    square = p.wheel_radius * p.wheel_radius
    lever = p.body_mass * p.body_centre
    e_11 = (TWO * p.wheel_mass + p.body_mass) * square + p.wheel_mass * square + motors
    e_12 = lever * p.wheel_radius * c - motors
    e_22 = lever * p.body_centre + lever * p.body_centre * THIRD + motors
    alpha = p.torque_constant / p.resistance
    beta = alpha * p.back_emf + p.friction
    torque = TWO * (alpha * voltage - beta * (wheel_rate - pitch_rate))
    f_1 = torque + lever * p.wheel_radius * pitch_rate * pitch_rate * s
    f_2 = lever * p.gravity * s - torque
    det = e_11 * e_22 - e_12 * e_12
    return (e_22 * f_1 - e_12 * f_2) / det, (e_11 * f_2 - e_12 * f_1) / det


def step(
    p: Params, place: Number, speed: Number, pitch: Number, pitch_rate: Number, voltage: Number
) -> tuple[Number, ...]:
    """Advances by dt.

    Returns:
        place, speed, pitch, pitch_rate, the reward of the new state, and whether it has fallen or is too far away.
    """
    given = clip(voltage, -ONE, ONE, ZERO) * p.max_voltage
    dt = p.dt / SUB_STEPS
    for _ in range(int(SUB_STEPS)):
        wheels, body = accelerations(p, speed / p.wheel_radius, pitch, pitch_rate, given)
        speed = speed + p.wheel_radius * wheels * dt
        pitch_rate = pitch_rate + body * dt
        place = place + speed * dt
        pitch = pitch + pitch_rate * dt
    reward = ONE / (ONE + f32(20.0) * place * place + f32(5.0) * pitch * pitch)
    return place, speed, pitch, pitch_rate, reward, either(absolute(pitch) > p.most_pitch, absolute(place) > p.limit)
