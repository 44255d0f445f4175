"""Reading a user's arrays: what is no data set is one clear error."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core.errors import TaskError

MOST_SAMPLES = 2**24  # float32 counts them exactly
MOST_CLASSES = 1000


def _numbers(given: ArrayLike, what: str) -> NDArray[Any]:
    try:
        array = np.asanyarray(given)
    except ValueError as error:
        raise TaskError(f"{what}: expected an array of numbers: {error}") from None
    if array.dtype.kind not in "fiub" or np.ma.is_masked(array):
        kind = "masked values" if array.dtype.kind in "fiub" else str(array.dtype)
        raise TaskError(f"{what}: expected an array of numbers; {kind} came")
    return array


def _float32(array: NDArray[Any], what: str) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        numbers = np.ascontiguousarray(array, np.float32)
    if not np.isfinite(numbers).all():
        sample = int(np.argwhere(~np.isfinite(numbers))[0][0])
        raise TaskError(f"{what}: sample {sample} holds a number that float32 cannot: mend it or leave it out")
    return numbers


def checked_inputs(given: ArrayLike, width: int | None = None) -> NDArray[np.float32]:
    """Returns inputs as float32 [samples, inputs], or raises TaskError."""
    array = _numbers(given, "inputs")
    if array.ndim != 2 or 0 in array.shape:
        raise TaskError(f"inputs: expected an array [samples, inputs]; one of shape {list(array.shape)} came")
    if len(array) > MOST_SAMPLES:
        raise TaskError(f"inputs: {len(array)} samples came; at most {MOST_SAMPLES} can be told apart")
    if width is not None and array.shape[1] != width:
        raise TaskError(f"the test samples have {array.shape[1]} inputs, the others {width}")
    return _float32(array, "inputs")


def checked_labels(given: ArrayLike, samples: int) -> NDArray[np.float32]:
    """Returns labels as float32 [samples, 1], or raises TaskError."""
    array = _numbers(given, "targets")
    if array.dtype.kind == "f" and (array != np.floor(array)).any():
        raise TaskError("targets: expected whole numbers, the classes; fractions came")
    if array.shape != (samples,):
        raise TaskError(f"targets: expected {samples} labels, one for each sample; shape {list(array.shape)} came")
    if array.min() < 0 or array.max() >= MOST_CLASSES:
        wrong = array.min() if array.min() < 0 else array.max()
        raise TaskError(f"targets: label {wrong} came; expected labels from 0 to {MOST_CLASSES - 1}")
    return np.ascontiguousarray(array[:, np.newaxis], np.float32)


def checked_targets(given: ArrayLike, samples: int) -> NDArray[np.float32]:
    """Returns wanted outputs as float32 [samples, outputs], or raises TaskError."""
    array = _numbers(given, "targets")
    array = array[:, np.newaxis] if array.ndim == 1 else array
    if array.ndim != 2 or len(array) != samples or array.shape[1] == 0:
        raise TaskError(
            f"targets: expected an array [{samples}] or [{samples}, outputs]; one of shape {list(array.shape)} came"
        )
    return _float32(array, "targets")
