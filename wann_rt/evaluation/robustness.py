"""Robustness: a controller's score under each disturbance that its task knows, one at a time and all together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.errors import TaskError
from wann_rt.core.random import Purpose
from wann_rt.core.shown import Shown
from wann_rt.core.stages import stage
from wann_rt.evaluation.score import Score
from wann_rt.play.backends.processes import session
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import starts_of
from wann_rt.play.task_of import task_of, tuned_under
from wann_rt.tasks import with_params, without_conditions
from wann_rt.tasks.any_task import AnyTask, check_fits
from wann_rt.tasks.conditions import tested
from wann_rt.tasks.task import Task

ALL = "all of these"


@dataclass(frozen=True)
class Robustness(Shown):
    """Scores under disturbances.

    Attributes:
        task: name of the task.
        plain: score on the task as it is given.
        scores: disturbance, e.g. "delay = 2" -> score; last, all of them at once.
    """

    task: str
    plain: Score
    scores: Mapping[str, Score]

    def to_dict(self) -> dict[str, Any]:
        """Returns the scores as JSON values."""
        disturbed = {name: score.to_dict() for name, score in self.scores.items()}
        return {"task": self.task, "plain": self.plain.to_dict(), "disturbances": disturbed}


@session()
def robustness(
    controller: Controller,
    task: AnyTask | str | None = None,
    *,
    episodes: int = 100,
    seed: int = 0,
) -> Robustness:
    """Plays a controller, with its own weight, under each disturbance of ``conditions.tested``.

    Args:
        controller: what to judge.
        task: a task or its name, see ``wr.task_of``; by default the one it was searched for. A condition among the
            params of a task that is given stays while disturbances are tested; one that the controller was searched or
            tuned under does not.
        episodes: fresh episodes for each disturbance, the same ones.
        seed: of the episodes.

    Raises:
        TaskError: the task is unknown or an environment, or does not have the controller's channels.
    """
    played = task_of(controller, task)
    if not isinstance(played, Task):
        raise TaskError(f"task {played.name} is played by an environment, which knows no disturbances")
    if task is None or isinstance(task, str):
        played = without_conditions(played, tuned_under(controller, played))
    return _robustness(played, controller, episode_seeds(Purpose.TEST, seed, episodes))


def _robustness(task: Task, controller: Controller, seeds: NDArray[np.int64]) -> Robustness:
    known = tested(task.base or task)
    check_fits(task, controller)

    def score(changes: Mapping[str, float]) -> Score:
        stage(f"disturbed: {', '.join(changes) or 'not at all'}")
        changed = with_params(task, **changes)
        return Score.of_episodes(changed, play_controller(changed, controller, starts_of(changed, seeds)))

    alone = {f"{name} = {level:g}": score({name: level}) for name, level in known.items()}
    return Robustness(task.name, score({}), {**alone, ALL: score(known)})
