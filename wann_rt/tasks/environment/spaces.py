"""An environment's spaces as channels, and what it says and takes as the numbers of these channels.

A space is a tree whose leaves are boxes, choices and bits; a channel is a number of a leaf, in Gymnasium's own order of
flattening, and has the path to it as its name. A choice is observed as one channel for each value, 1 for the one that
is. Acting, its channels are scores, of which the greatest wins; see ``core.decision``.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from wann_rt.core.controller import Channel
from wann_rt.core.decision import Decision, Part, decision_of
from wann_rt.core.errors import TaskError

OPEN = 1e30  # a bound beyond this is the environment's way of saying that there is none
IMAGE_DIMENSIONS = 2  # and more, of bytes; one more, of other numbers, and more of them than can be played
MOST_CHANNELS = 4096  # of a side: more are no small network
MOST_CHOICES = 256  # that whole numbers of a box may have
Space = gymnasium.Space[Any]


class Leaf(NamedTuple):
    """A part of a space that has no parts.

    Attributes:
        name: the path to it; the side's own name for a space that is a leaf itself.
        space: what it is.
        top: whether the space is a leaf itself.
    """

    name: str
    space: Any
    top: bool


def leaves(space: Space, side: str) -> Iterator[Leaf]:
    """Yields the leaves of a space in Gymnasium's order of flattening; ``side`` names those without a path."""
    yield from _leaves(space, "", side)


def _leaves(space: Any, path: str, side: str) -> Iterator[Leaf]:
    if isinstance(space, spaces.Dict):
        for key, child in space.spaces.items():
            yield from _leaves(child, f"{path}_{key}" if path else str(key), side)
    elif isinstance(space, spaces.Tuple):
        for k, child in enumerate(space.spaces):
            yield from _leaves(child, f"{path or side}_{k}", side)
    else:
        yield Leaf(path or side, space, not path)


def observation_channels(env_id: str, space: Space) -> tuple[Channel, ...]:
    """Returns a channel for each number that is observed.

    Raises:
        TaskError: a part of the space is an image, or none of boxes, choices and bits.
    """
    found = [channel for leaf in leaves(space, "obs") for channel in _observed(env_id, leaf)]
    return _checked(env_id, "observation", found)


def _observed(env_id: str, leaf: Leaf) -> list[Channel]:
    kind = leaf.space
    wrapper = "gymnasium.wrappers.TransformObservation"
    if isinstance(kind, spaces.Box):
        is_large = math.prod(kind.shape) > MOST_CHANNELS and len(kind.shape) > IMAGE_DIMENSIONS
        if is_large or (kind.dtype == np.uint8 and len(kind.shape) >= IMAGE_DIMENSIONS):
            what = f"observations are images {list(kind.shape)}{_where(leaf)}"
            car = " (wann_rt/CarRacing-v0 is the racing car with 18 of them)" if "CarRacing" in env_id else ""
            _refuse(env_id, what, wrapper, f"a few numbers computed from them{car}")
        low, high = _bounds(env_id, "observation", kind)
        names = _names(leaf, kind.shape)
        return [Channel(name, "", *_opened(a, b)) for name, a, b in zip(names, low, high, strict=True)]
    if isinstance(kind, spaces.Discrete):
        return [_flag(f"{leaf.name}_is_{value}") for value in _values(env_id, leaf)]
    if isinstance(kind, spaces.MultiBinary):
        return [_flag(name) for name in _names(leaf, kind.shape)]
    if isinstance(kind, spaces.MultiDiscrete):
        rows = zip(_names(leaf, kind.shape), np.ravel(kind.nvec), np.ravel(kind.start), strict=True)
        return [_flag(f"{name}_is_{start + k}") for name, n, start in rows for k in range(int(n))]
    _refuse(env_id, f"observations are {_kind(kind)}{_where(leaf)}", wrapper, "boxes, choices or bits")


class Actions(NamedTuple):
    """How a controller acts: its channels, and what becomes of them."""

    channels: tuple[Channel, ...]
    decision: Decision


def action_channels(env_id: str, space: Space) -> Actions:
    """Returns a channel for each output of the network: a number of a box, the score of a choice, or a bit.

    An output in [-1, 1] covers a box, and is clipped to it.

    Raises:
        TaskError: a part of the space is none of bounded boxes, choices and bits.
    """
    channels: list[Channel] = []
    parts: list[Part] = []
    for leaf in leaves(space, "action"):
        some, kinds = _acting(env_id, leaf)
        channels += some
        parts += kinds
    return Actions(_checked(env_id, "action", channels), decision_of(tuple(parts)))


