"""An encoder of frames by layers of convolutions, in whole numbers below 2^24.

Such numbers are float32 numbers, and so are all sums of a layer's products, in whatever order they are added: numpy,
a graph in ONNX and integers give the same bits. A layer's weights are bytes with a sign, what it hands on are bytes
without: it divides by a power of 2, rounds down, and cuts what lies outside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import ControllerError
from wann_rt.core.sight import BYTE, Frame, Whole

EXACT = 2**24  # below it, float32 holds all whole numbers
LARGEST = 127  # a weight is a byte with a sign
SQUARE = 64  # pixels a side of what the first layer sees
ROWS, COLUMNS = 84, 96  # of a frame that are seen
SHARE = 64  # a pixel of the square is the sum of 63 parts of pixels, divided by this
Real = NDArray[np.float32]


def _parts(size: int) -> Real:
    """Returns which parts of so many pixels in a line make each of the square's, [SQUARE, size]."""
    common = int(np.gcd(size, SQUARE))
    per, each = SQUARE // common, size // common  # a pixel is so many parts, and one of the square's is made of so many
    found = np.zeros((SQUARE, size), np.float32)
    for part in range(SQUARE * each):
        found[part // each, part // per] += 1
    return found


DOWN, ACROSS = _parts(ROWS), _parts(COLUMNS)


def square(frame: Frame) -> Frame:
    """Returns a frame above its bars as uint8 [64, 64, 3], each pixel the mean of what it covers, a little darker."""
    rows = np.tensordot(DOWN, frame[:ROWS, :COLUMNS].astype(np.float32), (1, 0))
    seen = np.tensordot(rows, ACROSS, (1, 1)).transpose(0, 2, 1)
    return np.asarray(np.floor(seen / np.float32(SHARE)).astype(np.uint8))


@dataclass(frozen=True)
class Layer:
    """A convolution without padding; its outputs are min(max(floor(sum / 2^shift), 0), 255).

    Attributes:
        weights: int [outputs, inputs, size, size].
        biases: what is added to the sums, int [outputs].
        shifts: int [outputs].
        stride: from one place to the next.
    """

    weights: Whole
    biases: Whole
    shifts: Whole
    stride: int = 2

    @property
    def bound(self) -> int:
        """Returns what no sum exceeds, whatever bytes come in."""
        return int((np.abs(self.weights).sum(axis=(1, 2, 3)) * BYTE + np.abs(self.biases)).max())

    @property
    def shares(self) -> Real:
        """Returns what sums are multiplied with, powers of 2, float32 [outputs, 1, 1]."""
        shares = np.ldexp(np.ones(len(self.shifts), np.float32), -self.shifts.astype(np.int32))
        shaped: Real = np.expand_dims(shares, (1, 2))
        return shaped

    def sums(self, x: Real) -> Real:
        """Returns the sums, float32 [outputs, places, places], of whole numbers [inputs, side, side]."""
        size = self.weights.shape[-1]
        windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
        seen = windows[:, :: self.stride, :: self.stride].transpose(0, 3, 4, 1, 2)
        places = seen.shape[-2:]
        found = self.weights.reshape(len(self.weights), -1).astype(np.float32) @ seen.reshape(-1, places[0] * places[1])
        return (found + self.biases.astype(np.float32)[:, None]).reshape(-1, *places)

    def __call__(self, x: Real) -> Real:
        """Returns the outputs."""
        divided = np.floor(self.sums(x) * self.shares)
        outputs: Real = np.clip(divided, np.float32(0), np.float32(BYTE))
        return outputs


@dataclass(frozen=True, repr=False)
class Convolutions:
    """Computes latents of a frame's upper 84 rows: layers, then one more sum a latent, centred and scaled.

    Attributes:
        name: under which it is asked for.
        layers: the first sees the square's red, green and blue bytes.
        weights: of the last layer's outputs, int [latents, outputs].
        offsets: what is subtracted from the sums, int [latents].
        scales: what the differences are multiplied with, float32 [latents].
    """

    name: str
    layers: tuple[Layer, ...]
    weights: Whole
    offsets: Whole
    scales: Real

    def __post_init__(self) -> None:
        """Refuses numbers that float32 may not hold, which would be rounded and so depend on the order of a sum.

        Raises:
            ControllerError: there are such numbers, or weights that are no bytes, as which they are kept.
        """
        largest = max(int(np.abs(one).max()) for one in (self.weights, *(layer.weights for layer in self.layers)))
        if largest > LARGEST:
            raise ControllerError(f"encoder {self.name!r}: a weight is {largest}: expected at most {LARGEST}")
        places = self._places()
        if self.weights.shape != (len(self.offsets), places) or self.scales.shape != self.offsets.shape:
            raise ControllerError(
                f"encoder {self.name!r}: weights {self.weights.shape} with {len(self.offsets)} offsets and "
                f"{len(self.scales)} scales: expected as many of each as latents, by {places} outputs of the layers"
            )
        if self.bound >= EXACT:
            raise ControllerError(f"encoder {self.name!r}: a sum may grow to {self.bound}: expected less than {EXACT}")

    def _places(self) -> int:
        """Returns how many outputs the layers have for a square, or raises ControllerError where they do not fit."""
        planes, side = 3, SQUARE
        for number, layer in enumerate(self.layers):
            outputs, inputs, *size = layer.weights.shape
            if inputs != planes or len({outputs, len(layer.biases), len(layer.shifts)}) > 1 or len({*size}) > 1:
                raise ControllerError(
                    f"encoder {self.name!r}: weights {layer.weights.shape}, {len(layer.biases)} biases and "
                    f"{len(layer.shifts)} shifts of layer {number}: expected squares of weights for {planes} inputs"
                )
            planes, side = outputs, (side - size[0]) // layer.stride + 1
        return planes * side**2

    def __repr__(self) -> str:
        """Returns it in a line."""
        return f"Convolutions({self.name!r}, {len(self.layers)} layers, {len(self.weights)} latents)"

    @property
    def bound(self) -> int:
        """Returns what no sum exceeds, whatever the frame is."""
        last = (np.abs(self.weights).sum(axis=1) * BYTE + np.abs(self.offsets)).max()
        return max(int(last), *(layer.bound for layer in self.layers))

    @property
    def products(self) -> int:
        """How many multiplications with a sum it takes."""
        side, count = SQUARE, self.weights.size
        for layer in self.layers:
            side = (side - layer.weights.shape[-1]) // layer.stride + 1
            count += layer.weights.size * side * side
        return count

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """All numbers, by name; ``of_arrays`` reads them."""
        found: dict[str, NDArray[Any]] = {}
        for number, layer in enumerate(self.layers):
            found[f"weights_{number}"] = layer.weights.astype(np.int8)
            found[f"biases_{number}"] = layer.biases.astype(np.int32)
            found[f"shifts_{number}"] = layer.shifts.astype(np.int8)
        return found | {
            "weights": self.weights.astype(np.int8), "offsets": self.offsets.astype(np.int32), "scales": self.scales
        }  # fmt: skip

    def outputs(self, seen: Frame) -> Real:
        """Returns the outputs of the last layer for a square, uint8 [64, 64, 3]."""
        x = np.ascontiguousarray(np.moveaxis(seen, 2, 0), np.float32)
        for layer in self.layers:
            x = layer(x)
        return x.ravel()

    def latents_of(self, seen: Frame) -> Real:
        """Returns the latents of a square, float32 [latents]."""
        sums = self.weights.astype(np.float32) @ self.outputs(seen)
        latents: Real = (sums - self.offsets.astype(np.float32)) * self.scales
        return latents

    def read(self, frame: Frame) -> Real:
        """Returns the latents of a frame, float32 [latents]."""
        return self.latents_of(square(frame))


def of_arrays(name: str, arrays: Mapping[str, NDArray[Any]]) -> Convolutions:
    """Returns the encoder whose ``arrays`` these are.

    Raises:
        KeyError: one is missing.
        ControllerError: they do not fit together.
    """
    count = sum(key.startswith("shifts_") for key in arrays)
    whole = {key: array.astype(np.int64) for key, array in arrays.items() if key != "scales"}
    layers = tuple(Layer(whole[f"weights_{k}"], whole[f"biases_{k}"], whole[f"shifts_{k}"]) for k in range(count))
    return Convolutions(name, layers, whole["weights"], whole["offsets"], arrays["scales"].astype(np.float32))
