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
import queue
import subprocess
import sys
import threading
import time
import uuid
import warnings
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from wann_rt.core.controller import Vector
from wann_rt.core.errors import TaskError
from wann_rt.play.backends import leftovers
from wann_rt.play.backends.chunks import Chunk, Played
from wann_rt.play.backends.messages import Answer, Job, Warned
from wann_rt.play.backends.playing import compiled
from wann_rt.play.progress import tell
from wann_rt.tasks.environment.task import EnvironmentTask, played_alike

CHUNKS_PER_WORKER = 8  # so that all of them end at about the same time
MOST_EPISODES = 64  # largest chunk; it is what must be played again when a worker dies
ATTEMPTS = 3  # attempts at one chunk when workers die
SECONDS_TO_START = 120.0  # until an environment is made
SECONDS_TO_CLOSE = 5.0  # for the environments' own close()
TICK = 0.25  # seconds between looks at who is silent
# A process of its own rather than of ``multiprocessing``, which would import the user's script again.
BOOT = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from wann_rt.play.backends import worker
worker.main()
"""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def chunk_size(episodes: int, workers: int) -> int:
    """Returns how many episodes a chunk should have."""
    return max(1, min(MOST_EPISODES, -(-episodes // (CHUNKS_PER_WORKER * workers))))


def play_chunks(task: EnvironmentTask, chunks: Sequence[Chunk], workers: int) -> list[Played]:
    """Plays chunks; see ``Backend.play``."""
    return _run(task, [Job(k, chunk) for k, chunk in enumerate(chunks)], workers)


def play_apart(task: EnvironmentTask, chunks: Sequence[Chunk]) -> list[Played]:
    """Plays chunks in a fresh process of their own, with a fresh environment for each episode."""
    pool = Pool(replace(played_alike(task), params=task.params._replace(fresh=True)), 1)
    try:
        played: list[Played] = pool.run([Job(k, chunk) for k, chunk in enumerate(chunks)])
        return played
    finally:
        pool.close()


def record(task: EnvironmentTask, chunk: Chunk) -> list[Vector]:
    """Returns every observation -> action pair of a chunk."""
    vectors: list[Vector] = _run(task, [Job(0, chunk, recorded=True)], None)[0]
    return vectors


class Worker:
    """A process that plays one chunk at a time.

    Attributes:
        job: what it plays now.
        patience: how long it may be silent while it runs, in seconds.
        silent: how long it has been running and silent.
        made: whether it has made its environment.
    """

    def __init__(self, hello: bytes, answers: "queue.SimpleQueue[tuple[Worker, Answer | None]]") -> None:
        """Starts the process; each answer, and None for its end, comes through the queue."""
        self.job: Job | None = None
        self.patience = SECONDS_TO_START
        self.silent = 0.0
        self.made = False
        self.mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", BOOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | ONE_THREAD | {leftovers.MARK: self.mark},
            start_new_session=True,  # Ctrl-C in a terminal goes to every process of its session
        )
        self._write(hello)
        threading.Thread(target=self._listen, args=(answers,), daemon=True).start()

    def give(self, job: Job) -> None:
        """Sends a job; if the process has just died, its end comes through the queue."""
        self.job, self.silent = job, 0.0
        self._write(pickle.dumps(job))

    def passes(self, seconds: float) -> bool:
        """Takes note of time; returns whether the process has been silent for too long.

        Time in which it was stopped (Ctrl-Z, SIGSTOP, a debugger) is not its own.
        """
        if self.job is not None and leftovers.state(self.process.pid) not in "Tt":
            self.silent += seconds
        return self.silent > self.patience

    def ask_to_close(self) -> None:
        """Lets an idle process close its environment and end by itself."""
        if self.job is None and self.made:
            self._write(pickle.dumps(None))

    def end(self, patience: float = 0.0) -> None:
        """Ends the process, whatever it is doing, and all that it has started; first waits for it so long."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(patience if self.job is None and self.made else 0.0)
        if self.process.returncode is None:  # else its number may be that of another process by now
            leftovers.kill_group(self.process.pid)
            self.process.kill()
            self.process.wait()
        leftovers.kill_marked(self.mark)
        with contextlib.suppress(OSError):
            self._stream("stdin").close()

    def _stream(self, name: str) -> Any:
        return getattr(self.process, name)

    def _write(self, data: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):  # a broken or closed pipe: the process is dead
            self._stream("stdin").write(data)
            self._stream("stdin").flush()

    def _listen(self, answers: "queue.SimpleQueue[tuple[Worker, Answer | None]]") -> None:
        with self._stream("stdout") as stream:
            try:
                while True:
                    answers.put((self, pickle.load(stream)))
            except Exception:  # the stream ended, at or within a message
                answers.put((self, None))


