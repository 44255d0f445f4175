"""Rollouts: play many episodes of a compiled task, in threads; and the same through a whole controller."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.network import Network
from wann_rt.core.sample_scores import per_logarithm, sharpness
from wann_rt.kernels.block import Width
from wann_rt.kernels.programs import Programs, single
from wann_rt.kernels.rollout import Behaviour, Lanes, Results, rollouts, width_for
from wann_rt.kernels.samples import WIDTH, Samples, score_samples
from wann_rt.kernels.tasks import Plant, plant_of
from wann_rt.play import backends
from wann_rt.play.episodes import Episodes
from wann_rt.play.not_a_number import refuse_nan
from wann_rt.tasks.any_task import AnyTask
from wann_rt.tasks.dataset.task import SCORINGS, DataTask
from wann_rt.tasks.environment.task import EnvironmentTask
from wann_rt.tasks.task import Task
from wann_rt.tasks.traced import traced
from wann_rt.tasks.trial import refuse


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
    if isinstance(task, DataTask):
        return score_dataset(task, programs, weights, starts, threads or default_threads())
    n_networks, n_lanes = len(programs.n_nodes), starts.shape[1]
    width = width_for(n_lanes)
    n_blocks = -(-n_lanes // width.lanes)
    played = _empty(n_blocks * n_networks, width.lanes, watched)
    watching = None
    if played.efforts is not None and played.changes is not None:
        watching = Behaviour(_limits(task), played.efforts, played.changes)
    lanes = Lanes(_blocks(np.atleast_2d(weights), width), weights.ndim == 2, _blocks(starts, width), task.max_steps)
    results, taken = Results(played.returns, played.lengths), np.zeros(1, np.int64)
    plant, params = plant_of_task(task), tuple(task.params)
    kernel = partial(rollouts, plant, params, width, programs, lanes, taken, results, watching)
    _run(kernel, taken, len(played.returns), threads or default_threads())
    episodes = Episodes(*(_by_network(rows, n_networks, n_lanes) for rows in played if rows is not None))
    refuse_nan(task, programs, weights, starts, episodes.returns)
    return episodes


def score_dataset(
    task: DataTask, programs: Programs, weights: NDArray[np.float32], starts: NDArray[Any], threads: int
) -> Episodes:
    """Scores networks on samples; arguments and result as of ``play``, actions are not watched."""
    n_networks, n_lanes, n_outputs = len(programs.n_nodes), starts.shape[1], len(task.actions)
    data, kind = task.data, SCORINGS.index(task.scoring)
    samples = Samples(data.entering, data.targets, kind, sharpness(n_outputs), per_logarithm(n_outputs))
    rows = np.ascontiguousarray(_blocks(starts, WIDTH)[:, 0].astype(np.int64))
    scores, taken = np.empty((len(rows) * n_networks, WIDTH.lanes)), np.zeros(1, np.int64)
    each = _blocks(np.atleast_2d(weights), WIDTH)
    kernel = partial(score_samples, WIDTH, programs, samples, rows, each, weights.ndim == 2, taken, scores)
    _run(kernel, taken, len(scores), threads)
    return Episodes(_by_network(scores, n_networks, n_lanes), np.ones((n_networks, n_lanes), np.int64))


def _blocks(lanes: NDArray[Any], width: Width) -> NDArray[Any]:
    """Returns [rows, lanes] as [blocks, rows, lanes of a block]; copies of the last lane fill the last block."""
    n_rows, n_lanes = lanes.shape
    n_blocks = -(-n_lanes // width.lanes)
    padded = lanes[:, np.minimum(np.arange(n_blocks * width.lanes), n_lanes - 1)]
    return np.ascontiguousarray(padded.reshape(n_rows, n_blocks, width.lanes).swapaxes(0, 1))


def _by_network(rows: NDArray[Any], n_networks: int, n_lanes: int) -> NDArray[Any]:
    """Returns [blocks * networks, lanes of a block] as [networks, lanes], without the copies."""
    blocks = rows.reshape(-1, n_networks, rows.shape[1])
    return np.ascontiguousarray(blocks.swapaxes(0, 1).reshape(n_networks, -1)[:, :n_lanes])


def plant_of_task(task: Task) -> Plant:
    """Returns what kernels take for a task: its functions, and the conditioning that is not done in them.

    Raises:
        TaskError: its functions use a number as no primitive does.
    """
    actions = task.actions
    if task.step_clips:
        actions = tuple(replace(channel, clip=False) for channel in actions)
    try:
        expressions = traced(task)
    except Exception:
        refuse(task)
        raise
    return plant_of(expressions, task.observations, actions)


def _limits(task: Task) -> NDArray[np.float32]:
    """Returns low, high and neutral value of each action, [actions, 3]; see ``Channel.limit_action``."""
    rows = [(c.low, c.high, float(c.neutral)) if c.clip else (-np.inf, np.inf, 0.0) for c in task.acts]
    rows += [(0.0, 0.0, 0.0)] * (len(task.actions) - len(task.acts))  # what feeds a recurrent node is no effort
    return np.array(rows, np.float32)


def _run(kernel: Callable[[], None], taken: NDArray[np.int64], rows: int, threads: int) -> None:
    """Calls the kernel until all rows are taken and played; the first error, or Ctrl-C, leaves the others."""

    def work() -> None:
        while taken[0] < rows:
            kernel()

    if threads == 1 or rows == 1:
        return work()
    with ThreadPoolExecutor(min(threads, rows)) as pool:
        try:
            for future in [pool.submit(work) for _ in range(min(threads, rows))]:
                future.result()
        finally:
            taken[0] = rows


def starts_of(task: AnyTask, seeds: NDArray[np.int64] | range) -> NDArray[Any]:
    """Returns what begins the episodes of these seeds, [state, seeds]: first states, or the seeds of an environment."""
    if isinstance(task, DataTask):
        return task.rows_of(np.asarray(seeds))
    return np.stack([task.start(int(seed)) for seed in seeds], axis=1)
