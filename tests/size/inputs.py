"""The inputs of the harness once more, in numpy: so that what a subject computed can be compared."""

import numpy as np
from numpy.typing import NDArray

from wann_rt.exporters.targets.inputs import mix


def noise(n_observations: int, rows: int) -> NDArray[np.uint32]:
    """Returns what the inputs are made from, [rows, n_observations]."""
    index = np.arange(1, rows * n_observations + 1, dtype=np.uint32)
    return mix(index).reshape(rows, n_observations)


def floats(n_observations: int, rows: int) -> NDArray[np.float32]:
    """Returns observations of either sign whose size is from 1/64 to 16, [rows, n_observations]."""
    made = noise(n_observations, rows)
    exponent = (np.uint32(121) + (made >> np.uint32(23) & np.uint32(255)) % np.uint32(10)) << np.uint32(23)
    return (made & np.uint32(0x807FFFFF) | exponent).view(np.float32)


def sequence(n_observations: int, rows: int) -> NDArray[np.float32]:
    """Returns the same behind the row on which the harness looks at the stack: all that a state was fed with."""
    first = floats(n_observations, 2)[1]
    first[0] = floats(1, 1)[0, 0]
    return np.vstack([first, floats(n_observations, rows)])


def integers(n_observations: int, rows: int) -> NDArray[np.int16]:
    """Returns observations in fixed point, any number of the type, [rows, n_observations]."""
    return (noise(n_observations, rows) >> np.uint32(16)).astype(np.uint16).view(np.int16)
