"""Compiled rollouts in lockstep: one network at a time, all its (shared weight x episode) lanes side by side.

Lane counts are padded to a multiple of ``LANES`` so that the loops over lanes run in whole vectors. A rollout leaves
when no lane is alive; lanes that ended earlier go on computing, unscored, because a branch would cost more.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.arithmetic import clip
from wann_rt.kernels.forward import forward_lanes
from wann_rt.kernels.jit import jit
from wann_rt.kernels.task_lanes import observe_lanes, step_lanes
from wann_rt.network import Network, Program

LANES = 8  # float32 lanes of the 256-bit vectors that LLVM prefers on x86-64; a multiple of 4 serves NEON and SSE


class Programs(NamedTuple):
    """The networks of a population, one a row; see ``network.Program``.

    Attributes:
        n_inputs: number of inputs.
        n_outputs: number of outputs.
        n_nodes: computed nodes of each network, int32 [networks].
        activations: int32 [networks, most nodes].
        offsets: int32 [networks, most nodes + 1].
        sources: int32 [networks, most connections].
        signs: int8 [networks, most connections].
    """

    n_inputs: int
    n_outputs: int
    n_nodes: NDArray[np.int32]
    activations: NDArray[np.int32]
    offsets: NDArray[np.int32]
    sources: NDArray[np.int32]
    signs: NDArray[np.int8]


class Behaviour(NamedTuple):
    """How actions are watched; kernels that get None instead are compiled without, so searching costs nothing more.

    Attributes:
        limits: low, high and neutral value of each action's channel, [outputs, 3].
        efforts: written: sum over steps and actions of the action's absolute value, [networks, lanes].
        changes: written: how often an action changed its sign, zeros left out, [networks, lanes].
    """

    limits: NDArray[np.float32]
    efforts: NDArray[np.float64]
    changes: NDArray[np.int64]


def single(network: Network) -> Programs:
    """Returns a population of one."""
    p = network.program
    n_nodes = np.array([len(p.activations)], np.int32)
    rows = p.activations[None], p.offsets[None], p.sources[None], p.signs[None]
    return Programs(p.n_inputs, p.n_outputs, n_nodes, *rows)


def select(programs: Programs, networks: NDArray[np.int64]) -> Programs:
    """Returns some networks of a population."""
    return Programs(
        programs.n_inputs,
        programs.n_outputs,
        programs.n_nodes[networks],
        programs.activations[networks],
        programs.offsets[networks],
        programs.sources[networks],
        programs.signs[networks],
    )


@jit
def rollout(
    params: Any,
    program: Program,
    weights: NDArray[np.float32],
    per_connection: bool,
    starts: NDArray[np.float32],
    max_steps: int,
    values: NDArray[np.float32],
    returns: NDArray[np.float64],
    lengths: NDArray[np.int64],
    behaviour: Behaviour | None,
    row: int,
) -> None:
    """Plays one episode per lane.

    Args:
        params: the task's params; their type selects the task.
        program: the network.
        weights: [1, lanes] or [connections, lanes]; see ``forward_lanes``.
        per_connection: which of the two.
        starts: first state of each lane, [state, lanes].
        max_steps: greatest length of an episode.
        values: scratch, [at least nodes, lanes], row 0 all ones.
        returns: written: sum of rewards of each lane.
        lengths: written: steps of each lane.
        behaviour: written if given.
        row: the network's row in ``behaviour``.
    """
    lanes = starts.shape[1]
    state = starts.copy()
    rewards = np.empty(lanes, np.float32)
    failed = np.empty(lanes, np.bool_)
    alive = np.ones(lanes, np.bool_)
    returns[:] = 0.0
    lengths[:] = 0
    last = 1 + program.n_inputs + program.activations.shape[0]
    actions = values[last - program.n_outputs : last]
    earlier = np.zeros(actions.shape, np.float32)
    for _ in range(max_steps):
        observe_lanes(params, state, values)
        forward_lanes(program, weights, per_connection, values)
        if behaviour is not None:
            watch(behaviour, row, actions, earlier, alive)
        step_lanes(params, state, actions, rewards, failed)
        any_alive = False
        for i in range(lanes):
            if alive[i]:
                returns[i] += rewards[i]
                lengths[i] += 1
            alive[i] &= not failed[i]
            any_alive |= alive[i]
        if not any_alive:
            break


@jit
def watch(
    behaviour: Behaviour,
    row: int,
    actions: NDArray[np.float32],
    earlier: NDArray[np.float32],
    alive: NDArray[np.bool_],
) -> None:
    """Adds a step's actions to ``behaviour``; ``earlier`` holds each lane's last action that was not 0."""
    for k in range(actions.shape[0]):
        low, high, neutral = behaviour.limits[k]
        for i in range(actions.shape[1]):
            action = clip(actions[k, i], low, high, neutral)
            if alive[i]:
                behaviour.efforts[row, i] += abs(action)
                behaviour.changes[row, i] += action * earlier[k, i] < 0
            if action != 0:
                earlier[k, i] = action


@jit
def rollout_range(
    params: Any,
    programs: Programs,
    begin: int,
    end: int,
    weights: NDArray[np.float32],
    per_connection: bool,
    starts: NDArray[np.float32],
    max_steps: int,
    returns: NDArray[np.float64],
    lengths: NDArray[np.int64],
    behaviour: Behaviour | None = None,
) -> None:
    """Plays all lanes of networks ``begin`` to ``end - 1``; network ``begin + k`` writes row k of the results."""
    most = 1 + programs.n_inputs + programs.activations.shape[1]
    values = np.empty((most, starts.shape[1]), np.float32)
    values[0] = np.float32(1.0)
    for g in range(begin, end):
        n = programs.n_nodes[g]
        program = Program(
            programs.n_inputs,
            programs.n_outputs,
            programs.activations[g, :n],
            programs.offsets[g, : n + 1],
            programs.sources[g],
            programs.signs[g],
        )
        k = g - begin
        results = returns[k], lengths[k]
        rollout(params, program, weights, per_connection, starts, max_steps, values, *results, behaviour, k)
