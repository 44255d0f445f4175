"""DC motor: bring a motor to the speed that is wanted and hold it there against a load that nobody measures.

The motor is the permanently excited one of gym-electric-motor (P. Balakrishna and others, 2021), whose params are those
of a Heinzmann PMG 132: 60 V across an armature of 16 milliohm would drive 3,750 A, but more than 210 A end an episode.
So the voltage has to follow what the turning motor induces.

    L i' = voltage - R i - psi w          J w' = psi i - load - friction w

Semi-implicit Euler, 10 kHz, the library's own rate. The load is a torque drawn for each episode; the wanted speed, too.

| # | observation | unit | meaning |
|---|---|---|---|
| 0 | current | A | of the armature |
| 1 | speed | rad/s | of the shaft |
| 2 | wanted | rad/s | the speed that it should have |
| 3 | error | rad/s | wanted less speed |

| # | action | unit | meaning |
|---|---|---|---|
| 0 | voltage | 1 | at the motor, as a share of the greatest |

A step's reward is 1 / (1 + (error / 10)^2): at most 1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.arithmetic import ONE, ZERO, Number, absolute, clip
from wann_rt.core.controller import Channel
from wann_rt.tasks.compiled.classic_control import first_state

f32 = np.float32


class Params(NamedTuple):
    """Physical constants, float32; the first five are gym-electric-motor's."""

    flux: np.float32 = f32(0.165)  # V s, and N m/A
    resistance: np.float32 = f32(16e-3)  # ohm
    inductance: np.float32 = f32(19e-6)  # H
    inertia: np.float32 = f32(0.025)  # kg m^2
    max_voltage: np.float32 = f32(60.0)  # V
    friction: np.float32 = f32(0.01)  # N m s/rad
    most_load: np.float32 = f32(8.0)  # N m, half of what the motor is made for
    most_current: np.float32 = f32(210.0)  # A
    dt: np.float32 = f32(1e-4)  # s


OBSERVATIONS = (
    Channel("current", "A", -210.0, 210.0),
    Channel("speed", "rad/s"),
    Channel("wanted", "rad/s", -100.0, 100.0),
    Channel("error", "rad/s"),
)
ACTIONS = (Channel("voltage", "1", -1.0, 1.0, clip=True),)
MAX_STEPS = 1500
START = np.array([0.0, 20.0, 100.0, 1.0])  # largest size of each: A, rad/s, rad/s, share of the load
TENTH = f32(0.1)
RANGE = f32(210.0)  # A


def start(seed: int) -> NDArray[np.float32]:
    """Returns the state (current, speed, wanted, load) of the episode of this seed; the load in shares of the most."""
    return first_state(seed, -START, START)


def observe(current: Number, speed: Number, wanted: Number, load: Number) -> tuple[Number, ...]:
    """Returns the four observations of a state: the load is not one. The current's sensor has an end to its range."""
    return clip(current, -RANGE, RANGE, ZERO), speed, wanted, wanted - speed


def step(
    p: Params, current: Number, speed: Number, wanted: Number, load: Number, voltage: Number
) -> tuple[Number, ...]:
    """Advances by dt.

    Returns:
        current, speed, wanted, load, the reward of the new state, and whether the current is too great.
    """
    given = clip(voltage, -ONE, ONE, ZERO) * p.max_voltage
    current = current + p.dt * (given - p.resistance * current - p.flux * speed) / p.inductance
    torque = p.flux * current - p.most_load * load - p.friction * speed
    speed = speed + p.dt * torque / p.inertia
    off = TENTH * (wanted - speed)
    return current, speed, wanted, load, ONE / (ONE + off * off), absolute(current) > p.most_current
