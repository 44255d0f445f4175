"""Back ends: who plays the episodes of environments. Compiled tasks need none; ``rollouts`` plays them in threads.

A back end is a function from chunks to what came of them, and a rule how large a chunk should be. Chunks say all that
their results depend on, so any back end that runs the same engine gives the same bits, with any number of workers.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller, Vector, WeightKind
from wann_rt.core.errors import TableError, TaskError
from wann_rt.core.network import Network
from wann_rt.kernels.programs import Programs, single
from wann_rt.play.backends import envpool_engine, processes, ray_cluster
from wann_rt.play.backends.chunks import Chunk, Played, Work, cut, joined, rules_of
from wann_rt.play.episodes import Episodes
from wann_rt.tasks.environment.task import ENGINES, BackendName, EnvironmentTask


class Backend(NamedTuple):
    """Somebody who plays chunks.

    Attributes:
        play: task, chunks, number of workers -> what came of each chunk, in order. Raises TaskError where the
            environment fails; on any error, Ctrl-C included, nothing of it goes on running.
        chunk_size: episodes to be played, number of workers -> most episodes in a chunk.
    """

    play: Callable[[EnvironmentTask, Sequence[Chunk], int], list[Played]]
    chunk_size: Callable[[int, int], int]


BACKENDS: Mapping[BackendName, Backend] = {
    "processes": Backend(processes.play_chunks, processes.chunk_size),
    "envpool": Backend(envpool_engine.play_chunks, envpool_engine.chunk_size),
    "ray": Backend(ray_cluster.play_chunks, ray_cluster.chunk_size),
}


def _check_tables(names: Collection[str], engines: Collection[str], backends: Collection[str]) -> None:
    """Refuses a back end that stands in one table and not in another.

    Raises:
        TableError: naming it and the table that lacks it.
    """
    task = "wann_rt/tasks/environment/task.py"
    tables = {
        f"BackendName in {task}": names,
        f"ENGINES in {task}": engines,
        "BACKENDS in wann_rt/play/backends/__init__.py": backends,
    }
    for name in sorted({*names, *engines, *backends}):
        for table, rows in tables.items():
            if name not in rows:
                raise TableError(f"table {table} has no row for the back end {name}, which another table has: add one")


_check_tables(get_args(BackendName), ENGINES, BACKENDS)


def play(
    task: EnvironmentTask,
    programs: Programs | Network,
    weights: NDArray[np.float32],
    starts: NDArray[Any],
    workers: int,
    watched: bool = False,
) -> Episodes:
    """Plays one episode per network and lane; see ``rollouts.play``."""
    programs = single(programs) if isinstance(programs, Network) else programs
    kind: WeightKind = "connections" if weights.ndim == 2 else "shared"
    return _played(task, Work(programs, np.atleast_2d(weights), kind, starts[0]), workers, watched)


def play_controller(task: EnvironmentTask, controller: Controller, starts: NDArray[Any], workers: int) -> Episodes:
    """Plays one episode per lane through the whole controller; see ``plain.play_controller``."""
    weights = np.repeat(controller.weight.array[:, np.newaxis], starts.shape[1], axis=1)
    work = Work(single(controller.network), weights, controller.weight.kind, starts[0])
    return _played(task, work, workers, watched=True)


def record(task: EnvironmentTask, controller: Controller, starts: NDArray[Any]) -> list[Vector]:
    """Returns the observation -> action pairs of one episode, played by Gymnasium, without those that hold infinity.

    Of a controller with a state, whose pairs are a sequence, those before the first infinity.

    Raises:
        TaskError: none is left, or the environment fails.
    """
    work = Work(single(controller.network), controller.weight.array[:, np.newaxis], controller.weight.kind, starts[0])
    vectors = processes.record(task, cut(work, 1, rules_of(task))[0])
    is_finite = [bool(np.isfinite((*vector.observation, *vector.action)).all()) for vector in vectors]
    if task.derived and not all(is_finite):
        vectors = vectors[: is_finite.index(False)]
    finite = [vector for vector, fits in zip(vectors, is_finite, strict=False) if fits]
    if not finite:
        which = "the first observation of a sequence" if task.derived else "every observation"
        raise TaskError(
            f"environment {task.env_id} (seed {starts[0, 0]}): {which} or its action holds infinity: wrap it "
            "with gymnasium.wrappers.TransformObservation, which can clip it"
        )
    return finite


def _played(task: EnvironmentTask, work: Work, workers: int, watched: bool) -> Episodes:
    backend = BACKENDS[task.backend]
    chunks = cut(work, backend.chunk_size(work.episodes, workers), rules_of(task), task.generation)
    # Effort and chatter exist for continuous actions only, not for the choice of one of several actions.
    return joined(work, backend.play(task, chunks, workers), watched and task.decision == "values")
