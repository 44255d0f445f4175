"""The faults by which a monitor is judged: what breaks in a plant, a sensor or an actuator, from some step on.

Each is one row of ``FAULTS``: what it makes of the params, of the readings, of the actions. Sizes are in typical sizes
of the channels (``conditions.sizes``). Which channel or param is hit is drawn for each episode.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass
class Broken:
    """What faults change, of some episodes side by side.

    Attributes:
        rng: for noise.
        sizes: typical size of each observation, [observations, 1].
        channel: which observation is hit, [lanes].
        other: another one, [lanes].
        angular: an observation in radians, [lanes]; any where none is.
        lines: the readings before, newest first.
        held: the readings at the beginning of the fault.
    """

    rng: np.random.Generator
    sizes: Floats
    channel: NDArray[np.intp]
    other: NDArray[np.intp]
    angular: NDArray[np.intp]
    lines: list[Floats] = field(default_factory=list)
    held: Floats | None = None

    @property
    def hit(self) -> NDArray[np.bool_]:
        """Which reading is hit, [observations, lanes]."""
        return np.asarray(np.arange(len(self.sizes))[:, np.newaxis] == self.channel)


Readings = Callable[[Broken, Floats], Floats]


@dataclass(frozen=True)
class Fault:
    """A fault.

    Attributes:
        name: for people.
        plant: by what a param of the plant is multiplied.
        actuator: by what the actions are multiplied.
        readings: what the sensors say instead.
    """

    name: str
    plant: float = 1.0
    actuator: float = 1.0
    readings: Readings | None = None


def _offset(share: float) -> Readings:
    return lambda b, o: np.where(b.hit, o + np.float32(share) * b.sizes, o)


def _times(factor: float) -> Readings:
    return lambda b, o: np.where(b.hit, o * np.float32(factor), o)


def _noise(share: float) -> Readings:
    """Uniform noise of this standard deviation, on all channels."""

    def noisy(b: Broken, o: Floats) -> Floats:
        width = share * np.sqrt(3.0)
        return (o + b.sizes * b.rng.uniform(-width, width, o.shape)).astype(np.float32)

    return noisy


def _stuck(b: Broken, o: Floats) -> Floats:
    return np.where(b.hit, o if b.held is None else b.held, o)


def _frozen(b: Broken, o: Floats) -> Floats:
    return o if b.held is None else b.held


def _late(steps: int) -> Readings:
    return lambda b, o: b.lines[min(steps, len(b.lines)) - 1] if b.lines else o


def _swapped(b: Broken, o: Floats) -> Floats:
    swapped, lanes = o.copy(), np.arange(o.shape[1])
    swapped[b.channel, lanes], swapped[b.other, lanes] = o[b.other, lanes], o[b.channel, lanes]
    return swapped


def _degrees(b: Broken, o: Floats) -> Floats:
    hit = np.arange(len(b.sizes))[:, np.newaxis] == b.angular
    return np.where(hit, o * np.float32(180 / np.pi), o)


FAULTS: Sequence[Fault] = (
    Fault("plant x1.5", plant=1.5),
    Fault("plant x1.15", plant=1.15),
    Fault("offset .3", readings=_offset(0.3)),
    Fault("offset .1", readings=_offset(0.1)),
    Fault("gain .7", readings=_times(0.7)),
    Fault("one channel stuck", readings=_stuck),
    Fault("all frozen", readings=_frozen),
    Fault("delay 5", readings=_late(5)),
    Fault("two channels swapped", readings=_swapped),
    Fault("degrees for radians", readings=_degrees),
    Fault("noise .1", readings=_noise(0.1)),
    Fault("noise .03", readings=_noise(0.03)),
    Fault("actuator dead", actuator=0.0),
    Fault("actuator half", actuator=0.5),
    Fault("actuator sign flipped", actuator=-1.0),
    Fault("channel zero", readings=_times(0.0)),
)
