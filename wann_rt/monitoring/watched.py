"""A task whose return is how far from usual an episode went: so the lane kernel calibrates a monitor.

The monitor is composed around the task's ``observe`` and ``step`` from closures, as conditions are: what it remembers
becomes state variables. The reward of a step is by how much the greatest *excess* has grown, so an episode's return is
the greatest excess: a monitor with this many times its thresholds would just not have raised an alarm.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.arithmetic import ZERO, Number, maximum, minimum
from wann_rt.core.derived import LARGEST
from wann_rt.core.levels import Level, Mean
from wann_rt.core.monitor import Monitor
from wann_rt.tasks.observed import limited
from wann_rt.tasks.task import Task

f32 = np.float32


def shares(
    levels: Sequence[Level | Mean], scores: Sequence[Number], means: Sequence[Number]
) -> tuple[list[Number], list[Number]]:
    """Returns which share of its threshold each level has reached, and the means after the step.

    Args:
        levels: of the monitor.
        scores: the last worst ones, the newest first.
        means: those before the step, one for each level that is a mean.
    """
    reached: list[Number] = []
    after: list[Number] = []
    old = iter(means)
    for level in levels:
        if isinstance(level, Mean):
            _, line = level.advance(scores[0], (next(old),))
            after += line
        else:
            line = (_kth(scores[: level.of], level.hits),)
        reached.append(line[0] * f32(1.0 / level.above))
    return reached, after


def _kth(values: Sequence[Number], k: int) -> Number:
    """Returns the k-th greatest value."""
    least = len(values) - k + 1  # the smaller side is kept in order
    pick, other, count, worst = (maximum, minimum, k, ZERO) if k <= least else (minimum, maximum, least, LARGEST)
    best: list[Number] = [worst] * count
    for value in values:
        for at in range(count):
            best[at], value = pick(best[at], value), other(best[at], value)
    return best[-1]


def watched(task: Task, monitor: Monitor) -> Task:
    """Returns a task whose return is the greatest excess of an episode.

    The first reading is no part of it: in a task under conditions it is exact, which none of a robot is.

    Args:
        task: machines that differ; its first observations are those that the monitor is given.
        monitor: the monitor.
    """
    n, size = len(task.variables), len(monitor.judge_names)
    longest = max([1, *(level.of for level in monitor.levels if isinstance(level, Level))])
    n_means = sum(isinstance(level, Mean) for level in monitor.levels)
    limits, n_acts = task.acts if task.step_clips else (), len(task.acts)
    observe, step, start = task.observe, task.step, task.start
    own = (*monitor.judge_names, *map(str, range(longest - 1)), *(f"mean_{k}" for k in range(n_means)), "most")
    names = [f"watched_{name}" for name in own]
    places = (n, n + size, n + size + longest - 1, n + size + longest - 1 + n_means)

    def started(seed: int) -> NDArray[np.float32]:
        return np.concatenate([start(seed), np.zeros(len(names), np.float32)]).astype(np.float32)

    def observing(*v: Number) -> Any:
        return observe(*v[:n])

    def stepping(p: Any, *v: Number) -> Any:
        kept, line, means, (greatest, *_) = (v[i:j] for i, j in zip(places, (*places[1:], None), strict=True))
        actions = v[n + len(names) :]
        *after, _, failed = step(p, *v[:n], *actions)
        read = observe(*after)[: monitor.observations]
        judged = monitor.judge(kept, read, limited(limits, actions[:n_acts]))
        scores = (judged.worst, *line)
        reached, later = shares(monitor.levels, scores, means)
        most = reduce(maximum, reached, greatest)
        return (*after, *judged.remembered, *scores[: longest - 1], *later, most, most - greatest, failed)

    return replace(
        task, names=(*task.variables, *names), start=started, observe=observing, step=stepping, base=task.base or task
    )
