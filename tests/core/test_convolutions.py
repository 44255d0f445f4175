"""Laws of encoders by layers of convolutions: whole numbers, exact in any order, near what they were rounded from."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from wann_rt.core.convolutions import EXACT, SQUARE, Convolutions, Layer, of_arrays, square
from wann_rt.core.errors import ControllerError
from wann_rt.core.whole import whole

Weights = list[tuple[NDArray[np.float64], NDArray[np.float64]]]


def drawn(channels: tuple[int, ...], seed: int = 0) -> Weights:
    """Returns the weights of a random network of 16 latents; its convolutions take 64 pixels to 2."""
    rng, found, inputs = np.random.default_rng(seed), [], 3
    for outputs in channels:
        found.append((rng.normal(0, 0.35 / np.sqrt(inputs), (outputs, inputs, 4, 4)), rng.normal(0, 0.1, outputs)))
        inputs = outputs
    return [*found, (rng.normal(0, 1, (16, 4 * inputs)), rng.normal(0, 1, 16))]


def pictures(count: int, seed: int = 1) -> NDArray[np.uint8]:
    """Returns squares of random patches."""
    patches = np.random.default_rng(seed).integers(0, 252, (count, 8, 8, 3))
    return np.kron(patches, np.ones((1, 8, 8, 1))).astype(np.uint8)


def in_fractions(layers: Weights, seen: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Returns the latents of the network before it is rounded."""
    x = np.moveaxis(seen, 2, 0) / 255.0
    for weights, biases in layers[:-1]:
        windows = np.lib.stride_tricks.sliding_window_view(x, (4, 4), axis=(1, 2))[:, ::2, ::2]
        x = np.maximum(np.einsum("iabkl,oikl->oab", windows, weights) + biases[:, None, None], 0)
    return np.asarray(layers[-1][0] @ x.ravel() + layers[-1][1])


def common(wide: int, pixel: int, width: Fraction) -> Fraction:
    """Returns how much of a pixel's length lies within one of the square's, which are wider."""
    return max(min(width * (wide + 1), Fraction(pixel + 1)) - max(width * wide, Fraction(pixel)), Fraction(0))


def test_a_square_has_the_means_of_the_pixels_that_it_covers() -> None:
    frame = np.random.default_rng(2).integers(0, 256, (96, 96, 3)).astype(np.uint8)
    found = square(frame)
    for y, x, c in ((0, 0, 0), (63, 63, 2), (17, 40, 1)):
        total = Fraction(0)
        for row in range(21 * y // 16, min(21 * y // 16 + 3, 84)):
            for column in range(3 * x // 2, min(3 * x // 2 + 3, 96)):
                part = common(y, row, Fraction(21, 16)) * common(x, column, Fraction(3, 2))
                total += part * int(frame[row, column, c])
        assert found[y, x, c] == int(total * 32 / 64)  # a part is a sixteenth of a row by half a column
    frame[84:] = 0
    assert np.array_equal(square(frame), found)  # what is below the picture is not seen


def test_a_layer_computes_what_integers_do() -> None:
    rng = np.random.default_rng(3)
    layer = Layer(rng.integers(-127, 128, (5, 3, 4, 4)), rng.integers(-9000, 9000, 5), rng.integers(0, 9, 5))
    x = rng.integers(0, 256, (3, 10, 10))
    found = layer(x.astype(np.float32))
    assert found.shape == (5, 4, 4)
    for o, r, c in np.ndindex(5, 4, 4):
        total = int((layer.weights[o] * x[:, 2 * r : 2 * r + 4, 2 * c : 2 * c + 4]).sum() + layer.biases[o])
        assert abs(total) <= layer.bound
        assert found[o, r, c] == min(max(total >> int(layer.shifts[o]), 0), 255)


def test_what_was_rounded_is_near_what_it_was_rounded_from_and_of_unit_size() -> None:
    layers, seen = drawn((4, 8, 8, 8)), pictures(60)
    made = whole("drawn", layers, seen)
    latents = np.array([made.latents_of(one) for one in seen])
    expected = np.array([in_fractions(layers, one) for one in seen])
    expected = (expected - expected.mean(axis=0)) / expected.std(axis=0)
    assert np.allclose(latents.std(axis=0), 1, atol=0.01)
    assert np.abs(latents.mean(axis=0)).max() < 0.01
    assert np.abs(latents - expected).mean() < 0.05
    assert made.bound < EXACT


def test_a_latent_that_never_moves_is_not_magnified() -> None:
    layers = drawn((4, 8, 8, 8))
    layers[-1][0][3] *= 1e-6
    latents = np.array([whole("still", layers, pictures(20)).latents_of(one) for one in pictures(20)])
    assert latents[:, 3].std() < 0.01 < latents[:, 4].std()


def test_an_encoder_is_the_same_after_it_was_kept() -> None:
    made = whole("kept", drawn((4, 8, 8, 8)), pictures(20))
    again = of_arrays("kept", made.arrays)
    frame = np.random.default_rng(4).integers(0, 256, (96, 96, 3)).astype(np.uint8)
    assert np.array_equal(again.read(frame), made.read(frame))
    assert made.products == 31**2 * 4 * 48 + 14**2 * 8 * 64 + 36 * 8 * 128 + 4 * 8 * 128 + 16 * 32


def test_weights_that_are_no_bytes_are_refused() -> None:
    layer = Layer(np.full((1, 3, 4, 4), -200), np.array([0]), np.array([0]))
    sides = (SQUARE - 4) // 2 + 1
    with pytest.raises(ControllerError, match="encoder 'wide': a weight is 200: expected at most 127"):
        Convolutions("wide", (layer,), np.ones((1, sides**2), np.int64), np.zeros(1, np.int64), np.ones(1, np.float32))


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("weights_1", lambda a: a[:, :-1], r"layer 1: expected squares of weights for 4 inputs"),
        ("biases_0", lambda a: a[:-1], r"3 biases and 4 shifts of layer 0"),
        ("weights", lambda a: a[:, 1:], r"by 32 outputs of the layers"),
        ("scales", lambda a: a[1:], r"15 scales"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(name: str, change: Any, says: str) -> None:
    made = whole("torn", drawn((4, 8, 8, 8)), pictures(5))
    with pytest.raises(ControllerError, match=rf"encoder 'torn': .*{says}"):
        of_arrays("torn", made.arrays | {name: change(made.arrays[name])})


def test_sums_that_float32_may_not_hold_are_refused() -> None:
    layer = Layer(np.full((1, 3, 4, 4), 1), np.array([EXACT]), np.array([0]))
    sides = (SQUARE - 4) // 2 + 1
    with pytest.raises(ControllerError, match=r"encoder 'large': a sum may grow to \d+: expected less than 16777216"):
        Convolutions("large", (layer,), np.ones((1, sides**2), np.int64), np.zeros(1, np.int64), np.ones(1, np.float32))
