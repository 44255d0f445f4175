"""Workers that all play one task: gives jobs out, replaces workers that die, and takes note of those that hang."""

import os
import pickle
import queue
import sys
import time
import warnings
from collections import Counter, deque
from collections.abc import Sequence
from typing import Any

from wann_rt.core.errors import TaskError
from wann_rt.play.backends.messages import Answer, Job, Warned
from wann_rt.play.backends.worker_process import (
    PLAYER,
    SECONDS_TO_CLOSE,
    Answers,
    SilentError,
    Worker,
    ended,
    next_answer,
)
from wann_rt.play.progress import tell
from wann_rt.tasks.environment.task import EnvironmentTask

ATTEMPTS = 3  # attempts at one chunk when workers die


class Pool:
    """Workers that all play one task."""

    def __init__(self, task: EnvironmentTask, workers: int, said: set[str] | None = None) -> None:
        """Starts the workers; of the topics in ``said`` the user has been warned already."""
        self.task = task
        self.said = set() if said is None else said
        self.process = os.getpid()
        self._hello = pickle.dumps(sys.path) + pickle.dumps(task)
        self._answers: Answers = queue.SimpleQueue()
        self.workers: list[Worker] = []
        try:
            for _ in range(workers):
                self.workers.append(self._started())
        except BaseException:  # not all can be started, or Ctrl-C: none is left
            self.close()
            raise

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
            worker.hears(self.task.step_timeout, made=answer.kind != "making")
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
        if odd.topic not in self.said:
            self.said.add(odd.topic)
            about = f"environment {self.task.env_id}"
            text = odd.text if odd.text.startswith(about) else f"{about}: {odd.text}"
            warnings.warn(text, RuntimeWarning, stacklevel=2)

    def _started(self) -> Worker:
        return Worker(PLAYER, self._hello, self._answers)

    def _next_answer(self) -> tuple[Worker, Answer | None]:
        """Waits for an answer; raises TaskError if a worker is silent for too long."""
        try:
            return next_answer(self._answers, self.workers, self.task.step_timeout)
        except SilentError as error:
            raise TaskError(error.about(self.task.env_id)) from None

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
                f"the last time with {ended(dead.process.returncode)}"
            )
        waiting.appendleft(dead.job)
