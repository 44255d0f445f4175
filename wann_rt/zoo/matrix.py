"""A network as the reference code writes it: a matrix of weights with an activation id for each node."""

import math
import os
import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import BY_ID
from wann_rt.core.errors import FileError, NetworkError
from wann_rt.core.files import read_text
from wann_rt.core.network import Connection, Network
from wann_rt.tasks.task import Task

_NUMBER = re.compile(r"\s*([+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|nan|inf)\s*", re.ASCII)
LARGEST = float(np.finfo(np.float32).max)


class Matrix(NamedTuple):
    """A topology as it was read: connections (0: none, nan: disabled) and activation ids."""

    where: str
    weights: NDArray[np.float64]
    activations: list[int]


def read_matrix(path: str | os.PathLike[str]) -> Matrix:
    """Reads and checks a ``.out`` file."""
    lines = read_text(path).rstrip().splitlines()
    if not lines:
        raise FileError(f"{path}: is empty; expected one line of numbers for each node")
    for i, line in enumerate(lines):  # before there is room for as many numbers
        if line.count(",") != len(lines):
            raise FileError(
                f"{path}: line {i + 1} has {line.count(',') + 1} values; the file has {len(lines)} lines, so each "
                f"needs {len(lines) + 1}: one for every node, then the activation id"
            )
    rows = np.empty((len(lines), len(lines) + 1))
    for i, line in enumerate(lines):
        tokens = line.split(",")
        rows[i] = [number(token, f"{path}: line {i + 1}, value {k + 1}") for k, token in enumerate(tokens)]
    backward = np.argwhere(np.tril(rows[:, :-1] != 0))
    if len(backward):
        source, target = backward[0]
        raise FileError(
            f"{path}: line {source + 1} connects node {source} to node {target}, which does not come after it; "
            "a network must be feed-forward, its nodes listed in topological order"
        )
    activations = [activation_id(a, f"{path}: line {i + 1}", " (the last value)") for i, a in enumerate(rows[:, -1])]
    return Matrix(str(path), rows[:, :-1], activations)


def number(token: str, where: str) -> float:
    """Returns a value that float32 can hold, or nan."""
    if not _NUMBER.fullmatch(token):  # Python's own reading also takes 1_0, Arabic digits and any spelling of nan
        raise FileError(f"{where}: expected a number, got {token[:40]!r}")
    value = float(token)
    if not math.isnan(value) and abs(value) > LARGEST:
        raise FileError(f"{where}: {token[:40].strip()} is beyond float32; a weight must be finite")
    return value


def activation_id(value: float, where: str, what: str = "") -> int:
    """Returns the id of an activation of the palette."""
    if value not in BY_ID:
        known = ", ".join(f"{a.id} {a.name}" for a in BY_ID.values())
        raise FileError(f"{where}: activation id {value:g}{what} is unknown; known: {known}")
    return int(value)


def network_of(
    matrix: Matrix, known: Task | None, inputs: int | None, outputs: int | None
) -> tuple[Network, list[int]]:
    """Returns the network, and for each of its connections the index of its entry, counted row by row.

    Args:
        matrix: what the file says.
        known: the task, whose shape it must have.
        inputs: number of inputs, if not to be inferred.
        outputs: number of outputs, if not to be inferred.

    Raises:
        FileError: it cannot have this shape, or is no network.
    """
    if known is not None:
        inputs, outputs = len(known.observations), len(known.actions)
        _check_shape(matrix, known.name, inputs, outputs)
    n_inputs, n_outputs = _interface(matrix, inputs, outputs)
    try:
        return _network(matrix, n_inputs, n_outputs)
    except NetworkError as error:
        raise FileError(f"{matrix.where}: {error}") from None


def _interface(matrix: Matrix, inputs: int | None, outputs: int | None) -> tuple[int, int]:
    """Returns the numbers of inputs and outputs: those wanted, if the file can have them, or the inferred ones."""
    genes = matrix.weights != 0  # nan is not 0: a disabled connection counts
    n = len(genes)
    most_inputs = int(np.argmax(np.append(genes.any(axis=0), True))) - 1
    most_outputs = int(np.argmax(np.append(genes.any(axis=1)[::-1], True)))
    n_inputs = most_inputs if inputs is None else inputs
    n_outputs = most_outputs if outputs is None else outputs
    if not 1 <= n_inputs <= most_inputs or not 1 <= n_outputs <= most_outputs or 1 + n_inputs + n_outputs > n:
        raise FileError(
            f"{matrix.where}: {n} nodes cannot be a bias, {n_inputs} inputs, {n_outputs} outputs and hidden nodes: at "
            f"most {max(most_inputs, 0)} after the bias have nothing leading into them, at most {most_outputs} at the "
            "end have nothing leaving them; say how many inputs and outputs there are, or check the task"
        )
    return n_inputs, n_outputs


def _check_shape(matrix: Matrix, task: str, inputs: int, outputs: int) -> None:
    """Refuses a file whose shape is plainly another one than that of the task.

    Nodes that nothing leads into are the bias and the inputs, nodes that nothing leaves the outputs; of a hidden node
    neither can be said, for the reference code makes it by splitting a connection.

    Raises:
        FileError: the numbers differ.
    """
    genes = matrix.weights != 0
    found_inputs = int(np.argmax(np.append(genes.any(axis=0), True))) - 1
    found_outputs = int(np.argmax(np.append(genes.any(axis=1)[::-1], True)))
    if (found_inputs, found_outputs) != (inputs, outputs):
        raise FileError(
            f"{matrix.where}: has {max(found_inputs, 0)} inputs and {found_outputs} outputs; {task} has {inputs} and "
            f"{outputs}: this champion is of another task, so name that one, or none and give --inputs and --outputs"
        )


def entries_of(matrix: Matrix) -> list[float]:
    """Returns the numbers of the live connections, row by row."""
    live = np.nan_to_num(matrix.weights)
    return [float(w) for w in live[live != 0]]


def _network(matrix: Matrix, n_inputs: int, n_outputs: int) -> tuple[Network, list[int]]:
    """Returns the network, and for each of its connections the index of its entry, counted row by row."""
    live = np.argwhere(np.nan_to_num(matrix.weights))
    n = len(matrix.activations)
    return Network.build(
        n_inputs,
        {i: matrix.activations[i] for i in range(1 + n_inputs, n - n_outputs)},
        {i: matrix.activations[i] for i in range(n - n_outputs, n)},
        [Connection(int(source), int(target)) for source, target in live],
        prune=True,
    )
