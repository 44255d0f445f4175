"""Compiled decisions for environments: each running episode has its own network, weight and conditioning.

``act`` computes what ``Controller.run`` does, bit for bit; ``tally`` keeps the books of episodes that something else
steps. Rows are episodes that run now, so finished ones cost nothing.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core import conditioning
from wann_rt.core.arithmetic import ONE
from wann_rt.core.conditioning import Conditioning
from wann_rt.kernels import conditioning as compiled
from wann_rt.kernels.block import Width
from wann_rt.kernels.forward import forward, program_at
from wann_rt.kernels.jit import inlined, jit
from wann_rt.kernels.programs import Programs

NONE = -1
ALONE = Width(1)  # each row has a network and a weight of its own, so lanes have nothing in common
assert compiled  # lets kernels call the formulas


class Policy(NamedTuple):
    """What decides.

    Attributes:
        programs: the networks.
        weights: of each column those of the connections, [columns, connections, 1], or the shared weights of its
            members, [columns, members, 1]: with more than one, the actions are their mean.
        per_connection: which of the two.
        observations: their conditioning, arrays [channels].
        actions: their conditioning, arrays [channels].
    """

    programs: Programs
    weights: NDArray[np.float32]
    per_connection: bool
    observations: Conditioning
    actions: Conditioning


class Books(NamedTuple):
    """What is kept of each episode, [episodes].

    Attributes:
        returns: sum of rewards.
        lengths: steps.
        efforts: sum of absolute actions.
        changes: sign changes of actions.
        earlier: each action's last value that was not 0, [episodes, actions].
        record: greatest sum of rewards so far, 0 at the start.
        since: steps since the record.
    """

    returns: NDArray[np.float64]
    lengths: NDArray[np.int64]
    efforts: NDArray[np.float64]
    changes: NDArray[np.int64]
    earlier: NDArray[np.float32]
    record: NDArray[np.float64]
    since: NDArray[np.int64]


class Rules(NamedTuple):
    """When an episode ends, and what its last step counts; see ``environment.task.Options``.

    Attributes:
        max_steps: greatest length.
        stall_steps: steps without a record; 0: no limit.
        stall_reward: by how much a record must be exceeded.
        waived: a terminal reward of this value counts 0; NaN: none does.
    """

    max_steps: int
    stall_steps: int
    stall_reward: float
    waived: float


def open_books(episodes: int, actions: int) -> Books:
    """Returns books of episodes that have not begun."""
    f, i = (np.zeros((2, episodes), dtype) for dtype in (np.float64, np.int64))
    earlier = np.zeros((episodes, actions), np.float32)
    return Books(f[0], i[0], f[1], i[1], earlier, np.zeros(episodes), np.zeros(episodes, np.int64))


@jit
def act(
    policy: Policy,
    networks: NDArray[np.int64],
    columns: NDArray[np.int64],
    observations: NDArray[np.float32],
    actions: NDArray[np.float32],
    choices: NDArray[np.int64],
) -> int:
    """Decides for each row.

    Args:
        policy: what decides.
        networks: each row's network.
        columns: each row's column of weights.
        observations: raw, [rows, observations].
        actions: written, [rows, actions].
        choices: written: the number of the greatest action, see ``Controller.decide``, [rows].

    Returns:
        The first row whose observation holds NaN, or -1; what is written for such a row means nothing.
    """
    programs = policy.programs
    values = np.empty((1 + programs.n_inputs + programs.activations.shape[1], 1), np.float32)
    values[0, 0] = ONE
    members = 1 if policy.per_connection else policy.weights.shape[1]
    share = np.float32(1.0 / members)
    bad = NONE
    for r in range(len(networks)):
        program, weights = program_at(programs, networks[r]), policy.weights[columns[r]]
        for k in range(programs.n_inputs):
            o = observations[r, k]
            if o != o and bad == NONE:
                bad = r
            values[1 + k, 0] = condition_observation(policy.observations, k, o)
        first = 1 + programs.n_inputs + len(program.activations) - programs.n_outputs
        for m in range(members):
            forward(ALONE, program, weights[m:], policy.per_connection, values)
            for k in range(programs.n_outputs):
                action = condition_action(policy.actions, k, values[first + k, 0])
                actions[r, k] = action if m == 0 else actions[r, k] + action
        if members > 1:
            for k in range(programs.n_outputs):
                actions[r, k] = limit_action(policy.actions, k, actions[r, k] * share)
        choices[r] = greatest(actions[r])
    return bad


@inlined
def greatest(actions: NDArray[np.float32]) -> int:
    """Returns the number of the greatest action, as ``Controller.decide`` chooses it."""
    best = 0
    for k in range(1, len(actions)):
        if actions[k] > actions[best]:
            best = k
    return best


@inlined
def channel_at(side: Conditioning, k: int) -> Conditioning:
    """Returns the numbers of one channel."""
    return Conditioning(side.low[k], side.high[k], side.neutral[k], side.offset[k], side.scale[k], side.clip[k])


@inlined
def condition_observation(side: Conditioning, k: int, o: Any) -> Any:
    """Returns what enters the network for observation k."""
    return conditioning.condition_observation(channel_at(side, k), o)


@inlined
def condition_action(side: Conditioning, k: int, y: Any) -> Any:
    """Returns action k for its network output."""
    return conditioning.condition_action(channel_at(side, k), y)


@inlined
def limit_action(side: Conditioning, k: int, y: Any) -> Any:
    """Returns action k clipped, if its channel clips."""
    return conditioning.limit_action(channel_at(side, k), y)


@jit
def tally(
    books: Books,
    rules: Rules,
    episodes: NDArray[np.int64],
    actions: NDArray[np.float32],
    rewards: NDArray[np.float64],
    over: NDArray[np.bool_],
) -> int:
    """Books one step of each row.

    Args:
        books: written.
        rules: when an episode ends.
        episodes: each row's episode.
        actions: what was done, [rows, actions].
        rewards: what came of it, [rows].
        over: given: whether the environment ended the episode; written: whether it has ended.

    Returns:
        The first row whose reward is not a finite number, or -1.
    """
    bad = NONE
    for r in range(len(episodes)):
        e, reward = episodes[r], rewards[r]
        if not np.isfinite(reward) and bad == NONE:
            bad = r
        if over[r] and reward == rules.waived:
            reward = 0.0
        books.returns[e] += reward
        books.lengths[e] += 1
        book_actions(books, e, actions, r)
        books.since[e] += 1
        if books.returns[e] > books.record[e] + rules.stall_reward:
            books.record[e], books.since[e] = books.returns[e], 0
        stalled = rules.stall_steps > 0 and books.since[e] >= rules.stall_steps
        over[r] = over[r] or stalled or books.lengths[e] >= rules.max_steps
    return bad


@jit
def book_actions(books: Books, e: int, actions: NDArray[np.float32], row: int) -> None:
    """Books effort and sign changes of one row's actions."""
    for k in range(actions.shape[1]):
        action = actions[row, k]
        books.efforts[e] += abs(action)
        books.changes[e] += action * books.earlier[e, k] < 0
        if action != 0:
            books.earlier[e, k] = action
