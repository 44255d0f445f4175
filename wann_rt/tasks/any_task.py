"""Both kinds of tasks, compiled and played by an environment: what a search needs of either."""

from collections.abc import Mapping, Sequence
from typing import Any

from wann_rt import tasks
from wann_rt.core.controller import Channel, Controller
from wann_rt.core.errors import ConfigError, TaskError
from wann_rt.tasks import own
from wann_rt.tasks.dataset import mnist
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tasks.deriving import Derivations, seen_through
from wann_rt.tasks.environment.task import EnvironmentTask, changed_options, stated_channels, with_options
from wann_rt.tasks.observed import observed
from wann_rt.tasks.task import Task

AnyTask = Task | EnvironmentTask


# What searching and tuning took before a task was an argument, and where it belongs now.
_MOVED: Mapping[str, str] = {
    "env": "wr.environment(ID)",
    "env_kwargs": "wr.environment(ID, kwargs=...)",
    "channels": "wr.environment(ID, channels=...)",
    "backend": "wr.environment(ID, backend=...)",
    "address": "wr.environment(ID, address=...)",
    "step_timeout": "wr.environment(ID, step_timeout=...)",
    "task_params": "wr.task(NAME, PARAM=VALUE) or wr.environment(ID, OPTION=VALUE)",
}


def task(
    name: str, *, observe: Sequence[str] | None = None, derive: Derivations | None = None, **params: float
) -> Task:
    """Returns a compiled task: something to search, evaluate or tune on.

    Args:
        name: of the task, or an alias, e.g. "swingup"; ``wann-rt tasks`` lists them. Or where one of your own is
            defined, "my_plant.py:task" or "package.module:task": that code is run.
        observe: names of the observations that a controller sees, in order; by default all but those that are derived.
        derive: channels that it computes from these, with memory: name -> how, e.g.
            ``{"theta_dot": "rate_of:cos_theta/sin_theta,filter:0.5"}``; docs/memory.md has the kinds.
        **params: what differs from the task's own physical constants, penalties and disturbances, e.g.
            ``pole_length=0.9``.

    Raises:
        TaskError: the task or a param is unknown, or a value makes no sense; or code of yours cannot be played.
    """
    made = tasks.with_params(named(name), **params)
    return made if observe is None and not derive else seen_through(made, observe, derive or {})


def shipped(name: str) -> Task:
    """Returns the task of that name that comes with wann_rt, though its images may not.

    Raises:
        TaskError: there is none, or its images are not at hand.
    """
    return mnist.task() if name == mnist.NAME else tasks.get(name)


def named(name: str) -> Task:
    """Returns the task that a user names: a compiled one by its name, or what a file, a module or a package defines.

    Raises:
        TaskError: there is none, or it cannot be played.
    """
    if any(name in (known.name, *known.aliases) for known in tasks.TASKS) or name == mnist.NAME:
        return shipped(name)
    if own.is_own(name) or any(name == point.name for point in own.announced()):
        return own.load_task(name)
    try:
        return tasks.get(name)
    except TaskError as error:
        raise TaskError(f"{error}; one of your own is named FILE.py:NAME or MODULE:NAME") from None


def as_task(given: AnyTask | str) -> AnyTask:
    """Returns a task; of a text, the compiled task of that name.

    Raises:
        TaskError: it is unknown, or no task.
    """
    if isinstance(given, str):
        return task(given)
    if not isinstance(given, (Task, EnvironmentTask)):
        raise TaskError(
            f"{given!r} is no task: expected wr.task(NAME), wr.environment(ID), a wr.Task of your own, or the name of "
            "a compiled task"
        )
    return given


def refuse_moved(settings: Mapping[str, Any]) -> None:
    """Raises ConfigError where a setting is one that says which task is meant: a task is an argument now."""
    for name in settings:
        if name in _MOVED:
            raise ConfigError(f"there is no setting {name!r}: which task is meant is the task's to say: {_MOVED[name]}")


def changes_of(task: AnyTask) -> Mapping[str, Any]:
    """Returns the params or options in which a task differs from the plain task of its name."""
    return changed_options(task) if isinstance(task, EnvironmentTask) else tasks.changed_params(task)


