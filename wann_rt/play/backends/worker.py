"""A worker process: reads jobs from one pipe, plays them, writes what came of them to another.

Messages are pickles between a process and its own child. The environment's standard input is empty and what it prints
goes to standard error (see ``worker_process.BOOT``), so that it cannot get between them.
"""

import contextlib
import os
import pickle
import queue
import signal
import threading
import time
import traceback
import warnings
from typing import Any, BinaryIO, NoReturn

from wann_rt.core.controller import Vector
from wann_rt.core.errors import TaskError
from wann_rt.play.backends.messages import Answer, Job, Warned
from wann_rt.play.backends.playing import compiled, play_chunk
from wann_rt.tasks.environment.leftovers import end_with_everything
from wann_rt.tasks.environment.simulator import Simulator, told

SECONDS_PER_BEAT = 0.5
UNREPEATABLE = (
    "the same seed and actions give other observations each time, so this search cannot be repeated; "
    "an environment's random numbers should come from self.np_random, which reset(seed=...) seeds"
)


class Outlet:
    """Where answers go."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._process = stream, os.getpid()
        self._last = float("-inf")  # the first beat, that the environment is made, is sent at once

    def send(self, answer: Answer) -> None:
        """Sends an answer; nothing comes from a process that an environment has forked, which ends here."""
        if os.getpid() != self._process:
            os._exit(0)
        pickle.dump(answer, self._stream)
        self._stream.flush()
        self._last = time.monotonic()

    def beat(self) -> None:
        """Says now and then that this process is alive."""
        if time.monotonic() - self._last > SECONDS_PER_BEAT:
            self.send(Answer("alive"))

    def making(self) -> None:
        """Says that the environment is made anew, which may take as long as the first time; the next beat ends it."""
        self.send(Answer("making"))
        self._last = float("-inf")


def main(stream: BinaryIO, answers: BinaryIO) -> None:
    """Serves until the stream ends: first comes the task, then jobs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the process that began the search
    warnings.simplefilter("ignore")  # that process shows the warnings
    outlet = Outlet(answers)
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(stream, inbox), daemon=True).start()
    task = inbox.get()
    compiled(task)
    simulator = None
    said: set[str] = set()
    while True:
        job: Job | None = inbox.get()
        if job is None:
            _end(simulator)
        seen: list[Vector] | None = [] if job.recorded else None
        try:
            if simulator is None:
                simulator = Simulator(task, outlet.beat, making=outlet.making)
                outlet.send(Answer("alive"))
            played = play_chunk(simulator, job.chunk, outlet.beat, seen)
            for topic, text in _odd(simulator).items():
                if topic not in said:
                    said.add(topic)
                    outlet.send(Answer("warning", result=Warned(topic, text)))
        except TaskError as error:
            outlet.send(Answer("failed", job.number, str(error)))
        except BaseException as error:  # such as a KeyboardInterrupt that the environment has raised itself
            outlet.send(Answer("failed", job.number, f"environment {task.env_id} raised {told(error)}"))
        else:
            outlet.send(Answer("done", job.number, seen if job.recorded else played))


def _odd(simulator: Simulator) -> dict[str, str]:
    """Returns what is odd about the environment so far, by topic."""
    texts = {
        "repeats": "" if simulator.repeats else UNREPEATABLE,
        "outside": simulator.outside,
        "failure": simulator.failure and f"a failure has ended an episode, which is counted: {simulator.failure}",
    }
    return {topic: text for topic, text in texts.items() if text}


def _read(stream: BinaryIO, inbox: "queue.SimpleQueue[Any]") -> None:
    """Takes messages in; when no more will come, ends the process, whatever its environment is doing.

    Nor does it go on after a message that cannot be read: the other side would wait for its answer.
    """
    try:
        while True:
            inbox.put(pickle.load(stream))
    except EOFError:  # the process that began the search has ended, perhaps killed
        end_with_everything()
    except Exception:
        traceback.print_exc()
        os._exit(1)


def _end(simulator: Simulator | None) -> NoReturn:
    """Closes the environment and ends; whoever waits for that does not wait long."""
    with contextlib.suppress(Exception):  # there is nothing left that an error could spoil
        if simulator is not None:
            simulator.close()
    end_with_everything()
