"""A task's functions as expressions: what the kernels compile, and what exporters print in their own way."""

from functools import cache
from typing import Any

from wann_rt.core.errors import TaskError
from wann_rt.core.symbols import lift_condition
from wann_rt.kernels.tasks import Traced
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tasks.probe import Probe
from wann_rt.tasks.task import Function, Task


def traced(task: Task) -> Traced:
    """Returns the functions of a task as expressions.

    Raises:
        TaskError: the task is a data set.
        Exception: whatever they raise where they use a number as no primitive does; see ``probe`` and ``trial``.
    """
    if isinstance(task, DataTask):
        raise TaskError(f"task {task.name} is a data set: it has no dynamics that could be exported or disturbed")
    params: Any = type(task.params)
    return _traced(params, task.observe, task.step, len(task.variables), len(task.actions))


@cache
def _traced(params: Any, observe: Function, step: Function, n_state: int, n_actions: int) -> Traced:
    sizes = {"p": len(params._fields), "s": n_state, "a": n_actions}
    names = [tuple(f"{letter}{k}" for k in range(n)) for letter, n in sizes.items()]
    p, state, actions = (tuple(Probe("input", name=name) for name in side) for side in names)
    *after, failed = step(params(*p), *state, *actions)
    observed = tuple(map(Probe.lifted, observe(*state)))
    return Traced(names[0], names[1], names[2], observed, (*map(Probe.lifted, after), lift_condition(failed)))
