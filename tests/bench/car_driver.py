"""Drivers that know the track: one that stays on the road, for frames to train encoders on, and one to be imitated."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEP = 3.5  # length of a tile


@dataclass(frozen=True)
class Style:
    """How a driver drives.

    Attributes:
        look: tiles ahead at which it aims.
        look_speed: more of them for a unit of speed.
        gain: steering for a radian between the nose and the aim.
        damping: steering against a unit of yaw rate.
        top: greatest speed.
        grip: speed^2 times curvature that it dares.
        braking: by how much speed^2 may be above that for a unit of distance.
        window: tiles over which curvature is measured.
        ahead: tiles that it looks ahead for turns, for a unit of speed.
        gas: gas for a unit of speed that lacks.
        brake: brake for a unit of speed that is too much, beyond two.
        most_gas: at most, from ``slow`` on.
        most_brake: at most.
        slow: speed below which gas is at most 0.6.
        eased: by how much gas is shut when steering fully.
    """

    look: float = 3.0
    look_speed: float = 0.1
    gain: float = 2.2
    damping: float = 0.0
    top: float = 60.0
    grip: float = 60.0
    braking: float = 12.0
    window: int = 2
    ahead: float = 0.25
    gas: float = 0.2
    brake: float = 0.05
    most_gas: float = 1.0
    most_brake: float = 0.6
    slow: float = 30.0
    eased: float = 0.0


# Found by CMA-ES on other tracks, then slowed down a little, because who imitates it errs.
FAST = Style(
    look=2.25, look_speed=0.068, gain=1.936, damping=0.103, top=70.6, grip=160.0, braking=28.0, window=3, ahead=1 / 3,
    gas=0.329, brake=0.0295, most_gas=0.645, most_brake=0.85, slow=0.0, eased=0.37,
)  # fmt: skip


class Driver:
    """Drives one episode.

    Args:
        style: how.
        noise: of the steering, a random walk's step; it shows the encoder the sides of the road, too.
        seed: of the noise.
    """

    def __init__(self, style: Style, noise: float = 0.0, seed: int = 0) -> None:
        self._style, self._noise, self._rng = style, noise, np.random.default_rng(seed)
        self._at, self._drift = 0, 0.0

    def act(self, environment: Any) -> NDArray[np.float32]:
        """Returns steering, gas and brake for where the car is."""
        how, car, track = self._style, environment.unwrapped.car.hull, environment.unwrapped.track
        x, y = car.position
        near = range(self._at - 3, self._at + 8)
        self._at = min(near, key=lambda k: math.hypot(track[k % len(track)][2] - x, track[k % len(track)][3] - y))
        speed = math.hypot(*car.linearVelocity)
        aim = track[(self._at + max(int(how.look + how.look_speed * speed), 1)) % len(track)]
        towards = _bearing(car.angle, aim[2] - x, aim[3] - y)
        self._drift = 0.9 * self._drift + self._noise * float(self._rng.standard_normal())
        steering = how.gain * towards + how.damping * car.angularVelocity + self._drift
        wanted = self._speed(track, speed)
        gas = min(max((wanted - speed) * how.gas, 0.0), how.most_gas if speed >= how.slow else 0.6)
        gas *= max(1 - how.eased * abs(steering), 0.0)
        brake = min(max((speed - wanted - 2) * how.brake, 0.0), how.most_brake)
        return np.array([min(max(steering, -1.0), 1.0), gas, brake], np.float32)

    def _speed(self, track: Any, speed: float) -> float:
        """Returns the speed from which the car can still slow down for each turn ahead."""
        how, wanted = self._style, self._style.top
        for ahead in range(int(6 + how.ahead * speed)):
            at = self._at + ahead
            turn = track[at % len(track)][1] - track[(at - how.window) % len(track)][1]
            curvature = abs((turn + math.pi) % (2 * math.pi) - math.pi) / (how.window * STEP) + 1e-6
            wanted = min(wanted, math.sqrt(how.grip / curvature + how.braking * ahead * STEP))
        return wanted


def _bearing(angle: float, dx: float, dy: float) -> float:
    """Returns how far to the right of a car's nose something lies."""
    along, right = dy * math.cos(angle) - dx * math.sin(angle), dx * math.cos(angle) + dy * math.sin(angle)
    return math.atan2(right, along)
