"""The published champions: reads the reference code's ``*.out`` topologies and ``*.wann.json`` tuned weights.

A ``.out`` file is a matrix of comma-separated numbers without a header. Rows are sources, columns are targets, in the
order bias, inputs, hidden nodes (topological), outputs; the last column holds each node's activation id. 0 is no
connection, nan a disabled one. A ``.wann.json`` file is ``[parameters, mean score]`` or ``[parameters, mean score,
standard deviation]`` with one parameter per connection of the ``.out`` file, row by row; the weight of a connection
is its parameter plus a constant of the task.
"""

import hashlib
import json
import math
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wann_rt import tasks
from wann_rt.core import reference
from wann_rt.core.controller import MIN_VECTORS, Channel, Controller, Vector, Weight
from wann_rt.core.disk import read_bytes
from wann_rt.core.errors import ControllerError, FileError, TaskError
from wann_rt.core.files import read_text
from wann_rt.core.network import Network
from wann_rt.core.random import Purpose, normals, stream, uniforms
from wann_rt.core.strict_json import value_of
from wann_rt.tasks.task import Task
from wann_rt.zoo.interfaces import Interface, interface_of
from wann_rt.zoo.matrix import LARGEST, Matrix, entries_of, network_of, read_matrix

CANDIDATES = 8 * MIN_VECTORS
# What the reference code adds to the tuned parameters of each of its tasks: nothing in the files says it.
WEIGHT_BIAS = {"cartpole-swingup": -1.5, "biped": -1.87, "vae-racing": -0.7, "mnist256": 0.0}


class _Tuned(NamedTuple):
    """A ``.wann.json`` file as it was read."""

    parameters: list[float]
    scores: list[float]


def load_out(
    path: str | os.PathLike[str],
    *,
    weights: str | os.PathLike[str] | None = None,
    weight_bias: float | None = None,
    inputs: int | None = None,
    outputs: int | None = None,
    task: str | None = None,
    shared_weight: float = 1.0,
    own_weights: bool = False,
) -> Controller:
    """Reads a published champion.

    The numbers of inputs and outputs are not in the file. They are those of the task, or given, or inferred: leading
    nodes into which no connection leads, enabled or not, are the bias and the inputs; trailing nodes from which none
    leaves are the outputs. Hidden nodes that reach no output are dropped.

    Args:
        path: the ``.out`` file.
        weights: its ``.wann.json`` file: the controller gets these tuned weights.
        weight_bias: what to add to each tuned parameter; by default that of the task, which is ``task`` or, without
            it, the one that the name of the weights file says (``biped.wann.json``).
        inputs: number of inputs, bias excluded.
        outputs: number of outputs.
        task: a task of ``wann_rt.tasks``, which brings name, channels and rate; or one of ``WEIGHT_BIAS``.
        shared_weight: the weight of all connections, as a WANN has it.
        own_weights: keep the numbers of the ``.out`` file as the weights of the connections; the reference code itself
            overwrites them with the shared weight.

    Raises:
        FileError: a file is missing or is not what the format says.
        TaskError: the task, or what the task adds to the weights, is unknown.
        ControllerError: options that exclude each other, or a shared weight that is no finite number.
    """
    if weights is not None and own_weights:
        raise ControllerError("either tuned weights or the file's own weights, not both")
    known, matrix = known_task(task), read_matrix(path)
    weight, provenance = Weight.shared(shared_weight), origin("source", path)
    network, order = network_of(matrix, known, inputs, outputs)
    if weights is not None:
        tuned, bias = _read_tuned(weights), _bias(weights, task, weight_bias)
        weight = _tuned_weight(tuned, bias, weights, matrix, order)
        provenance |= origin("weights", weights) | {"weight_bias": bias}
        provenance |= dict(zip(("score", "score_sd"), tuned.scores, strict=False))
    elif own_weights:
        weight = Weight("connections", tuple(entries_of(matrix)[k] for k in order))
    said = task or (Path(weights).name if weights is not None else Path(path).name)
    return controller_of(network, weight, known, Path(path).stem, provenance, _kebab(said))


def controller_of(
    network: Network, weight: Weight, known: Task | None, name: str, provenance: dict[str, Any], published: str = ""
) -> Controller:
    """Returns the controller, with the channels of its task or with plain ones, and with test vectors.

    Args:
        network: the network.
        weight: its weight.
        known: its task, if there is one here.
        name: of the controller, if not the task's.
        provenance: where it came from.
        published: what may name one of ``interfaces.INTERFACES``.
    """
    interface: Task | Interface | None = known or interface_of(published, network.n_inputs, network.n_outputs)
    controller = Controller(
        name=known.name if known else name,
        network=network,
        weight=weight,
        observations=interface.observations if interface else _generic("observation", network.n_inputs),
        actions=interface.actions if interface else _generic("action", network.n_outputs),
        rate_hz=interface.rate_hz if interface else None,
        provenance=({"task": known.name, "task_version": known.version} if known else {}) | provenance,
    )
    return replace(controller, vectors=_vectors(controller))


