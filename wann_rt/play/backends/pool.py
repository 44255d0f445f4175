"""Workers that all play one task: gives jobs out, replaces workers that die, and takes note of those that hang."""

import contextlib
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
from wann_rt.play.backends.worker_process import Worker
from wann_rt.play.progress import tell
from wann_rt.tasks.environment.task import EnvironmentTask

ATTEMPTS = 3  # attempts at one chunk when workers die
SECONDS_TO_CLOSE = 5.0  # for the environments' own close()
TICK = 0.25  # seconds between looks at who is silent


class Pool:
    """Workers that all play one task."""

    def __init__(self, task: EnvironmentTask, workers: int, said: set[str] | None = None) -> None:
        """Starts the workers; of the topics in ``said`` the user has been warned already."""
        self.task = task
        self.said = set() if said is None else said
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
        if odd.topic not in self.said:
            self.said.add(odd.topic)
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
