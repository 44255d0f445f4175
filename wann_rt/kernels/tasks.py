"""A task's ``observe`` and ``step`` in compiled code, on tuples of scalars or of blocks of lanes.

The functions are not compiled as they are written but as they were traced (``traced``): what is compiled is what is
exported. A kernel is compiled for the *plant* that it is called with: an object that carries no data, whose type for
numba is named after all that the task computes. So an edited task has other kernels, one whose comments or names were
edited has the same ones, and a kernel on disk names no class of a module that may be gone. Params come as a tuple.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import numba.extending
import numpy as np
from numba.core import types
from numba.core.datamodel import models
from numba.extending import overload

from wann_rt.core.channel import Channel
from wann_rt.core.symbols import Symbol
from wann_rt.kernels.block import INLINE, spread_head
from wann_rt.kernels.conditioning import action_function, observation_function
from wann_rt.kernels.jit import inlined
from wann_rt.kernels.rows import load, load_rows, store_rows
from wann_rt.kernels.traced import compiled, said

extending: Any = numba.extending
OPTIONS: Any = INLINE  # numba's type hints want its own TypedDict
types_: Any = types
Channels = tuple[Channel, ...]


class Traced(NamedTuple):
    """A task's functions as expressions of named inputs.

    Attributes:
        params: names of its params.
        state: names of its state variables.
        actions: names of its actions.
        observations: what ``observe`` computes of the state.
        results: what ``step`` computes of all: the new state, the reward, and last the condition that ends an episode.
    """

    params: tuple[str, ...]
    state: tuple[str, ...]
    actions: tuple[str, ...]
    observations: tuple[Symbol, ...]
    results: tuple[Symbol, ...]


@dataclass(frozen=True)
class Plant:
    """The functions of a task, as kernels take them.

    Attributes:
        key: what distinguishes it: a digest of all that its functions compute.
        observe: compiled; width, no params, state -> observations.
        step: compiled; width, params, state and actions -> the new state, the reward, whether it failed.
        state: a tuple as long as the state.
        inputs: a tuple as long as the actions.
        observations: their channels; how they are conditioned is compiled in.
        actions: their channels.
    """

    key: str
    observe: Any = field(compare=False)
    step: Any = field(compare=False)
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


@cache
def plant_of(traced: Traced, observations: Channels = (), actions: Channels = ()) -> Plant:
    """Returns what kernels take for a task; the same one for the same computation.

    Args:
        traced: the task's functions.
        observations: their channels; none of them: as they are.
        actions: their channels.
    """
    key = _digest(traced, (observations, actions))
    if key not in _plants:
        zero, inputs = np.float32(0.0), (*traced.params, *traced.state, *traced.actions)
        observe, step = compiled(traced.observations, traced.state), compiled(traced.results, inputs, conditions=1)
        state, acted = (zero,) * len(traced.state), (zero,) * len(traced.actions)
        _plants[key] = Plant(key, observe, step, state, acted, observations, actions)
    return _plants[key]


def _digest(traced: Traced, sides: tuple[Channels, Channels]) -> str:
    """Returns a digest of what a plant computes: its expressions, and the conditioning of its channels."""
    conditioned = [[(k, _numbers(c)) for k, c in enumerate(side) if not c.is_raw] for side in sides]
    parts = traced[:3], said(traced.observations), said(traced.results), conditioned
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _numbers(channel: Channel) -> tuple[Any, ...]:
    """Returns what conditioning computes with: limits where it clips, offset, scale."""
    limits = (channel.low, channel.high) if channel.clip else None
    return limits, channel.offset, channel.scale


def load_state(width: Any, plant: Any, starts: Any) -> Any:
    """Returns the state, a tuple of blocks, in ``starts`` [variables, lanes]."""
    raise TypeError("load_state can be called from compiled code only")


def observe(width: Any, plant: Any, state: Any) -> Any:
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


@overload(load_state, strict=False, jit_options=OPTIONS)
def _load_state(width: Any, plant: Any, starts: Any) -> Callable[..., Any]:
    like = _plants[plant.plant_key].state
    return lambda width, plant, starts: load_rows(width, starts, 0, like)


@overload(observe, strict=False, jit_options=OPTIONS)
def _observe(width: Any, plant: Any, state: Any) -> Callable[..., Any]:
    function = _plants[plant.plant_key].observe
    return lambda width, plant, state: function(width, (), state)


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


@overload(step, strict=False, jit_options=OPTIONS)
def _step(width: Any, plant: Any, params: Any, state: Any, values: Any, row: int) -> Callable[..., Any]:
    known = _plants[plant.plant_key]
    function, variables, inputs = known.step, known.state, known.inputs

    def advance(width: Any, plant: Any, params: Any, state: Any, values: Any, row: int) -> Any:
        after = function(width, params, state + load_rows(width, values, row, inputs))
        return spread_head(width, after, variables), after[-2], after[-1]

    return advance
