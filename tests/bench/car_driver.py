"""A driver that knows the track, for frames to train encoders on: it follows the middle and slows down before turns."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEP = 3.5  # length of a tile
GRIP = 60.0  # speed^2 times curvature that the tyres bear


class Driver:
    """Drives one episode.

    Args:
        top: greatest speed.
        noise: of the steering, a random walk's step; it shows the encoder the sides of the road, too.
        seed: of the noise.
    """

    def __init__(self, top: float = 60.0, noise: float = 0.0, seed: int = 0) -> None:
        self._top, self._noise, self._rng = top, noise, np.random.default_rng(seed)
        self._at, self._drift = 0, 0.0

    def act(self, environment: Any) -> NDArray[np.float32]:
        """Returns steering, gas and brake for where the car is."""
        car, track = environment.unwrapped.car.hull, environment.unwrapped.track
        x, y = car.position
        near = range(self._at - 3, self._at + 8)
        self._at = min(near, key=lambda k: math.hypot(track[k % len(track)][2] - x, track[k % len(track)][3] - y))
        speed = math.hypot(*car.linearVelocity)
        aim = track[(self._at + 3 + int(speed / 10)) % len(track)]
        towards = _bearing(car.angle, aim[2] - x, aim[3] - y)
        self._drift = 0.9 * self._drift + self._noise * float(self._rng.standard_normal())
        wanted = self._speed(track, speed)
        gas = min(max((wanted - speed) * 0.2, 0.0), 1.0 if speed >= 30 else 0.6)
        brake = min(max((speed - wanted - 2) * 0.05, 0.0), 0.6)
        return np.array([min(max(2.2 * towards + self._drift, -1.0), 1.0), gas, brake], np.float32)

    def _speed(self, track: Any, speed: float) -> float:
        """Returns the speed from which the car can still slow down for each turn ahead."""
        wanted = self._top
        for ahead in range(int(6 + speed / 4)):
            turn = track[(self._at + ahead) % len(track)][1] - track[(self._at + ahead - 2) % len(track)][1]
            curvature = abs((turn + math.pi) % (2 * math.pi) - math.pi) / (2 * STEP) + 1e-6
            wanted = min(wanted, math.sqrt(GRIP / curvature + 12 * ahead * STEP))
        return wanted


def _bearing(angle: float, dx: float, dy: float) -> float:
    """Returns how far to the right of a car's nose something lies."""
    along, right = dy * math.cos(angle) - dx * math.sin(angle), dx * math.cos(angle) + dy * math.sin(angle)
    return math.atan2(right, along)
