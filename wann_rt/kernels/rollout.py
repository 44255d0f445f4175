"""Compiled rollouts in lockstep: one network at a time, a block of (shared weight x episode) lanes side by side.

A rollout ends when the episodes of all its lanes have ended. Until then lanes whose episodes ended earlier go on
computing, and nothing of that is scored: a branch for each lane would cost more.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from llvmlite import binding as llvm
from numpy.typing import NDArray

from wann_rt.core.arithmetic import ONE, ZERO, Number, absolute, clip
from wann_rt.core.arithmetic import select as choose
from wann_rt.kernels.block import Width, any_lane, full, widen
from wann_rt.kernels.counter import draw
from wann_rt.kernels.forward import scratch
from wann_rt.kernels.jit import jit
from wann_rt.kernels.programs import Programs
from wann_rt.kernels.rows import load, store_rows
from wann_rt.kernels.tape import Tape, blank, compute, written
from wann_rt.kernels.tasks import Plant, condition_actions, condition_observations, load_state, observe, step

ROWS_PER_CALL = 64  # a call cannot be interrupted
HAS_AVX512 = bool(llvm.get_host_cpu_features().get("avx512f"))
WIDTHS = tuple(Width(lanes) for lanes in ((16, 24, 32, 64) if HAS_AVX512 else (16, 24, 32)))


def width_for(lanes: int, widths: Sequence[Width] = WIDTHS) -> Width:
    """Returns the width that plays so many lanes in the least time; which one it is changes no result.

    A block of n lanes takes a time about proportional to n + 12 (measured with AVX2): one block of few lanes waits for
    its own results most of the time. 64 lanes are worth it where 32 registers of 16 lanes hold them; with 16 registers
    of 8 lanes each value goes through memory, and they take longer than twice 32.
    """
    return min(widths, key=lambda width: -(-lanes // width.lanes) * (width.lanes + 12))


class Behaviour(NamedTuple):
    """How actions are watched; kernels that get None instead are compiled without, so searching costs nothing more.

    Attributes:
        limits: low, high and neutral value of each action's channel, [outputs, 3]: some tasks limit their actions
            themselves, see ``tasks.task.Task.step_clips``.
        efforts: written: sum over steps and actions of the action's absolute value, [rows, lanes].
        changes: written: how often an action changed its sign, zeros left out, [rows, lanes].
    """

    limits: NDArray[np.float32]
    efforts: NDArray[np.float64]
    changes: NDArray[np.int64]


class Lanes(NamedTuple):
    """Episodes, in blocks of as many lanes as are played side by side.

    Attributes:
        weights: [blocks, 1, lanes] or [blocks, connections, lanes]; see ``forward``.
        per_connection: which of the two.
        starts: first state of each lane, [blocks, state, lanes].
        max_steps: greatest length of an episode.
    """

    weights: NDArray[np.float32]
    per_connection: bool
    starts: NDArray[np.float32]
    max_steps: int


class Results(NamedTuple):
    """What is written, a row for each network and block: row ``block * networks + network``.

    Attributes:
        returns: sum of rewards of each lane, [rows, lanes].
        lengths: steps of each lane, [rows, lanes].
    """

    returns: NDArray[np.float64]
    lengths: NDArray[np.int64]


@jit
def rollouts(
    plant: Plant,
    params: tuple[Any, ...],
    width: Width,
    programs: Programs,
    lanes: Lanes,
    rows: NDArray[np.int64],
    results: Results,
    behaviour: Behaviour | None = None,
) -> None:
    """Plays networks on blocks of lanes, until the counter says that all are taken, or many are played.

    Threads that share the counter share the work to within one network, however unlike the networks are.

    Args:
        plant: the task's functions.
        params: the task's params.
        width: how many lanes.
        programs: the networks.
        lanes: the episodes.
        rows: counter of the rows of ``results`` that are played or being played, [1]; see ``counter.draw``.
        results: written.
        behaviour: written if given; an argument of its own, because by it numba leaves code out.
    """
    networks, blocks = len(programs.n_nodes), len(lanes.starts)
    values = scratch(width, 1 + programs.n_inputs + programs.activations.shape[1])
    values[0] = ONE
    numbers = blank(programs)
    for _ in range(ROWS_PER_CALL):
        row = draw(rows)
        if row >= networks * blocks:
            return
        block, network = row // networks, row % networks
        tape = written(width, programs, network, lanes.per_connection, numbers)
        here = Lanes(lanes.weights[block], lanes.per_connection, lanes.starts[block], lanes.max_steps)
        rollout(plant, params, width, tape, here, values, results, behaviour, row)


@jit
def rollout(
    plant: Plant,
    params: tuple[Any, ...],
    width: Width,
    tape: Tape,
    lanes: Lanes,
    values: NDArray[np.float32],
    results: Results,
    behaviour: Behaviour | None,
    row: int,
) -> None:
    """Plays one network on one block; ``values`` is scratch with the bias in row 0, the others as in ``rollouts``.

    Rewards are added in every lane, whether it has ended or not. What counts of a lane, its return and its length, is
    kept in the rare step in which it ends: a choice in each step would cost more than the addition.
    """
    state = load_state(width, plant, lanes.starts)
    earned, steps = full(width, 0.0), 0
    returns, lengths = full(width, 0.0), full(width, 0)
    alive = full(width, True)
    earlier = scratch(width, tape.n_actions)
    earlier[:] = ZERO
    for _ in range(lanes.max_steps):
        store_rows(width, values, 1, observe(width, plant, state))
        condition_observations(width, plant, values, 1)
        compute(width, tape, lanes.weights, values)
        condition_actions(width, plant, values, tape.actions)
        if behaviour is not None:
            add_behaviour(width, behaviour, row, values, tape.actions, earlier, alive)
        state, rewards, failed = step(width, plant, params, state, values, tape.actions)
        earned = earned + widen(full(width, rewards))
        steps += 1
        ending = alive & full(width, failed)
        if any_lane(ending):
            returns, lengths = choose(ending, earned, returns), choose(ending, full(width, steps), lengths)
            alive = alive & ~ending
            if not any_lane(alive):
                break
    store_rows(width, results.returns, row, (choose(alive, earned, returns),))
    store_rows(width, results.lengths, row, (choose(alive, full(width, steps), lengths),))


@jit
def add_behaviour(
    width: Width,
    behaviour: Behaviour,
    row: int,
    values: NDArray[np.float32],
    first: int,
    earlier: NDArray[np.float32],
    alive: Number,
) -> None:
    """Adds a step's actions to ``behaviour``.

    Args:
        width: how many lanes.
        behaviour: written.
        row: of the network in it.
        values: of all nodes, [nodes, lanes].
        first: the row of the first action in them.
        earlier: each lane's last action that was not 0, [actions, lanes]; written.
        alive: which lanes count.
    """
    for k in range(earlier.shape[0]):
        low, high, neutral = behaviour.limits[k]
        action, before = clip(load(width, values, first + k), low, high, neutral), load(width, earlier, k)
        efforts, changes = load(width, behaviour.efforts, row), load(width, behaviour.changes, row)
        turned = alive & (action * before < ZERO)
        store_rows(width, behaviour.efforts, row, (choose(alive, efforts + widen(absolute(action)), efforts),))
        store_rows(width, behaviour.changes, row, (choose(turned, changes + 1, changes),))
        store_rows(width, earlier, k, (choose(absolute(action) > ZERO, action, before),))
