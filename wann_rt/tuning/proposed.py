"""A proposed topology as a controller; ``wr.propose`` and the command line both come here."""

from dataclasses import replace
from typing import Any

import numpy as np

from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import ConfigError, TaskError
from wann_rt.core.guess import near
from wann_rt.core.network import unsigned
from wann_rt.core.random import Purpose
from wann_rt.core.version import __version__
from wann_rt.evaluation.score import Score
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.plain import play_controller, record_vectors
from wann_rt.play.rollouts import starts_of
from wann_rt.tasks.any_task import AnyTask, as_task, available, judged, origin
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tuning.mask import MaskSettings, OnEpoch, Proposal
from wann_rt.tuning.mask import propose as propose_network

ALL = 10_000  # samples that a proposal is scored with, or all where there are fewer


def propose(
    task: AnyTask | str,
    connections: int,
    *,
    trained: bool = False,
    threads: int | None = None,
    on_epoch: OnEpoch | None = None,
    **settings: Any,
) -> Controller:
    """Returns a controller for the classes of a data set whose topology is proposed by gradients, in seconds.

    Args:
        task: a data set of classes.
        connections: how many the network may have.
        trained: give each connection a weight of its own, trained by gradients; else the shared weight is 1, and any
            other but 0 decides alike.
        threads: for scoring; the result does not depend on it.
        on_epoch: called after each pass over the samples with its number and the share that was right.
        **settings: see ``tuning.mask.MaskSettings``.

    Raises:
        TaskError: the task is no data set of classes, or has too many of them.
        ConfigError: a setting is unknown or out of range.
    """
    data, asked = of_classes(as_task(task)), mask_settings(connections, **settings)
    return controller_of(data, asked, propose_network(data, asked, on_epoch), trained=trained, threads=threads)


def of_classes(task: AnyTask) -> DataTask:
    """Returns the task, or raises TaskError unless it is a data set of classes."""
    if not (isinstance(task, DataTask) and task.labelled):
        raise TaskError(f"task {task.name}: topologies are proposed for data sets of classes only: search instead")
    return task


def mask_settings(connections: int, **settings: Any) -> MaskSettings:
    """Returns the settings, or raises ConfigError for one that is unknown or of the wrong kind."""
    known = MaskSettings.__dataclass_fields__
    for name in settings:
        if name not in known:
            raise ConfigError(f"there is no setting {name!r}; settings: {', '.join(known)}{near(name, known)}")
    try:
        return MaskSettings(connections=connections, **settings)
    except TypeError as error:
        raise ConfigError(f"a setting is of the wrong kind: {error}") from None


def controller_of(
    task: DataTask, settings: MaskSettings, proposal: Proposal, *, trained: bool = False, threads: int | None = None
) -> Controller:
    """Returns a proposal as a controller, scored on the test samples, with recorded test vectors."""
    network = unsigned(proposal.network) if trained else proposal.network
    weight = Weight("connections", tuple(map(float, proposal.weights))) if trained else Weight.shared(1.0)
    sides = task.observations, task.actions
    bare = Controller(task.name, network, weight, *sides, task.rate_hz, decision=task.decision)
    asked = judged(task)
    starts = starts_of(asked, episode_seeds(Purpose.TEST, settings.seed, available(asked, ALL)))
    score = Score.of_episodes(asked, play_controller(asked, bare, starts, threads))
    provenance = {
        "created_by": f"wann_rt {__version__}",
        **origin(task),
        "proposal": "mask",
        "seed": settings.seed,
        "score": score.short(),
    }
    return replace(bare, vectors=record_vectors(task, bare, settings.seed), provenance=provenance)


def right(task: DataTask, controller: Controller) -> float:
    """Returns which share of the samples of the task's part a controller classifies rightly, in percent."""
    rows = task.data.rows(task.part)
    decided = controller.decide(task.data.inputs[rows.start : rows.stop])
    return float(100.0 * np.mean(decided == task.data.targets[rows.start : rows.stop, 0]))
