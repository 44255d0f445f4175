"""The bars below the picture that say the car's speed and yaw rate, as frames show them and as they would."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

ROW, COLUMN = 100 / 12, 1000 / 96  # pixels of the large picture in one of the small one, down and across
PER_SPEED, PER_YAW = 0.4, 20.0  # pixels of the large picture for a unit
WHITE = 253  # what is left of 255 in the small picture
EDGE = 1.85  # pixels by which a bar is drawn higher


def shown(velocity: Sequence[float], yaw_rate: float) -> NDArray[np.float32]:
    """Returns speed and yaw rate as the bars would say them: in whole pixels of the large picture, float32 [2]."""
    speed = math.sqrt(velocity[0] * velocity[0] + velocity[1] * velocity[1])
    return np.array([math.floor(PER_SPEED * speed) / PER_SPEED, math.floor(PER_YAW * yaw_rate) / PER_YAW], np.float32)


def read(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Returns speed and yaw rate as the bars of a frame say them, float32 [2]."""
    speed = round(float(frame[84:, 13, 0].sum()) / 255 * ROW - EDGE)
    yaw = (int(frame[88, 50:72, 0].sum()) - int(frame[88, 72:, 0].sum())) / WHITE * COLUMN
    return np.array([max(speed, 0) / PER_SPEED, round(yaw) / PER_YAW], np.float32)
