"""Both kinds of tasks, compiled and played by an environment: what a search needs of either."""

from collections.abc import Mapping
from typing import Any

from wann_rt import tasks
from wann_rt.core.controller import Controller
from wann_rt.core.errors import TaskError
from wann_rt.tasks.environment.task import EnvironmentTask, changed_options, with_options
from wann_rt.tasks.task import Task

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


def check_fits(task: AnyTask, controller: Controller) -> None:
    """Raises TaskError unless the controller observes and acts through the task's own channels."""
    for side, mine, its in (
        ("observations", controller.observations, task.observations),
        ("actions", controller.actions, task.actions),
    ):
        if mine != its:
            names = [", ".join(channel.name for channel in channels) for channels in (its, mine)]
            raise TaskError(f"task {task.name} has the {side} {names[0]}; the controller was made for {names[1]}")