class Pool:
    """Workers that all play one task."""

    def __init__(self, task: EnvironmentTask, workers: int) -> None:
        """Starts the workers."""
        self.task = task
        self.process = os.getpid()
        self._hello = pickle.dumps(sys.path) + pickle.dumps(task)
        self._answers: queue.SimpleQueue[tuple[Worker, Answer | None]] = queue.SimpleQueue()
        self.workers = [self._started() for _ in range(workers)]

    def close(self) -> None:
        """Ends all workers; the idle ones may close their environments before, together in limited time."""
        for worker in self.workers:
            worker.ask_to_close()
        end = time.monotonic() + SECONDS_TO_CLOSE
        for worker in self.workers:
            worker.end(max(0.0, end - time.monotonic()))

    def run(self, jobs: Sequence[Job]) -> list[Any]:
        """Returns the result of each job, in order.

        Raises:
            TaskError: the environment fails, hangs, or kills the process that plays it again and again.
        """
        waiting = deque(jobs)
        results: dict[int, Any] = {}
        deaths: Counter[int] = Counter()
        while len(results) < len(jobs):
            for worker in self.workers:
                if worker.job is None and waiting:
                    worker.give(waiting.popleft())
            worker, answer = self._next_answer()
            if answer is None:
                self._replace(worker, waiting, deaths)
                continue
            worker.silent, worker.patience, worker.made = 0.0, self.task.step_timeout, True
            if answer.kind == "failed":
                raise TaskError(answer.result)
            if answer.kind == "warning":
                self._warn(answer.result)
            if answer.kind == "done" and worker.job is not None:
                tell(len(worker.job.chunk.seeds))
                results[answer.number], worker.job = answer.result, None
        return [results[job.number] for job in jobs]

    def _warn(self, odd: Warned) -> None:
        """Warns once of each topic, whichever worker notices it."""
        if odd.topic not in _mine.said:
            _mine.said.add(odd.topic)
            about = f"environment {self.task.env_id}"
            text = odd.text if odd.text.startswith(about) else f"{about}: {odd.text}"
            warnings.warn(text, RuntimeWarning, stacklevel=2)

    def _started(self) -> Worker:
        return Worker(self._hello, self._answers)

    def _next_answer(self) -> tuple[Worker, Answer | None]:
        """Waits for an answer; raises TaskError if a worker is silent for too long."""
        before = time.monotonic()
        while True:
            answer = None
            with contextlib.suppress(queue.Empty):
                answer = self._answers.get(timeout=min(TICK, self.task.step_timeout / 4))
            now = time.monotonic()
            passed = min(now - before, 2 * TICK)  # more, and this process itself was stopped meanwhile
            hanging = [worker for worker in self.workers if worker.passes(passed)]
            if answer is not None:
                return answer
            if hanging:
                raise TaskError(self._hangs(hanging[0]))
            before = now

    def _hangs(self, worker: Worker) -> str:
        if not worker.made:
            return (
                f"environment {self.task.env_id} hangs: it was not made within {worker.patience:g} seconds "
                "(the constructor, or importing its module)"
            )
        return (
            f"environment {self.task.env_id} hangs: it did not come back from a step or a reset within "
            f"{worker.patience:g} seconds (step_timeout says how long it may take)"
        )

    def _replace(self, dead: Worker, waiting: "deque[Job]", deaths: Counter[int]) -> None:
        """Starts a worker in the place of one that died, and puts its job back."""
        dead.end()
        self.workers[self.workers.index(dead)] = self._started()
        if dead.job is None:
            return
        number = dead.job.number
        deaths[number] += 1
        if deaths[number] == ATTEMPTS:
            raise TaskError(
                f"environment {self.task.env_id} killed the process that played it {ATTEMPTS} times, "
                f"the last time with exit code {dead.process.returncode}"
            )
        waiting.appendleft(dead.job)


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
    _mine.pool = Pool(wanted, workers or 1)
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
