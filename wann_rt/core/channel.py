"""Channel: one observation or action, its meaning, and the conditioning that every evaluator computes for it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wann_rt.core import conditioning
from wann_rt.core.arithmetic import Number
from wann_rt.core.conditioning import Conditioning
from wann_rt.core.errors import ControllerError
from wann_rt.core.weight import float32


@dataclass(frozen=True)
class Channel:
    """One observation or action: its meaning and the conditioning that every evaluator computes for it.

    An observation o enters the network as ``(clip(o) - offset) * scale``; a network output y leaves as the action
    ``clip(y * scale + offset)``. An offset of 0 and a scale of 1 cost nothing: the operation is left out.

    Attributes:
        name: as in the task; unique among the channels of its side.
        unit: SI unit or "" where there is none, e.g. "m/s", "rad", "1".
        low: lowest meaningful value in ``unit``; -inf where unbounded.
        high: highest meaningful value; inf where unbounded.
        offset: in ``unit``.
        scale: observations: per ``unit``; actions: ``unit`` per network output.
        clip: whether values are limited to [low, high]; NaN then becomes the value nearest 0.
    """

    name: str
    unit: str = ""
    low: float = -np.inf
    high: float = np.inf
    offset: float = 0.0
    scale: float = 1.0
    clip: bool = False

    def __post_init__(self) -> None:
        """Rounds the numbers to float32 and refuses what cannot be computed with."""
        for name in ("low", "high", "offset", "scale"):
            object.__setattr__(self, name, float32(getattr(self, name), f"channel {self.name!r}: {name}"))
        if not self.low <= self.high or self.low == np.inf or self.high == -np.inf:
            raise ControllerError(f"channel {self.name!r}: low {self.low} is not below high {self.high}")
        if not (np.isfinite(self.offset) and np.isfinite(self.scale)):
            raise ControllerError(f"channel {self.name!r}: offset and scale must be finite")

    @property
    def is_raw(self) -> bool:
        """Whether conditioning changes nothing."""
        return not self.clip and self.offset == 0 and self.scale == 1

    @property
    def neutral(self) -> np.float32:
        """The value in [low, high] nearest 0, which a clipped channel gives for NaN."""
        return np.float32(min(max(0.0, self.low), self.high))

    @cached_property
    def conditioning(self) -> Conditioning:
        """What is computed for this channel, as numbers."""
        low, high, offset, scale = map(np.float32, [self.low, self.high, self.offset, self.scale])
        return Conditioning(low, high, self.neutral, offset, scale, self.clip)

    def condition_observation(self, o: Number) -> Number:
        """Returns what enters the network for observation o; written in ``arithmetic`` primitives."""
        return conditioning.condition_observation(self.conditioning, o)

    def condition_action(self, y: Number) -> Number:
        """Returns the action for network output y; written in ``arithmetic`` primitives."""
        return conditioning.condition_action(self.conditioning, y)

    def limit_action(self, y: Number) -> Number:
        """Returns y clipped, if this channel clips."""
        return conditioning.limit_action(self.conditioning, y)
