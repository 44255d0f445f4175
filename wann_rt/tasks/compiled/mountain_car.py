"""MountainCarContinuous: Gymnasium's ``MountainCarContinuous-v0``, compiled. Rock a weak car out of a valley.

Dynamics, start, reward and ending are those of Gymnasium (semi-implicit Euler, a step is the unit of time), in float32
and in the primitives of ``arithmetic.py``.

| # | observation | unit | meaning |
|---|---|---|---|
| 0 | position | 1 | of the car, in [-1.2, 0.6]; the bottom is at -pi/6, the goal at 0.45 |
| 1 | velocity | 1/step | its velocity, limited to [-0.07, 0.07] |

| # | action | unit | meaning |
|---|---|---|---|
| 0 | force | 1 | fraction of the greatest force, limited to [-1, 1] |
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import cos
from wann_rt.core.arithmetic import ONE, ZERO, Number, clip, maximum, minimum, select
from wann_rt.core.controller import Channel
from wann_rt.tasks.compiled.classic_control import PER_PI, first_state

f32 = np.float32


class Params(NamedTuple):
    """Physical constants, float32; the defaults are Gymnasium's. Units are those of the track and of a step."""

    gravity: np.float32 = f32(0.0025)
    power: np.float32 = f32(0.0015)  # acceleration at full force
    max_speed: np.float32 = f32(0.07)
    goal: np.float32 = f32(0.45)  # position to be reached


OBSERVATIONS = (
    Channel("position", "1", -1.2, 0.6),
    Channel("velocity", "1/step", -0.07, 0.07),
)
ACTIONS = (Channel("force", "1", -1.0, 1.0, clip=True),)
MAX_STEPS = 999
LEFT, RIGHT = f32(-1.2), f32(0.6)  # ends of the track; the left one stops the car
START = (-0.6, -0.4)  # range of the first position


def start(seed: int) -> NDArray[np.float32]:
    """Returns the state (position, velocity) in which the episode of this seed starts, at rest."""
    low, high = START
    return np.append(first_state(seed, [low], [high]), ZERO)


def observe(position: Number, velocity: Number) -> tuple[Number, ...]:
    """Returns the two observations of a state: the state itself."""
    return position, velocity


def step(p: Params, position: Number, velocity: Number, force: Number) -> tuple[Number, ...]:
    """Advances by a step.

    Returns:
        position, velocity, the reward (100 for the goal, less a tenth of the force squared), and whether the goal is
        reached, which ends the episode.
    """
    u = clip(force, -ONE, ONE, ZERO)
    velocity = velocity + (u * p.power - p.gravity * cos(f32(3.0) * position * PER_PI))
    velocity = minimum(p.max_speed, maximum(-p.max_speed, velocity))
    position = minimum(RIGHT, maximum(LEFT, position + velocity))
    velocity = select(position <= LEFT, maximum(ZERO, velocity), velocity)
    reached = minimum(position - p.goal, velocity) >= ZERO
    reward = select(reached, f32(100.0), ZERO) - f32(0.1) * u * u
    return position, velocity, reward, reached
