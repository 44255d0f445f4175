"""One knob: the best shared weight, found on the machine itself from the returns of a few episodes.

The Python twin of ``runtime_c/wann_tune.h``, bit for bit: the same float32 operations in the same order, and a state of
the same bytes. First a scan walks from the controller's own weight to both sides, as far as the bounds, and no further
on a side than the first return below what can be borne. The best few are kept. Then the best so far is played again, so
that luck does not lead for long, and so is the own one; and then neighbours of the best, ever nearer.
"""

import struct
from dataclasses import dataclass, field

import numpy as np

from wann_rt.core.arithmetic import ZERO, Number
from wann_rt.core.errors import ConfigError, FileError
from wann_rt.core.weight import float32

f32 = np.float32

KEPT = 4  # weights that are remembered: the controller's own, and the best others
OWN = 0  # the place of the own one, which stays
AGAIN = 3  # episodes after which a weight's mean is trusted
STEP = f32(1.4)  # from one weight of the scan to the next
REACH = f32(0.17)  # how near a leader its neighbours are tried at first
WORST = f32(-1e30)  # what an episode counts whose return is no number; no return counts more or less than this
BUDGET, MOST_EPISODES = 20, 65535
SCAN, OF = 3, 5  # the scan's share of the budget
DOWN, UP = 1, 2  # the sides of the scan: towards 0, and away from it
LAYOUT = "<8f4f4f4H2H4BI"  # of the C struct, little-endian
SEAL, PRIME = 2166136261, 16777619  # FNV-1a, by words


