"""Derived channels in fixed point: each kind's one definition in 32-bit integers, and how its numbers are planned.

The twin of ``core/derived.py``. A source is what 16 bits hold in its format, and so is the value of a channel: behind
the channels stands a controller without memory, whose plan knows nothing of them. Numbers that are remembered are 0 at
the beginning. An integer is never NaN, so nothing is asked of a reading. numpy runs a definition, its trace is what C
prints.

What is added up step by step, in a filter and in an integral, has bits below those of its value: ``FINE`` more in a
filter, as many as 32 bits leave room for in an integral. Without them a filter would stop short of what it is fed with.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from wann_rt.core.arithmetic import Number, select
from wann_rt.core.derived import Derived
from wann_rt.core.errors import ExportError
from wann_rt.core.fixed.activations import FRACTION, apply, cos, limited, sin
from wann_rt.core.fixed.symbols import INT32

INT16 = (-(2**15), 2**15 - 1)
READING = 2**15  # greatest size of what 16 bits hold
FINE = 15  # bits of a filter below its value; with one more, the product in ``leaked`` would leave 32 bits
PHASE = 30  # bits of an oscillator's phase, so that no sum of two leaves 32
COARSE = PHASE - FRACTION - 1  # of these, the ones below an argument of ``sin``, of which 2 is a turn
MOST_BITS = 15  # of a factor
LEAST_SUM = 2**11  # what the greatest reading must add to a sum: rounding is then below a 4096th of that reading

Numbers = tuple[Number, ...]


class Scaled(NamedTuple):
    """A product with a positive constant: ``((limited(x) + half >> before) * factor + half) >> shift``.

    Attributes:
        limit: x is limited to [-limit, limit], so that the result fits; None: it always does.
        before: bits that are rounded away first, so that the product fits 32.
        factor: counts 2^-shift.
        shift: see ``factor``.
    """

    limit: int | None
    before: int
    factor: int
    shift: int

    def __call__(self, x: Number) -> Number:
        """Returns the product."""
        x = x if self.limit is None else limited(x, (-self.limit, self.limit))
        x = _rounded(x, self.before)
        return _rounded(x if self.factor == 1 else x * self.factor, self.shift)


def _rounded(x: Number, bits: int) -> Number:
    return (x + (1 << bits - 1)) >> bits if bits else x


def scaled(what: str, scale: float, most: int, end: int = INT16[1]) -> Scaled:
    """Returns ``x * scale`` for abs(x) up to ``most``, as exact as 32 bits allow, limited to what ``end`` holds.

    Raises:
        ExportError: the least x leaves that; the message begins with ``what``.
    """
    limit = min(most, int((end + 0.5) / scale), INT32[1] - READING + 1)
    before = max(0, limit.bit_length() - MOST_BITS - 1)
    held = _rounded(limit, before)
    for shift in range(30, -1, -1):
        factor = round(scale * 2.0 ** (before + shift))
        if factor.bit_length() <= MOST_BITS + (shift == 0) and held * factor + (1 << shift >> 1) <= INT32[1]:
            break
    else:
        limit = 0
    if limit < 1:
        raise ExportError(f"{what} leaves its range by the least step of what it is derived from: state wider ranges")
    while shift and factor and factor % 2 == 0:
        factor, shift = factor // 2, shift - 1
    found = Scaled(None, before, factor, shift)
    while limit > 1 and found(limit - (limit == READING)) > end:
        limit -= 1
    return found if limit >= most - (most == READING) else found._replace(limit=limit)


@dataclass(frozen=True)
class Source:
    """What a channel is derived from: it counts 2^-fraction of its unit, and its size is at most ``most``."""

    fraction: int
    most: int = READING


class Given(NamedTuple):
    """What a formula computes with.

    Attributes:
        began: whether an earlier step is remembered.
        memory: what the channel remembers.
        read: its sources in this step.
        how: the channel's numbers.
    """

    began: Any
    memory: Numbers
    read: Numbers
    how: "Derivation"


Formula = Callable[[Given], tuple[Number, Numbers]]


@dataclass(frozen=True)
class Derivation:
    """The numbers of a derived channel.

    Attributes:
        derived: what it is, in any arithmetic.
        fraction: its value counts 2^-fraction of its unit, in 16 bits.
        widths: bits of each number that it remembers: 16 or 32.
        into: brings what its kind computes into its format.
        share: of a new value that a filter takes, counts 2^-FINE; 0: no filter.
        add: what a reading adds to an integral.
        limit: of an integral.
        turn: by which the phase of an oscillator grows.
    """

    derived: Derived
    fraction: int
    widths: tuple[int, ...]
    into: Scaled
    share: int = 0
    add: Scaled | None = None
    limit: int = 0
    turn: int = 0

    @property
    def formula(self) -> Formula:
        """Its kind's definition."""
        return FORMULAS[self.derived.kind]

    def fed(self, value: Number, old: Number) -> Number:
        """Returns what is remembered of an action, or of the output that feeds a recurrent node."""
        new = self.into(value)
        return leaked(old, new, self.share) if self.share else new


def leaked(old: Number, new: Number, share: int) -> Number:
    """Returns a filter's memory after a new value, of which the memory counts 2^-FINE.

    It is at rest where the bits of the value are those of the new one. It stays between its last value and the new
    one, so within 31 bits: that is why the difference is of the value, rounded down, and not of the memory.
    """
    return old + (new - (old >> FINE)) * share


def _since(given: Given, new: Numbers) -> Numbers:
    return tuple(select(given.began, old, x) for old, x in zip(given.memory, new, strict=False))


