"""A compiled task seen through some of its sensors and through channels that are derived from them.

The derived channels are those of ``core.memory``, composed around the task's ``observe`` and ``step`` from closures, as
conditions are: their values and what they remember become state variables, reset where an episode starts. So kernels,
numpy and exporters see a task like any other, and a task that nobody asks for this keeps its own functions.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.arithmetic import Number, clip
from wann_rt.core.channel import Channel
from wann_rt.core.derived import Derived
from wann_rt.core.errors import TaskError
from wann_rt.core.memory import Memory, feeds_of
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tasks.seen import places_of
from wann_rt.tasks.task import Function, Start, Task


def observed(task: Task, names: Sequence[str] | None, derived: Sequence[Derived] = ()) -> Task:
    """Returns a task of which a controller sees some observations, and channels derived from these.

    Args:
        task: the task, under whatever conditions; what it was seen through before is forgotten.
        names: of the observations that stay, in order; None: all.
        derived: what is computed from them, see ``core.derived``.

    Raises:
        TaskError: there is no observation of that name, none is left, or one is named twice.
        ControllerError: a derived channel does not fit the others.
    """
    plain = task.raw or task
    if isinstance(task, DataTask):
        raise TaskError(f"task {task.name} is a data set, whose rows are no sequence: nothing can be derived from them")
    known = [channel.name for channel in plain.observations]
    chosen = tuple(known if names is None else names)
    places = places_of(f"task {plain.name}", plain.observations, chosen)
    if list(chosen) == known and not derived:
        return plain
    memory = Memory(tuple(derived), chosen, tuple(channel.name for channel in plain.actions), plain.rate_hz)
    limits = plain.actions if plain.step_clips else ()
    made = _composed(plain.start, plain.observe, plain.step, plain.variables, places, memory, limits)
    channels = (*(plain.observations[k] for k in places), *(one.channel for one in derived))
    return replace(
        plain, observations=channels, actions=(*plain.actions, *feeds_of(derived)), sizes=(), names=made.names,
        start=made.start, observe=made.observe, step=made.step, derived=tuple(derived), raw=plain,
        base=plain.base or plain,
    )  # fmt: skip


class _Made(NamedTuple):
    """A composition."""

    names: tuple[str, ...]
    start: Start
    observe: Function
    step: Function


@cache
def _composed(
    start: Start,
    observe: Function,
    step: Function,
    variables: tuple[str, ...],
    places: tuple[int, ...],
    memory: Memory,
    limits: tuple[Channel, ...],
) -> _Made:
    """Returns the composition: the plain state, the derived values of this step, and what is remembered.

    Args:
        start: of the plain task, as the two after it.
        observe: see ``start``.
        step: see ``start``.
        variables: names of its state variables.
        places: of the observations that stay.
        memory: the derived channels.
        limits: channels of the actions where the step limits them itself, so that they come without; else none.
    """
    n, values_end = len(variables), len(variables) + len(memory.derived)
    end = values_end + memory.size

    def read(state: Sequence[Number]) -> tuple[Number, ...]:
        seen = observe(*state)
        return tuple(seen[k] for k in places)

    def started(seed: int) -> NDArray[np.float32]:
        first = start(seed)
        with np.errstate(all="ignore"):
            values, after = memory.advance(tuple(memory.start()), read(tuple(first)))
        return np.array([*first, *values, *after], np.float32)

    def observing(*v: Number) -> Any:
        return (*read(v[:n]), *v[n:values_end])

    def stepping(p: Any, *v: Number) -> Any:
        done, feeds = v[end : end + len(memory.actions)], v[end + len(memory.actions) :]
        *after, reward, failed = step(p, *v[:n], *done)
        acted = memory.remember(v[values_end:end], (*limited(limits, done), *feeds))
        values, remembered = memory.advance(acted, read(after))
        return (*after, *values, *remembered, reward, failed)

    names = (*variables, *(f"derived_{one.name}" for one in memory.derived), *(f"kept_{name}" for name in memory.names))
    return _Made(names, started, observing, stepping)


def limited(limits: tuple[Channel, ...], actions: tuple[Number, ...]) -> tuple[Number, ...]:
    """Returns the actions as a controller gives them."""
    if not limits:
        return actions
    return tuple(
        clip(x, np.float32(c.low), np.float32(c.high), c.neutral) if c.clip else x
        for c, x in zip(limits, actions, strict=True)
    )
