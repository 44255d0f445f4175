"""From layers in fractions, as training leaves them, to ``Convolutions`` in whole numbers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.convolutions import EXACT, LARGEST, Convolutions, Layer
from wann_rt.core.sight import BYTE, Frame, Whole

Fractions = NDArray[np.float64]
MOST_SHIFT = 20
UNSEEN = 1e-4  # an output whose greatest is this share of its layer's counts as always 0
LEAST = 0.1  # a latent whose deviation is less is not told from noise: it is not magnified further


def whole(name: str, layers: Sequence[tuple[Fractions, Fractions]], squares: Frame) -> Convolutions:
    """Returns an encoder in whole numbers that gives nearly what a network in fractions does, of mean 0.

    Each output gets the unit in which the greatest that was seen is 255, each sum the largest power of 2 with which its
    weights are bytes and its sums float32 numbers. Latents are in units of their deviation.

    Args:
        name: of the encoder.
        layers: weights and biases: convolutions of stride 2, behind each of which stands max(x, 0), and at the end
            [latents, outputs]. The first takes bytes divided by 255.
        squares: what units, means and deviations are taken from, uint8 [n, 64, 64, 3].
    """
    ranges = np.full(3, 1.0)  # what the greatest byte stands for
    seen = [np.ascontiguousarray(np.moveaxis(one, 2, 0), np.float32) for one in squares]
    made = []
    for weights, biases in layers[:-1]:
        entering = weights * (ranges / BYTE)[:, None, None]
        ranges = _greatest(entering, biases, seen)
        units = np.divide(BYTE, ranges, out=np.zeros_like(ranges), where=ranges > UNSEEN * ranges.max())
        layer = _layer(entering * units[:, None, None, None], biases * units)
        seen = [layer(x) for x in seen]
        made.append(layer)
    outputs = np.array([x.ravel() for x in seen], np.float64)
    entering = layers[-1][0] * np.repeat(ranges / BYTE, outputs.shape[1] // len(ranges))
    return _finished(name, tuple(made), entering, outputs)


def _greatest(weights: Fractions, biases: Fractions, seen: Sequence[NDArray[np.float32]]) -> Fractions:
    """Returns the greatest output of each kind over what is seen, in fractions."""
    none = np.zeros(len(biases), np.int64)
    plain = Layer(weights, none, none)  # type: ignore[arg-type]  # its sums take fractions, too
    found: Fractions = np.max([plain.sums(x).max(axis=(1, 2)) for x in seen], axis=0).astype(np.float64)
    return np.asarray(np.maximum(found + biases, 0.0))


def _layer(weights: Fractions, biases: Fractions) -> Layer:
    """Returns the layer that gives these sums, rounded to the nearest whole number."""
    shifts = np.array([_shift(row.ravel(), bias) for row, bias in zip(weights, biases, strict=True)], np.int64)
    powers = np.exp2(shifts.astype(np.float64))
    half = powers / 2  # what is rounded down thereafter is so rounded to the nearest
    whole_weights = np.rint(weights * powers[:, None, None, None]).astype(np.int64)
    return Layer(whole_weights, np.rint(biases * powers + half).astype(np.int64), shifts)


def _shift(row: Fractions, bias: float) -> int:
    """Returns the greatest power of 2 by which weights are bytes with a sign and their sum is exact, at least 0.

    Where there is none, ``Convolutions`` refuses what comes of it.
    """
    for shift in range(MOST_SHIFT, 0, -1):
        rounded = np.rint(row * 2.0**shift)
        bound = np.abs(rounded).sum() * BYTE + abs(bias) * 2.0**shift + 2.0**shift
        if np.abs(rounded).max() <= LARGEST and bound < EXACT:
            return shift
    return 0


def _finished(name: str, layers: tuple[Layer, ...], weights: Fractions, outputs: Fractions) -> Convolutions:
    """Returns the encoder, with latents of mean 0 and deviation 1 over the outputs of the last layer."""
    powers = np.array([2.0 ** _shift(row, 0.0) for row in weights])
    rows: Whole = np.rint(weights * powers[:, None]).astype(np.int64)
    sums = outputs @ rows.T.astype(np.float64)
    scales = (1 / np.maximum(sums.std(axis=0), LEAST * powers)).astype(np.float32)
    return Convolutions(name, layers, rows, np.rint(sums.mean(axis=0)).astype(np.int64), scales)
