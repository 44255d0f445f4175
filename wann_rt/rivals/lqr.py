"""The linear-quadratic regulator about a task's point of rest, from the plant that is simulated.

The plant is linearised by central differences, in float32 because its sine and cosine are defined there alone: the
step of a difference is wide enough for their rounding. One action enters by the difference between full action to and
fro, which is exact where the plant is affine in it, and defined where only the greatest output counts; one that moves
the plant far, and each of several, by a small difference about those that keep the plant at rest. The weights follow
Bryson's rule: each reading and the action cost 1 at their typical size (A. Bryson and Y.-C. Ho, "Applied optimal
control", 1975). The discrete algebraic Riccati equation is solved by iterating the recursion of the finite horizon.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import TaskError
from wann_rt.rivals.law import asked
from wann_rt.tasks import conditions
from wann_rt.tasks.task import Task

Matrix = NDArray[np.float64]
DELTA = 0.03  # of each state variable
NUDGE = 0.1  # of each of several actions, in shares of the greatest
FAR = 1.0  # what full action may change of a state in a step: more could be taken for the jump of a wrapped angle
MOST_ITERATIONS = 100_000
HUGE = 1e100


class Linear(NamedTuple):
    """A plant near a state x: its change is a x + b u, and what is observed of it changes as c x."""

    a: Matrix
    b: Matrix
    c: Matrix


def linearised(task: Task, rest: tuple[float, ...], trim: tuple[float, ...] = ()) -> Linear:
    """Returns the plant near a state in which it stays; u is the actions in shares of the greatest.

    Args:
        task: the plain task.
        rest: the state.
        trim: the actions that keep it there; none: it stays by itself.
    """
    n = len(rest)

    def stepped(x: Matrix, actions: Any) -> Matrix:
        with np.errstate(all="ignore"):
            return np.array(task.step(task.params, *x.astype(np.float32), *actions)[:n], np.float64)

    def after(x: Matrix, actions: Any) -> Matrix:
        moved = stepped(x, actions) - x
        return x + moved - 2 * np.pi * np.round(moved / (2 * np.pi))  # an angle may have been wrapped

    def seen(x: Matrix) -> Matrix:
        return np.array(task.observe(*x.astype(np.float32)), np.float64)

    def slopes(actions: Any) -> Matrix:
        return np.array([(after(x + d, actions) - after(x - d, actions)) / (2 * DELTA) for d in steps]).T

    x = np.array(rest, np.float64)
    steps = DELTA * np.eye(n)
    pushes = _pushes(task, trim, lambda actions: stepped(x, actions))
    a = np.mean([slopes(actions) for to, fro, _ in pushes for actions in (to, fro)], axis=0)
    b = np.array([(after(x, to) - after(x, fro)) / (2 * width) for to, fro, width in pushes]).T
    c = np.array([(seen(x + d) - seen(x - d)) / (2 * DELTA) for d in steps]).T
    return Linear(a, b, c)


def _pushes(task: Task, trim: tuple[float, ...], step: Callable[[Any], Matrix]) -> list[tuple[Any, Any, float]]:
    """Returns for each input the actions to and fro, and by which share of the greatest they are pushed."""
    strengths = conditions.strengths(task)
    if task.decision == "argmax" or len(task.actions) == 1:
        full = np.float32(strengths[0] if task.decision == "values" else 1.0)
        push = (asked(full, task), asked(-full, task), 1.0)
        if task.decision == "argmax" or np.abs(step(push[0]) - step(push[1])).max() < FAR:
            return [push]
    about = np.array(trim or (0.0,) * len(strengths))
    nudges = NUDGE * np.diag(strengths)
    return [(*((about + sign * nudge).astype(np.float32) for sign in (1, -1)), NUDGE) for nudge in nudges]


def riccati(a: Matrix, b: Matrix, q: Matrix, r: Matrix) -> Matrix:
    """Returns the feedback u = -k x that minimises the sum of x q x + u r u over all time.

    Raises:
        TaskError: there is none that is found: the plant cannot be kept there.
    """
    p = q.copy()
    for _ in range(MOST_ITERATIONS):
        k = np.linalg.solve(r + b.T @ p @ b, b.T @ p @ a)
        following = q + a.T @ p @ (a - b @ k)
        if np.abs(following).max() > HUGE:
            break
        if np.abs(following - p).max() <= 1e-10 * np.abs(following).max():
            return np.asarray(k)
        p = following
    raise TaskError("no linear feedback was found that keeps the plant at its point of rest")


def feedback(task: Task, rest: tuple[float, ...]) -> Matrix:
    """Returns the gain of each observation, for an action in the task's own unit, [observations]."""
    return np.asarray(feedbacks(task, rest)[0])


def feedbacks(task: Task, rest: tuple[float, ...], trim: tuple[float, ...] = ()) -> Matrix:
    """Returns the gain of each observation for each action in its own unit, [actions, observations]."""
    a, b, c = linearised(task, rest, trim)
    scaled = c / np.array(conditions.sizes(task))[:, np.newaxis]
    k = riccati(a, b, scaled.T @ scaled, np.eye(b.shape[1]))
    strengths = np.array(conditions.strengths(task)) if task.decision == "values" else np.ones(1)
    gains = -strengths[:, np.newaxis] * (k @ np.linalg.pinv(c))
    return np.where(np.abs(gains) > 1e-6 * np.abs(gains).max(), gains, 0.0)
