"""A task's ``observe`` and ``step``, as compiled loops over lanes: derived here, so that a task states them once.

A kernel is compiled for the type of the params it is called with, and by that type it finds the task.
"""

import inspect
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy as np
from numba.core import types
from numba.cpython.unsafe.tuple import tuple_setitem
from numba.extending import intrinsic, overload, register_jitable

set_item: Any = tuple_setitem  # typed as a function of one argument more
TASKS = "wann_rt.tasks."


class Definition(NamedTuple):
    """A task's functions, and as many float32 zeros as it has state variables and as it has actions."""

    observe: Callable[..., Any]
    step: Callable[..., Any]
    state: tuple[np.float32, ...]
    actions: tuple[np.float32, ...]


_definitions: dict[type, Definition] = {}
_jitable: set[FunctionType] = set()


def register(params: type, observe: Callable[..., Any], step: Callable[..., Any]) -> None:
    """Makes a task known to the kernels.

    Args:
        params: the NamedTuple type of its params.
        observe: see ``tasks.Task``.
        step: see ``tasks.Task``.
    """
    _make_jitable(observe)
    _make_jitable(step)
    n_state = len(inspect.signature(observe).parameters)
    n_actions = len(inspect.signature(step).parameters) - 1 - n_state
    zero = np.float32(0.0)
    _definitions[params] = Definition(observe, step, (zero,) * n_state, (zero,) * n_actions)


def _make_jitable(function: Any) -> None:
    """Lets kernels compile a function and those of the tasks package that it calls, by ``name`` or ``module.name``."""
    known = isinstance(function, FunctionType) and function.__module__.startswith(TASKS)
    if not known or function in _jitable:
        return
    _jitable.add(function)
    register_jitable(function)
    names = function.__code__.co_names
    values = [function.__globals__.get(name) for name in names]
    members = [getattr(value, name, None) for value in values if isinstance(value, ModuleType) for name in names]
    for called in (*values, *members):
        _make_jitable(called)


def observe_lanes(p: Any, state: Any, values: Any) -> None:
    """Writes the observations of ``state`` [variables, lanes] into ``values``, from row 1 on; compiled code only."""
    raise TypeError("observe_lanes can be called from compiled code only")


def step_lanes(p: Any, state: Any, actions: Any, rewards: Any, failed: Any) -> None:
    """Advances ``state`` with ``actions`` [actions, lanes], writes rewards and failures [lanes]; compiled code only."""
    raise TypeError("step_lanes can be called from compiled code only")


@overload(observe_lanes, strict=False)
def _observe_lanes(p: Any, state: Any, values: Any) -> Callable[..., None]:
    observe, _, variables, _ = _definitions[p.instance_class]

    def lanes(p: Any, state: Any, values: Any) -> None:
        for i in range(state.shape[1]):
            observations = observe(*column(state, i, variables))
            for k in range(len(observations)):
                values[1 + k, i] = observations[k]

    return lanes


@overload(step_lanes, strict=False)
def _step_lanes(p: Any, state: Any, actions: Any, rewards: Any, failed: Any) -> Callable[..., None]:
    _, step, variables, inputs = _definitions[p.instance_class]

    def lanes(p: Any, state: Any, actions: Any, rewards: Any, failed: Any) -> None:
        for i in range(state.shape[1]):
            after = step(p, *(column(state, i, variables) + column(actions, i, inputs)))
            for k in range(len(variables)):
                state[k, i] = head(after, variables)[k]
            rewards[i], failed[i] = after[-2], after[-1]

    return lanes


@register_jitable
def column(rows: Any, i: int, like: Any) -> Any:
    """Returns column i of the first rows as a tuple as long as ``like``; LLVM unrolls the loop."""
    for k in range(len(like)):
        like = set_item(like, k, rows[k, i])
    return like


def _head(context: Any, values: Any, like: Any) -> Any:
    """Returns the first values, as many as ``like`` has: a slice whose end is known to the compiler."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        items = [builder.extract_value(arguments[0], k) for k in range(len(like))]
        return context.make_tuple(builder, signature.return_type, items)

    result: Any = types.UniTuple
    return result(types.float32, len(like))(values, like), lower


head: Any = intrinsic(_head)
