"""A task's ``observe`` and ``step`` in compiled code, on tuples of scalars or of blocks of lanes.

A kernel is compiled for the *plant* that it is called with: an object that carries no data, whose type for numba is
named after what the functions of the task say. Not after the class of the task's params: numba cannot tell two classes
of the same name and fields apart, so one task would run another's kernel; and a kernel on disk would name a class whose
module may be gone. Params come as a plain tuple.
"""

import hashlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numba.extending
import numpy as np
from numba.core import types
from numba.core.datamodel import models
from numba.extending import overload, register_jitable

from wann_rt.core.channel import Channel
from wann_rt.kernels.block import load, load_rows, spread_head, store_rows
from wann_rt.kernels.conditioning import action_function, observation_function
from wann_rt.kernels.jit import inlined

extending: Any = numba.extending
types_: Any = types
Channels = tuple[Channel, ...]

FOREIGN = ("builtins", "numba", "numpy", "wann_rt.core", "wann_rt.kernels")  # whose functions numba knows by itself


@dataclass(frozen=True)
class Plant:
    """The functions of a task, as kernels take them.

    Attributes:
        key: what distinguishes it: a digest of the source that its functions are compiled from.
        params: the NamedTuple class of its params.
        observe: see ``tasks.task.Task``.
        step: see ``tasks.task.Task``.
        state: a tuple as long as the state.
        inputs: a tuple as long as the actions.
        observations: their channels; how they are conditioned is compiled in.
        actions: their channels.
    """

    key: str
    params: type = field(compare=False)
    observe: Callable[..., Any] = field(compare=False)
    step: Callable[..., Any] = field(compare=False)
    state: tuple[np.float32, ...] = field(compare=False)
    inputs: tuple[np.float32, ...] = field(compare=False)
    observations: Channels = field(compare=False)
    actions: Channels = field(compare=False)


class PlantType(types_.Type):  # type: ignore[misc]
    """numba's type of a ``Plant``: holds nothing but text, so it can be read where the task is gone."""

    def __init__(self, key: str) -> None:
        self.plant_key = key
        super().__init__(f"Plant({key})")


extending.register_model(PlantType)(models.OpaqueModel)
extending.typeof_impl.register(Plant)(lambda plant, context: PlantType(plant.key))
extending.unbox(PlantType)(lambda _, value, c: extending.NativeValue(c.context.get_dummy_value()))

_plants: dict[str, Plant] = {}
_known: dict[tuple[Any, ...], Plant] = {}
_jitable: set[FunctionType] = set()


def plant_of(
    params: type,
    observe: Callable[..., Any],
    step: Callable[..., Any],
    observations: Channels = (),
    actions: Channels = (),
) -> Plant:
    """Returns what kernels take for a task with these functions.

    Args:
        params: the NamedTuple class of its params.
        observe: see ``tasks.task.Task``.
        step: see ``tasks.task.Task``.
        observations: their channels; none of them: as they are.
        actions: their channels.
    """
    functions = params, observe, step, observations, actions
    if functions not in _known:
        called = list(_called(observe, step))
        for function in called:
            if function not in _jitable:
                _jitable.add(function)
                register_jitable(function)
        n_state = len(inspect.signature(observe).parameters)
        n_actions = len(inspect.signature(step).parameters) - 1 - n_state
        zero, key = np.float32(0.0), _digest(params, called, (observations, actions))
        plant = Plant(key, params, observe, step, (zero,) * n_state, (zero,) * n_actions, observations, actions)
        _known[functions] = _plants[key] = plant
    return _known[functions]


def _called(*functions: Any) -> Iterator[FunctionType]:
    """Yields functions and all that they call by ``name`` or ``module.name``, but for what numba knows by itself."""
    waiting, seen = list(functions), set()
    while waiting:
        function = waiting.pop(0)
        if isinstance(function, FunctionType) and function not in seen and not _is_foreign(function):
            seen.add(function)
            yield function
            waiting += [value for _, value in _named(function)]


def _is_foreign(function: FunctionType) -> bool:
    return any(f"{function.__module__}.".startswith(f"{package}.") for package in FOREIGN)


