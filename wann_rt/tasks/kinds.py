"""Both kinds of tasks, compiled and played by an environment: what a search needs of either."""

from collections.abc import Mapping
from typing import Any

from wann_rt import tasks
from wann_rt.tasks import Task
from wann_rt.tasks.environment import EnvironmentTask, changed_options, with_options

AnyTask = Task | EnvironmentTask


def changes_of(task: AnyTask) -> Mapping[str, Any]:
    """Returns the params or options in which a task differs from the plain task of its name."""
    return changed_options(task) if isinstance(task, EnvironmentTask) else tasks.changes_of(task)


def identity(task: AnyTask) -> dict[str, Any]:
    """Returns what a task's scores depend on, as JSON values: two tasks with the same identity score alike."""
    known = {"task": task.name, "task_version": task.version, "task_params": dict(changes_of(task))}
    if isinstance(task, EnvironmentTask):
        known["environment"] = {"id": task.env_id, "kwargs": dict(task.kwargs), "engine": task.engine}
    return known


def judged(task: AnyTask) -> AnyTask:
    """Returns the task as scores are reported of it: episodes that stall are cut short in search and tuning only."""
    return with_options(task, stall_steps=0, stall_reward=0.0) if isinstance(task, EnvironmentTask) else task
