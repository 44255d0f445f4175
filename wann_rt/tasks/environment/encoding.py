"""What an environment says as numbers of its channels, and the numbers of a controller as what it takes.

Both are made once for a space, so that a step has little to do.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from wann_rt.core.decision import greatest

Reader = Callable[[Any], NDArray[np.float32]]
Writer = Callable[[NDArray[np.float32]], Any]
_Piece = Callable[[Any], list[NDArray[np.float32]]]
_Taker = Callable[["_Outputs"], Any]


class MisfitError(ValueError):
    """What came is not of its space; the message says what was expected."""


def reader(space: Any, count: int) -> Reader:
    """Returns what turns observations of a space into float32 [count]; it raises MisfitError where one does not fit."""
    if isinstance(space, spaces.Box) and len(space.shape) == 1:
        return lambda observation: _box(observation, (count,), "an observation")
    piece = _piece(space, "")
    return lambda observation: np.concatenate(piece(observation))


def writer(space: Any) -> Writer:
    """Returns what turns a controller's actions, float32 [actions], into an action of a space."""
    take = _taker(space)
    return lambda actions: take(_Outputs(actions))


def first_greatest(values: NDArray[np.float32]) -> int:
    """Returns what ``decision.greatest`` does, sooner where nothing is NaN."""
    best = int(values.argmax())
    return best if values[best] == values[best] else int(greatest(values))


class _Outputs:
    """Outputs, taken from the first to the last."""

    def __init__(self, values: NDArray[np.float32]) -> None:
        self._values, self._taken = values, 0

    def take(self, count: int) -> NDArray[np.float32]:
        """Returns the next ones."""
        self._taken += count
        return self._values[self._taken - count : self._taken]


def _piece(space: Any, path: str) -> _Piece:
    """Returns what turns observations of a space into pieces of their channels, in order."""
    what = f"observation {path}" if path else "an observation"
    if isinstance(space, spaces.Dict):
        return _pieces_of_keys({key: _piece(child, _below(path, key)) for key, child in space.spaces.items()}, what)
    if isinstance(space, spaces.Tuple):
        return _pieces_of_places([_piece(child, _below(path, k)) for k, child in enumerate(space.spaces)], what)
    if isinstance(space, spaces.Discrete):
        return _one_hot([int(space.n)], [int(space.start)], (), what)
    if isinstance(space, spaces.MultiDiscrete):
        counts, starts = np.ravel(space.nvec).tolist(), np.ravel(space.start).tolist()
        return _one_hot(counts, starts, space.shape, what)
    shape = space.shape
    return lambda observation: [_box(observation, shape, what).ravel()]


def _below(path: str, key: object) -> str:
    return f"{path}_{key}" if path else str(key)


def _pieces_of_keys(pieces: Mapping[str, _Piece], what: str) -> _Piece:
    def read(observation: Any) -> list[NDArray[np.float32]]:
        if not isinstance(observation, Mapping) or not set(pieces) <= set(observation):
            keys = sorted(map(str, observation)) if isinstance(observation, Mapping) else type(observation).__name__
            raise MisfitError(f"{what} must have the keys {sorted(map(str, pieces))}; {keys} came")
        return [values for key, piece in pieces.items() for values in piece(observation[key])]

    return read


def _pieces_of_places(pieces: Sequence[_Piece], what: str) -> _Piece:
    def read(observation: Any) -> list[NDArray[np.float32]]:
        if not isinstance(observation, (tuple, list, np.ndarray)) or len(observation) != len(pieces):
            came = len(observation) if isinstance(observation, (tuple, list)) else type(observation).__name__
            raise MisfitError(f"{what} must have {len(pieces)} parts; {came} came")
        return [values for piece, part in zip(pieces, observation, strict=True) for values in piece(part)]

    return read


def _one_hot(counts: list[int], starts: list[int], shape: tuple[int, ...], what: str) -> _Piece:
    """Returns what turns choices into one channel for each of their values."""
    begins = np.concatenate([[0], np.cumsum(counts)])

    def read(observation: Any) -> list[NDArray[np.float32]]:
        values = np.asarray(observation)
        if values.size != len(counts) or values.dtype.kind not in "iub":
            raise MisfitError(f"{what} must be whole numbers of shape {list(shape)}; {observation!r} came")
        hot = np.zeros(begins[-1], np.float32)
        for value, count, start, begin in zip(values.ravel().tolist(), counts, starts, begins, strict=False):
            if not 0 <= value - start < count:
                raise MisfitError(f"{what} must be from {start} to {start + count - 1}; {value} came")
            hot[begin + value - start] = 1
        return [hot]

    return read


def _box(observation: Any, shape: tuple[int, ...], what: str) -> NDArray[np.float32]:
    try:
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinity: an environment may say so
            values = np.asarray(observation, np.float32)
    except (TypeError, ValueError):
        raise MisfitError(f"{what} must be numbers; {type(observation).__name__} came") from None
    if values.shape != shape:
        raise MisfitError(f"{what} must have shape {list(shape)}; {list(values.shape)} came")
    return values


def _taker(space: Any) -> _Taker:
    if isinstance(space, spaces.Dict):
        inner = {key: _taker(child) for key, child in space.spaces.items()}
        return lambda outputs: {key: take(outputs) for key, take in inner.items()}
    if isinstance(space, spaces.Tuple):
        parts = [_taker(child) for child in space.spaces]
        return lambda outputs: tuple(take(outputs) for take in parts)
    if isinstance(space, spaces.Discrete):
        count, start = int(space.n), int(space.start)
        return lambda outputs: np.int64(start + first_greatest(outputs.take(count)))
    if isinstance(space, spaces.MultiBinary):
        shape = space.shape
        return lambda outputs: (outputs.take(int(np.prod(shape))) > 0).astype(np.int8).reshape(shape)
    if isinstance(space, spaces.MultiDiscrete):
        return _chosen(np.ravel(space.nvec), np.ravel(space.start), space)
    if np.issubdtype(space.dtype, np.integer):
        low, high = (np.ravel(side).astype(np.int64) for side in (space.low, space.high))
        return _chosen(high - low + 1, low, space)
    return _real(space)


def _chosen(counts: NDArray[Any], starts: NDArray[Any], space: Any) -> _Taker:
    """Returns what takes several choices."""
    rows = [(int(count), int(start)) for count, start in zip(counts, starts, strict=True)]

    def take(outputs: _Outputs) -> NDArray[Any]:
        chosen = [start + first_greatest(outputs.take(count)) for count, start in rows]
        return np.array(chosen, space.dtype).reshape(space.shape)

    return take


def _real(space: spaces.Box) -> _Taker:
    count, shape = int(np.prod(space.shape)), space.shape
    if space.dtype == np.float32:
        return lambda outputs: outputs.take(count).copy().reshape(shape)
    # Bounds such as 0.1 have no exact float32: rounding the action could put it just outside.
    low, high = space.low, space.high
    return lambda outputs: np.clip(outputs.take(count).astype(space.dtype).reshape(shape), low, high)
