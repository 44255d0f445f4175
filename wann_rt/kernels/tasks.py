"""A task's ``observe`` and ``step`` in compiled code, on tuples of scalars or of blocks of lanes.

A kernel is compiled for the type of the params it is called with, and by that type it finds the task.
"""

import inspect
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy as np
from numba.extending import overload, register_jitable

from wann_rt.kernels.block import load_rows, spread_head

_OWN = ("wann_rt.tasks",)  # whose functions a task of somebody else may call


class Definition(NamedTuple):
    """A task's functions, and a tuple as long as its state and one as its actions."""

    observe: Callable[..., Any]
    step: Callable[..., Any]
    state: tuple[np.float32, ...]
    actions: tuple[np.float32, ...]


_definitions: dict[type, Definition] = {}
_jitable: set[FunctionType] = set()


def is_registered(params: type) -> bool:
    """Returns whether the kernels know the task whose params are of that type."""
    return params in _definitions


def register(params: type, observe: Callable[..., Any], step: Callable[..., Any]) -> None:
    """Makes a task known to the kernels.

    Args:
        params: the NamedTuple type of its params.
        observe: see ``tasks.task.Task``.
        step: see ``tasks.task.Task``.
    """
    roots = {_root(observe), _root(step), *_OWN}
    _make_jitable(observe, roots)
    _make_jitable(step, roots)
    n_state = len(inspect.signature(observe).parameters)
    n_actions = len(inspect.signature(step).parameters) - 1 - n_state
    zero = np.float32(0.0)
    _definitions[params] = Definition(observe, step, (zero,) * n_state, (zero,) * n_actions)


def _root(function: Any) -> str:
    """Returns the package that a function is from; of wann_rt's, the room."""
    parts = str(function.__module__).split(".")
    return ".".join(parts[: 2 if parts[0] == "wann_rt" else 1])


def _make_jitable(function: Any, roots: set[str]) -> None:
    """Lets kernels compile a function and those that it calls by ``name`` or ``module.name``, if it is theirs."""
    known = isinstance(function, FunctionType) and _root(function) in roots
    if not known or function in _jitable:
        return
    _jitable.add(function)
    register_jitable(function)
    names = function.__code__.co_names
    values = [function.__globals__.get(name) for name in names]
    members = [getattr(value, name, None) for value in values if isinstance(value, ModuleType) for name in names]
    for called in (*values, *members):
        _make_jitable(called, roots)


def load_state(width: Any, p: Any, starts: Any) -> Any:
    """Returns the state, a tuple of blocks, in ``starts`` [variables, lanes]."""
    raise TypeError("load_state can be called from compiled code only")


def observe(p: Any, state: Any) -> Any:
    """Returns the observations of a state, both tuples; compiled code only."""
    raise TypeError("observe can be called from compiled code only")


def step(width: Any, p: Any, state: Any, values: Any, row: int) -> Any:
    """Advances a state by the actions in the rows of ``values`` from a row on; compiled code only.

    Returns:
        The new state, the rewards and where it failed.
    """
    raise TypeError("step can be called from compiled code only")


@overload(load_state, strict=False)
def _load_state(width: Any, p: Any, starts: Any) -> Callable[..., Any]:
    like = _definitions[p.instance_class].state
    return lambda width, p, starts: load_rows(width, starts, 0, like)


@overload(observe, strict=False)
def _observe(p: Any, state: Any) -> Callable[..., Any]:
    function = _definitions[p.instance_class].observe
    return lambda p, state: function(*state)


@overload(step, strict=False)
def _step(width: Any, p: Any, state: Any, values: Any, row: int) -> Callable[..., Any]:
    _, function, variables, inputs = _definitions[p.instance_class]

    def advance(width: Any, p: Any, state: Any, values: Any, row: int) -> Any:
        after = function(p, *(state + load_rows(width, values, row, inputs)))
        return spread_head(width, after, variables), after[-2], after[-1]

    return advance
