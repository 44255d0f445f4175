"""How the racing car's autoencoders are trained: the same weights each time, and whole numbers near them."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import needs

from wann_rt.core.whole import whole

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))


@pytest.mark.slow
def test_training_gives_the_same_weights_each_time_and_whole_numbers_near_them() -> None:
    needs.module("torch")
    import car_vae_torch as vae

    frames = np.kron(np.random.default_rng(0).integers(0, 252, (100, 8, 8, 3)), np.ones((1, 8, 8, 1))).astype(np.uint8)
    size = vae.Size((4, 4, 8, 8), 2)
    (first, curve), (again, curve_again) = (vae.trained(size, frames, frames[:50], 7) for _ in range(2))
    parts: Any = zip(vae.weights_of(first), vae.weights_of(again), strict=True)
    assert all(np.array_equal(a, b) for one, other in parts for a, b in zip(one, other, strict=True))
    assert [point["error"] for point in curve] == [point["error"] for point in curve_again]
    assert curve[1]["error"] < curve[0]["error"]
    made = whole("small", vae.weights_of(first), frames)
    fractions = vae.means(first, frames)
    latents = np.array([made.latents_of(one) for one in frames])
    for k in range(vae.LATENTS):
        assert np.corrcoef(latents[:, k], fractions[:, k])[0, 1] > 0.95