def _acting(env_id: str, leaf: Leaf) -> tuple[list[Channel], list[Part]]:
    kind = leaf.space
    if isinstance(kind, spaces.Discrete):
        values = _values(env_id, leaf)
        names = [f"{leaf.name}_{value}" if leaf.top else f"{leaf.name}_is_{value}" for value in values]
        return [Channel(name) for name in names], [Part("argmax", len(names))]
    if isinstance(kind, spaces.MultiBinary):
        names = _names(leaf, kind.shape)
        return [Channel(name) for name in names], [Part("sign", len(names))]
    if isinstance(kind, spaces.MultiDiscrete):
        return _choices(leaf, kind.shape, np.ravel(kind.nvec), np.ravel(kind.start))
    wrapper = "gymnasium.wrappers.TransformAction"
    if not isinstance(kind, spaces.Box):
        _refuse(env_id, f"actions are {_kind(kind)}{_where(leaf)}", wrapper, "boxes, choices or bits")
    low, high = _bounds(env_id, "action", kind)
    if not (np.abs([low, high]) < OPEN).all():
        _refuse(env_id, f"actions have no bounds{_where(leaf)}", wrapper, "a Box with finite bounds")
    if not np.issubdtype(kind.dtype, np.floating):
        if (high - low >= MOST_CHOICES).any():
            what = f"actions are whole numbers of more than {MOST_CHOICES} values{_where(leaf)}"
            _refuse(env_id, what, wrapper, "a Box of real numbers")
        return _choices(leaf, kind.shape, (high - low).astype(np.int64) + 1, low.astype(np.int64))
    middle, half, names = (high + low) / 2, (high - low) / 2, _names(leaf, kind.shape)
    rows = zip(names, low, high, middle, half, strict=True)
    return [Channel(row[0], "", *row[1:], clip=True) for row in rows], [Part("values", len(names))]


def _choices(
    leaf: Leaf, shape: tuple[int, ...], counts: NDArray[Any], starts: NDArray[Any]
) -> tuple[list[Channel], list[Part]]:
    """Returns scores for each of several choices."""
    rows = list(zip(_names(leaf, shape), counts, starts, strict=True))
    channels = [Channel(f"{name}_is_{start + k}") for name, n, start in rows for k in range(int(n))]
    return channels, [Part("argmax", int(n)) for _, n, _ in rows]


def _names(leaf: Leaf, shape: tuple[int, ...]) -> list[str]:
    """Returns the names of a leaf's numbers: their places behind the leaf's own name, which stands alone for one."""
    if shape in ((), (1,)) and not (leaf.top and shape):
        return [leaf.name]
    return ["_".join((leaf.name, *map(str, place))) for place in np.ndindex(shape)]


def _flag(name: str) -> Channel:
    return Channel(name, "1", 0.0, 1.0)


def _values(env_id: str, leaf: Leaf) -> range:
    """Returns the values of a choice."""
    start, count = int(leaf.space.start), int(leaf.space.n)
    if count > MOST_CHANNELS:
        raise TaskError(f"environment {env_id}: {leaf.name} has {count} values; at most {MOST_CHANNELS} can be played")
    return range(start, start + count)


def _checked(env_id: str, what: str, channels: list[Channel]) -> tuple[Channel, ...]:
    """Returns the channels with names that differ, or raises TaskError for none or too many."""
    if not channels:
        raise TaskError(f"environment {env_id} has no {what}s")
    if len(channels) > MOST_CHANNELS:
        raise TaskError(f"environment {env_id} has {len(channels)} {what}s; at most {MOST_CHANNELS} can be played")
    seen: set[str] = set()
    named = []
    for channel in channels:
        name, k = channel.name, 2
        while name in seen:
            name, k = f"{channel.name}_{k}", k + 1
        seen.add(name)
        named.append(channel if name == channel.name else Channel(name, *_rest(channel)))
    return tuple(named)


def _rest(channel: Channel) -> tuple[Any, ...]:
    return channel.unit, channel.low, channel.high, channel.offset, channel.scale, channel.clip


def _bounds(env_id: str, what: str, space: spaces.Box) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = (np.asarray(side, np.float64).ravel() for side in (space.low, space.high))
    wrong = np.flatnonzero(~(low <= high))
    if len(wrong):
        k = wrong[0]
        raise TaskError(f"environment {env_id}: {what} {k} has the bounds [{low[k]}, {high[k]}]: low <= high expected")
    return low, high


def _kind(space: object) -> str:
    """Returns what a space is, and whose, if it is not one of Gymnasium's: the older gym has a Box, too."""
    kind = type(space)
    return kind.__name__ if isinstance(space, spaces.Space) else f"{kind.__module__}.{kind.__qualname__}"


def _where(leaf: Leaf) -> str:
    return "" if leaf.top else f" in {leaf.name}"


def _opened(low: float, high: float) -> tuple[float, float]:
    return (-np.inf if low < -OPEN else float(low)), (np.inf if high > OPEN else float(high))


def _refuse(env_id: str, what: str, wrapper: str, wanted: str) -> NoReturn:
    raise TaskError(
        f"environment {env_id}: its {what}, and a controller needs {wanted}: wrap it with {wrapper}, in a function "
        "that returns the wrapped environment, and name that function (--env my_module:my_function)"
    )
