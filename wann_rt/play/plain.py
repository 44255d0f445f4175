"""Episodes of a whole controller, step by step in plain numpy."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller, Vector
from wann_rt.kernels.forward import forward_batch
from wann_rt.play import backends
from wann_rt.play.episodes import Episodes
from wann_rt.play.rollouts import default_threads, starts_of
from wann_rt.tasks.any_task import AnyTask
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tasks.environment.task import EnvironmentTask
from wann_rt.tasks.task import Task

SEQUENCE = 16  # recorded steps of a controller with a state
Act = Callable[[NDArray[np.float32]], NDArray[np.float32]]


class LaneAct(ABC):
    """Acts by a function that is not to be asked in episodes that are over, where what is seen may be anything."""

    @abstractmethod
    def act(self, observations: NDArray[np.float32], alive: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Returns the actions [lanes, actions]; those of lanes that are over do not matter."""


class Moment(NamedTuple):
    """A step of every lane: the state in which it began, what was seen, done and earned, and who was still playing."""

    state: tuple[NDArray[np.float32], ...]
    observations: NDArray[np.float32]
    actions: NDArray[np.float32]
    rewards: NDArray[np.float32]
    alive: NDArray[np.bool_]


def moments(task: Task, act: Act | LaneAct, starts: NDArray[np.float32]) -> Iterator[Moment]:
    """Plays one episode per lane in plain numpy and yields each step: the only such loop.

    Args:
        task: the task.
        act: observations [lanes, observations] -> actions [lanes, actions].
        starts: first state of each lane, [state, lanes].
    """
    state, alive = tuple(starts), np.ones(starts.shape[1], np.bool_)
    for _ in range(task.max_steps):
        with np.errstate(all="ignore"):  # infinities and NaN are defined results
            observations = np.stack([np.broadcast_to(o, alive.shape) for o in task.observe(*state)], axis=1)
            actions = act.act(observations, alive) if isinstance(act, LaneAct) else act(observations)
            *after, reward, failed = task.step(task.params, *state, *actions.T)
        yield Moment(state, observations, actions, np.broadcast_to(reward, alive.shape), alive)
        state, alive = tuple(after), alive & ~np.broadcast_to(failed, alive.shape)
        if not alive.any():
            return


def returns(task: Task, act: Act, starts: NDArray[np.float32]) -> NDArray[np.float64]:
    """Returns the sum of rewards of one episode per lane; see ``moments``."""
    total = np.zeros(starts.shape[1])
    for moment in moments(task, act, starts):
        total[moment.alive] += moment.rewards[moment.alive]
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
    return play_act(task, _act_of(controller), starts, len(controller.actions))


def play_act(task: Task, act: Act | LaneAct, starts: NDArray[np.float32], count: int) -> Episodes:
    """Plays one watched episode per lane by a function of the observations, of whose outputs so many are actions."""
    n_lanes = starts.shape[1]
    total, efforts = np.zeros(n_lanes), np.zeros(n_lanes)
    lengths, changes = np.zeros(n_lanes, np.int64), np.zeros(n_lanes, np.int64)
    earlier = np.zeros((n_lanes, count), np.float32)
    for _, _, outputs, rewards, alive in moments(task, act, starts):
        actions = outputs[:, :count]
        with np.errstate(all="ignore"):
            efforts[alive] += np.abs(actions[alive]).astype(np.float64).sum(axis=1)
            changes[alive] += (actions * earlier < 0)[alive].sum(axis=1)
            earlier = np.where(actions != 0, actions, earlier)
            total[alive] += rewards[alive]
        lengths[alive] += 1
    return Episodes(total[np.newaxis], lengths[np.newaxis], efforts[np.newaxis], changes[np.newaxis])


def _act_of(controller: Controller) -> Act:
    return partial(controller.inner.run, forward_batch)  # the task derives what the controller would


def record_vectors(task: AnyTask, controller: Controller, seed: int, count: int = 8) -> tuple[Vector, ...]:
    """Returns ``count`` observation -> action pairs, evenly spaced over one episode of the controller."""
    starts = starts_of(task, range(seed, seed + (count if isinstance(task, DataTask) else 1)))
    if isinstance(task, EnvironmentTask):
        vectors = backends.record(task, controller, starts)
    else:
        vectors = _recorded(task, controller, starts)
    return tuple(vectors[int(i)] for i in np.linspace(0, len(vectors) - 1, count))


def with_vectors(task: AnyTask, controller: Controller, seed: int) -> Controller:
    """Returns a controller with recorded vectors: spread over an episode, or the first steps of one with a state."""
    if not controller.derived:
        return replace(controller, vectors=record_vectors(task, controller, seed))
    count, starts = len(controller.observations), starts_of(task, range(seed, seed + 1))
    if isinstance(task, EnvironmentTask):
        some = backends.record(task, controller, starts)[:SEQUENCE]
    else:
        some = _recorded(task, controller, starts)[:SEQUENCE]
    vectors = tuple(Vector(vector.observation[:count], vector.action[: len(controller.actions)]) for vector in some)
    return replace(controller, vectors=vectors, resets=(0,))


def _recorded(task: Task, controller: Controller, starts: NDArray[np.float32]) -> list[Vector]:
    """Returns every observation -> action pair of one episode; of a data set, those of all its episodes."""
    lanes = range(starts.shape[1] if isinstance(task, DataTask) else 1)
    played = moments(task, _act_of(controller), starts)
    pairs = ((m.observations[lane], m.actions[lane]) for m in played for lane in lanes)
    return [Vector(tuple(map(float, seen)), tuple(map(float, done))) for seen, done in pairs]
