"""Machines that differ: the task under the spread on which a monitor is calibrated, and episodes of it with faults.

Without a spread a one-step residual is exactly 0 and any monitor looks perfect.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.errors import TaskError
from wann_rt.core.reference import forward
from wann_rt.monitoring.faults import Broken, Fault
from wann_rt.tasks import conditions
from wann_rt.tasks.composed.task import under
from wann_rt.tasks.task import Task

Floats = NDArray[np.float32]
SENSORS: Mapping[str, float] = {"observation_gain": 0.02, "observation_offset": 0.01, "observation_noise": 0.005}
ACTUATOR, PARAM, FRICTION = 0.05, 0.05, 0.5
CERTAIN = (*conditions.CERTAIN, "track", "limit", "max_speed", "goal")  # what is no matter of making a machine
LATE = 8  # readings that a delayed sensor may need


def usual_spread(task: Task) -> dict[str, float]:
    """Returns how machines of a task differ by default: condition -> how strong."""
    spread = {name: value for name, value in SENSORS.items() if name in conditions.names(task)}
    if task.motor or "actuator_gain" not in conditions.names(task):
        spread |= {f"{task.motor}_spread": ACTUATOR} if task.motor else {}
    else:
        spread["actuator_gain"] = ACTUATOR
    for param in task.params._fields:
        if not param.startswith(CERTAIN) and param != task.motor and param not in conditions.names(task):
            spread[f"{param}_spread"] = FRICTION if "friction" in param else PARAM
    return spread


def motor_of(task: Task) -> str | None:
    """Returns the condition by which motors differ in strength, if a task has one."""
    name = f"{task.motor}_spread" if task.motor else "actuator_gain"
    return name if name in conditions.names(task) else None


def machines(task: Task, spread: Mapping[str, float] | None = None) -> Task:
    """Returns a task whose episodes are played by machines that differ.

    Args:
        task: a plain compiled task.
        spread: what differs from ``usual_spread``.

    Raises:
        TaskError: there is no such condition, or more of it is asked for than makes sense.
    """
    usual = usual_spread(task) | dict(spread or {})
    unknown = [name for name in usual if name not in conditions.names(task)]
    if unknown:
        raise TaskError(
            f"task {task.name} has no condition {unknown[0]!r} that machines could differ in; it has "
            f"{', '.join(conditions.names(task))}"
        )
    for name, value in usual.items():
        most = conditions.limit(task, name)
        if value > most:
            raise TaskError(f"spread {name} is {value:g}; expected a number of at most {most:g} (--spread)")
    return under(task, {name: np.float32(value) for name, value in usual.items()})


class Record(NamedTuple):
    """Episodes, side by side.

    Attributes:
        seen: what the sensors read, [steps, observations, lanes].
        done: the actions after each reading, [steps, actions, lanes].
        alive: whether the episode still ran, [steps, lanes].
    """

    seen: Floats
    done: Floats
    alive: NDArray[np.bool_]


def joined(records: Sequence[Record]) -> Record:
    """Returns the episodes of some records, side by side."""
    steps = max(len(one.seen) for one in records)
    sides = zip(*records, strict=True)
    return Record(*(np.concatenate([_padded(one, steps) for one in side], axis=-1) for side in sides))


def _padded(side: NDArray[Any], steps: int) -> NDArray[Any]:
    """Returns as many steps by zeros, which are not alive."""
    return np.concatenate([side, np.zeros((steps - len(side), *side.shape[1:]), side.dtype)])


def record(controller: Controller, task: Task, seeds: range, fault: Fault | None = None, begins: int = 0) -> Record:
    """Plays episodes of machines in numpy and keeps what a monitor would be given.

    Args:
        controller: the controller.
        task: the machines, see ``machines``.
        seeds: of the episodes.
        fault: what breaks.
        begins: from which step on.
    """
    state = np.stack([task.start(seed) for seed in seeds], axis=1)
    n, m, lanes = len(controller.observations), len(controller.actions), len(seeds)
    broken = _broken(task, controller, lanes, seeds.start)
    params = _params(task, fault, lanes, broken.rng)
    memory = controller.start(lanes) if controller.derived else None
    seen, done = np.empty((task.max_steps, n, lanes), np.float32), np.empty((task.max_steps, m, lanes), np.float32)
    alive, running = np.zeros((task.max_steps, lanes), np.bool_), np.ones(lanes, np.bool_)
    for t in range(task.max_steps):
        is_broken = fault is not None and t >= begins
        with np.errstate(all="ignore"):
            seen[t] = read_broken(broken, fault if is_broken else None, _rows(task.observe(*state), lanes)[:n])
            outputs, memory = _acted(controller, seen[t].T, memory)
            actions, feeds = outputs[:, :m].T, outputs[:, m:].T
            done[t], alive[t] = actions, running
            given = actions * np.float32(fault.actuator) if fault is not None and is_broken else actions
            *after, _, failed = task.step(params if is_broken else task.params, *state, *given, *feeds)
        state = _rows(after, lanes)
        running = running & ~failed
        if not running.any():
            return Record(seen[: t + 1], done[: t + 1], alive[: t + 1])
    return Record(seen, done, alive)


def _rows(values: Any, lanes: int) -> Floats:
    return np.stack([np.broadcast_to(np.float32(v), lanes) for v in values])


def _acted(controller: Controller, seen: Floats, memory: Floats | None) -> tuple[Floats, Floats | None]:
    """Returns the actions, what feeds recurrent nodes behind them, and what is remembered."""
    if memory is None:
        return controller.run(forward, seen), None
    inputs, after = controller.memory.observed(memory, seen)
    outputs = controller.inner.run(forward, inputs)
    return outputs, controller.memory.acted(after, outputs)


def read_broken(broken: Broken, fault: Fault | None, read: Floats) -> Floats:
    """Returns what sensors say of a step, and notes what later faults need."""
    said = read if fault is None or fault.readings is None else fault.readings(broken, read)
    broken.lines = [read, *broken.lines][:LATE]
    if fault is None or broken.held is None:
        broken.held = said
    return said.astype(np.float32)


def _broken(task: Task, controller: Controller, lanes: int, seed: int) -> Broken:
    """Returns what is hit in each episode: sensors that the controller reads."""
    rng, n = np.random.default_rng(seed), len(controller.observations)
    channel = rng.integers(n, size=lanes)
    other = (channel + rng.integers(1, max(n, 2), size=lanes)) % n
    angles = [k for k, c in enumerate(controller.observations) if c.unit.startswith("rad")] or list(range(n))
    plain = task.base or task
    typical = dict(zip((c.name for c in plain.observations), conditions.sizes(plain), strict=True))
    sizes = np.array([typical[c.name] for c in controller.observations], np.float32)[:, np.newaxis]
    return Broken(rng, sizes, channel, other, rng.choice(angles, size=lanes))


def _params(task: Task, fault: Fault | None, lanes: int, rng: np.random.Generator) -> Any:
    """Returns the params after the fault: another mass or length in each episode; actuators have their own faults."""
    names = [name for name in (task.base or task).params._fields if "mass" in name or "length" in name]
    if fault is None or fault.plant == 1 or not names:
        return task.params
    drawn = rng.integers(len(names), size=lanes)
    broken = {
        name: np.where(drawn == k, getattr(task.params, name) * np.float32(fault.plant), getattr(task.params, name))
        for k, name in enumerate(names)
    }
    return task.params._replace(**broken)