def _rate(given: Given) -> tuple[Number, Numbers]:
    now, before = given.read, _since(given, given.read)
    turned = now[0] - before[0] if len(now) == 1 else before[0] * now[1] - before[1] * now[0]
    value = given.how.into(turned)
    if not given.how.share:
        return value, now
    smooth = leaked(given.memory[-1], value, given.how.share)
    return smooth >> FINE, (*now, smooth)


def _smooth(given: Given) -> tuple[Number, Numbers]:
    new = given.how.into(given.read[0])
    smooth = leaked(_since(given, (new * (1 << FINE),))[0], new, given.how.share)
    return smooth >> FINE, (smooth,)


def _late(given: Given) -> tuple[Number, Numbers]:
    new = given.how.into(given.read[0])
    line = _since(given, (new,) * len(given.memory))
    return line[-1], (new, *line[:-1])


def _before(given: Given) -> tuple[Number, Numbers]:
    value = given.memory[0]
    return (value >> FINE if given.how.share else value), given.memory


def _sum(given: Given) -> tuple[Number, Numbers]:
    how = given.how
    assert how.add is not None
    total = limited(given.memory[0] + how.add(given.read[0]), (-how.limit, how.limit))
    return how.into(total), (total,)


def _wave(function: Callable[[Number], Number]) -> Formula:
    def formula(given: Given) -> tuple[Number, Numbers]:
        phase = given.memory[0]
        value = apply(function, phase >> COARSE)
        return given.how.into(value), ((phase + given.how.turn) & ((1 << PHASE) - 1),)

    return formula


FORMULAS: Mapping[str, Formula] = {
    "rate_of": _rate, "filtered": _smooth, "delayed": _late, "previous": _before, "integral": _sum,
    "recurrent": _before, "sine": _wave(sin), "cosine": _wave(cos),
}  # fmt: skip
WAVES = {"sine": sin, "cosine": cos}
TURN = (1 << PHASE - COARSE) - 1  # greatest argument of these


def planned(derived: Derived, fraction: int, sources: Sequence[Source], rate_hz: float) -> Derivation:
    """Returns the numbers of a derived channel.

    Args:
        derived: the channel.
        fraction: of its format.
        sources: what it is derived from; of a recurrent node the output that feeds it.
        rate_hz: steps a second, where its kind asks for that.

    Raises:
        ExportError: 32 bits do not suffice.
    """
    what = f"derived channel {derived.name}"
    share = _share(derived)
    if derived.kind == "rate_of":
        power, most = _change(sources)
        into = scaled(what, rate_hz * 2.0 ** (fraction - power), most)
        return Derivation(derived, fraction, (*[16] * len(sources), *[32] * bool(share)), into, share)
    if derived.kind == "integral":
        return _integral(derived, fraction, sources[0], rate_hz)
    if derived.kind in WAVES:
        turn = _turn(derived, rate_hz)
        into = scaled(what, 2.0 ** (fraction - FRACTION), 1 << FRACTION)
        return Derivation(derived, fraction, (32,), into, turn=turn)
    into = scaled(what, 2.0 ** (fraction - sources[0].fraction), sources[0].most)
    return Derivation(derived, fraction, (32,) if share else (16,) * (derived.steps or 1), into, share)


def _change(sources: Sequence[Source]) -> tuple[int, int]:
    """Returns the format of what a rate is computed from, and its greatest size."""
    if len(sources) == 1:
        return sources[0].fraction, 2 * READING - 1
    return sources[0].fraction + sources[1].fraction, 2 * READING * READING - READING


def _share(derived: Derived) -> int:
    """Returns the share of a new value that a filter takes; 0 where there is none.

    Raises:
        ExportError: so little that rounding changes it by more than a 64th.
    """
    if derived.filter is None or (derived.filter == 1 and derived.kind != "filtered"):
        return 0
    share = round(derived.filter * 2.0**FINE)
    if abs(share - derived.filter * 2.0**FINE) * 64 > share:
        raise ExportError(
            f"derived channel {derived.name} has filter {derived.filter:g}; in fixed point at least 0.001 is expected"
        )
    return share


def _turn(derived: Derived, rate_hz: float) -> int:
    """Returns by how much a phase grows in a step.

    Raises:
        ExportError: so little that rounding changes it by more than a 64th.
    """
    exact = float(derived.hz or 0) / rate_hz * 2.0**PHASE
    turn = round(exact)
    if abs(turn - exact) * 64 > exact:
        raise ExportError(
            f"derived channel {derived.name} turns with {derived.hz:g} Hz at {rate_hz:g} steps a second; in fixed "
            f"point at least {rate_hz * 2.0 ** (5 - PHASE):.2g} Hz are expected"
        )
    return turn


def _integral(derived: Derived, fraction: int, source: Source, rate_hz: float) -> Derivation:
    """The sum is as fine as its limit and the greatest reading allow: each has 30 bits.

    Raises:
        ExportError: that is so coarse that rounding would lose readings.
    """
    what, limit = f"derived channel {derived.name}", float(derived.limit or 1)
    reading = 2.0**-source.fraction * READING
    greatest = max(limit, reading / rate_hz)
    power = 30 - math.frexp(greatest)[1]
    most = max(1, int(limit * 2.0**power))
    if reading * 2.0**power < LEAST_SUM * rate_hz:
        raise ExportError(
            f"{what} has limit {limit:g}; of readings up to {reading:g}, {rate_hz:g} a second, a sum in 32 bits would "
            "lose small ones: state a smaller limit"
        )
    add = scaled(what, 2.0 ** (power - source.fraction) / rate_hz, READING, 2**30)
    into = scaled(what, 2.0 ** (fraction - power), most)
    return Derivation(derived, fraction, (32,), into, add=add, limit=most)
