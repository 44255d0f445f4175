"""The bars below the picture that say the car's speed and yaw rate, as frames show them and as they would."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.sight import Bar, Box

PER_SPEED, PER_YAW = 0.4, 20.0  # pixels of the large picture, 1000 x 800, for a unit
# A bar is as long as whole pixels of the large picture, whose 100 / 12 are one of the small picture downwards and whose
# 1000 / 96 across; of 255, the small picture shows 253 of a bar that lies. A bar that stands is drawn 1.85 pixels
# higher: its length is round(s / 255 * 100 / 12 - 1.85), where s is the sum of its column; that of one that lies is
# round(d / 253 * 1000 / 96).
SPEED = Bar("speed", Box(84, 96, 13, 14), None, gain=100, shift=-4131, per=3060, least=0, times=5, by=2)
YAW = Bar("yaw_rate", Box(88, 89, 50, 72), Box(88, 89, 72, 96), 250, 3036, 6072, least=None, times=1, by=20)


def shown(velocity: Sequence[float], yaw_rate: float) -> NDArray[np.float32]:
    """Returns speed and yaw rate as the bars would say them: in whole pixels of the large picture, float32 [2]."""
    speed = math.sqrt(velocity[0] * velocity[0] + velocity[1] * velocity[1])
    return np.array([math.floor(PER_SPEED * speed) / PER_SPEED, math.floor(PER_YAW * yaw_rate) / PER_YAW], np.float32)


def read(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Returns speed and yaw rate as the bars of a frame say them, float32 [2]."""
    return np.array([bar.read(frame) for bar in (SPEED, YAW)], np.float32)
