"""The champions in the demos of the paper's web article: reads their flat arrays out of a script or a JSON document.

Each stage of a demo is an object: ``aVec`` holds the activation id of each node - bias, inputs, hidden nodes, outputs -
``wKey`` the places of the connections in the matrix of nodes x nodes, counted row by row (source times nodes plus
target), ``weights`` a number for each connection or null, ``wBias`` or ``weight_bias`` what is added to these, which is
the shared weight that the demo begins with, too. ``input_size``, ``output_size`` and ``divName``, the stage's name, may
stand beside them. A script is never run: what is read are arrays of numbers and nothing else.
"""

import os
import re
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import ControllerError, FileError
from wann_rt.core.files import read_text
from wann_rt.zoo.matrix import LARGEST, Matrix, activation_id, network_of, number
from wann_rt.zoo.published import controller_of, known_task, origin

MOST_NODES = 4096  # a matrix of nodes x nodes is made
MOST_STAGES = 100  # each is looked for in the whole text
_SKIPPED = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)|(\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')", re.DOTALL)
_KEY = r"(?<![\w$])[\"']?{}[\"']?\s*[:=](?!=)\s*"
_ARRAY = r"\[([^\[\]{{}}]*)\]"


class Stage(NamedTuple):
    """What a demo says of one network.

    Attributes:
        name: its ``divName``, or "".
        activations: an id for each node.
        keys: the places of the connections.
        weights: a number for each connection, or None.
        bias: what is added to each of these, or None.
        inputs: number of inputs, or None.
        outputs: number of outputs, or None.
    """

    name: str
    activations: list[float]
    keys: list[float]
    weights: list[float] | None
    bias: float | None
    inputs: int | None
    outputs: int | None


def is_demo(text: str) -> bool:
    """Whether a text has arrays of a demo: it names both the activations and the connections."""
    return all(re.search(_KEY.format(key), text) for key in ("aVec", "wKey"))


def load_demo(
    path: str | os.PathLike[str],
    *,
    stage: str | None = None,
    weight_bias: float | None = None,
    inputs: int | None = None,
    outputs: int | None = None,
    task: str | None = None,
    shared_weight: float | None = None,
    own_weights: bool = False,
) -> Controller:
    """Reads a champion of a demo.

    Args:
        path: the script or JSON document.
        stage: which, if there are several: its ``divName``, or its number, counted from 1.
        weight_bias: what to add to each of the file's weights; by default what the file says.
        inputs: number of inputs, bias excluded; by default what the file says, or inferred.
        outputs: number of outputs, in the same way.
        task: a task of ``wann_rt.tasks``, which brings name, channels and rate.
        shared_weight: the weight of all connections; by default the file's ``wBias``, with which the demo begins, or 1.
        own_weights: take the file's tuned weights instead.

    Raises:
        FileError: the file is missing, or is not what the format says.
        TaskError: the task is unknown.
        ControllerError: a weight is no finite number.
    """
    known, found = known_task(task), chosen(stages(read_text(path), str(path)), stage, str(path))
    where = f"{path}: {found.name}" if found.name else str(path)
    matrix = _matrix(found, where)
    inputs, outputs = (found.inputs if inputs is None else inputs), (found.outputs if outputs is None else outputs)
    network, order = network_of(matrix, known, inputs, outputs)
    provenance: dict[str, Any] = origin("source", path) | ({"stage": found.name} if found.name else {})
    bias = found.bias if weight_bias is None else weight_bias
    if own_weights:
        weight = _tuned(found, 0.0 if bias is None else bias, order, where)
        provenance |= {"weight_bias": 0.0 if bias is None else bias}
    else:
        begins = 1.0 if found.bias is None else found.bias
        weight = Weight.shared(begins if shared_weight is None else shared_weight)
    return controller_of(network, weight, known, found.name or Path(path).stem, provenance)


def stages(text: str, where: str) -> list[Stage]:
    """Returns all stages of a script or a JSON document, in order.

    Raises:
        FileError: there is none, or one is not what the format says.
    """
    plain = _SKIPPED.sub(lambda found: found[1] or " ", text)  # without comments; strings stay, "//" in them too
    begins = [found.start() for found in re.finditer(_KEY.format("aVec") + r"\[", plain)]
    if not begins:
        raise FileError(f"{where}: has no array aVec, the activations of a demo's nodes")
    if len(begins) > MOST_STAGES:
        raise FileError(f"{where}: has {len(begins)} arrays aVec; a demo has {MOST_STAGES} stages at most")
    blocks = [_block(plain, at) for at in begins]
    return [_stage(block, f"{where}: stage {k + 1}") for k, block in enumerate(blocks)]


def chosen(found: Sequence[Stage], stage: str | None, where: str) -> Stage:
    """Returns the stage that is meant.

    Raises:
        FileError: none, or more than one, is.
    """
    names = ", ".join(f"{k + 1} {one.name}".strip() for k, one in enumerate(found))
    if stage is None:
        if len(found) > 1:
            raise FileError(f"{where}: has {len(found)} stages; choose one by number or name with --stage: {names}")
        return found[0]
    meant = [one for k, one in enumerate(found) if stage in (str(k + 1), one.name)]
    if len(meant) != 1:
        raise FileError(f"{where}: {len(meant) or 'no'} stages are called {stage[:40]!r}; there are: {names}")
    return meant[0]


def _block(text: str, at: int) -> str:
    """Returns the text between the innermost braces around a place; all of it where there are none."""
    depths, depth = [], 0
    braces = [(found.start(), 1 if found[0] == "{" else -1) for found in re.finditer(r"[{}]", text)]
    for _, step in braces:
        depth += step
        depths.append(depth)
    k = bisect_right(braces, (at, 2)) - 1
    inside = depths[k] if k >= 0 else 0
    if inside <= 0:
        return text
    begin = next(braces[i][0] for i in range(k, -1, -1) if braces[i][1] == 1 and depths[i] == inside)
    ends = (braces[i][0] for i in range(k + 1, len(braces)) if depths[i] < inside)
    return text[begin : next(ends, len(text))]


def _stage(block: str, where: str) -> Stage:
    name = re.search(_KEY.format("divName") + r"[\"']([^\"'\n]{1,80})[\"']", block)
    keys = _array(block, "wKey", where)
    if keys is None:
        raise FileError(f"{where}: has no array wKey, the places of its connections")
    activations = _array(block, "aVec", where) or []
    bias = _value(block, "wBias", where)
    bias = _value(block, "weight_bias", where) if bias is None else bias
    sizes = [_value(block, key, where) for key in ("input_size", "output_size")]
    counts = [None if size is None else _whole(size, f"{where}: input_size or output_size") for size in sizes]
    return Stage(name[1] if name else "", activations, keys, _array(block, "weights", where), bias, *counts)


def _array(block: str, key: str, where: str) -> list[float] | None:
    """Returns an array of numbers; None where it is null or absent."""
    found = re.search(_KEY.format(key) + _ARRAY.format(), block)
    if found is None:
        return None
    tokens = found[1].split(",")
    if not tokens[-1].strip():  # JavaScript allows a last comma
        tokens.pop()
    return [number(token, f"{where}: {key}[{k}]") for k, token in enumerate(tokens)]


def _value(block: str, key: str, where: str) -> float | None:
    """Returns a number; None where there is none: a script may take it from elsewhere."""
    found = re.search(_KEY.format(key) + r"([-+]?[\d.]+(?:[eE][-+]?\d+)?)", block)
    return None if found is None else number(found[1], f"{where}: {key}")


def _whole(value: float, where: str) -> int:
    if not 0 <= value <= LARGEST or value != int(value):
        raise FileError(f"{where}: expected a whole number, got {value:g}")
    return int(value)


def _matrix(stage: Stage, where: str) -> Matrix:
    """Returns the matrix in which every connection is 1."""
    n = len(stage.activations)
    if not 3 <= n <= MOST_NODES:
        raise FileError(f"{where}: aVec has {n} nodes; expected a bias, an input and an output, {MOST_NODES} at most")
    rows = np.zeros((n, n))
    for k, key in enumerate(stage.keys):
        place = _whole(key, f"{where}: wKey[{k}]")
        source, target = divmod(place, n)
        if place >= n * n or source >= target:
            raise FileError(
                f"{where}: wKey[{k}] is {place}, from node {source} to node {target} of {n}; a connection leads to a "
                "later one"
            )
        if rows[source, target]:
            raise FileError(f"{where}: wKey[{k}] is {place}, which stands there twice")
        rows[source, target] = 1.0
    ids = [activation_id(value, f"{where}: aVec[{k}]") for k, value in enumerate(stage.activations)]
    return Matrix(where, rows, ids)


def _tuned(stage: Stage, bias: float, order: Sequence[int], where: str) -> Weight:
    """Returns a weight for each connection of the network, whose entries are counted row by row."""
    if stage.weights is None:
        raise FileError(f"{where}: has no array weights, so nothing but a shared weight can be had")
    if len(stage.weights) != len(stage.keys):
        raise FileError(f"{where}: has {len(stage.weights)} weights for {len(stage.keys)} connections in wKey")
    by_row = [stage.weights[k] for k in np.argsort(stage.keys, kind="stable")]
    try:
        return Weight("connections", tuple(by_row[k] + bias for k in order))
    except ControllerError as error:
        raise FileError(f"{where}: {error}") from None
