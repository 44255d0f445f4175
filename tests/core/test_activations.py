"""Laws of the palette: each definition is as exact as it says, keeps its range, and means the same to every reader."""

from collections.abc import Callable

import numba
import numpy as np
import pytest
from helpers import compiled
from numpy.typing import NDArray

from wann_rt.core.activations import BY_ID, BY_NAME, PALETTE, Activation
from wann_rt.core.arithmetic import clip
from wann_rt.kernels import jit as _bridge  # noqa: F401  tells numba what the primitives mean

f32 = np.float32
Floats = NDArray[np.float32]
EXACT: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "linear": lambda x: x,
    "step": lambda x: (x > 0).astype(float),
    "sin": lambda x: np.sin(np.pi * np.fmod(x, 2.0)),
    "gauss": lambda x: np.exp(-x * x / 2),
    "tanh": np.tanh,
    "sigmoid": lambda x: 0.5 * np.tanh(x / 2) + 0.5,
    "inverse": lambda x: -x,
    "abs": np.abs,
    "relu": lambda x: np.maximum(0, x),
    "cos": lambda x: np.cos(np.pi * np.fmod(x, 2.0)),
    "square": lambda x: x * x,
}
EVERY = pytest.mark.parametrize("activation", PALETTE, ids=lambda a: a.name)


def sample() -> Floats:
    """A million floats: every 4099th bit pattern, so all signs and exponents, and the surroundings of round numbers."""
    strided = np.arange(0, 2**32, 4099, dtype=np.uint64).astype(np.uint32).view(f32)
    round_numbers = np.array([0.0, 0.25, 0.5, 1, 1.5, 2, 5.65, 7.25, 14.5, 2**23, 2**24, np.inf], f32)
    near = (round_numbers.view(np.uint32)[:, None] + np.arange(-50, 51)).astype(np.uint32).view(f32).ravel()
    return np.concatenate([strided, near, -near])


def bits_equal(a: Floats, b: Floats) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = (a.view(np.uint32) == b.view(np.uint32)) | (np.isnan(a) & np.isnan(b))
    return same


@EVERY
def test_error_is_at_most_what_the_palette_states(activation: Activation) -> None:
    x = sample()
    x = x[np.isfinite(x)]
    if activation.name == "cos":
        x = x[(np.abs(x) < 2**23) | (np.abs(x) >= 2**24)]  # between, odd integers count as even: documented
    with np.errstate(all="ignore"):
        error = np.abs(activation.function(x) - EXACT[activation.name](x.astype(float)))
    if activation.max_error:
        assert error.max() <= activation.max_error
        assert error.max() >= 0.5 * activation.max_error, "the stated error is far too pessimistic"
    else:
        finite = np.abs(x) < 1e19 if activation.name == "square" else np.isfinite(x)
        one_rounding = x[finite].astype(float) ** 2 * 2.0**-24 + 2.0**-149  # of the square; the others are exact
        assert (error[finite] <= (one_rounding if activation.name == "square" else 0)).all()


@EVERY
def test_bounded_activations_stay_in_their_range(activation: Activation) -> None:
    low, high = {
        "step": (0, 1), "sin": (-1, 1), "cos": (-1, 1), "gauss": (0, 1), "tanh": (-1, 1), "sigmoid": (0, 1),
        "abs": (0, np.inf), "relu": (0, np.inf), "square": (0, np.inf),
    }.get(activation.name, (-np.inf, np.inf))  # fmt: skip
    with np.errstate(all="ignore"):
        y = activation.function(sample())
    assert ((y >= low) & (y <= high) | np.isnan(y)).all()


@EVERY
def test_numba_and_numpy_compute_the_same_bits(activation: Activation) -> None:
    x = sample()
    with np.errstate(all="ignore"):
        assert bits_equal(compiled.applied(activation, x), np.asarray(activation.function(x), f32)).all()


@EVERY
def test_scalars_and_arrays_compute_the_same_bits(activation: Activation) -> None:
    x = sample()[::9973]
    with np.errstate(all="ignore"):
        one_by_one = np.array([activation.function(v) for v in x], f32)
        assert bits_equal(one_by_one, np.asarray(activation.function(x), f32)).all()


@EVERY
def test_nan_stays_nan_except_through_the_step(activation: Activation) -> None:
    with np.errstate(all="ignore"):
        result = activation.function(f32(np.nan))
    assert result == 0 if activation.name == "step" else np.isnan(result)


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [
        ("sin", 0.5, 1.0), ("sin", -0.5, -1.0), ("sin", 3.0, 0.0), ("sin", 1e30, 0.0), ("sin", np.inf, 0.0),
        ("cos", 0.0, 1.0), ("cos", 1.0, -1.0), ("cos", 0.5, 0.0), ("cos", 2.0**25, 1.0), ("cos", np.inf, 1.0),
        ("gauss", 0.0, 1.0), ("tanh", 0.0, 0.0), ("tanh", 1e-30, 1e-30), ("sigmoid", 0.0, 0.5),
        ("step", -0.0, 0.0), ("step", 1e-45, 1.0), ("relu", -3.0, 0.0), ("square", 1e30, np.inf),
    ],
)  # fmt: skip
def test_round_arguments_give_round_results(name: str, x: float, y: float) -> None:
    with np.errstate(all="ignore"):
        assert BY_NAME[name].function(f32(x)) == f32(y)


def test_ids_are_those_of_the_reference_and_names_are_unique() -> None:
    of_the_reference = ["linear", "step", "sin", "gauss", "tanh", "sigmoid", "inverse", "abs", "relu", "cos", "square"]
    assert [a.name for a in PALETTE if a.id <= 11] == of_the_reference
    assert [a.id for a in PALETTE] == list(range(1, len(PALETTE) + 1))
    assert len(BY_NAME) == len(BY_ID) == len(PALETTE)
    assert set(EXACT) == set(BY_NAME), "EXACT in this file has one row for each activation"


@pytest.mark.parametrize(
    ("x", "y"), [(0.3, 0.3), (2.0, 1.0), (-9.0, -1.0), (np.inf, 1.0), (-np.inf, -1.0), (np.nan, 0.5)]
)
def test_clip_limits_and_turns_nan_into_neutral(x: float, y: float) -> None:
    compiled = numba.njit(lambda v: clip(v, f32(-1.0), f32(1.0), f32(0.5)))
    assert clip(f32(x), f32(-1.0), f32(1.0), f32(0.5)) == f32(y) == compiled(f32(x))
