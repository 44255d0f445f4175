"""Compares how a firmware example turned its knob with the twin in Python: every weight, return and step, bit by bit.

    python firmware_knob_check.py controller.json max_force=6 < printed.txt

The firmware prints a line per episode, "knob" and two hexadecimal words: the bits of the weight and of the return. Then
it runs an episode with the weight that it has found, as ``firmware_check.py`` describes. Exits with 1 if a bit differs,
or if the knob reaches less than nine tenths of what the best weight of a sweep gives.
"""

import re
import sys
from functools import partial

import firmware_check
import numpy as np

import wann_rt as wr
from wann_rt.core.reference import evaluate
from wann_rt.evaluation.sweep import sweep
from wann_rt.play.plain import moments
from wann_rt.tasks.task import Task

LINE = re.compile(r"knob ([0-9a-f]{8}) ([0-9a-f]{8})", re.IGNORECASE)
LOW, HIGH, FLOOR, EPISODES = 0.18, 2.0, 100.0, 20  # as in the firmware
GOAL = 0.9


def episode_return(task: Task, controller: wr.Controller, told: int) -> np.float32:
    """Returns the return of an episode that begins as the firmware's does."""
    start = task.start(firmware_check.SEED)
    start[0] = (np.float32(told % 5) - np.float32(2)) * np.float32(0.02)
    total = np.float32(0)
    for moment in moments(task, partial(evaluate, controller), start[:, np.newaxis]):
        total += moment.rewards[0]
    return total


def turned(task: Task, controller: wr.Controller) -> tuple[float, list[tuple[int, int]]]:
    """Returns the weight that the knob finds, and the bits of each episode's weight and return."""
    (own,) = controller.weight.values
    knob, rows = wr.Knob.start(own, LOW, HIGH, floor=FLOOR, budget=EPISODES), []
    while not knob.done:
        value = episode_return(task, controller.with_weight(float(knob.weight)), knob.told)
        rows.append((bits(knob.weight), bits(value)))
        knob.tell(float(value))
    return float(knob.weight), rows


def bits(value: float) -> int:
    """Returns the bits of a float32."""
    return int(np.float32(value).view(np.uint32))


def main(path: str, worn: str) -> int:
    """Compares; returns the exit code."""
    name, value = worn.split("=")
    controller = wr.load(path)
    task = wr.task(wr.task_of(controller).name, **{name: float(value)})
    assert isinstance(task, Task)
    weight, expected = turned(task, controller)
    text = sys.stdin.read()
    got = [(int(w, 16), int(r, 16)) for w, r in LINE.findall(text)]
    for word, total in np.array(got, np.uint32).view(np.float32).reshape(-1, 2):
        print(f"weight {word:.3f}: return {total:6.1f}")
    equal = sum(a == b for a, b in zip(expected, got, strict=False))
    print(f"{equal} of {len(expected)} episodes have the weight and the return that Python computes, bit by bit")
    steps = firmware_check.compare(firmware_check.episode(controller.with_weight(weight), task), text, controller)
    own, best, found = means(task, controller, weight)
    print(f"{worn}: {own:.0f} with the own weight, {found:.0f} with the knob; the best weight gives {best:.0f}")
    is_right = equal == len(expected) == len(got) and steps and found >= GOAL * best
    return 0 if is_right else 1


def means(task: Task, controller: wr.Controller, weight: float) -> tuple[float, float, float]:
    """Returns the mean returns over fresh episodes with the own weight, the best of a sweep, and that found."""
    (own,) = controller.weight.values
    best = sweep(task, controller.network).greatest
    tried = np.array([own, best, weight], np.float32)
    return tuple(sweep(task, controller.network, weights=tried, episodes=256, seed=1).means.tolist())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
