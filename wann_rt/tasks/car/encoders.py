"""Encoders: from what the camera sees to 16 latents.

An encoder of the 144 cells (``core.sight``) is a JSON file beside this one: products with whole weights, perhaps behind
a layer of whole filters and ``max(x, 0)``; then one subtraction and one float32 product a latent. An encoder of whole
pictures (``core.convolutions``) is an NPZ file: layers of such filters.
"""

import io
import json
from functools import cache
from importlib import resources
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.convolutions import Convolutions, of_arrays
from wann_rt.core.errors import FileError, TaskError, WannError
from wann_rt.core.guess import near
from wann_rt.core.sight import Encoder
from wann_rt.tasks.car.camera import CELLS, GRID

LATENTS = 16
DEFAULT = "pca"
CELLS_ALONE, PICTURES = ".json", ".npz"  # how files of an encoder's kind end
SIZE, STRIDE = 3, 2  # of the filters
PLACES = (CELLS - SIZE) // STRIDE + 1  # that a filter looks at, a side
_FOLDER = resources.files("wann_rt.tasks.car")


def to_json(encoder: Encoder) -> str:
    """Returns an encoder as the text of its file."""
    rows = {
        "filters": encoder.filters.tolist(),
        "offsets": encoder.offsets.tolist(),
        "scales": [float(str(scale)) for scale in encoder.scales],
        "weights": encoder.weights.tolist(),
    }
    return json.dumps(rows, separators=(",", ":")).replace('],"', '],\n"').replace("],[", "],\n[") + "\n"


def names() -> list[str]:
    """Returns the names of all encoders."""
    return sorted([*names_of_cells(), *_with_suffix(PICTURES)])


def names_of_cells() -> list[str]:
    """Returns the names of those that see the cells alone: our camera and C headers know these."""
    return _with_suffix(CELLS_ALONE)


def _with_suffix(suffix: str) -> list[str]:
    return sorted(file.name.removesuffix(suffix) for file in _FOLDER.iterdir() if file.name.endswith(suffix))


def encoder(name: str) -> Encoder | Convolutions:
    """Returns an encoder by name.

    Raises:
        TaskError: there is none of that name.
    """
    if not isinstance(name, str) or name not in names():
        raise TaskError(f"no encoder {name!r}; encoders: {', '.join(names())}{near(str(name), names())}")
    return _stored(name) if name in names_of_cells() else _stored_pictures(name)


@cache
def _stored_pictures(name: str) -> Convolutions:
    """Returns the encoder of whole pictures of a name that there is."""
    path = _FOLDER.joinpath(f"{name}{PICTURES}")
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            return of_arrays(name, arrays)
    except (OSError, EOFError, ValueError, KeyError, BadZipFile, WannError) as error:
        raise FileError(f"{path} is no encoder, or a damaged one ({error}): install wann_rt anew") from None


@cache
def _stored(name: str) -> Encoder:
    """Returns the encoder of cells of a name that there is."""
    path = _FOLDER.joinpath(f"{name}{CELLS_ALONE}")
    try:
        rows: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        weights, offsets, filters = (np.array(rows[key], np.int64) for key in ("weights", "offsets", "filters"))
        scales = np.array(rows["scales"], np.float32)
        filters = filters.reshape(-1, SIZE, SIZE)
        features = len(filters) * PLACES**2 or CELLS**2
        shapes = [array.shape for array in (weights, offsets, scales)]
        if shapes != [(LATENTS, features), (LATENTS,), (LATENTS,)]:
            raise ValueError(f"arrays of shapes {shapes}")
        return Encoder(name, GRID, weights, offsets, scales, filters, STRIDE)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, WannError) as error:
        raise FileError(f"{path} is no encoder, or a damaged one ({error}): install wann_rt anew") from None


def fitted(
    name: str, weights: NDArray[np.float64], cells: NDArray[np.int64], filters: NDArray[np.int64], largest: int = 127
) -> Encoder:
    """Returns an encoder whose latents have mean 0 and deviation 1 over what a camera has seen.

    Args:
        name: of the encoder.
        weights: of the features, in any unit [LATENTS, features]; they are rounded to whole numbers up to ``largest``.
        cells: what was seen, int [frames, 144].
        filters: int [n, SIZE, SIZE].
        largest: greatest weight.
    """
    whole = np.rint(weights / np.abs(weights).max(axis=1, keepdims=True) * largest).astype(np.int64)
    plain = Encoder(name, GRID, whole, np.zeros(LATENTS, np.int64), np.ones(LATENTS, np.float32), filters, STRIDE)
    sums = np.array([whole @ plain.features(one) for one in cells])
    scales = (1 / sums.std(axis=0)).astype(np.float32)
    return Encoder(name, GRID, whole, np.rint(sums.mean(axis=0)).astype(np.int64), scales, filters, STRIDE)


def pca(cells: NDArray[np.int64]) -> Encoder:
    """Returns the encoder by the first principal components of what was seen, int [frames, 144]."""
    _, _, axes = np.linalg.svd(cells - cells.mean(axis=0), full_matrices=False)
    axes = axes[:LATENTS]
    signs = np.sign(axes[np.arange(LATENTS), np.abs(axes).argmax(axis=1)])  # a component may point either way
    return fitted("pca", axes * signs[:, None], cells, np.zeros((0, SIZE, SIZE), np.int64))


def random_convolution(cells: NDArray[np.int64], seed: int = 0, n_filters: int = 8) -> Encoder:
    """Returns an encoder in which nothing is learnt but the scale of each latent: random filters, random sums."""
    rng = np.random.default_rng(seed)
    filters = rng.integers(-1, 2, (n_filters, SIZE, SIZE))
    weights = rng.choice([-1.0, 1.0], (LATENTS, n_filters * PLACES**2))
    return fitted("random", weights, cells, filters, largest=1)
