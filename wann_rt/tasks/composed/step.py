"""``observe`` and ``step`` of a task under conditions, put together from closures over numbers and over each other.

No source is generated: numpy calls the closures, kernels and exporters trace them, as any task's functions. Each takes
the params and all values, which are the state variables and then the actions.
"""

from typing import Any

from wann_rt.core.arithmetic import Number
from wann_rt.tasks.composed.acting import asked_of, given_of, moved_of
from wann_rt.tasks.composed.layout import Layout
from wann_rt.tasks.composed.machine import machine_of
from wann_rt.tasks.composed.memory import remembered_of
from wann_rt.tasks.composed.pieces import taking
from wann_rt.tasks.composed.prices import charged_of
from wann_rt.tasks.composed.sensing import looked_of, noises_of, sensed_of
from wann_rt.tasks.task import Function


def observe_of(layout: Layout) -> Function:
    """Returns the readings of a state, or the plain task's observations where the sensors are exact."""
    plain, n = layout.plain.observe, len(layout.plain.variables)
    end = n + len(layout.readings)

    def exact(*v: Number) -> Any:
        return plain(*v[:n])

    def read(*v: Number) -> Any:
        return v[n:end]

    return read if layout.readings else exact


def step_of(layout: Layout) -> Function:
    """Returns the step: the plant of this episode, moved by what its actuators make of the actions; then sensors."""
    plain, n = layout.plain.step, len(layout.plain.variables)
    ask, move, give, machine = asked_of(layout), moved_of(layout), given_of(layout), machine_of(layout)
    look, noises, sense, charge = looked_of(layout), noises_of(layout), sensed_of(layout), charged_of(layout)
    keep, remember = taking(*layout.kept), remembered_of(layout)
    failed = n + 1

    def step(p: Any, *v: Number) -> Any:
        asked = ask(p, v, ())
        moved = move(p, v, asked)
        after = plain(machine(p, v), *(v[:n] + give(p, v, moved)))
        seen, drawn = look(after), noises(v)
        state = after[:n] + sense(p, v, seen + drawn) + keep(v) + remember(v, asked, seen, moved, drawn)
        return (*state, charge(p, v, asked, after[n]), after[failed])

    return step
