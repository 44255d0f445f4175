"""What fixed point costs: the score of a controller in q12 beside that in float32, over the same episodes."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.controller import Controller
from wann_rt.errors import TaskError
from wann_rt.evaluation import Score, check_fits
from wann_rt.fixed_plan import Ranges
from wann_rt.fixed_point import FixedController
from wann_rt.kernels.forward import forward_batch
from wann_rt.random import Purpose
from wann_rt.rollouts import starts_of
from wann_rt.tasks import Task
from wann_rt.tasks.kinds import AnyTask
from wann_rt.tuning import episode_seeds

EPISODES = 1000
Act = Callable[[NDArray[np.float32]], NDArray[np.float32]]


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
        return asdict(self)


def loss(
    task: AnyTask, controller: Controller, ranges: Ranges | None = None, *, episodes: int = EPISODES, seed: int = 0
) -> Loss:
    """Plays fresh episodes with a controller in float32 and in fixed point.

    Args:
        task: a compiled task.
        controller: the controller.
        ranges: see ``fixed_plan.plan``.
        episodes: how many.
        seed: of the episodes; ``evaluate`` plays the same ones.

    Raises:
        TaskError: the controller's channels are not the task's, or an environment plays the task.
        ExportError: the controller does not fit fixed point.
    """
    if not isinstance(task, Task):
        raise TaskError(f"task {task.name} is played by an environment; fixed point is scored on compiled tasks only")
    check_fits(task, controller)
    starts = starts_of(task, episode_seeds(Purpose.TEST, seed, episodes))
    float32 = returns(task, partial(controller.run, forward_batch), starts)
    fixed = returns(task, FixedController.of(controller, ranges), starts)
    return Loss(task.name, Score.of(float32), Score.of(fixed), Score.of(fixed - float32))


def returns(task: Task, act: Act, starts: NDArray[np.float32]) -> NDArray[np.float64]:
    """Returns the sum of rewards of one episode per lane.

    Args:
        task: the task.
        act: observations [lanes, observations] -> actions [lanes, actions].
        starts: first state of each lane, [state, lanes].
    """
    state = tuple(starts)
    alive = np.ones(starts.shape[1], np.bool_)
    total = np.zeros(len(alive))
    with np.errstate(all="ignore"):
        for _ in range(task.max_steps):
            actions = act(np.stack(task.observe(*state), axis=1))
            *state, reward, failed = task.step(task.params, *state, *actions.T)
            total[alive] += reward[alive]
            alive &= ~failed
            if not alive.any():
                break
    return total
