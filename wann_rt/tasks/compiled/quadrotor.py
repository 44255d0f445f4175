"""Quadrotor: catch a small quadrotor that was thrown into the air, and hover where it should be, by its four rotors.

The params are those of a Crazyflie 2.x: mass, inertias and rotor constants as in gym-pybullet-drones' ``cf2x.urdf``
(J. Panerati and others, 2021, after the measurements of J. Förster, "System identification of the Crazyflie 2.0 nano
quadrocopter", 2015); the lag of the rotors is that of J. Eschmann and others, "Learning to fly in seconds", 2024, whose
throws these are, too, wider: up to 0.5 m from the place, 1 m/s and 2 rad/s along each axis, and tilted by up to 90
degrees. The rotors turn at the speed of hovering when it is let go.

The body's x points forward, y to the left and z upwards; rotors 1 to 4 are right in front, right behind, left behind
and left in front. A rotor's thrust is its greatest one times the square of its speed, its drag turns the body about z.

    m v' = R (0, 0, thrust) - (0, 0, m g)      J w' = torque - w x J w      q' = q w / 2      r' = (wanted - r) / lag

Semi-implicit Euler, 100 Hz. The quaternion is scaled by (3 - |q|^2) / 2 in each step, which keeps its length at 1. An
episode fails where the quadrotor is too far away or tumbles too fast.

| # | observation | unit | meaning |
|---|---|---|---|
| 0-2 | x, y, z | m | from the place where it should hover |
| 3-6 | qw, qx, qy, qz | 1 | its attitude as a quaternion with qw at least 0 |
| 7-9 | vx, vy, vz | m/s | its velocity, along the axes of the world |
| 10-12 | wx, wy, wz | rad/s | its angular velocity, about the axes of the body |
| 13-16 | was_1 ... was_4 | 1 | the actions of the step before |

| # | action | unit | meaning |
|---|---|---|---|
| 0-3 | rotor_1 ... rotor_4 | 1 | the speed that a rotor should have: -1 stands still, 1 is the greatest |

A step's reward is 1 / (1 + 4 d^2 + v^2 / 10 + 2 qz^2 + w^2 / 100) with the distance d: at most 1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import cos, sin
from wann_rt.core.arithmetic import HALF, ONE, ZERO, Number, absolute, clip, either, select
from wann_rt.core.controller import Channel
from wann_rt.tasks.compiled.classic_control import first_state

f32 = np.float32


class Params(NamedTuple):
    """Physical constants, float32."""

    gravity: np.float32 = f32(9.81)  # m/s^2
    mass: np.float32 = f32(0.027)  # kg
    inertia: np.float32 = f32(1.4e-5)  # kg m^2, about x and y
    inertia_z: np.float32 = f32(2.17e-5)  # kg m^2
    arm: np.float32 = f32(0.028)  # m, of a rotor along x and along y
    max_thrust: np.float32 = f32(0.1488)  # N, of a rotor: 3.16e-10 times the square of 21,702 turns a minute
    drag: np.float32 = f32(0.02513)  # m, a rotor's torque over its thrust
    lag: np.float32 = f32(0.15)  # s
    limit: np.float32 = f32(2.0)  # m, of the place along each axis
    tumbling: np.float32 = f32(40.0)  # rad/s, the limit about each axis
    dt: np.float32 = f32(0.01)  # s


WORLD = ("x", "y", "z")
ROTORS = tuple(f"rotor_{k}" for k in range(1, 5))
OBSERVATIONS = (
    *(Channel(name, "m", -2.0, 2.0) for name in WORLD),
    Channel("qw", "1", 0.0, 1.0),
    *(Channel(f"q{name}", "1", -1.0, 1.0) for name in WORLD),
    *(Channel(f"v{name}", "m/s") for name in WORLD),
    *(Channel(f"w{name}", "rad/s", -40.0, 40.0) for name in WORLD),
    *(Channel(f"was_{k}", "1", -1.0, 1.0) for k in range(1, 5)),
)
ACTIONS = tuple(Channel(name, "1", -1.0, 1.0, clip=True) for name in ROTORS)
MAX_STEPS = 500
THROW = np.array([0.5, 0.5, 0.5, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0])  # the most, along each axis
MOST_TILT = 0.5  # half-turns
HOVER = float(np.sqrt(0.027 * 9.81 / (4 * 0.1488)))  # speed of the rotors, in shares of the greatest
TWO = f32(2.0)


def start(seed: int) -> NDArray[np.float32]:
    """Returns the state in which the episode of this seed starts: place, attitude, velocities, rotors, actions."""
    # Tilted about an axis of any direction, by an angle of any size up to the greatest.
    drawn = first_state(seed, [*-THROW, -1.0, 0.0, 0.0], [*THROW, 1.0, 2.0, 0.5 * MOST_TILT])
    up, around, half = drawn[9:]
    flat = np.sqrt(max(ZERO, ONE - up * up))
    axis = np.array([flat * cos(around), flat * sin(around), up], np.float32)
    attitude = [cos(half), *(sin(half) * axis)]
    rotors, actions = [HOVER] * 4, [2.0 * HOVER - 1.0] * 4
    return np.array([*drawn[:3], *attitude, *drawn[3:9], *rotors, *actions], np.float32)


def observe(
    x: Number, y: Number, z: Number, qw: Number, qx: Number, qy: Number, qz: Number,
    vx: Number, vy: Number, vz: Number, wx: Number, wy: Number, wz: Number,
    r1: Number, r2: Number, r3: Number, r4: Number, was_1: Number, was_2: Number, was_3: Number, was_4: Number,
) -> tuple[Number, ...]:  # fmt: skip
    """Returns the observations of a state; of the two quaternions of an attitude, the one whose qw is at least 0."""
    side = select(qw < ZERO, -ONE, ONE)
    attitude = side * qw, side * qx, side * qy, side * qz
    return x, y, z, *attitude, vx, vy, vz, wx, wy, wz, was_1, was_2, was_3, was_4


def turned(p: Params, q: tuple[Number, ...], w: tuple[Number, ...]) -> tuple[Number, ...]:
    """Returns the attitude after dt, of length 1."""
    half = HALF * p.dt
    (qw, qx, qy, qz), (wx, wy, wz) = q, (half * w[0], half * w[1], half * w[2])
    after = (
        qw - (qx * wx + qy * wy + qz * wz),
        qx + (qw * wx + qy * wz - qz * wy),
        qy + (qw * wy + qz * wx - qx * wz),
        qz + (qw * wz + qx * wy - qy * wx),
    )
    square = after[0] * after[0] + after[1] * after[1] + after[2] * after[2] + after[3] * after[3]
    scale = HALF * (f32(3.0) - square)
    return tuple(scale * part for part in after)


def step(
    p: Params, x: Number, y: Number, z: Number, qw: Number, qx: Number, qy: Number, qz: Number,
    vx: Number, vy: Number, vz: Number, wx: Number, wy: Number, wz: Number,
    r1: Number, r2: Number, r3: Number, r4: Number, was_1: Number, was_2: Number, was_3: Number, was_4: Number,
    rotor_1: Number, rotor_2: Number, rotor_3: Number, rotor_4: Number,
) -> tuple[Number, ...]:  # fmt: skip
    """Advances by dt.

    Returns:
        the state, the reward of the new state, and whether it is too far away or tumbles too fast.
    """
    asked = tuple(clip(rotor, -ONE, ONE, ZERO) for rotor in (rotor_1, rotor_2, rotor_3, rotor_4))
    share = p.dt / p.lag
    speeds = tuple(r + share * (HALF + HALF * a - r) for r, a in zip((r1, r2, r3, r4), asked, strict=True))
    f1, f2, f3, f4 = (p.max_thrust * r * r for r in speeds)
    coupled = (p.inertia_z - p.inertia) * wz  # the gyroscopic torque
    wx = wx + p.dt * (p.arm * (f3 + f4 - f1 - f2) - coupled * wy) / p.inertia
    wy = wy + p.dt * (p.arm * (f2 + f3 - f1 - f4) + coupled * wx) / p.inertia
    wz = wz + p.dt * (p.drag * (f2 + f4 - f1 - f3)) / p.inertia_z
    qw, qx, qy, qz = turned(p, (qw, qx, qy, qz), (wx, wy, wz))
    push = p.dt * (f1 + f2 + f3 + f4) / p.mass
    vx = vx + push * TWO * (qx * qz + qw * qy)
    vy = vy + push * TWO * (qy * qz - qw * qx)
    vz = vz + (push * (ONE - TWO * (qx * qx + qy * qy)) - p.dt * p.gravity)
    x, y, z = x + p.dt * vx, y + p.dt * vy, z + p.dt * vz
    cost = f32(4.0) * (x * x + y * y + z * z) + f32(0.1) * (vx * vx + vy * vy + vz * vz) + TWO * qz * qz
    cost = cost + f32(0.01) * (wx * wx + wy * wy + wz * wz)
    away = either(absolute(x) > p.limit, either(absolute(y) > p.limit, absolute(z) > p.limit))
    tumbling = either(absolute(wx) > p.tumbling, either(absolute(wy) > p.tumbling, absolute(wz) > p.tumbling))
    state = x, y, z, qw, qx, qy, qz, vx, vy, vz, wx, wy, wz, *speeds, *asked
    return *state, ONE / (ONE + cost), either(away, tumbling)
