"""A worker as the process that started it sees it: jobs go in, answers come through a queue, and it can be ended."""

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
import uuid
from typing import Any

from wann_rt.play.backends import leftovers
from wann_rt.play.backends.messages import Answer, Job

SECONDS_TO_START = 120.0  # until an environment is made
# A process of its own rather than of ``multiprocessing``, which would import the user's script again.
BOOT = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from wann_rt.play.backends import worker
worker.main()
"""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


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
