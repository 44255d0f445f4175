"""Rollouts: play many episodes of a compiled task, in threads; and the same through a whole controller."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt import backends
from wann_rt.controller import Controller, Vector
from wann_rt.episodes import Episodes
from wann_rt.kernels.block import Width
from wann_rt.kernels.forward import forward_batch
from wann_rt.kernels.rollout import Behaviour, Lanes, Programs, Results, rollout_range, single, width_for
from wann_rt.kernels.task_lanes import register
from wann_rt.network import Network
from wann_rt.tasks import TASKS, VARIANTS, Task
from wann_rt.tasks.environment import EnvironmentTask
from wann_rt.tasks.kinds import AnyTask

NETWORKS_PER_JOB = 8

for _task in (*TASKS, *chain.from_iterable(VARIANTS.values())):
    register(type(_task.params), _task.observe, _task.step)


def _empty(networks: int, lanes: int, watched: bool) -> Episodes:
    shape = networks, lanes
    watching = (np.zeros(shape), np.zeros(shape, np.int64)) if watched else ()
    return Episodes(np.empty(shape), np.empty(shape, np.int64), *watching)


def default_threads() -> int:
    """Returns the number of processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def play(
    task: AnyTask,
    programs: Programs | Network,
    weights: NDArray[np.float32],
    starts: NDArray[Any],
    threads: int | None = None,
    watched: bool = False,
) -> Episodes:
    """Plays one episode per network and lane.

    Args:
        task: the task.
        programs: the networks; a single one may have weights per connection.
        weights: the shared weight of each lane, [lanes]; or of each connection, [connections, lanes].
        starts: what begins the episode of each lane, see ``starts_of``, [state, lanes].
        threads: how many to use; all processors by default. The result does not depend on it.
        watched: whether to record ``efforts`` and ``changes`` too.
    """
    if isinstance(task, EnvironmentTask):
        return backends.play(task, programs, weights, starts, threads or default_threads(), watched)
    programs = single(programs) if isinstance(programs, Network) else programs
    per_connection = weights.ndim == 2
    weights = np.atleast_2d(weights)
    n_networks, n_lanes = len(programs.n_nodes), starts.shape[1]
    episodes = _empty(n_networks, n_lanes, watched)
    width = width_for(n_lanes)
    jobs = [
        partial(_play_block, task, programs, networks, width, weights, per_connection, starts, lanes, episodes)
        for lanes in _pieces(n_lanes, width.lanes)
        for networks in _pieces(n_networks, NETWORKS_PER_JOB)
    ]
    _run(jobs, threads or default_threads())
    return episodes


def _pieces(n: int, most: int) -> list[range]:
    """Returns range(n) cut into ranges of at most ``most``."""
    return [range(begin, min(begin + most, n)) for begin in range(0, n, most)]


def _play_block(
    task: Task,
    programs: Programs,
    networks: range,
    width: Width,
    weights: NDArray[np.float32],
    per_connection: bool,
    starts: NDArray[np.float32],
    lanes: range,
    episodes: Episodes,
) -> None:
    """Plays some lanes of some networks and writes their part of ``episodes``."""
    padded = np.minimum(np.arange(lanes.start, lanes.start + width.lanes), lanes.stop - 1)  # repeats the last lane
    block = _empty(len(networks), width.lanes, episodes.efforts is not None)
    watching = None
    if block.efforts is not None and block.changes is not None:
        watching = Behaviour(_limits(task), block.efforts, block.changes)
    columns = Lanes(weights[:, padded].copy(), per_connection, starts[:, padded].copy(), task.max_steps)
    results = Results(block.returns, block.lengths)
    rollout_range(task.params, width, programs, networks.start, networks.stop, columns, results, watching)
    for whole, part in zip(episodes, block, strict=True):
        if whole is None or part is None:
            continue
        whole[networks.start : networks.stop, lanes.start : lanes.stop] = part[:, : len(lanes)]


def _limits(task: Task) -> NDArray[np.float32]:
    """Returns low, high and neutral value of each action, [actions, 3]; see ``Channel.limit_action``."""
    rows = [(c.low, c.high, float(c.neutral)) if c.clip else (-np.inf, np.inf, 0.0) for c in task.actions]
    return np.array(rows, np.float32)


def _run(jobs: list[partial[None]], threads: int) -> None:
    """Runs the jobs; the first error, or Ctrl-C, cancels those not yet begun."""
    if threads == 1 or len(jobs) == 1:
        for job in jobs:
            job()
        return
    pool = ThreadPoolExecutor(threads)
    try:
        for future in [pool.submit(job) for job in jobs]:
            future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def starts_of(task: AnyTask, seeds: NDArray[np.int64] | range) -> NDArray[Any]:
    """Returns what begins the episodes of these seeds, [state, seeds]: first states, or the seeds of an environment."""
    return np.stack([task.start(int(seed)) for seed in seeds], axis=1)


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