def _named(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yields the names that a function's code looks up outside of itself, with their values."""
    names = function.__code__.co_names
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    values = [(name, function.__globals__.get(name)) for name in names] + [(n, c.cell_contents) for n, c in cells]
    for name, value in values:
        yield name, value
        if isinstance(value, ModuleType):
            yield from ((f"{name}.{member}", getattr(value, member, None)) for member in names)


def _digest(params: type, functions: list[FunctionType], sides: tuple[Channels, Channels]) -> str:
    """Returns a digest of what the functions are compiled from: their code, and the constants that it names."""
    digest = hashlib.sha256(repr((params.__name__, getattr(params, "_fields", ()))).encode())
    digest.update(repr([[(k, _numbers(c)) for k, c in enumerate(side) if not c.is_raw] for side in sides]).encode())
    for function in functions:
        constants = [(name, _constant(value)) for name, value in _named(function)]
        said = function.__module__, function.__qualname__, _code(function.__code__), constants, function.__defaults__
        digest.update(repr(said).encode())
    return digest.hexdigest()[:32]


def _numbers(channel: Channel) -> tuple[Any, ...]:
    """Returns what conditioning computes with: limits where it clips, offset, scale."""
    limits = (channel.low, channel.high) if channel.clip else None
    return limits, channel.offset, channel.scale


def _constant(value: Any) -> str:
    """Returns what a name stands for: a number's value, another's name."""
    numbers = (bool, int, float, np.generic, str, tuple, type(None))
    return repr(value) if isinstance(value, numbers) else str(getattr(value, "__qualname__", type(value).__name__))


def _code(code: CodeType) -> tuple[Any, ...]:
    """Returns what a function's code does, not where it stands."""
    constants = tuple(_code(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts)
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars


def load_state(width: Any, plant: Any, starts: Any) -> Any:
    """Returns the state, a tuple of blocks, in ``starts`` [variables, lanes]."""
    raise TypeError("load_state can be called from compiled code only")


def observe(plant: Any, state: Any) -> Any:
    """Returns the observations of a state, both tuples; compiled code only."""
    raise TypeError("observe can be called from compiled code only")


def condition_observations(width: Any, plant: Any, values: Any, row: int) -> None:
    """Conditions the observations in the rows of ``values`` from a row on as the channels say; compiled code only."""
    raise TypeError("condition_observations can be called from compiled code only")


def condition_actions(width: Any, plant: Any, values: Any, row: int) -> None:
    """Conditions the actions in the rows of ``values`` from a row on as the channels say; compiled code only."""
    raise TypeError("condition_actions can be called from compiled code only")


def step(width: Any, plant: Any, params: Any, state: Any, values: Any, row: int) -> Any:
    """Advances a state by the actions in the rows of ``values`` from a row on; compiled code only.

    Returns:
        The new state, the rewards and where it failed.
    """
    raise TypeError("step can be called from compiled code only")


@overload(load_state, strict=False)
def _load_state(width: Any, plant: Any, starts: Any) -> Callable[..., Any]:
    like = _plants[plant.plant_key].state
    return lambda width, plant, starts: load_rows(width, starts, 0, like)


@overload(observe, strict=False)
def _observe(plant: Any, state: Any) -> Callable[..., Any]:
    function = _plants[plant.plant_key].observe
    return lambda plant, state: function(*state)


@overload(condition_observations, strict=False)
def _condition_observations(width: Any, plant: Any, values: Any, row: int) -> Callable[..., Any]:
    return _for_rows(observation_function, _plants[plant.plant_key].observations)


@overload(condition_actions, strict=False)
def _condition_actions(width: Any, plant: Any, values: Any, row: int) -> Callable[..., Any]:
    return _for_rows(action_function, _plants[plant.plant_key].actions)


def _for_rows(function_of: Callable[[Channel], Callable[..., Any]], channels: Channels) -> Callable[..., Any]:
    """Returns what conditions the rows of those channels that are not raw."""
    apply = _to_rows([(k, function_of(channel)) for k, channel in enumerate(channels) if not channel.is_raw])

    def condition(width: Any, plant: Any, values: Any, row: int) -> None:
        apply(width, values, row)

    return condition


def _to_rows(functions: list[tuple[int, Callable[..., Any]]]) -> Callable[..., Any]:
    """Returns compiled code that applies each function to the row of that number, from a row on."""
    apply: Callable[..., Any] = inlined(lambda width, values, row: None)
    for k, function in functions:
        apply = inlined(_then_row(apply, k, function))
    return apply


def _then_row(before: Callable[..., Any], k: int, function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(width: Any, values: Any, row: int) -> None:
        before(width, values, row)
        store_rows(width, values, row + k, (function(load(width, values, row + k)),))

    return apply


@overload(step, strict=False)
def _step(width: Any, plant: Any, params: Any, state: Any, values: Any, row: int) -> Callable[..., Any]:
    known = _plants[plant.plant_key]
    named, function, variables, inputs = known.params, known.step, known.state, known.inputs

    def advance(width: Any, plant: Any, params: Any, state: Any, values: Any, row: int) -> Any:
        after = function(named(*params), *(state + load_rows(width, values, row, inputs)))
        return spread_head(width, after, variables), after[-2], after[-1]

    return advance
