"""Reading a user's arrays: what is no data set is one clear error."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core.errors import TaskError

MOST_SAMPLES = 2**24  # float32 counts them exactly
MOST_CLASSES = 1000
RELABEL = "classes, y = np.unique(y, return_inverse=True) makes labels of any classes"
OTHER_SCALE = 50.0  # how many times larger test inputs are where these are bytes and the others fractions, or less


def checked_numbers(given: ArrayLike, what: str) -> NDArray[Any]:
    """Returns an array of numbers of any type, or raises TaskError."""
    try:
        array = np.asanyarray(given)
    except ValueError as error:
        raise TaskError(f"{what}: expected an array of numbers: {error}") from None
    if array.dtype.kind not in "fiub" or np.ma.is_masked(array):
        kind = "masked values" if array.dtype.kind in "fiub" else str(array.dtype)
        raise TaskError(f"{what}: expected an array of numbers; {kind} came{_to_numbers(array, what)}")
    return array


def _to_numbers(array: NDArray[Any], what: str) -> str:
    """Returns how to make numbers of an array as tables have them: of texts, or of objects where columns differ."""
    if array.dtype.kind in "US":
        return f": {RELABEL}" if what == "targets" else ": leave columns of text out, or make numbers of them"
    return ": astype(float) makes numbers of a table's columns" if array.dtype.kind == "O" and array.ndim else ""


def _float32(array: NDArray[Any], what: str) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        numbers = np.ascontiguousarray(array, np.float32)
    if not np.isfinite(numbers).all():
        sample = int(np.argwhere(~np.isfinite(numbers))[0][0])
        raise TaskError(f"{what}: sample {sample} holds a number that float32 cannot: mend it or leave it out")
    return numbers


def checked_inputs(given: ArrayLike, width: int | None = None) -> NDArray[np.float32]:
    """Returns inputs as float32 [samples, inputs], or raises TaskError."""
    array = checked_numbers(given, "inputs")
    if array.ndim != 2 or 0 in array.shape:
        hint = ": images become rows by x.reshape(len(x), -1)" if array.ndim > 2 else ""
        raise TaskError(f"inputs: expected an array [samples, inputs]; one of shape {list(array.shape)} came{hint}")
    if len(array) > MOST_SAMPLES:
        raise TaskError(f"inputs: {len(array)} samples came; at most {MOST_SAMPLES} can be told apart")
    if width is not None and array.shape[1] != width:
        raise TaskError(f"the test samples have {array.shape[1]} inputs, the others {width}")
    return _float32(array, "inputs")


def _to_labels(rows: NDArray[Any]) -> str:
    """Returns what to do with a column of labels, one-hot rows, or several labels a sample."""
    if rows.shape[1] == 1:
        return ": y.ravel() makes labels of a column"
    if (rows.sum(axis=1) == 1).all():
        return ": y.argmax(axis=1) of one-hot rows"
    return ': several numbers a sample are wanted outputs, scoring="closeness"'


def checked_labels(given: ArrayLike, samples: int) -> NDArray[np.float32]:
    """Returns labels as float32 [samples, 1], or raises TaskError."""
    array = checked_numbers(given, "targets")
    if not np.isfinite(array).all():
        where = np.argwhere(~np.isfinite(array))[0]
        raise TaskError(f"targets: {array[tuple(where)]} came as the label of sample {where[0]}: leave it out")
    if array.dtype.kind == "f" and (array != np.floor(array)).any():
        raise TaskError("targets: expected whole numbers, the classes; fractions came")
    if array.shape != (samples,):
        hint = ""
        if array.ndim == 2 and len(array) == samples:
            hint = _to_labels(array)
        raise TaskError(
            f"targets: expected {samples} labels, one for each sample; shape {list(array.shape)} came{hint}"
        )
    if array.min() < 0 or array.max() >= MOST_CLASSES:
        wrong = array.min() if array.min() < 0 else array.max()
        raise TaskError(
            f"targets: label {wrong} came; expected labels from 0 to {MOST_CLASSES - 1}: {RELABEL}, "
            "y.astype(float) wanted outputs of whole numbers"
        )
    return np.ascontiguousarray(array[:, np.newaxis], np.float32)


def checked_targets(given: ArrayLike, samples: int) -> NDArray[np.float32]:
    """Returns wanted outputs as float32 [samples, outputs], or raises TaskError."""
    array = checked_numbers(given, "targets")
    array = array[:, np.newaxis] if array.ndim == 1 else array
    if array.ndim != 2 or len(array) != samples or array.shape[1] == 0:
        raise TaskError(
            f"targets: expected an array [{samples}] or [{samples}, outputs]; one of shape {list(array.shape)} came"
        )
    return _float32(array, "targets")


def checked_test(given: Any, x: NDArray[np.float32]) -> tuple[NDArray[np.float32], Any]:
    """Returns inputs and targets of test samples, the targets as they came, or raises TaskError.

    Args:
        given: what should be a pair.
        x: the other inputs: test inputs of another scale, bytes beside fractions, are refused.
    """
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise TaskError("test: expected a pair, the inputs and the targets of the test samples")
    inputs = checked_inputs(given[0], x.shape[1])
    sizes = [float(np.abs(array).max()) for array in (inputs, x)]
    if min(sizes) > 0 and max(sizes) > OTHER_SCALE * min(sizes):
        raise TaskError(
            f"the test inputs reach {sizes[0]:g} in size, the others {sizes[1]:g}: give both in one scale, as x / 255"
        )
    return inputs, given[1]


def checked_shares(given: Any) -> tuple[float, float]:
    """Returns the shares of validation and test, or raises TaskError."""
    shares = tuple(given) if isinstance(given, tuple | list) else (given,)
    numbers = all(isinstance(share, int | float) for share in shares)
    if len(shares) != 2 or not numbers or not all(0 < share < 1 for share in shares) or sum(shares) >= 1:
        raise TaskError(f"shares are {given}; expected those of validation and test, above 0 and in sum below 1")
    return float(shares[0]), float(shares[1])


def checked_class_names(given: Sequence[str]) -> tuple[str, ...]:
    """Returns names of classes, each once, or raises TaskError."""
    if isinstance(given, str):
        raise TaskError(f"classes are the text {given!r}; expected a list of names")
    names = tuple(map(str, given))
    twice = next((name for k, name in enumerate(names) if name in names[:k]), None)
    if twice is not None:
        raise TaskError(f"two classes are called {twice!r}; expected a name of its own for each")
    return names
