"""How a controller's observations are read from the frames of a camera, as data that every form computes alike.

A frame is red, green and blue bytes, row by row. Its upper part is divided into cells, and a cell's number says how
green it is; an encoder makes a few latents of the cells; bars in the lower part show further numbers. All but the last
product of a latent, and the last quotient of a bar, is whole numbers below 2^31: sums have no order, and numpy, ONNX
and C give the same bits. A task says what it reads; exporters print it. Encoders of whole pictures are in
``core.convolutions``; for these there is no C.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import ControllerError

Frame = NDArray[np.uint8]
Whole = NDArray[np.int64]
LARGEST = 2**31 - 1
BYTE = 255


@dataclass(frozen=True)
class Grid:
    """Cells of a frame: each is the sum over its pixels of min(max(G - R, 0), most).

    Attributes:
        side: cells a row, and rows of cells.
        rows: pixels of a cell, downwards.
        columns: pixels of a cell, across.
        most: what a pixel counts at most.
    """

    side: int
    rows: int
    columns: int
    most: int

    @property
    def full(self) -> int:
        """The number of a cell all of whose pixels count the most."""
        return self.most * self.rows * self.columns

    def cells_of(self, frame: Frame) -> Whole:
        """Returns the numbers of all cells, row by row from the top left."""
        seen = frame[: self.side * self.rows, : self.side * self.columns].astype(np.int64)
        green = np.clip(seen[..., 1] - seen[..., 0], 0, self.most)
        sums: Whole = green.reshape(self.side, self.rows, self.side, self.columns).sum(axis=(1, 3))
        return sums.ravel()


@dataclass(frozen=True)
class Encoder:
    """Computes latents of cells.

    Attributes:
        name: under which it is asked for.
        grid: whose cells it sees.
        weights: of the features, int [latents, features].
        offsets: what is subtracted from the sums, int [latents].
        scales: what the differences are multiplied with, float32 [latents].
        filters: int [n, size, size]; none: the features are the cells themselves, otherwise max(x, 0) of each filter at
            each place, filter by filter.
        stride: cells from one place of a filter to the next.
    """

    name: str
    grid: Grid
    weights: Whole
    offsets: Whole
    scales: NDArray[np.float32]
    filters: Whole
    stride: int = 2

    def __post_init__(self) -> None:
        """Keeps the weights as doubles, too: products of these are as exact below 2^53, and several times as fast."""
        object.__setattr__(self, "_weights", self.weights.astype(np.float64))

    @property
    def size(self) -> int:
        """Cells of a filter, a side."""
        return int(self.filters.shape[-1])

    @property
    def places(self) -> int:
        """At how many places a filter looks, a side."""
        return (self.grid.side - self.size) // self.stride + 1

    def features(self, cells: Whole) -> Whole:
        """Returns what the weights are multiplied with."""
        if not len(self.filters):
            return cells
        windows = np.lib.stride_tricks.sliding_window_view(cells.reshape(self.grid.side, -1), (self.size, self.size))
        seen = windows[:: self.stride, :: self.stride].reshape(-1, self.size**2)
        found: Whole = np.maximum(self.filters.reshape(-1, self.size**2) @ seen.T, 0)
        return found.ravel()

    def latents(self, cells: Whole) -> NDArray[np.float32]:
        """Returns the latents of what the camera sees, float32 [latents]."""
        sums = self._weights @ self.features(cells).astype(np.float64)  # type: ignore[attr-defined]
        centred: NDArray[np.float32] = (sums - self.offsets).astype(np.float32)
        return centred * self.scales

    def read(self, frame: Frame) -> NDArray[np.float32]:
        """Returns the latents of a frame, float32 [latents]."""
        return self.latents(self.grid.cells_of(frame))

    @property
    def products(self) -> int:
        """How many multiplications with a sum it takes."""
        return self.weights.size + (self.filters.size * self.places**2 if len(self.filters) else 0)

    @property
    def bound(self) -> int:
        """Returns what no sum exceeds, whatever the frame is."""
        feature = self.grid.full
        if len(self.filters):
            feature *= int(np.abs(self.filters).sum(axis=(1, 2)).max())
        return int((np.abs(self.weights).sum(axis=1) * feature + np.abs(self.offsets)).max())


@dataclass(frozen=True)
class Box:
    """Pixels of a frame: rows from ``top`` on and before ``bottom``, columns from ``left`` on and before ``right``."""

    top: int
    bottom: int
    left: int
    right: int

    def red(self, frame: Frame) -> int:
        """Returns the sum of the red bytes."""
        return int(frame[self.top : self.bottom, self.left : self.right, 0].sum(dtype=np.int64))

    @property
    def most(self) -> int:
        """The greatest sum."""
        return BYTE * (self.bottom - self.top) * (self.right - self.left)


@dataclass(frozen=True)
class Bar:
    """A number that a frame shows as the length of a bar.

    With d the red bytes of ``plus`` less those of ``minus``, the length is floor((gain d + shift) / per), at least
    ``least``, and the number is length * times / by.
    """

    name: str
    plus: Box
    minus: Box | None
    gain: int
    shift: int
    per: int
    least: int | None
    times: int
    by: int

    def read(self, frame: Frame) -> np.float32:
        """Returns the number."""
        difference = self.plus.red(frame) - (0 if self.minus is None else self.minus.red(frame))
        length = (self.gain * difference + self.shift) // self.per
        length = length if self.least is None else max(length, self.least)
        return np.float32(self.times * length) / np.float32(self.by)

    @property
    def lift(self) -> int:
        """What must be added to the quotient so that it is never negative: C and ONNX round quotients towards 0."""
        least = -self.gain * (0 if self.minus is None else self.minus.most) + self.shift
        return max(-(least // self.per), 0)


class Reader(Protocol):
    """What makes latents of frames: an ``Encoder`` of cells, or ``convolutions.Convolutions``."""

    @property
    def name(self) -> str:
        """Under which it is asked for."""

    @property
    def bound(self) -> int:
        """What no sum exceeds, whatever the frame is."""

    def read(self, frame: Frame) -> NDArray[np.float32]:
        """Returns the latents of a frame, float32 [latents]."""


@dataclass(frozen=True)
class Sight:
    """All that is read from a frame.

    Attributes:
        encoder: of what is above the bars.
        latents: names of the observations that it makes.
        bars: further observations.
        rows: of a frame.
        columns: of a frame.
    """

    encoder: Reader
    latents: tuple[str, ...]
    bars: tuple[Bar, ...]
    rows: int
    columns: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all observations that it can make."""
        return (*self.latents, *(bar.name for bar in self.bars))

    def read(self, frame: Frame, names: Sequence[str] | None = None) -> NDArray[np.float32]:
        """Returns the observations of some names, by default of all, from a frame, uint8 [rows, columns, 3].

        Raises:
            ControllerError: it is no such frame: colours first, fractions instead of bytes, another size; or a name is
                none of ``names``.
        """
        self._check(frame)
        wanted = self.names if names is None else tuple(names)
        for name in wanted:
            if name not in self.names:
                raise ControllerError(f"no observation {name!r} is read from a frame; {', '.join(self.names)} are")
        latents = self.encoder.read(frame)
        made = dict(zip(self.latents, latents, strict=True)) | {bar.name: bar.read(frame) for bar in self.bars}
        return np.array([made[name] for name in wanted], np.float32)

    def _check(self, frame: object) -> None:
        """Refuses what numpy would read as another frame without a word."""
        shape = (self.rows, self.columns, 3)
        came = getattr(frame, "shape", None), str(getattr(frame, "dtype", type(frame).__name__))
        if came == (shape, "uint8"):
            return
        hints = {
            (3, *shape[:2]): ": colours come last here, np.moveaxis(frame, 0, -1)",
            (1, *shape): ": one frame at a time, without the axis of the batch",
        }
        hint = hints.get(came[0], "") if came[0] is not None else ""
        if came[0] == shape:
            hint = ": bytes of 0 to 255, neither divided by 255 nor moved"
        raise ControllerError(f"a frame is uint8 {list(shape)}; {came[1]} {_listed(came[0])} came{hint}")


def _listed(shape: object) -> str:
    return str(list(shape)) if isinstance(shape, tuple) else "without a shape"
