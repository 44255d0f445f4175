"""Topologies for classes, proposed by gradients: which connections a network of two layers has, and their signs.

The network: inputs and bias -> hidden ``abs`` nodes -> a ``linear`` node for each class -> outputs. Every possible
connection has a latent number. What is computed forward is only the signs of the latents that are largest in size,
times one magnitude a layer; the gradient by that is given to all latents, as if they had been computed with
("straight through"), so that a connection that is out can come in again. How many are in falls to what was asked for,
and before they are only signs they are blended from numbers to signs. The idea is that of J. Diffenderfer and
B. Kailkhura, "Multi-prize lottery ticket hypothesis", 2021.

Both activations are homogeneous: with any shared weight w the outputs are w^2 |w| times those with 1, so for every w
but 0 the greatest output is the same one.

All sums are written out (``kernels/layers.py``), the rest is + - * / and sqrt one by one: the result is the same bytes
on every machine, whatever its processor and however many threads a library would have used.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import BY_NAME
from wann_rt.core.errors import ConfigError, TaskError
from wann_rt.core.network import Connection, Network
from wann_rt.core.random import Purpose, normals, stream, uniforms
from wann_rt.kernels.block import Width
from wann_rt.kernels.layers import CLASSES, gradients
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tuning.mask_optimisers import Adam, Floats, Pair, Scale, mean_size
from wann_rt.tuning.mask_settings import MaskSettings as MaskSettings

OnEpoch = Callable[[int, float], Any]  # its number, the share of the training samples that were right


class Proposal(NamedTuple):
    """A topology for classes.

    Attributes:
        network: with signs; any shared weight but 0 gives the same decisions.
        weights: of each connection of ``unsigned(network)``, trained by gradients.
    """

    network: Network
    weights: Floats


@dataclass
class _Training:
    """What a training reads of a task."""

    task: DataTask
    settings: MaskSettings
    inputs: Floats = field(init=False)
    labels: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        rows = self.task.data.rows("train")
        entering = self.task.data.entering[rows.start : rows.stop]
        self.inputs = np.concatenate([np.ones((len(entering), 1), np.float32), entering], axis=1)
        self.labels = self.task.data.targets[rows.start : rows.stop, 0].astype(np.int64)

    @property
    def classes(self) -> int:
        return len(self.task.actions)

    @property
    def steps_of_epoch(self) -> int:
        return max(1, len(self.labels) // self.settings.batch)

    def order(self, epoch: int, stage: int) -> NDArray[np.int64]:
        """Returns the samples in the order of an epoch."""
        key = stream(self.settings.seed, Purpose.PROPOSAL, stage, epoch)
        return np.argsort(uniforms(key, len(self.labels)), kind="stable")

    def slopes(self, layers: Pair, rows: NDArray[np.int64], hits: NDArray[np.int64]) -> Pair:
        """Returns the gradient of the mean cross-entropy of some samples."""
        first, second = (np.zeros_like(layer) for layer in layers)
        width = Width(self.settings.hidden)
        gradients(width, self.inputs, self.labels, rows, *layers, self.classes, first, second, hits)
        each = np.float32(1.0 / len(rows))
        return first * each, second * each


def propose(task: DataTask, settings: MaskSettings, on_epoch: OnEpoch | None = None) -> Proposal:
    """Returns a network with at most so many connections for the classes of a data set, and weights for them.

    Raises:
        TaskError: the task is none of classes, or has more of them than the kernel has lanes.
        ConfigError: there are fewer possible connections than were asked for.
    """
    check(task, settings)
    training = _Training(task, settings)
    signs = _signs(training, on_epoch)
    weights = _weights(training, signs, on_epoch)
    return _network(signs, weights, training.classes)


def check(task: DataTask, settings: MaskSettings) -> None:
    """Refuses a task or a size for which there is no proposal; see ``propose``."""
    if not (isinstance(task, DataTask) and task.labelled):
        raise TaskError(f"task {task.name}: a topology is proposed for data sets of classes only; search for others")
    if len(task.actions) > CLASSES.lanes:
        raise TaskError(
            f"task {task.name}: has {len(task.actions)} classes; at most {CLASSES.lanes} can be proposed for"
        )
    upper, lower = _counts(settings, len(task.actions))
    most = settings.hidden * len(task.actions), settings.hidden * (1 + len(task.observations))
    if upper > most[0] or lower > most[1] or lower < 1 or upper < 1:
        raise ConfigError(
            f"setting connections is {settings.connections}; {settings.hidden} hidden nodes have {most[1]} possible "
            f"connections below them and {most[0]} above: with upper = {settings.upper}, {lower} and {upper} were "
            "asked for; ask for fewer, or for other shares"
        )


def _counts(settings: MaskSettings, classes: int) -> tuple[int, int]:
    """Returns how many connections lead to classes and to hidden nodes; each class has one more, to its output."""
    upper = int(settings.upper * settings.connections)
    return upper, settings.connections - classes - upper


def _latents(training: _Training) -> Pair:
    """Returns the latent numbers as they begin: normal, of the second layer only in the lanes of the classes."""
    settings, classes = training.settings, training.classes
    inputs, hidden = training.inputs.shape[1], settings.hidden
    first, second = (
        normals(stream(settings.seed, Purpose.PROPOSAL, k), count)
        for k, count in enumerate([inputs * hidden, hidden * classes])
    )
    lanes = np.zeros((hidden, CLASSES.lanes), np.float32)
    lanes[:, :classes] = (second / np.sqrt(hidden)).reshape(hidden, classes)
    return (first / np.sqrt(max(1.0, 0.4 * inputs))).astype(np.float32).reshape(inputs, hidden), lanes


def _signs(training: _Training, on_epoch: OnEpoch | None) -> Pair:
    """Trains latent numbers; returns the signs of those connections that are in, 0 for the others."""
    settings, classes = training.settings, training.classes
    latents = _latents(training)
    wanted = _counts(settings, classes)[::-1]
    every = training.inputs.shape[1] * settings.hidden, settings.hidden * classes
    steps = settings.epochs * training.steps_of_epoch
    adam, masks, hits, scale = Adam(latents, settings.rate, steps), None, np.zeros(1, np.int64), Scale()
    for step in range(steps):
        epoch, at = divmod(step, training.steps_of_epoch)
        if at == 0:
            order = training.order(epoch, 2)
        share = step / steps
        if masks is None or share < settings.frozen:
            left = max(0.0, 1.0 - share / settings.thinned)
            counts = [int(w + (e - w) * left * left * left) for w, e in zip(wanted, every, strict=True)]
            masks = [_largest(latent, count) for latent, count in zip(latents, counts, strict=True)]
        low, high = settings.blended
        blend = np.float32(min(1.0, max(0.0, (share - low) / (high - low))))
        lower, upper = (_forward(latent, mask, blend) for latent, mask in zip(latents, masks, strict=True))
        upper = scale.of(upper)
        slopes = training.slopes((lower, upper), order[at * settings.batch : (at + 1) * settings.batch], hits)
        scale.update(upper, slopes[1])
        adam.update(slopes)
        if at == training.steps_of_epoch - 1:
            _tell(on_epoch, epoch, hits, training)
    assert masks is not None
    first, second = (
        np.where(mask, np.sign(latent), 0).astype(np.float32) for latent, mask in zip(latents, masks, strict=True)
    )
    return first, second


def _largest(latent: Floats, count: int) -> NDArray[np.bool_]:
    """Returns which latents are the ``count`` largest in size; of equal ones the first. Those of 0 never are."""
    size = np.abs(latent).ravel()
    if count >= size.size:
        return np.asarray(latent != 0)
    threshold = np.partition(size, size.size - count)[size.size - count]
    mask = size > threshold
    mask[np.flatnonzero(size == threshold)[: count - int(mask.sum())]] = True
    return np.asarray(mask.reshape(latent.shape) & (latent != 0))


def _forward(latent: Floats, mask: NDArray[np.bool_], blend: np.float32) -> Floats:
    """Returns the weights that are computed with: latents that become signs times their mean size."""
    magnitude = np.float32(mean_size(latent[mask]))
    mixed = (np.float32(1.0) - blend) * latent + blend * magnitude * np.sign(latent)
    return np.where(mask, mixed, np.float32(0.0))


def _weights(training: _Training, signs: Pair, on_epoch: OnEpoch | None) -> Pair:
    """Returns a weight for each connection, trained from the signs times one magnitude a layer."""
    settings = training.settings
    inputs_of = np.maximum(np.abs(signs[0]).sum(axis=0).max(), 1), np.maximum(np.abs(signs[1]).sum(axis=0).max(), 1)
    weights = tuple((s / np.sqrt(np.float32(n))).astype(np.float32) for s, n in zip(signs, inputs_of, strict=True))
    masks = tuple(np.abs(s) for s in signs)
    steps = settings.weight_epochs * training.steps_of_epoch
    adam, hits = Adam(weights, settings.rate, max(1, steps)), np.zeros(1, np.int64)
    for step in range(steps):
        epoch, at = divmod(step, training.steps_of_epoch)
        if at == 0:
            order = training.order(epoch, 3)
        rows = order[at * settings.batch : (at + 1) * settings.batch]
        slopes = training.slopes(weights, rows, hits)
        adam.update((slopes[0] * masks[0], slopes[1] * masks[1]))
        if at == training.steps_of_epoch - 1:
            _tell(on_epoch, settings.epochs + epoch, hits, training)
    return weights[0], weights[1]


def _tell(on_epoch: OnEpoch | None, epoch: int, hits: NDArray[np.int64], training: _Training) -> None:
    if on_epoch is not None:
        on_epoch(epoch, int(hits[0]) / (training.steps_of_epoch * min(training.settings.batch, len(training.labels))))
    hits[0] = 0


def _network(signs: Pair, weights: Pair, classes: int) -> Proposal:
    """Returns the network of the signs, without what reaches no output, and its weights in canonical order."""
    n_inputs, hidden = signs[0].shape[0] - 1, signs[0].shape[1]
    of_hidden, of_class, of_output = (1 + n_inputs + k for k in (0, hidden, hidden + classes))
    absolute, linear = BY_NAME["abs"].id, BY_NAME["linear"].id
    connections, values = [], []
    for layer, (below, above) in enumerate([(0, of_hidden), (of_hidden, of_class)]):
        for source, target in np.argwhere(signs[layer] != 0).tolist():
            connections.append(Connection(below + source, above + target, int(signs[layer][source, target])))
            values.append(weights[layer][source, target])
    connections += [Connection(of_class + c, of_output + c, 1) for c in range(classes)]
    values += [np.float32(1.0)] * classes
    inner = {of_hidden + k: absolute for k in range(hidden)} | {of_class + c: linear for c in range(classes)}
    outputs = {of_output + c: linear for c in range(classes)}
    network, order = Network.build(n_inputs, inner, outputs, connections, prune=True)
    return Proposal(network, np.array(values, np.float32)[order])
