"""One step of a task, or one activation, as the kernels compute it: on blocks of lanes."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import Activation
from wann_rt.core.arithmetic import ONE, ZERO, select
from wann_rt.core.network import Connection, Network
from wann_rt.core.terms import lowered
from wann_rt.core.weight import Weight
from wann_rt.kernels.block import Width, full
from wann_rt.kernels.forward import forward_batch
from wann_rt.kernels.jit import jit
from wann_rt.kernels.rows import store_rows
from wann_rt.kernels.tasks import load_state, observe, plant_of, step
from wann_rt.tasks.task import Task
from wann_rt.tasks.traced import traced

WIDTH = Width(32)

Floats = NDArray[np.float32]


class Step(NamedTuple):
    """What a step gives, [variables, lanes] and [lanes]."""

    state: Floats
    observations: Floats
    rewards: Floats
    failed: NDArray[np.bool_]


def stepped(task: Task, state: Floats, actions: Floats) -> Step:
    """Returns what the kernels make of states [state, lanes] and actions [actions, lanes], a multiple of 32 lanes."""
    plant = plant_of(traced(task))
    n, seen = len(state), len(task.observations)
    results = np.empty((n + seen + 2, state.shape[1]), np.float32)
    for begin in range(0, state.shape[1], WIDTH.lanes):
        lanes = slice(begin, begin + WIDTH.lanes)
        block = np.empty((len(results), WIDTH.lanes), np.float32)
        advance(plant, tuple(task.params), WIDTH, state[:, lanes].copy(), actions[:, lanes].copy(), block)
        results[:, lanes] = block
    return Step(results[:n], results[n:-2], results[-2], results[-1] == 1)


@jit
def advance(plant: Any, params: Any, width: Any, before: Floats, actions: Floats, results: Floats) -> None:
    """Writes the new state, its observations, the rewards and where it failed."""
    state, rewards, failed = step(width, plant, params, load_state(width, plant, before), actions, 0)
    observations = observe(width, plant, state)
    store_rows(width, results, 0, state)
    store_rows(width, results, len(state), observations)
    end = len(state) + len(observations)
    store_rows(width, results, end, (full(width, rewards), select(full(width, failed), ONE, ZERO)))


def applied(activation: Activation, x: Floats) -> Floats:
    """Returns the activation's values [values]."""
    network, _ = Network.build(1, {}, {2: activation.id}, [Connection(1, 2)])
    outputs: Floats = forward_batch(lowered(network, Weight.shared(1.0)), 1.0, x[np.newaxis])[0]
    return outputs
