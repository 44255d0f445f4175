"""The linear-quadratic regulator about a task's point of rest, from the plant that is simulated.

The plant is linearised by central differences, in float32 because its sine and cosine are defined there alone: the
step of a difference is wide enough for their rounding. Actions enter by the difference between full action to and fro,
which is exact where the plant is affine in them, and defined where only the greatest output counts. The weights follow
Bryson's rule: each reading and the action cost 1 at their typical size (A. Bryson and Y.-C. Ho, "Applied optimal
control", 1975). The discrete algebraic Riccati equation is solved by iterating the recursion of the finite horizon.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import TaskError
from wann_rt.rivals.law import asked
from wann_rt.tasks import conditions
from wann_rt.tasks.task import Task

Matrix = NDArray[np.float64]
DELTA = 0.03  # of each state variable
MOST_ITERATIONS = 100_000
HUGE = 1e100


class Linear(NamedTuple):
    """A plant near a state x: its change is a x + b u, and what is observed of it changes as c x."""

    a: Matrix
    b: Matrix
    c: Matrix


def linearised(task: Task, rest: tuple[float, ...]) -> Linear:
    """Returns the plant near a state in which it stays by itself; u is the action in shares of the greatest."""
    strength = conditions.strengths(task)[0] if task.decision == "values" else 1.0
    n = len(rest)

    def after(x: Matrix, u: float) -> Matrix:
        actions: Any = asked(np.float32(u * strength), task)
        with np.errstate(all="ignore"):
            moved = np.array(task.step(task.params, *x.astype(np.float32), *actions)[:n], np.float64) - x
        return x + moved - 2 * np.pi * np.round(moved / (2 * np.pi))  # an angle may have been wrapped

    def seen(x: Matrix) -> Matrix:
        return np.array(task.observe(*x.astype(np.float32)), np.float64)

    x = np.array(rest, np.float64)
    steps = DELTA * np.eye(n)
    to, fro = (np.array([(after(x + d, u) - after(x - d, u)) / (2 * DELTA) for d in steps]).T for u in (1.0, -1.0))
    b = (after(x, 1.0) - after(x, -1.0)) / 2
    c = np.array([(seen(x + d) - seen(x - d)) / (2 * DELTA) for d in steps]).T
    return Linear((to + fro) / 2, b[:, np.newaxis], c)


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
    a, b, c = linearised(task, rest)
    scaled = c / np.array(conditions.sizes(task))[:, np.newaxis]
    k = riccati(a, b, scaled.T @ scaled, np.eye(1))
    strength = conditions.strengths(task)[0] if task.decision == "values" else 1.0
    gains = -strength * (k @ np.linalg.pinv(c))[0]
    return np.where(np.abs(gains) > 1e-6 * np.abs(gains).max(), gains, 0.0)
