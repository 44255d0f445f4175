"""What puts tuples together: closures over closures, of which numpy, kernels and exporters see only the sum."""

from collections.abc import Callable
from typing import Any

import numpy as np

from wann_rt.core.arithmetic import ONE, select

Piece = Callable[..., Any]


def none_of(v: Any) -> Any:
    """Returns nothing of the values."""
    return ()


def none_of_step(v: Any, asked: Any, seen: Any, moved: Any) -> Any:
    """Returns nothing of a step."""
    return ()


def same(p: Any, v: Any, x: Any) -> Any:
    """Returns the tuple as it is."""
    return x


def taking(begin: int, end: int) -> Piece:
    """Returns what takes the values from begin to end."""

    def taken(v: Any) -> Any:
        return v[begin:end]

    return taken if begin < end else none_of


def all_of(pieces: list[Piece]) -> Piece:
    """Returns what computes a tuple, a value a piece, from params, values and another tuple."""

    def none(p: Any, v: Any, x: Any) -> Any:
        return ()

    made: Piece = none
    for piece in pieces:
        made = _and(made, piece)
    return made


def _and(before: Piece, piece: Piece) -> Piece:
    def both(p: Any, v: Any, x: Any) -> Any:
        return (*before(p, v, x), piece(p, v, x))

    return both


def chained(first: Piece, second: Piece) -> Piece:
    """Returns what applies one to the tuple that the other gives."""

    def chained(p: Any, v: Any, x: Any) -> Any:
        return second(p, v, first(p, v, x))

    return chained


def times_drawn(value: Piece, strength: int, at: int) -> Piece:
    """Returns a value times 1 and what is drawn once an episode, within a condition's strength."""

    def times(p: Any, v: Any, x: Any) -> Any:
        return value(p, v, x) * (ONE + p[strength] * v[at])

    return times


def delayed_by(k: int, draw: int, strength: int, first: int, apart: int, most: int) -> Piece:
    """Returns value k of floor(draw times (strength + 1)) steps ago; earlier ones stand apart in a line."""

    def now(v: Any, steps: Any, x: Any) -> Any:
        return x[k]

    made: Piece = now
    for j in range(1, most + 1):
        made = _or_earlier(made, np.float32(j), first + (j - 1) * apart)

    def delayed(p: Any, v: Any, x: Any) -> Any:
        return made(v, v[draw] * (p[strength] + ONE), x)

    return delayed


def _or_earlier(later: Piece, steps_ago: np.float32, at: int) -> Piece:
    def chosen(v: Any, steps: Any, x: Any) -> Any:
        return select(steps >= steps_ago, v[at], later(v, steps, x))

    return chosen
