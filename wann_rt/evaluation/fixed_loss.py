"""What fixed point costs: the score of a controller in q12 beside that in float32, over the same episodes."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from wann_rt.core.controller import Controller
from wann_rt.core.errors import TaskError
from wann_rt.core.fixed.plan import Ranges
from wann_rt.core.fixed.reference import FixedController
from wann_rt.core.random import Purpose
from wann_rt.core.reference import Floats
from wann_rt.core.stages import stage
from wann_rt.evaluation.score import Score
from wann_rt.kernels.forward import forward_batch
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.plain import Act, returns
from wann_rt.play.rollouts import starts_of
from wann_rt.tasks.any_task import AnyTask, check_fits
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tasks.observed import observed
from wann_rt.tasks.task import Task

EPISODES = 1000


@dataclass(frozen=True)
class Loss:
    """A controller's scores in both kinds of numbers.

    Attributes:
        task: name of the task.
        float32: returns in float32.
        fixed: returns in fixed point, of the same episodes.
        difference: of each episode's return in fixed point from that in float32.
    """

    task: str
    float32: Score
    fixed: Score
    difference: Score

    def to_dict(self) -> dict[str, Any]:
        """Returns the scores as JSON values."""
        scores = {"float32": self.float32, "fixed": self.fixed, "difference": self.difference}
        return {"task": self.task, **{name: score.to_dict() for name, score in scores.items()}}


def loss(
    task: AnyTask, controller: Controller, ranges: Ranges | None = None, *, episodes: int = EPISODES, seed: int = 0
) -> Loss:
    """Plays fresh episodes with a controller in float32 and in fixed point.

    Args:
        task: a compiled task.
        controller: the controller.
        ranges: see ``core.fixed.plan.plan``.
        episodes: how many.
        seed: of the episodes; ``evaluate`` plays the same ones.

    Raises:
        TaskError: the controller's channels are not the task's, or an environment plays the task.
        ExportError: the controller does not fit fixed point.
    """
    if not isinstance(task, Task):
        raise TaskError(f"task {task.name} is played by an environment; fixed point is scored on compiled tasks only")
    check_fits(task, controller)
    if isinstance(task, DataTask):
        task, episodes = task.judged(), min(episodes, task.judged().size)
    stage(f"playing {episodes} episodes in float32 and in fixed point")
    seeds, fixed_one = episode_seeds(Purpose.TEST, seed, episodes), FixedController.of(controller, ranges)
    float32 = returns(task, partial(controller.inner.run, forward_batch), starts_of(task, seeds))
    if controller.derived:  # which the task derives in float32: the controller does that itself
        task = observed(task, [channel.name for channel in controller.observations])
    fixed = returns(task, _acting(fixed_one, episodes), starts_of(task, seeds))
    return Loss(task.name, Score.of(float32), Score.of(fixed), Score.of(fixed - float32))


def _acting(fixed: FixedController, episodes: int) -> Act:
    """Returns what acts in fixed point, with a state for each episode, where it has one."""
    state = fixed.start(episodes)

    def act(observations: Floats) -> Floats:
        nonlocal state
        actions, state = fixed.step(state, fixed.from_float(observations))
        return fixed.to_float(actions)

    return act
