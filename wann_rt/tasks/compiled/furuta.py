"""Furuta pendulum: swing a hanging rod up by turning the arm that carries it, and balance it.

The arm turns about a vertical axis, driven by a voltage; the rod swings freely at its end, in the plane across the arm
(K. Furuta and others, "Swing-up control of inverted pendulum using pseudo-state feedback", 1992). The params are those
of Quanser's QUBE-Servo 2, a machine in many laboratories: resistance, motor constant, masses and lengths from its
manual, frictions as identified on one by F. Muratore and others (SimuRLacra, 2021). The equations follow from the
Lagrangian of two thin rods and a motor without inductance,

    A th'' + B al'' = torque - D th' - 2 J sin cos al' th' + K sin al'^2,    A = M l^2 / 3 + m l^2 + J sin^2
    B th'' + J al'' = J sin cos th'^2 + G sin - d al',                       B = K cos

with J = m L^2 / 3, K = m L l / 2, G = m g L / 2 for an arm of mass M and length l and a rod of mass m and length L,
sine and cosine of the rod's angle al from upright, and torque = k (voltage - k th') / R. Semi-implicit Euler, 200 Hz.
An episode fails when the arm is turned too far: the machine's cable would end it.

| # | observation | unit | meaning |
|---|---|---|---|
| 0 | arm | rad | angle of the arm, 0 in the middle |
| 1 | arm_dot | rad/s | its angular velocity |
| 2 | cos_rod | 1 | cosine of the rod's angle, 1 = upright |
| 3 | sin_rod | 1 | its sine |
| 4 | rod_dot | rad/s | the rod's angular velocity |

| # | action | unit | meaning |
|---|---|---|---|
| 0 | voltage | 1 | of the motor, as a share of its greatest |

A step's reward is (1 + cos al) / 2 less a quarter of (th / limit)^2: at most 1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import cos, sin
from wann_rt.core.arithmetic import HALF, ONE, Number, absolute, clip
from wann_rt.core.controller import Channel
from wann_rt.tasks.compiled.classic_control import PER_PI, first_state, wrapped

f32 = np.float32


class Params(NamedTuple):
    """Physical constants, float32."""

    gravity: np.float32 = f32(9.81)  # m/s^2
    resistance: np.float32 = f32(8.4)  # ohm
    motor_constant: np.float32 = f32(0.042)  # V s/rad, and N m/A
    arm_mass: np.float32 = f32(0.095)  # kg
    arm_length: np.float32 = f32(0.085)  # m
    arm_friction: np.float32 = f32(5e-6)  # N m s/rad
    rod_mass: np.float32 = f32(0.024)  # kg
    rod_length: np.float32 = f32(0.129)  # m
    rod_friction: np.float32 = f32(1e-6)  # N m s/rad
    max_voltage: np.float32 = f32(5.0)  # V
    limit: np.float32 = f32(2.0)  # rad, of the arm
    dt: np.float32 = f32(0.005)  # s


OBSERVATIONS = (
    Channel("arm", "rad", -2.0, 2.0),
    Channel("arm_dot", "rad/s"),
    Channel("cos_rod", "1", -1.0, 1.0),
    Channel("sin_rod", "1", -1.0, 1.0),
    Channel("rod_dot", "rad/s"),
)
ACTIONS = (Channel("voltage", "1", -1.0, 1.0, clip=True),)
MAX_STEPS = 1000
MIDDLE = np.array([0.0, 0.0, np.pi, 0.0])
START = np.array([0.2, 0.0, 0.2, 0.0])  # largest distance from it of each state variable of a start
THIRD = f32(1.0 / 3.0)
QUARTER = f32(0.25)


def start(seed: int) -> NDArray[np.float32]:
    """Returns the state (arm, arm_dot, rod, rod_dot) in which the episode of this seed starts; rod is 0 upright."""
    return first_state(seed, MIDDLE - START, MIDDLE + START)


def observe(arm: Number, arm_dot: Number, rod: Number, rod_dot: Number) -> tuple[Number, ...]:
    """Returns the five observations of a state."""
    return arm, arm_dot, cos(rod * PER_PI), sin(rod * PER_PI), rod_dot


def accelerations(p: Params, arm_dot: Number, rod: Number, rod_dot: Number, voltage: Number) -> tuple[Number, Number]:
    """Returns the angular accelerations of arm and rod, from the equations above."""
    c, s = cos(rod * PER_PI), sin(rod * PER_PI)
    inertia = p.rod_mass * p.rod_length * p.rod_length * THIRD
    coupling = HALF * p.rod_mass * p.rod_length * p.arm_length
    weight = HALF * p.rod_mass * p.gravity * p.rod_length
    torque = p.motor_constant * (voltage - p.motor_constant * arm_dot) / p.resistance
    a = (p.arm_mass * THIRD + p.rod_mass) * p.arm_length * p.arm_length + inertia * s * s
    b = coupling * c
    pushed = torque - p.arm_friction * arm_dot - inertia * (s * c + s * c) * rod_dot * arm_dot
    x = pushed + coupling * s * rod_dot * rod_dot
    y = inertia * s * c * arm_dot * arm_dot + weight * s - p.rod_friction * rod_dot
    det = a * inertia - b * b
    return (inertia * x - b * y) / det, (a * y - b * x) / det


def step(p: Params, arm: Number, arm_dot: Number, rod: Number, rod_dot: Number, voltage: Number) -> tuple[Number, ...]:
    """Advances by dt.

    Returns:
        arm, arm_dot, rod, rod_dot, the reward of the new state, and whether the arm is beyond its limit.
    """
    share = clip(voltage, -ONE, ONE, f32(0.0))
    arm_acceleration, rod_acceleration = accelerations(p, arm_dot, rod, rod_dot, share * p.max_voltage)
    arm_dot = arm_dot + arm_acceleration * p.dt
    rod_dot = rod_dot + rod_acceleration * p.dt
    arm = arm + arm_dot * p.dt
    rod = wrapped(rod + rod_dot * p.dt)
    turned = arm / p.limit
    reward = HALF + HALF * cos(rod * PER_PI) - QUARTER * turned * turned
    return arm, arm_dot, rod, rod_dot, reward, absolute(arm) > p.limit
