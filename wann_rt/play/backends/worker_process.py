"""A worker as the process that started it sees it: jobs go in, answers come through a queue, and it can be ended."""

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Any

from wann_rt.core.errors import TaskError
from wann_rt.tasks.environment import leftovers

SECONDS_TO_START = 120.0  # until an environment is made
SECONDS_TO_END = 1.0  # from the end of its answers to that of the process
SECONDS_TO_CLOSE = 5.0  # for the environments' own close()
TICK = 0.25  # seconds between looks at who is silent
PLAYER, DESCRIBER = "wann_rt.play.backends.worker", "wann_rt.tasks.environment.answering"
# A process of its own rather than of ``multiprocessing``, which would import the user's script again. Jobs and answers
# get pipes that no environment finds by their numbers: it reads nothing, and what it prints goes to standard error.
BOOT = """
import os, pickle, sys, traceback
jobs, answers, null = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"), os.open(os.devnull, os.O_RDWR)
os.dup2(null, 0)
try:
    os.dup2(2, 1)
except OSError:
    os.dup2(null, 1)
sys.stdout = sys.stderr
try:
    sys.path[:] = pickle.load(jobs)
    from {program} import main
    main(jobs, answers)
except BaseException:
    traceback.print_exc()
os._exit(1)
"""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


Answers = queue.SimpleQueue[Any]  # of pairs: who answers, and what; None for its end


class SilentError(Exception):
    """A worker has been silent for too long."""

    def __init__(self, worker: "Worker") -> None:
        """Takes which one."""
        super().__init__()
        self.worker = worker

    def about(self, env_id: str) -> str:
        """Returns what there is to say of the environment that it runs."""
        patience = f"{self.worker.patience:g} seconds"
        if not self.worker.made:
            return (
                f"environment {env_id} hangs: it was not made within {patience} (the constructor, or importing its "
                "module)"
            )
        return (
            f"environment {env_id} hangs: it did not come back from a step or a reset within {patience} (step_timeout "
            "says how long it may take)"
        )


class Worker:
    """A process that does one job at a time.

    Attributes:
        job: what it does now.
        patience: how long it may be silent while it runs, in seconds.
        silent: how long it has been running and silent.
        made: whether it has made its environment.
    """

    def __init__(self, program: str, hello: bytes, answers: Answers) -> None:
        """Starts the process, a module's ``main``; each answer, and None for its end, comes through the queue."""
        self.job: Any = None
        self.patience = SECONDS_TO_START
        self.silent = 0.0
        self.made = False
        self.mark = uuid.uuid4().hex
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", BOOT.format(program=program)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | ONE_THREAD | {leftovers.MARK: self.mark},
                start_new_session=True,  # Ctrl-C in a terminal goes to every process of its session
            )
        except OSError as error:  # of open files or of processes there may be only so many
            raise TaskError(
                f"a process that plays the environment cannot be started: {error.strerror}: use fewer (--threads), or "
                "allow more (ulimit -n, ulimit -u)"
            ) from None
        self._write(hello)
        threading.Thread(target=self._listen, args=(answers,), daemon=True).start()

    def give(self, job: Any) -> None:
        """Sends a job; if the process has just died, its end comes through the queue."""
        self.job, self.silent = job, 0.0
        self._write(pickle.dumps(job))

    def hears(self, step_timeout: float, made: bool = True) -> None:
        """Takes note of an answer: from now on it may be silent as long as a step, or as the making, may take."""
        self.silent, self.made = 0.0, made
        self.patience = step_timeout if made else SECONDS_TO_START

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

    def _listen(self, answers: Answers) -> None:
        with self._stream("stdout") as stream:
            try:
                while True:
                    answers.put((self, pickle.load(stream)))
            except Exception:  # the stream ended, at or within a message
                answers.put((self, None))


def next_answer(answers: Answers, workers: "Sequence[Worker]", step_timeout: float) -> tuple[Worker, Any]:
    """Waits for an answer.

    Raises:
        SilentError: a worker is silent for too long.
    """
    before = time.monotonic()
    while True:
        answer = None
        with contextlib.suppress(queue.Empty):
            answer = answers.get(timeout=min(TICK, step_timeout / 4))
        now = time.monotonic()
        passed = min(now - before, 2 * TICK)  # more, and this process itself was stopped meanwhile
        hanging = [worker for worker in workers if worker.passes(passed)]
        if answer is not None:
            worker, said = answer
            if said is None:  # its pipe is closed a moment before its exit code is known
                with contextlib.suppress(subprocess.TimeoutExpired):
                    worker.process.wait(SECONDS_TO_END)
            return worker, said
        if hanging:
            raise SilentError(hanging[0])
        before = now


def ended(code: int | None) -> str:
    """Returns how a process ended, in words."""
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"by {signal.Signals(-code).name}"
    return f"exit code {code}"