def identity(task: AnyTask) -> dict[str, Any]:
    """Returns what a task's scores depend on, as JSON values: two tasks with the same identity score alike."""
    known = {"task": task.name, "task_version": task.version, "task_params": dict(changes_of(task))}
    if isinstance(task, Task) and own.source_of(task):
        known["task_source"] = own.source_of(task)
    if isinstance(task, DataTask):
        known["data"] = task.data.digest
    if isinstance(task, Task) and task.raw is not None:
        known["task_observed"] = _seen(task)
    if isinstance(task, EnvironmentTask):
        known["environment"] = {
            **{"id": task.env_id, "kwargs": dict(task.kwargs), "engine": task.engine},
            **({"source": task.source} if task.source else {}),
            **({"wrappers": list(task.wrappers)} if task.wrappers else {}),
            **({"channels": stated} if (stated := stated_channels(task)) else {}),
            **({"action_mask": True} if task.masked and task.params.action_mask else {}),
        }
        if task.whole:
            known["task_observed"] = _seen(task) | {"places": list(task.places)}
    return known


def _seen(task: AnyTask) -> dict[str, Any]:
    """Returns through what a task is seen, as JSON values."""
    derived = {one.name: {"kind": one.kind, "of": list(one.of), **one.settings} for one in task.derived}
    return {"observations": [channel.name for channel in task.sensors], **({"derived": derived} if derived else {})}


# What a file says of the task that it was searched on.
ORIGIN = ("task", "task_version", "task_params", "task_source", "task_given", "task_observed", "data", "environment")


def origin(task: AnyTask) -> dict[str, Any]:
    """Returns what files say of the task that a controller was searched on: its identity, and how the user named it."""
    given = {"task_given": task.given} if isinstance(task, Task) and task.given else {}
    return {key: value for key, value in identity(task).items() if value != {}} | given


def held_out(task: AnyTask) -> AnyTask:
    """Returns the task on which something is chosen: of a data set, its validation samples."""
    return task.on("validation") if isinstance(task, DataTask) else task


def available(task: AnyTask, episodes: int) -> int:
    """Returns how many episodes there are, of so many: a data set has no more than its samples."""
    return min(episodes, task.size) if isinstance(task, DataTask) else episodes


def judged(task: AnyTask) -> AnyTask:
    """Returns the task as scores are reported of it.

    Episodes that stall are cut short in search and tuning only; a data set is judged by its test samples.
    """
    if isinstance(task, DataTask):
        return task.judged()
    return with_options(task, stall_steps=0, stall_reward=0.0) if isinstance(task, EnvironmentTask) else task


def check_fits(task: AnyTask, controller: Controller) -> None:
    """Raises TaskError unless the controller observes and acts through the task's own channels."""
    for side, mine, its in (
        ("observations", controller.inputs, task.observations),
        ("actions", controller.outputs, task.actions),
    ):
        if mine != its:
            names = [", ".join(channel.name for channel in channels) for channels in (its, mine)]
            others = f"{names[1]}, of the same names, but of other units, ranges or scales"
            made_for = others if names[0] == names[1] else names[1]
            raise TaskError(f"task {task.name} has the {side} {names[0]}; the controller was made for {made_for}")
    if task.derived != controller.derived:
        told = ["; ".join(f"{d.name}: {d.told}" for d in its) or "none" for its in (task.derived, controller.derived)]
        raise TaskError(f"task {task.name} has the derived channels {told[0]}; the controller was made for {told[1]}")


def sides_of(task: AnyTask) -> tuple[tuple[Channel, ...], tuple[Channel, ...]]:
    """Returns what a controller of the task is fed, and its actions."""
    return task.sensors, task.acts


def more_of(task: AnyTask) -> dict[str, Any]:
    """Returns what else of a task is part of its controllers: the decision, and what is derived."""
    return {"decision": task.decision, "derived": task.derived}


def seen_as_by(task: Task, controller: Controller) -> Task:
    """Returns a compiled task, seen through the channels of a controller that has derived ones or was fed with some.

    Raises:
        TaskError: it does not observe what the controller is fed.
    """
    is_seen = task.raw is not None or not (controller.derived or "task_observed" in controller.provenance)
    return (
        task if is_seen else observed(task, [channel.name for channel in controller.observations], controller.derived)
    )
