"""From the plant to what a controller reads: gain, offset, noise, delay, an encoder's ticks, and dropout."""

from typing import Any

import numpy as np

from wann_rt.core.arithmetic import HALF, ONE, Number, absolute, select
from wann_rt.tasks.composed.layout import Draws, Layout
from wann_rt.tasks.composed.pieces import Piece, all_of, delayed_by, none_of, times_drawn

f32 = np.float32

# Noise is a multiplicative congruential generator, exact in float32: MODULUS is prime, FACTOR a primitive root with
# good figures in the spectral test in 2 and 3 dimensions (D. Knuth, The Art of Computer Programming, 3.3.4), and
# FACTOR * MODULUS / 2 < 2^24. Residues lie around 0.
MODULUS, FACTOR = f32(16381), f32(1543)
ROUND = f32(1.5 * 2**23)  # adding and subtracting it rounds to the nearest integer
MOST_TICKS = f32(2**22)  # beyond which it does not; a reading so far away is as it is
SQRT_12 = f32(12.0**0.5)  # U(-1/2, 1/2) has a standard deviation of 1 / sqrt(12)


def looked_of(layout: Layout) -> Piece:
    """Returns the plain observations of a step's result; none where nobody reads them."""
    plain, n = layout.plain.observe, len(layout.plain.variables)

    def looked(after: Any) -> Any:
        return plain(*after[:n])

    return looked if layout.readings else none_of


def noises_of(layout: Layout) -> Piece:
    """Returns the states of the noise in this step, one for each that is drawn."""
    last = len(layout.names) - 1
    count = len(layout.plain.observations) * layout.has("observation_noise") + layout.has("dropout")
    if count == 0:
        return none_of

    def first(v: Any) -> Any:
        return (following(v[last]),)

    made: Piece = first
    for k in range(count - 1):
        made = _and_next(made, k)
    return made


def _and_next(before: Piece, k: int) -> Piece:
    def more(v: Any) -> Any:
        known = before(v)
        return (*known, following(known[k]))

    return more


def following(noise: Number) -> Number:
    """Returns the generator's next state, a whole number within half the modulus of 0."""
    product = noise * FACTOR
    return product - MODULUS * ((product / MODULUS + ROUND) - ROUND)


def sensed_of(layout: Layout) -> Piece:
    """Returns the readings, from observations with this step's noises behind them."""
    n = len(layout.plain.observations)
    return all_of([_reading(layout, k, n) for k in range(n)] if layout.readings else [])


def _reading(layout: Layout, k: int, n: int) -> Piece:
    """Returns what the sensor of channel k reads."""
    made = _late(layout, k, n)
    if layout.has("observation_map"):
        for j in range(n):
            made = _and_of(made, layout, k, j, _late(layout, j, n))
    if layout.has("observation_gain"):
        made = times_drawn(made, layout.param("observation_gain"), layout.at(f"gain_{k}"))
    if layout.has("observation_offset", "observation_noise"):
        made = _plus(made, f32(layout.plain.sizes[k]), _shift(layout, k, n + k))
    if layout.has("quantisation"):
        made = _in_ticks(made, f32(layout.plain.sizes[k]), layout.param("quantisation"))
    if layout.has("dropout"):
        noise = n + n * layout.has("observation_noise")
        made = _or_lost(made, layout.param("dropout"), noise, len(layout.plain.variables) + k)
    return made


def _late(layout: Layout, k: int, n: int) -> Piece:
    """Returns the value of channel k that comes to its sensor in this step."""
    if not layout.has("observation_delay"):
        return _value(k)
    strength, at, (first, _) = layout.param("observation_delay"), layout.at(Draws.OLD), layout.old_lines
    return delayed_by(k, at, strength, first + k, n, layout.old)


def _and_of(value: Piece, layout: Layout, k: int, j: int, other: Piece) -> Piece:
    """Returns the value and the share of channel j that is mapped to channel k, both in their typical sizes."""
    strength, at = layout.param("observation_map"), layout.at(f"map_{k}_{j}")
    sizes = f32(layout.plain.sizes[k] / layout.plain.sizes[j])

    def mapped(p: Any, v: Any, x: Any) -> Any:
        return value(p, v, x) + p[strength] * v[at] * (other(p, v, x) * sizes)

    return mapped


def _value(k: int) -> Piece:
    def value(p: Any, v: Any, x: Any) -> Any:
        return x[k]

    return value


def _plus(value: Piece, size: np.float32, shift: Piece) -> Piece:
    def plus(p: Any, v: Any, x: Any) -> Any:
        return value(p, v, x) + size * shift(p, v, x)

    return plus


def _shift(layout: Layout, k: int, noise: int) -> Piece:
    """Returns by how many typical sizes a sensor errs: always, and in this step."""
    always, here, at = layout.param("observation_offset"), layout.param("observation_noise"), layout.at(f"offset_{k}")

    def offset(p: Any, v: Any, x: Any) -> Any:
        return p[always] * v[at]

    def noisy(p: Any, v: Any, x: Any) -> Any:
        return p[here] * SQRT_12 * (x[noise] / MODULUS)

    def both(p: Any, v: Any, x: Any) -> Any:
        return p[always] * v[at] + p[here] * SQRT_12 * (x[noise] / MODULUS)

    if not layout.has("observation_noise"):
        return offset
    return both if layout.has("observation_offset") else noisy


def _in_ticks(value: Piece, size: np.float32, strength: int) -> Piece:
    """Returns the reading as whole ticks; what is no number, or too many of them, passes."""

    def ticked(p: Any, v: Any, x: Any) -> Any:
        tick, read = size * p[strength], value(p, v, x)
        ticks = read * (ONE / tick)
        return select(absolute(ticks) < MOST_TICKS, ((ticks + ROUND) - ROUND) * tick, read)

    return ticked


def _or_lost(value: Piece, strength: int, noise: int, at: int) -> Piece:
    def read(p: Any, v: Any, x: Any) -> Any:
        return select(x[noise] / MODULUS + HALF < p[strength], v[at], value(p, v, x))

    return read
