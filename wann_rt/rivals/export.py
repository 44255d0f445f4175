"""Rivals as what firmware takes: a linear one is a controller, another one a formula that is printed as a plant is."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import BY_NAME
from wann_rt.core.arithmetic import ZERO, Number
from wann_rt.core.channel import Channel
from wann_rt.core.controller import Controller
from wann_rt.core.network import Connection, Network
from wann_rt.core.version import __version__
from wann_rt.core.weight import Weight
from wann_rt.play.plain import with_vectors
from wann_rt.rivals.law import Gains, Law, asked
from wann_rt.tasks.any_task import origin
from wann_rt.tasks.task import Task


def controller_of(task: Task, law: Law, gains: Gains) -> Controller | None:
    """Returns a linear law as a controller, which every exporter takes; None for another law."""
    if not law.sources:
        return None
    n_in, n_out = len(task.observations), len(task.actions)
    outputs = {1 + n_in + k: BY_NAME["linear"].id for k in range(n_out)}
    pairs = {(source, 1 + n_in + k): gain for source, k, gain in _terms(task, law, gains)}
    network, _ = Network.build(n_in, {}, outputs, [Connection(a, b, 1) for a, b in pairs])
    values = tuple(float(np.float32(pairs[c.source, c.target])) for c in network.connections)
    provenance = {"created_by": f"wann_rt {__version__}", **origin(task), "rival": law.name}
    sides = task.observations, task.actions
    made = Controller(task.name, network, Weight("connections", values), *sides, task.rate_hz, decision=task.decision,
                      provenance=provenance)  # fmt: skip
    return with_vectors(task, made, 0)


def _terms(task: Task, law: Law, gains: Gains) -> list[tuple[int, int, float]]:
    """Returns source, action and weight of each connection that a linear law is."""
    if law.targets:
        return list(zip(law.sources, law.targets, gains.tolist(), strict=True))
    factors = [float(f) for f in np.array(asked(1.0, task), np.float64)]
    return [(source, k, factor * gains[j]) for j, source in enumerate(law.sources)
            for k, factor in enumerate(factors) if factor != 0]  # fmt: skip


class _None(NamedTuple):
    """The params of a formula: none."""


def formula(task: Task, law: Law, gains: Gains | Sequence[float]) -> Task:
    """Returns a law as a task that ``exporters.to_c.plant`` prints.

    Its state is what the task observes, then the law's memory; its observations are the actions, scaled and limited as
    the task's channels say, then the next memory.
    """
    n, kept = len(task.observations), len(law.first(0))
    constants = tuple(np.float32(gain) for gain in gains)
    names = (*(channel.name for channel in task.observations), *(f"memory_{k}" for k in range(kept)))
    channels = (*task.actions, *(Channel(f"memory_{k}") for k in range(kept)))

    def observe(*v: Number) -> Any:
        actions, memory = law.act(constants, v[n:], v[:n])
        limited = (channel.condition_action(u) for channel, u in zip(task.actions, actions, strict=True))
        return (*limited, *memory)

    def step(p: Any, *v: Number) -> Any:
        return (*v[: n + kept], ZERO, v[0] < v[0])

    def start(seed: int) -> NDArray[np.float32]:
        return np.zeros(n + kept, np.float32)

    return Task(
        name=f"{task.name}, {law.name}", observations=channels, actions=(Channel("none"),), rate_hz=task.rate_hz,
        max_steps=1, params=_None(), start=start, observe=observe, step=step, names=names,
    )  # fmt: skip