@dataclass
class Knob:
    """A search of the shared weight in progress; ``Knob.start`` begins one.

    Attributes:
        weight: what the next episode is to be played with; after the last one, the best.
        low, high: bounds that no weight leaves.
        floor: a return below it ends the scan on that side.
        budget: how many episodes there shall be.
        told: how many have been reported.
    """

    weight: Number
    low: Number
    high: Number
    floor: Number
    budget: int
    told: int = 0
    _ends: list[Number] = field(default_factory=list)  # of the scan
    _reach: Number = REACH
    _leader: Number = ZERO  # whose neighbours have been tried
    _weights: list[Number] = field(default_factory=list)
    _means: list[Number] = field(default_factory=list)
    _counts: list[int] = field(default_factory=list)
    _open: int = DOWN | UP  # sides on which the scan goes on
    _side: int = 0  # on which the episode that is being played is; 0: not of the scan
    _tried: int = 0  # sides of the leader, within the reach

    @classmethod
    def start(cls, own: float, low: float, high: float, *, floor: float = float(WORST), budget: int = BUDGET) -> "Knob":
        """Begins at the controller's own weight.

        Args:
            own: the weight that it has.
            low: bound which no weight leaves, of the sign of ``own``.
            high: the other one.
            floor: the least return that can be borne: on a side where one is below it, the scan goes no further.
            budget: episodes.

        Raises:
            ConfigError: the bounds do not enclose the weight, or enclose 0; the budget is none.
        """
        named = {"own": own, "low": low, "high": high, "floor": floor}
        weight, least, most, borne = (f32(float32(value, name)) for name, value in named.items())
        finite = np.isfinite([weight, least, most, borne]).all()
        if not (finite and least <= weight <= most) or least <= 0 <= most:
            raise ConfigError(
                f"a weight of {own:g} in [{low:g}, {high:g}]: expected bounds that enclose the weight and not 0"
            )
        if not 1 <= budget <= MOST_EPISODES:
            raise ConfigError(f"the budget is {budget} episodes; expected from 1 to {MOST_EPISODES}")
        return cls(weight, least, most, borne, budget, _ends=[weight, weight])

    @property
    def done(self) -> bool:
        """Whether the budget is spent."""
        return self.told >= self.budget

    @property
    def best(self) -> Number:
        """The best weight so far; before the first episode, the own one."""
        return self._weights[self._lead(AGAIN)] if self._weights else self.weight

    def tell(self, value: float) -> bool:
        """Takes the return of the episode that was played with ``weight``, which becomes that of the next.

        Args:
            value: the greater, the better; NaN or infinite for an episode that failed.

        Returns:
            Whether there is another episode to play.
        """
        if self.done:
            return False
        limited = _limited(value)
        self._enter(limited)
        if limited < self.floor:
            self._open &= ~self._side
        self.told += 1
        self.weight = self.best if self.done else self._next()
        return not self.done

    def state(self) -> bytes:
        """Returns the state as the bytes of the C struct, little-endian; ``restored`` goes on from it."""
        empty = KEPT - len(self._weights)
        floats = [self.weight, self.low, self.high, self.floor, *self._ends, self._reach, self._leader]
        kept = [[*values, *[0] * empty] for values in (self._weights, self._means, self._counts)]
        rest = [self.budget, self.told, self._open, self._side, self._tried, len(self._weights)]
        return struct.pack(LAYOUT, *floats, *kept[0], *kept[1], *kept[2], *rest, _seal(floats, kept, rest))

    @classmethod
    def restored(cls, state: bytes) -> "Knob":
        """Returns the search whose state this is.

        Raises:
            FileError: the bytes are no such state, or damaged.
        """
        if len(state) != struct.calcsize(LAYOUT):
            raise FileError(f"a knob's state has {struct.calcsize(LAYOUT)} bytes; {len(state)} came")
        values = struct.unpack(LAYOUT, state)
        floats, counts, rest = [f32(x) for x in values[:16]], list(values[16:20]), list(values[20:26])
        if values[26] != _seal(floats[:8], [floats[8:12], floats[12:], counts], rest):
            raise FileError("a knob's state is damaged: its seal is another; start anew")
        weight, low, high, floor, *ends, reach, leader = floats[:8]
        budget, told, opened, side, tried, n = rest
        if n > KEPT:
            raise FileError(f"a knob's state keeps {n} weights; at most {KEPT} are expected: start anew")
        kept = floats[8 : 8 + n], floats[12 : 12 + n], counts[:n]
        return cls(weight, low, high, floor, budget, told, ends, reach, leader, *kept, opened, side, tried)

    def _next(self) -> Number:
        found = self._scanned() if self.told < self.budget * SCAN // OF else None
        if found is not None:
            return found
        self._side = 0
        again = self._repeated()
        return self._near() if again is None else again

    def _scanned(self) -> Number | None:
        """Returns the next weight of the scan, on the other side than the last where that is open."""
        for side in (UP, DOWN) if self._side == DOWN else (DOWN, UP):
            if self._open & side:
                end = self._ends[0] / STEP if side == DOWN else self._ends[1] * STEP
                if self.low <= end <= self.high:
                    self._ends[0 if side == DOWN else 1] = end
                    self._side = side
                    return end
                self._open &= ~side
        return None

    def _repeated(self) -> Number | None:
        """Returns a weight that is to be played again; None once those that matter have been often enough.

        Those are the leader, and the own weight. Near the end no other can become trusted any more: then it is
        whichever of the leader and its rival has played less.
        """
        lead = self._lead(0)
        for k in (lead, OWN):
            if self._counts[k] < AGAIN:
                return self._weights[k]
        if self.budget - self.told >= AGAIN:
            return None
        rival = self._rival(lead)
        return self._weights[rival if self._counts[rival] < self._counts[lead] else lead]

    def _near(self) -> Number:
        """Returns a neighbour of the leader that has not been tried; where both have been, one half as far."""
        leader = self._weights[self._lead(0)]
        if leader != self._leader:
            self._leader, self._tried = leader, 0
        if self._tried == DOWN | UP:
            self._tried, self._reach = 0, self._reach * f32(0.5)
        for side in (DOWN, UP):
            if not self._tried & side:
                self._tried |= side
                near = leader * (f32(1) + self._reach if side == UP else f32(1) - self._reach)
                if self.low <= near <= self.high:
                    return near
        return leader

    def _lead(self, least: int) -> int:
        """Returns the place of the greatest mean of those that have played as often; where none has, of all."""
        often = [k for k, count in enumerate(self._counts) if count >= least]
        return max(often, key=lambda k: self._means[k]) if often else self._lead(0)

    def _rival(self, lead: int) -> int:
        """Returns the place of the best but the leader; where there is no other, the leader."""
        others = [k for k in range(len(self._means)) if k != lead]
        return max(others, key=lambda k: self._means[k], default=lead)

    def _enter(self, value: Number) -> None:
        """Counts an episode: to a weight that is kept, or in the place of the worst, never of the own."""
        if self.weight in self._weights:
            k = self._weights.index(self.weight)
            self._counts[k] += 1
            self._means[k] += (value - self._means[k]) / f32(self._counts[k])
        elif len(self._weights) < KEPT:
            self._weights.append(self.weight)
            self._means.append(value)
            self._counts.append(1)
        else:
            worst = min(range(OWN + 1, KEPT), key=lambda k: self._means[k])
            if value > self._means[worst]:
                self._weights[worst], self._means[worst], self._counts[worst] = self.weight, value, 1


def _limited(value: float) -> Number:
    """Returns a return between the limits; what is no finite number is the worst there is."""
    with np.errstate(over="ignore"):
        given = f32(value)
    return max(WORST, min(-WORST, given)) if np.isfinite(given) else WORST


def _seal(floats: list[Number], kept: list[list[Number]], rest: list[int]) -> int:
    """Returns the seal of a state, mixed from its words in the order of the C code."""
    words = [*map(_bits, floats)]
    for weight, mean, count in zip(*kept, strict=True):
        words += [_bits(weight), _bits(mean), int(count)]
    seal = SEAL
    for word in [*words, *rest]:
        seal = ((seal ^ word) * PRIME) & 0xFFFFFFFF
    return seal


def _bits(value: Number) -> int:
    return int(f32(value).view(np.uint32))
