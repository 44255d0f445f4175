"""Knock-out: what a controller's score is without one of its connections, or without one of its hidden nodes.

What is called dead can be removed and the score stays: that is the test of any explanation of a network. Each part is
taken away alone, by a weight of 0, and everything is played in the same episodes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ControllerError
from wann_rt.core.network import unsigned
from wann_rt.core.random import Purpose
from wann_rt.core.shown import Shown
from wann_rt.core.stages import stage
from wann_rt.evaluation.score import Score
from wann_rt.play.backends.processes import session
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.rollouts import play, starts_of
from wann_rt.play.task_of import task_of
from wann_rt.tasks.any_task import AnyTask, available, check_fits, judged


@dataclass(frozen=True)
class Part:
    """A part of a network, and what is left without it.

    Attributes:
        target: number of the hidden node; or of the node in which the connection ends.
        source: number of the node at which the connection begins; None: the part is a node.
        score: without it.
        lost: by how much the mean is less; negative where it is more.
        lost_ci95: half the width of the 95 % interval of that, from the differences episode by episode.
    """

    target: int
    source: int | None
    score: Score
    lost: float
    lost_ci95: float

    @property
    def is_dead(self) -> bool:
        """Whether not one episode was another without it."""
        return self.lost == 0 and self.lost_ci95 == 0

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON values."""
        part = {"target": self.target, "source": self.source, "score": self.score.mean}
        return {**part, "lost": self.lost, "lost_ci95": self.lost_ci95, "is_dead": self.is_dead}


@dataclass(frozen=True)
class Knockout(Shown):
    """What each part of a controller is worth.

    Attributes:
        controller: what it is about.
        task: name of the task.
        whole: the score with all of them.
        parts: connections in canonical order, then hidden nodes.
    """

    controller: Controller
    task: str
    whole: Score
    parts: tuple[Part, ...]

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON values."""
        return {"task": self.task, "whole": self.whole.mean, "parts": [part.to_dict() for part in self.parts]}


@session()
def knockout(
    controller: Controller,
    task: AnyTask | str | None = None,
    *,
    episodes: int = 100,
    seed: int = 0,
    threads: int | None = None,
) -> Knockout:
    """Plays a controller without each of its connections and without each of its hidden nodes.

    Args:
        controller: what to explain.
        task: a task or its name, see ``wr.task_of``; by default the one it was searched for.
        episodes: of each, the same ones.
        seed: of the episodes.
        threads: how many to use, or processes, all processors by default; the result does not depend on it.

    Raises:
        TaskError: the task is unknown, or does not have the controller's channels.
        ControllerError: the controller is an ensemble, whose members share every connection.
    """
    played = judged(task_of(controller, task))
    check_fits(played, controller)
    network, weights = unsigned(controller.network), _weights(controller)
    starts = starts_of(played, episode_seeds(Purpose.TEST, seed, available(played, episodes)))

    def score(missing: NDArray[np.bool_]) -> Score:
        lanes = np.repeat(np.where(missing, np.float32(0), weights)[:, np.newaxis], starts.shape[1], axis=1)
        return Score.of_episodes(played, play(played, network, lanes, starts, threads, watched=True))

    stage("the controller as it is")
    whole = score(np.zeros(len(weights), bool))
    return Knockout(controller, played.name, whole, tuple(_part(*part, score, whole) for part in _parts(controller)))


def _weights(controller: Controller) -> NDArray[np.float32]:
    """Returns a weight per connection that computes what the controller does."""
    lowered = controller.lowered
    if lowered.averages:
        raise ControllerError("an ensemble shares every connection among its members: give it one weight first (tune)")
    (multiplier,) = lowered.multipliers
    return lowered.factors if multiplier is None else lowered.factors * np.float32(multiplier)


def _parts(controller: Controller) -> Iterator[tuple[int, int | None, NDArray[np.bool_]]]:
    """Yields each part, and which connections are missing without it."""
    connections = controller.network.connections
    for k, connection in enumerate(connections):
        yield connection.target, connection.source, np.arange(len(connections)) == k
    for node in controller.lowered.nodes[: controller.network.n_hidden]:
        yield node.number, None, np.array([connection.source == node.number for connection in connections])


def _part(target: int, source: int | None, missing: NDArray[np.bool_], score: Any, whole: Score) -> Part:
    stage(f"without node {target}" if source is None else f"without the connection from {source} to {target}")
    left = score(missing)
    lost = Score.of(np.array(whole.returns) - np.array(left.returns))
    return Part(target, source, left, lost.mean, lost.ci95)
