"""A task under conditions: its ``start``, ``observe`` and ``step`` within what disturbs and prices them.

Only the conditions in use are part of a composition: what is not used costs neither state nor time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.arithmetic import ZERO
from wann_rt.core.random import Purpose, stream, uniforms
from wann_rt.tasks import conditions
from wann_rt.tasks.composed.layout import Draws, Layout, Plain
from wann_rt.tasks.composed.sensing import MODULUS
from wann_rt.tasks.composed.step import observe_of, step_of
from wann_rt.tasks.conditions import SPREAD
from wann_rt.tasks.task import Function, Start, Task

CLEAN = 0.1  # share of episodes without a map of their observations, as K. Lee and others have it (1910.05396)


def under(task: Task, values: Mapping[str, np.float32]) -> Task:
    """Returns a plain task under conditions, those of 0 left out; the task itself where none is left.

    Args:
        task: the plain task, with its params as they shall be.
        values: condition -> how strong.
    """
    used = {name: values[name] for name in conditions.names(task) if values.get(name, ZERO) != 0}
    if not used:
        return task
    late, old = (int(np.ceil(used.get(name, ZERO))) for name in ("delay", "observation_delay"))
    made = _composed(_plain(task), tuple(used), late, old)
    params = made.params(*task.params, *used.values())
    return replace(
        task, base=task, params=params, names=made.names, start=made.start, observe=made.observe, step=made.step,
        step_clips=True,
    )  # fmt: skip


class _Made(NamedTuple):
    """A composition, whatever the strengths of its conditions."""

    params: Any
    names: tuple[str, ...]
    start: Start
    observe: Function
    step: Function


@cache
def _composed(plain: Plain, used: tuple[str, ...], late: int, old: int) -> _Made:
    """Returns the composition of a plain task and the conditions in use; the same one for the same arguments."""
    fields: Any = [(name, np.float32) for name in (*plain.params._fields, *used)]
    layout = Layout(plain, used, late, old)
    start = _start_of(layout, tuple(_draws(plain, layout.draws)))
    return _Made(NamedTuple("Params", fields), layout.names, start, observe_of(layout), step_of(layout))


def _plain(task: Task) -> Plain:
    """Returns what a composition depends on of a task: not the values of its params."""
    tested = [name for name in conditions.tested(task) if name.endswith(SPREAD)]
    others = [name for param in task.params._fields if (name := f"{param}{SPREAD}") not in tested]
    return Plain(
        type(task.params), task.start, task.observe, task.step, task.variables, task.observations, task.actions,
        task.rate_hz, task.motor, tuple(tested), tuple(others), conditions.sizes(task), conditions.strengths(task),
    )  # fmt: skip


@dataclass(frozen=True)
class _Drawn:
    """One number of an episode's stream: which, and whether from [0, 1) instead of [-1, 1).

    ``spared_by`` is another number of it, which says for some episodes that this one is 0.
    """

    number: int
    positive: bool = False
    spared_by: int | None = None

    def of(self, values: NDArray[np.float64]) -> float:
        """Returns what is drawn."""
        value = float(values[self.number])
        if self.spared_by is not None and 0.5 * (values[self.spared_by] + 1.0) < CLEAN:
            return 0.0
        return 0.5 * (value + 1.0) if self.positive else value


def _draws(plain: Plain, names: tuple[str, ...]) -> list[_Drawn]:
    """Returns where in the stream each draw stands: the same for a draw whatever else is in use."""
    n, first = len(plain.observations), 2 * len(plain.observations) + len(plain.actions)
    tested, others = len(plain.tested), len(plain.others)
    numbers = {f"gain_{k}": _Drawn(k) for k in range(n)} | {f"offset_{k}": _Drawn(n + k) for k in range(n)}
    numbers |= {f"actuator_{k}": _Drawn(2 * n + k) for k in range(len(plain.actions))}
    numbers |= {name: _Drawn(first + k) for k, name in enumerate(plain.tested)}
    numbers |= {"late": _Drawn(first + tested, positive=True), "noise": _Drawn(first + tested + 1, positive=True)}
    numbers |= {name: _Drawn(first + tested + 2 + k) for k, name in enumerate(plain.others)}
    numbers["old"] = _Drawn(first + tested + 2 + others, positive=True)
    last = first + tested + 3 + others
    numbers |= {f"map_{k}_{j}": _Drawn(last + 1 + n * k + j, spared_by=last) for k in range(n) for j in range(n)}
    return [numbers[name] for name in names]


def _start_of(layout: Layout, drawn: tuple[_Drawn, ...]) -> Start:
    """Returns the function that gives the plain task's first state, exact readings of it, and the episode's draws."""
    plain, noise, begin = layout.plain, Draws.NOISE in layout.names, len(layout.plain.variables) + len(layout.readings)

    def start(seed: int) -> NDArray[np.float32]:
        state = np.zeros(len(layout.names), np.float32)
        first = plain.start(seed)
        state[: len(first)] = first
        with np.errstate(all="ignore"):
            seen = np.array(plain.observe(*first), np.float32)
        state[len(first) : begin] = seen[: len(layout.readings)]
        state[layout.old_lines[0] : layout.old_lines[1]] = np.tile(seen, layout.old)
        key = stream(seed, Purpose.DISTURBANCE)
        values = uniforms(key, 1 + max((d.number for d in drawn), default=0), -1.0, 1.0)
        for k, one in enumerate(drawn[: len(drawn) - noise]):
            state[begin + k] = one.of(values)
        if noise:
            state[-1] = _first_noise(values[drawn[-1].number])
        return state

    return start


def _first_noise(value: float) -> float:
    """Returns a residue around 0, but not 0, where the generator would stay for ever."""
    residue = np.floor(0.5 * (value + 1.0) * (float(MODULUS) - 1.0)) + 1.0
    return float(residue if 2 * residue < MODULUS else residue - float(MODULUS))
