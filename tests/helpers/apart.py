"""Tries many cases in a process of their own, which is started anew after each case that ends it or that does not end.

So one crash in compiled code costs one case and not the run, and is counted as what it is.
"""

import json
import os
import resource
import signal
import traceback
from collections.abc import Callable, Sequence
from typing import Any

MOST_MEMORY = 8 * 2**30  # bytes of addresses: a case that wants more gets a MemoryError, and the machine lives
WAITING = 20.0  # how many times as long as it may compute a case may take


def outcomes(attempt: Callable[[int], str], cases: Sequence[int], longest: float) -> list[str]:
    """Returns what ``attempt`` returned for each case, or how the case ended the process.

    The caller should have no threads: processes are forked, so that what is compiled already need not be again.

    Args:
        attempt: tries a case.
        cases: their numbers.
        longest: seconds of a processor that one may take.
    """
    came: list[str] = []
    while len(came) < len(cases):
        said, status = _child(attempt, cases[len(came) :], longest)
        came += said
        if len(came) < len(cases):
            came.append(_ended(status))
    return came


def together(some: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Returns the sums of two results."""
    return {key: (some[key] + value)[:5] if key == "first" else some[key] + value for key, value in more.items()}


def _child(attempt: Callable[[int], str], cases: Sequence[int], longest: float) -> tuple[list[str], int]:
    """Returns what a child said of the cases, up to the one that ended it; and its status."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            _serve(attempt, cases, longest, writing)
        except BaseException:  # of whoever asks, and not of what is tried: attempts say what goes wrong
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = [json.loads(line) for line in stream if line.endswith(b"\n")]
    return said, os.waitpid(child, 0)[1]


def _serve(attempt: Callable[[int], str], cases: Sequence[int], longest: float, writing: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    for case in cases:  # a timer's default action ends the process, also where compiled code does not come back
        signal.setitimer(signal.ITIMER_PROF, longest)
        signal.setitimer(signal.ITIMER_REAL, longest * WAITING)
        os.write(writing, json.dumps(attempt(case)).encode() + b"\n")


def _ended(status: int) -> str:
    if os.WIFEXITED(status):
        return f"the process ended with exit code {os.WEXITSTATUS(status)}"
    name = signal.Signals(os.WTERMSIG(status)).name
    return {"SIGPROF": "it did not end", "SIGALRM": "it waited without end"}.get(name, f"the process died by {name}")
