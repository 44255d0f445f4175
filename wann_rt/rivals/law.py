"""A law: a controller that is a formula with gains, and a task whose loop it closes.

Laws are written in the primitives of ``arithmetic``, as tasks are. The gains are state variables that never change, so
candidates with different gains are lanes of one compiled call, as networks with different weights are; what a law asks
for passes the kernels as a network's action does, so disturbances, prices and sign changes mean the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import BY_NAME
from wann_rt.core.arithmetic import ZERO, Number
from wann_rt.core.channel import Channel
from wann_rt.core.network import Connection, Network
from wann_rt.tasks.task import Task

Gains = NDArray[np.float64]
Act = Callable[[Any, Any, Any], tuple[Any, Any]]


def nothing(seed: int) -> tuple[float, ...]:
    """Returns the first memory of a law that has none."""
    return ()


@dataclass(frozen=True)
class Law:
    """A formula with gains.

    Attributes:
        name: in tables.
        gains: their names.
        start: their values by theory; tuning starts there.
        scale: by how much each may be changed at first; never 0.
        act: gains, memory, observations -> one number per action channel, and the next memory; in primitives.
        first: episode seed -> the first memory.
        sources: where the law is a sum of gains times these nodes of a network (0: the bias, 1: the first observation),
            which they are, one a gain; empty where it is something else.
        targets: which action each of these gains is of, where each action has its own; empty: all are of the one number
            that ``asked`` makes the actions of.
    """

    name: str
    gains: tuple[str, ...]
    start: tuple[float, ...]
    scale: tuple[float, ...]
    act: Act
    first: Callable[[int], tuple[float, ...]] = nothing
    sources: tuple[int, ...] = ()
    targets: tuple[int, ...] = ()


def asked(u: Number, task: Task) -> tuple[Number, ...]:
    """Returns a law's one number as the task wants it: as it is, or as outputs of which the greatest counts."""
    if task.decision == "values":
        return (u,)
    return (-u, u) if len(task.actions) == 2 else (-u, ZERO, u)


def closed(task: Task, law: Law) -> Task:
    """Returns the task with the law in its loop: what it observes is what the law asks for."""
    n, g = len(task.variables), len(law.gains)
    end, plain_observe, plain_step, act = n + g, task.observe, task.step, law.act
    kept = len(law.first(0))

    def observe(*v: Number) -> Any:
        return act(v[n:end], v[end : end + kept], plain_observe(*v[:n]))[0]

    def step(p: Any, *v: Number) -> Any:
        after = plain_step(p, *v[:n], *v[end + kept :])
        memory = act(v[n:end], v[end : end + kept], plain_observe(*v[:n]))[1]
        return (*after[:n], *v[n:end], *memory, *after[n:])

    def start(seed: int) -> NDArray[np.float32]:
        return np.concatenate([task.start(seed), np.zeros(g), law.first(seed)]).astype(np.float32)

    names = (*task.variables, *(f"gain_{name}" for name in law.gains), *(f"memory_{k}" for k in range(kept)))
    sides = {"observations": tuple(Channel(channel.name) for channel in task.actions)}
    return replace(task, base=None, names=names, start=start, observe=observe, step=step, **sides)  # type: ignore[arg-type]


def passing(task: Task) -> Network:
    """Returns the network that hands each of a closed task's observations on as an action."""
    count = len(task.actions)
    outputs = {1 + count + k: BY_NAME["linear"].id for k in range(count)}
    return Network.build(count, {}, outputs, [Connection(1 + k, 1 + count + k, 1) for k in range(count)])[0]


def with_gains(starts: NDArray[np.float32], first: int, gains: Gains) -> NDArray[np.float32]:
    """Returns first states with gains in them, from row ``first`` on; gains are [gains] or [gains, lanes]."""
    made = starts.copy()
    made[first : first + len(gains)] = gains.astype(np.float32).reshape(len(gains), -1 if gains.ndim > 1 else 1)
    return made
