"""Back end "processes": any environment, in worker processes of this machine.

The processes belong to one search, one tuning or one evaluation (``session``): none plays code of an earlier one, and
searches in several threads do not share any. One that dies is replaced, and its chunk is played again: chunks say all
that they depend on, so the result is the same. One that says nothing for long hangs in the environment, which is an
error.
"""

import atexit
import contextlib
import os
import pickle
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from wann_rt.core.controller import Vector
from wann_rt.play.backends.chunks import Chunk, Played
from wann_rt.play.backends.messages import Job
from wann_rt.play.backends.playing import compiled
from wann_rt.play.backends.pool import Pool
from wann_rt.tasks.environment.task import EnvironmentTask, played_alike

CHUNKS_PER_WORKER = 8  # so that all of them end at about the same time
MOST_EPISODES = 64  # largest chunk; it is what must be played again when a worker dies


def chunk_size(episodes: int, workers: int) -> int:
    """Returns how many episodes a chunk should have."""
    return max(1, min(MOST_EPISODES, -(-episodes // (CHUNKS_PER_WORKER * workers))))


def play_chunks(task: EnvironmentTask, chunks: Sequence[Chunk], workers: int) -> list[Played]:
    """Plays chunks; see ``Backend.play``."""
    return _run(task, [Job(k, chunk) for k, chunk in enumerate(chunks)], workers)


def play_apart(task: EnvironmentTask, chunks: Sequence[Chunk]) -> list[Played]:
    """Plays chunks in a fresh process of their own, with a fresh environment for each episode."""
    pool = Pool(replace(played_alike(task), params=task.params._replace(fresh=True)), 1, _mine.said)
    try:
        played: list[Played] = pool.run([Job(k, chunk) for k, chunk in enumerate(chunks)])
        return played
    finally:
        pool.close()


def record(task: EnvironmentTask, chunk: Chunk) -> list[Vector]:
    """Returns every observation -> action pair of a chunk."""
    vectors: list[Vector] = _run(task, [Job(0, chunk, recorded=True)], None)[0]
    return vectors


class _Mine(threading.local):
    """What belongs to one thread.

    Attributes:
        pool: of the task that it has played last.
        sessions: how many it is in, one inside of the other.
        said: topics of which a user has been warned in this session, or since the last one.
    """

    pool: Pool | None = None
    sessions: int = 0

    def __init__(self) -> None:
        self.said: set[str] = set()


_mine = _Mine()
_pools: list[Pool] = []  # of all threads of this process, and of those of its ancestors that it was forked from


@contextlib.contextmanager
def session() -> Iterator[None]:
    """Ends this thread's workers at the end of the block: they belong to one search, tuning or evaluation.

    Searches in other threads and in forked processes have workers of their own.
    """
    if not _mine.sessions:
        _mine.said.clear()
    _mine.sessions += 1
    try:
        yield
    finally:
        _mine.sessions -= 1
        if not _mine.sessions:
            close()


def _run(task: EnvironmentTask, jobs: Sequence[Job], workers: int | None) -> list[Any]:
    """Runs jobs in the pool of the task, which on any error, Ctrl-C included, is gone."""
    pool = _pool(task, workers)
    try:
        return pool.run(jobs)
    except BaseException:
        close()
        raise


def _pool(task: EnvironmentTask, workers: int | None) -> Pool:
    """Returns the pool that plays this task with so many workers; None: as many as there are, or one."""
    wanted, pool = played_alike(task), _mine.pool
    # A forked process inherits the object, but the workers and the threads that listen to them are its parent's.
    if pool is not None and pool.process == os.getpid():
        if pickle.dumps(pool.task) == pickle.dumps(wanted) and workers in (None, len(pool.workers)):
            return pool
        close()
    if not _mine.sessions:
        _mine.said.clear()
    compiled(wanted)  # report it once, instead of once per worker
    _mine.pool = Pool(wanted, workers or 1, _mine.said)
    _pools.append(_mine.pool)
    return _mine.pool


def close() -> None:
    """Ends this thread's worker processes; the next call that needs some starts them again."""
    pool, _mine.pool = _mine.pool, None
    if pool is not None:
        _end(pool)


def _end(pool: Pool) -> None:
    if pool in _pools:
        _pools.remove(pool)
    if pool.process == os.getpid():
        pool.close()


@atexit.register
def _end_all() -> None:
    """Ends the workers of all threads of this process."""
    for pool in list(_pools):
        _end(pool)
