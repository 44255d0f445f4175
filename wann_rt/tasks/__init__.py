"""The compiled tasks, one file and one row of ``rows.TASKS`` each: found by their names, and with other params."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from wann_rt.core.errors import TaskError
from wann_rt.core.guess import near
from wann_rt.core.strict_json import shown
from wann_rt.tasks import conditions
from wann_rt.tasks.composed.task import under
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tasks.divided import refuse_division
from wann_rt.tasks.observed import observed
from wann_rt.tasks.rows import TASKS as TASKS
from wann_rt.tasks.task import Task

LARGEST = float(np.finfo(np.float32).max)


def get(name: str) -> Task:
    """Returns the task of that name or alias, or raises TaskError naming the known ones."""
    for task in TASKS:
        if name in (task.name, *task.aliases):
            return task
    names = [known for task in TASKS for known in (task.name, *task.aliases)]
    raise TaskError(
        f"there is no task {name!r}; known tasks: {', '.join(task.name for task in TASKS)}{near(name, names)}"
    )


def with_params(task: Task, **changes: float) -> Task:
    """Returns the task with other physical constants, prices or disturbances, e.g. ``effort_penalty=0.1``.

    Without changes, or with conditions of 0, it is the plain task and scores the same bits.

    Raises:
        TaskError: an unknown param, or a value that is not a finite number (or out of the range that makes sense).
    """
    if isinstance(task, DataTask):
        if changes:
            raise TaskError(f"task {task.name} is a data set, which has no param {min(changes)!r}, nor any other")
        return task
    if task.raw is not None:
        return observed(with_params(task.raw, **changes), [channel.name for channel in task.sensors], task.derived)
    plain = task.base or task
    calm = dict.fromkeys(conditions.names(plain), np.float32(0.0))
    values = plain.params._asdict() | calm | task.params._asdict()
    for name, value in changes.items():
        values[name] = _param(plain, name, value, values)
    changed = replace(plain, params=plain.params._make(values[name] for name in plain.params._fields))
    refuse_division(changed, plain, changes)
    return under(changed, values)


def changed_params(task: Task) -> dict[str, float]:
    """Returns the params in which a task differs from the plain task of its name; empty for the plain one."""
    plain = _usual(task.base or task)
    return {name: float(str(value)) for name, value in task.params._asdict().items() if value != plain.get(name, 0.0)}


def conditions_of(task: Task) -> dict[str, float]:
    """Returns the conditions that a task is played under, disturbances and prices, and how strong each is."""
    known = conditions.names(task.base or task)
    return {name: value for name, value in changed_params(task).items() if name in known}


def without_conditions(task: Task, names: Iterable[str]) -> Task:
    """Returns a task without conditions that it is played under; the others and the params of the plant stay."""
    return with_params(task, **dict.fromkeys(names, 0.0))


def _usual(plain: Task) -> Mapping[str, Any]:
    """Returns the params that a plain task has where nobody changes them; none for a param without such a value."""
    for known in TASKS:
        if known.name == plain.name and type(known.params) is type(plain.params):
            return dict(known.params._asdict())
    return dict(getattr(type(plain.params), "_field_defaults", {}))


def _param(task: Task, name: str, value: Any, known: Mapping[str, Any]) -> np.float32:
    """Returns a param's value as float32, or raises TaskError."""
    if name not in known:
        raise TaskError(f"task {task.name} has no param {name!r}; params: {', '.join(known)}{near(name, known)}")
    is_number = isinstance(value, (int, float, np.floating, np.integer)) and not isinstance(value, bool)
    if not is_number or not abs(value) <= LARGEST:  # nor is it NaN
        raise TaskError(f"task {task.name}: {name} is {shown(value)}; expected a finite number that float32 can hold")
    if value < 0 and (name not in task.params._fields or task.params._asdict()[name] >= 0):
        raise TaskError(f"task {task.name}: {name} is {value!r}; expected a number of at least 0")
    most = np.inf if name in task.params._fields else conditions.limit(task, name)
    if value > most:
        raise TaskError(f"task {task.name}: {name} is {value!r}; expected a number of at most {most:g}")
    return np.float32(value)