def known_task(name: str | None) -> Task | None:
    """Returns the task of that name, None for a task of the reference that this package has not (yet)."""
    try:
        return None if name is None else tasks.get(name)
    except TaskError as error:
        if _kebab(name) in WEIGHT_BIAS:
            return None
        raise TaskError(f"{error}; published ones without a task here: {', '.join(sorted(WEIGHT_BIAS))}") from None


def _kebab(name: str | None) -> str:
    """Returns a name of the reference code ("vae_racing") as this package writes it."""
    return (name or "").replace("_", "-")


def origin(key: str, path: str | os.PathLike[str]) -> dict[str, Any]:
    """Returns a file's name, without the folder, and its digest."""
    return {key: Path(path).name, f"{key}_sha256": hashlib.sha256(read_bytes(path)).hexdigest()}


def _read_tuned(path: str | os.PathLike[str]) -> _Tuned:
    """Reads and checks a ``.wann.json`` file."""
    content = value_of(read_text(path), str(path))
    if not isinstance(content, list) or not 1 <= len(content) <= 3 or not isinstance(content[0], list):
        raise FileError(f"{path}: expected [parameters, mean score], with parameters a list of numbers")
    parameters = ((f"parameters[{i}]", value) for i, value in enumerate(content[0]))
    scores = zip(("mean score", "standard deviation"), content[1:], strict=False)
    for where, value in (*parameters, *scores):
        if type(value) not in (int, float) or not abs(value) <= LARGEST:
            raise FileError(f"{path}: {where}: expected a number that float32 can hold, got {json.dumps(value)[:40]}")
    return _Tuned([float(p) for p in content[0]], content[1:])


def _bias(path: str | os.PathLike[str], task: str | None, weight_bias: float | None) -> float:
    """Returns what to add to each tuned parameter."""
    if weight_bias is not None:
        if not math.isfinite(weight_bias):
            raise ControllerError(f"weight_bias is {weight_bias}; expected a finite number")
        return weight_bias
    if task is not None:
        known = known_task(task)
        name = known.name if known else _kebab(task)
        found = [name] if name in WEIGHT_BIAS else []
    else:
        found = [name for name in WEIGHT_BIAS if name in _kebab(Path(path).name)]
    if len(found) != 1:
        raise TaskError(
            f"{path}: the weights are the parameters plus a constant of the task, and which task this is "
            f"is not known: give weight_bias, or one of the tasks {', '.join(WEIGHT_BIAS)}"
        )
    return WEIGHT_BIAS[found[0]]


def _tuned_weight(
    tuned: _Tuned, bias: float, path: str | os.PathLike[str], matrix: Matrix, order: Sequence[int]
) -> Weight:
    n_entries = len(entries_of(matrix))
    if len(tuned.parameters) != n_entries:
        raise FileError(
            f"{path}: has {len(tuned.parameters)} parameters for the {n_entries} connections of {matrix.where}: these "
            "two files do not belong together"
        )
    values = tuple(tuned.parameters[k] + bias for k in order)
    try:
        return Weight("connections", values)
    except ControllerError as error:
        raise FileError(f"{path}: {error}") from None


def _generic(side: str, count: int) -> tuple[Channel, ...]:
    """Returns channels of which nothing but their number is known."""
    return tuple(Channel(f"{side}_{i}") for i in range(count))


def _vectors(controller: Controller) -> tuple[Vector, ...]:
    """Records test vectors with the oracle: uniform within closed bounds, else normal; the same for all time.

    Of more candidates than needed, those with the fewest actions at a limit are kept: they test most.
    """
    columns = []
    for i, channel in enumerate(controller.observations):
        key = stream(0, Purpose.VECTORS, i)
        bounded = math.isfinite(channel.low) and math.isfinite(channel.high)
        column = uniforms(key, CANDIDATES, channel.low, channel.high) if bounded else normals(key, CANDIDATES)
        columns.append(np.clip(column.astype(np.float32), channel.low, channel.high))
    observations = np.stack(columns, axis=1)
    actions = reference.evaluate(controller, observations)
    limits = np.array([(channel.low, channel.high) for channel in controller.actions], np.float32)
    n_limited = ((actions <= limits[:, 0]) | (actions >= limits[:, 1])).sum(axis=1)
    best = [int(i) for i in np.argsort(n_limited, kind="stable") if np.isfinite(actions[i]).all()]
    pairs = zip(observations.tolist(), actions.tolist(), strict=True)
    recorded = [Vector(tuple(o), tuple(a)) for o, a in pairs]
    return tuple(recorded[i] for i in sorted(best[:MIN_VECTORS]))
