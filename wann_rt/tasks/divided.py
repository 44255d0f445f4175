"""Params with which a plant divides by zero: it would be played on, and models nothing."""

from collections.abc import Mapping

import numpy as np

from wann_rt.core.errors import TaskError
from wann_rt.tasks.task import Task

STEPS = 3  # a division by what the state becomes comes a step or two later


def refuse_division(task: Task, usual: Task, changes: Mapping[str, float]) -> None:
    """Refuses a mass of 0 and the like: limits of a plant's rates would hide the NaN that comes of it.

    Args:
        task: the plain task with the params that are wanted.
        usual: the same as it was before, which may divide by zero where it chooses another value then.
        changes: by name the params that differ.

    Raises:
        TaskError: the plant divides by zero, which it does not as it was.
    """
    if not any(name in task.params._fields for name in changes) or not _divides(task) or _divides(usual):
        return
    named = ", ".join(f"{name}={value:g}" for name, value in changes.items() if name in task.params._fields)
    raise TaskError(
        f"task {task.name}: with {named} the plant divides by zero in its first steps, so what is played is no plant; "
        "expected params that a plant can have"
    )


def _divides(task: Task) -> bool:
    """Returns whether the first steps, without an action and with a large one, divide by zero or make a NaN."""
    try:
        with np.errstate(all="ignore", divide="raise", invalid="raise"):
            for action in (np.float32(0.0), np.float32(1.0)):
                state = tuple(task.start(0))
                for _ in range(STEPS):
                    state = tuple(task.step(task.params, *state, *[action] * len(task.actions)))[: len(state)]
    except FloatingPointError:
        return True
    except Exception:  # of a user's code, which the trial before a search tells of, with its line
        return False
    return False
