"""A data set as a task: an episode is a sample, its one step the network's answer, its return what that is worth."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core import sample_scores
from wann_rt.core.channel import Channel
from wann_rt.core.errors import TaskError
from wann_rt.core.guess import near
from wann_rt.core.random import Purpose, fold, stream, uniforms
from wann_rt.tasks.dataset.arrays import (
    RELABEL,
    checked_class_names,
    checked_inputs,
    checked_labels,
    checked_numbers,
    checked_shares,
    checked_targets,
    checked_test,
)
from wann_rt.tasks.task import Function, Start, Task

Part = Literal["train", "validation", "test"]
Scoring = Literal["accuracy", "likelihood", "entropy", "closeness"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")
SCORINGS: tuple[Scoring, ...] = ("accuracy", "likelihood", "entropy", "closeness")
OF_CLASSES = SCORINGS[:3]


class NoParams(NamedTuple):
    """A data set has no physical constants."""


@dataclass(frozen=True, eq=False)
class Data:
    """Samples, in the order train, validation, test.

    Attributes:
        inputs: raw, as the channels describe them, [samples, inputs].
        targets: the label of each sample, [samples, 1], or the wanted outputs, [samples, outputs].
        ends: where each part ends.
        entering: the inputs as they enter a network: conditioned by the channels.
        digest: "sha256:..." of all of it.
    """

    inputs: NDArray[np.float32] = field(repr=False)
    targets: NDArray[np.float32] = field(repr=False)
    ends: tuple[int, int, int]
    entering: NDArray[np.float32] = field(repr=False)
    digest: str

    def rows(self, part: Part) -> range:
        """Returns the samples of a part."""
        k = PARTS.index(part)
        return range(self.ends[k - 1] if k else 0, self.ends[k])


@dataclass(frozen=True, kw_only=True)
class DataTask(Task):
    """A data set to be scored on; make one with ``dataset_task``.

    Attributes:
        data: the samples.
        part: which of them episodes are drawn from.
        scoring: what an answer is worth, see ``core.sample_scores``: "accuracy", "likelihood" and "entropy" of
            classes, "closeness" of numbers.
    """

    rate_hz: float | None = None  # type: ignore[assignment]  # of all tasks, a data set alone has no time
    data: Data = field(compare=False)
    part: Part = "train"
    scoring: Scoring = "accuracy"

    @property
    def size(self) -> int:
        """How many samples the part has."""
        return len(self.data.rows(self.part))

    @property
    def labelled(self) -> bool:
        """Whether its targets are classes."""
        return self.scoring != "closeness"

    def on(self, part: Part) -> "DataTask":
        """Returns the task with episodes of another part."""
        return replace(self, part=part, start=_start(self.data, part))

    def scored_by(self, wanted: str) -> "DataTask":
        """Returns the task with other scores of answers, or raises TaskError where its targets have no such ones."""
        scoring = _scoring(wanted, self.labelled)
        return replace(self, scoring=scoring, step=_step(self.data, scoring))

    def judged(self) -> "DataTask":
        """Returns the task as results are reported of it: on the test samples, of classes the accuracy."""
        scoring: Scoring = "accuracy" if self.labelled else "closeness"
        return replace(self.on("test"), scoring=scoring, step=_step(self.data, scoring))

    def rows_of(self, seeds: NDArray[np.int64]) -> NDArray[np.float32]:
        """Returns the samples that episodes of these seeds have, [1, episodes]: no sample twice before all were once.

        The first seed alone chooses the order, so that as many episodes as samples are each sample once.
        """
        count, rows = len(seeds), self.data.rows(self.part)
        with np.errstate(over="ignore"):
            key = np.uint64(fold(np.uint64(int(seeds[0]) if count else 0), np.uint64(1)))
        order = np.argsort(uniforms(key, len(rows)), kind="stable")
        chosen = rows.start + np.resize(order, count)
        return chosen.astype(np.float32)[np.newaxis]


def _start(data: Data, part: Part) -> Start:
    rows = data.rows(part)
    return lambda seed: np.array([rows.start + seed % len(rows)], np.float32)


def _observe(data: Data) -> Function:
    return lambda sample: tuple(data.inputs[np.asarray(sample).astype(np.int64)].T)


def _step(data: Data, scoring: Scoring) -> Function:
    score = getattr(sample_scores, scoring)

    def step(params: Any, sample: Any, *actions: Any) -> tuple[Any, ...]:
        wanted = data.targets[np.asarray(sample).astype(np.int64)].T
        return sample, score(actions, wanted if scoring == "closeness" else wanted[0]), np.True_

    return step


def dataset_task(
    inputs: ArrayLike,
    targets: ArrayLike,
    *,
    name: str = "dataset",
    test: tuple[ArrayLike, ArrayLike] | None = None,
    scoring: str | None = None,
    classes: Sequence[str] | None = None,
    observations: Sequence[Channel] | None = None,
    shares: tuple[float, float] = (0.2, 0.2),
) -> DataTask:
    """Returns a data set as a task: something to search, evaluate, tune and export like any other.

    An episode is one sample. Searches draw minibatches of the training samples, the same for all networks of a
    generation; champions and weights are chosen on the validation samples; ``evaluate`` scores on the test samples.

    Args:
        inputs: finite numbers, [samples, inputs].
        targets: a whole number for each sample, the class from 0, [samples]; or wanted outputs, floats of shape
            [samples] or [samples, outputs]. Where ``scoring`` says so, classes may be floats, as some files have them,
            and wanted outputs whole numbers.
        name: of the task, in files.
        test: inputs and targets of the test samples, where others have set them apart; by default a share is drawn.
        scoring: what is searched for: "accuracy", "likelihood" (softmax, whatever the scale of the outputs; the
            default) or "entropy" (its logarithm) of classes, "closeness" (minus the squared error) of wanted outputs.
        classes: names of the classes; by default their numbers.
        observations: channels of the inputs; by default x0, x1, ... with the range that the training samples have.
        shares: of ``inputs``, kept for validation and for the test; which samples that is follows from their number.

    Raises:
        TaskError: an array is no data set: its shape, a number that is not finite, a class that is missing.
    """
    if not isinstance(name, str) or not name:
        raise TaskError(f"name {name!r} of a data set: expected a text that is not empty")
    wanted = checked_numbers(targets, "targets")
    labelled = scoring in OF_CLASSES or (scoring != "closeness" and wanted.dtype.kind in "iub")
    read = checked_labels if labelled else checked_targets
    x = checked_inputs(inputs)
    x, y, ends = _split(x, read(wanted, len(x)), test, read, shares)
    channels = _checked_channels(observations, x, ends[0])
    names = _classes(classes, y, ends) if labelled else tuple(f"y{k}" for k in range(y.shape[1]))
    data = Data(x, y, ends, _entering(x, channels), _digest(x, y, ends))
    chosen = _scoring(scoring, labelled)
    return DataTask(
        name=name, title="a data set", observations=channels, actions=tuple(map(Channel, names)), max_steps=1,
        params=NoParams(), start=_start(data, "train"), observe=_observe(data), step=_step(data, chosen),
        decision="argmax" if labelled else "values", names=("sample",), source=data.digest, data=data, scoring=chosen,
    )  # fmt: skip


def _scoring(wanted: str | None, labelled: bool) -> Scoring:
    """Returns what answers are worth, or raises TaskError."""
    kinds = OF_CLASSES if labelled else SCORINGS[3:]
    for kind in kinds:
        if wanted == kind:
            return kind
    if wanted is not None:
        what = "classes" if labelled else "wanted outputs"
        raise TaskError(f"scoring {wanted!r} is none of {what}: {' or '.join(kinds)}{near(wanted, kinds)}")
    return "likelihood" if labelled else "closeness"


def _checked_channels(given: Sequence[Channel] | None, x: NDArray[np.float32], n_train: int) -> tuple[Channel, ...]:
    """Returns the channels of the inputs: those given, or some with the range that each input has in training."""
    if given is None:
        low, high = x[:n_train].min(axis=0), x[:n_train].max(axis=0)
        return tuple(Channel(f"x{k}", "", float(low[k]), float(high[k])) for k in range(x.shape[1]))
    if len(given) != x.shape[1]:
        raise TaskError(f"{len(given)} observations came for {x.shape[1]} inputs: expected a channel for each")
    return tuple(given)


def _classes(given: Sequence[str] | None, y: NDArray[np.float32], ends: tuple[int, int, int]) -> tuple[str, ...]:
    """Returns the names of the classes; refuses a single class, and those without a name or a training sample."""
    seen, trained = (set(labels.astype(int).tolist()) for labels in (y[:, 0], y[: ends[0], 0]))
    names = tuple(map(str, range(max(seen) + 1))) if given is None else checked_class_names(given)
    if len(seen) < 2:
        raise TaskError("all samples have one class: there is nothing to tell apart")
    unknown, missing = seen - set(range(len(names))), set(range(len(names))) - trained
    if unknown or missing:
        what = "has no name" if unknown else "is that of no training sample"
        wrong = min(unknown or missing)
        hint = f": {RELABEL}" if wrong in missing - seen and given is None else ""
        says = f"expected labels from 0 to {max(len(names), 2) - 1}, each of them in training"
        raise TaskError(f"class {wrong} {what}; {says}{hint}")
    return names


def _split(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    test: tuple[ArrayLike, ArrayLike] | None,
    read: Any,
    shares: tuple[float, float],
) -> tuple[NDArray[np.float32], NDArray[np.float32], tuple[int, int, int]]:
    """Returns the samples in the order train, validation, test, and where each part ends."""
    n = len(x)
    n_validation, n_test = (max(1, round(share * n)) for share in checked_shares(shares))
    order = np.argsort(uniforms(stream(0, Purpose.SPLIT), n), kind="stable")
    n_train = n - n_validation - (n_test if test is None else 0)
    if n_train < 1:
        raise TaskError(f"{n} samples came: too few to train on some and choose and test on others")
    x, y, ends = x[order], y[order], (n_train, n_train + n_validation, n)
    if test is None:
        return x, y, ends
    x_test, targets = checked_test(test, x)
    y_test = read(targets, len(x_test))
    if y_test.shape[1] != y.shape[1]:
        raise TaskError(f"the test samples have {y_test.shape[1]} wanted outputs, the others {y.shape[1]}")
    return np.concatenate([x, x_test]), np.concatenate([y, y_test]), (n_train, n, n + len(x_test))


def _entering(x: NDArray[np.float32], channels: tuple[Channel, ...]) -> NDArray[np.float32]:
    """Returns what enters a network; the inputs themselves where no channel changes anything."""
    if all(channel.is_raw for channel in channels):
        return x
    columns = [channel.condition_observation(x[:, k]) for k, channel in enumerate(channels)]
    return np.ascontiguousarray(np.stack(columns, axis=1))


def _digest(x: NDArray[np.float32], y: NDArray[np.float32], ends: tuple[int, int, int]) -> str:
    """Returns a digest of the samples and their parts."""
    digest = hashlib.sha256(repr((x.shape, y.shape, ends)).encode())
    for array in (x, y):
        digest.update(np.ascontiguousarray(array, "<f4").tobytes())
    return f"sha256:{digest.hexdigest()}"
