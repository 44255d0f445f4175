"""The compiled tasks, one file and one table row each."""

from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np

from wann_rt.core.errors import TaskError
from wann_rt.core.guess import near
from wann_rt.core.strict_json import shown
from wann_rt.tasks.compiled import (
    acrobot,
    cartpole,
    cartpole_swingup,
    disturbed_swingup,
    mountain_car,
    penalised_swingup,
    pendulum,
)
from wann_rt.tasks.task import Task


def _row(module: ModuleType, **row: Any) -> Task:
    """Returns the task that a module defines; ``row`` says what the module does not."""
    return Task(
        observations=module.OBSERVATIONS,
        actions=module.ACTIONS,
        max_steps=module.MAX_STEPS,
        params=module.Params(),
        start=module.start,
        observe=module.observe,
        step=module.step,
        **row,
    )


TASKS: tuple[Task, ...] = (
    _row(
        cartpole_swingup,
        name="cartpole-swingup",
        aliases=("swingup", "swing"),
        title="swing a hanging pole up by moving its cart, and balance it",
        version=1,
        env_id="wann_rt/CartPoleSwingUp-v0",
        rate_hz=100.0,
        step_clips=True,
    ),
    _row(
        pendulum,
        name="pendulum",
        aliases=(),
        title="swing a pendulum up with a weak motor, and hold it (Gymnasium's Pendulum-v1)",
        version=1,
        env_id="wann_rt/Pendulum-v0",
        rate_hz=20.0,
    ),
    _row(
        mountain_car,
        name="mountain-car-continuous",
        aliases=("mountain-car",),
        title="rock a weak car out of a valley (Gymnasium's MountainCarContinuous-v0)",
        version=1,
        env_id="wann_rt/MountainCarContinuous-v0",
        rate_hz=30.0,  # Gymnasium's drawing rate; the plant's own unit of time is the step
        step_clips=True,
    ),
    _row(
        cartpole,
        name="cartpole",
        aliases=("cart-pole",),
        title="balance a pole by pushing its cart left or right (Gymnasium's CartPole-v1)",
        version=1,
        env_id="wann_rt/CartPole-v0",
        rate_hz=50.0,
        decision="argmax",
    ),
    _row(
        acrobot,
        name="acrobot",
        aliases=(),
        title="swing the tip of a two-link arm up by a motor at its elbow (Gymnasium's Acrobot-v1)",
        version=1,
        env_id="wann_rt/Acrobot-v0",
        rate_hz=5.0,
        decision="argmax",
    ),
)


def _variant(module: ModuleType) -> Task:
    """Returns the swing-up with the params, state and functions of another module."""
    functions = {"start": module.start, "observe": module.observe, "step": module.step}
    return replace(TASKS[0], params=module.Params(), **functions)


# A task's variants with more params, smallest first: used only where these are not 0; see ``with_params``.
VARIANTS: Mapping[str, tuple[Task, ...]] = {
    "cartpole-swingup": (_variant(penalised_swingup), _variant(disturbed_swingup)),
}
LARGEST = float(np.finfo(np.float32).max)
# The greatest value of a param, where there is one.
LIMITS: Mapping[str, float] = disturbed_swingup.LIMITS
# By task: the disturbances that ``robustness`` tests, and how strong.
DISTURBANCES: Mapping[str, Mapping[str, float]] = {"cartpole-swingup": disturbed_swingup.TESTED}


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
    """Returns the task with other physical constants, penalties or disturbances, e.g. ``effort_penalty=0.1``.

    Without changes, or with penalties and disturbances of 0, it is the plain task and scores the same bits.

    Raises:
        TaskError: an unknown param, or a value that is not a finite number (or not positive, where it must be).
    """
    forms = _forms(task)
    merged = forms[-1].params._asdict() | task.params._asdict()
    for name, value in changes.items():
        merged[name] = _param(task, name, value, merged)
    needed = {name for name in set(merged) - set(forms[0].params._fields) if merged[name] != 0}
    smallest = next(form for form in forms if needed <= set(form.params._fields))
    return replace(smallest, params=smallest.params._make(merged[name] for name in smallest.params._fields))


def changed_params(task: Task) -> dict[str, float]:
    """Returns the params in which a task differs from the plain task of its name; empty for the plain one."""
    plain = _forms(task)[0].params._asdict()
    return {name: float(str(value)) for name, value in task.params._asdict().items() if value != plain.get(name, 0.0)}


def _forms(task: Task) -> tuple[Task, ...]:
    """Returns the plain task and its variants with more params, smallest first; of a user's own task, that alone."""
    forms = tuple(form for form in TASKS if form.name == task.name)
    forms += VARIANTS.get(task.name, ()) if forms else ()
    if any(type(task.params) is type(form.params) for form in forms):
        return forms
    plain = getattr(type(task.params), "_field_defaults", {})
    return (replace(task, params=task.params._replace(**plain)),)


def _param(task: Task, name: str, value: Any, known: Mapping[str, Any]) -> np.float32:
    """Returns a param's value as float32, or raises TaskError."""
    if name not in known:
        raise TaskError(f"task {task.name} has no param {name!r}; params: {', '.join(known)}{near(name, known)}")
    is_number = isinstance(value, (int, float, np.floating, np.integer)) and not isinstance(value, bool)
    if not is_number or not abs(value) <= LARGEST:  # nor is it NaN
        raise TaskError(f"task {task.name}: {name} is {shown(value)}; expected a finite number that float32 can hold")
    if value < 0:
        raise TaskError(f"task {task.name}: {name} is {value!r}; expected a number of at least 0")
    if value > LIMITS.get(name, np.inf):
        raise TaskError(f"task {task.name}: {name} is {value!r}; expected a number of at most {LIMITS[name]:g}")
    return np.float32(value)
