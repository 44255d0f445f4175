"""Compares what a firmware example printed with the same episode in Python: every bit of every step.

    python firmware_check.py swingup.json < trajectory.txt

The firmware prints one line per step: its number, the four state variables and the action, as hexadecimal words that
hold the bits of a float32. Exits with 1 if a step is missing or a bit differs.
"""

import re
import sys
from functools import partial

import numpy as np

import wann_rt as wr
from wann_rt.core.reference import evaluate
from wann_rt.play.plain import moments
from wann_rt.tasks.task import Task

LINE = re.compile(r"[0-9a-f]{8}( [0-9a-f]{8}){5}", re.IGNORECASE)  # simulators print text around it
SEED = 0  # of the episode, as `wann-rt plant` has it by default


def episode(controller: wr.Controller, task: Task | None = None) -> np.ndarray:
    """Returns step number, state and action of each step, as uint32 [steps, 6]."""
    task = task or wr.task_of(controller)
    played = moments(task, partial(evaluate, controller), task.start(SEED)[:, np.newaxis])
    bits = [np.concatenate([*moment.state, moment.actions[0]]).astype(np.float32).view(np.uint32) for moment in played]
    assert len(bits) == task.max_steps, "an example has to succeed"
    return np.array([[step, *row] for step, row in enumerate(bits)], np.uint32)


def printed(text: str) -> np.ndarray:
    """Returns the lines of a firmware's output that hold a step, as uint32 [steps, 6]."""
    words = [[int(word, 16) for word in line[0].split()] for line in LINE.finditer(text)]
    return np.array(words, np.uint32).reshape(-1, 6)


def show(rows: np.ndarray, rate_hz: float) -> None:
    """Prints a few moments of an episode."""
    print("time  cart     pole      force")
    for step, x, _, theta, _, force in rows[:: int(rate_hz)]:
        x, theta, force = np.array([x, theta, force], np.uint32).view(np.float32)
        print(f"{step / rate_hz:3.0f} s {x:+6.2f} m {np.degrees(theta) % 360:6.1f} deg {force:+6.2f}")


def compare(expected: np.ndarray, text: str, controller: wr.Controller) -> bool:
    """Prints how many steps have the bits that are expected; returns whether all do."""
    got = printed(text)
    show(got, controller.rate_hz or 1.0)
    shared = min(len(expected), len(got))
    equal = int((expected[:shared] == got[:shared]).all(axis=1).sum())
    print(f"{equal} of {len(expected)} steps have the bits that Python computes")
    return equal == len(expected) == len(got)


def main(path: str) -> int:
    """Compares; returns the exit code."""
    controller = wr.load(path)
    return 0 if compare(episode(controller), sys.stdin.read(), controller) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
