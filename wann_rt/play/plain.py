"""Episodes of a whole controller, step by step in plain numpy."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller, Vector
from wann_rt.kernels.forward import forward_batch
from wann_rt.play import backends
from wann_rt.play.episodes import Episodes
from wann_rt.play.rollouts import default_threads, starts_of
from wann_rt.tasks.any_task import AnyTask
from wann_rt.tasks.environment.task import EnvironmentTask
from wann_rt.tasks.task import Task

Act = Callable[[NDArray[np.float32]], NDArray[np.float32]]


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


def play_controller(
    task: AnyTask, controller: Controller, starts: NDArray[Any], threads: int | None = None
) -> Episodes:
    """Plays one episode per lane through the whole controller, conditioning and ensemble included.

    Compiled tasks are played in plain numpy: slower than ``play`` and its twin, where both apply they are equal bit
    for bit.
    """
    if isinstance(task, EnvironmentTask):
        return backends.play_controller(task, controller, starts, threads or default_threads())
    state = tuple(starts)
    alive = np.ones(starts.shape[1], bool)
    returns, lengths = np.zeros(len(alive)), np.zeros(len(alive), np.int64)
    efforts, changes = np.zeros(len(alive)), np.zeros(len(alive), np.int64)
    earlier = np.zeros((len(alive), len(task.actions)), np.float32)
    with np.errstate(all="ignore"):
        for _ in range(task.max_steps):
            observations = np.stack(task.observe(*state), axis=1)
            actions = controller.run(forward_batch, observations)
            efforts[alive] += np.abs(actions[alive]).astype(np.float64).sum(axis=1)
            changes[alive] += (actions * earlier < 0)[alive].sum(axis=1)
            earlier = np.where(actions != 0, actions, earlier)
            *state, reward, failed = task.step(task.params, *state, *actions.T)
            returns[alive] += reward[alive]
            lengths[alive] += 1
            alive &= ~failed
            if not alive.any():
                break
    return Episodes(returns[np.newaxis], lengths[np.newaxis], efforts[np.newaxis], changes[np.newaxis])


def record_vectors(task: AnyTask, controller: Controller, seed: int, count: int = 8) -> tuple[Vector, ...]:
    """Returns ``count`` observation -> action pairs, evenly spaced over one episode of the controller."""
    starts = starts_of(task, range(seed, seed + 1))
    if isinstance(task, EnvironmentTask):
        vectors = backends.record(task, controller, starts)
    else:
        vectors = _recorded(task, controller, starts)
    return tuple(vectors[int(i)] for i in np.linspace(0, len(vectors) - 1, count))


def _recorded(task: Task, controller: Controller, starts: NDArray[np.float32]) -> list[Vector]:
    """Returns every observation -> action pair of one episode."""
    state, vectors = tuple(starts), []
    for _ in range(task.max_steps):
        observation = np.stack(task.observe(*state), axis=1)
        action = controller.run(forward_batch, observation)
        vectors.append(Vector(tuple(map(float, observation[0])), tuple(map(float, action[0]))))
        *state, _, failed = task.step(task.params, *state, *action.T)
        if failed.any():
            break
    return vectors
