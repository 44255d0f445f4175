"""Compiled decisions for environments: each running episode has its own network, weight and conditioning.

``act`` computes what ``Controller.run`` does, bit for bit; ``tally`` keeps the books of episodes that something else
steps. Rows are episodes that run now, so finished ones cost nothing.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core import arithmetic
from wann_rt.kernels.forward import activated
from wann_rt.kernels.jit import jit
from wann_rt.kernels.programs import Programs

SHARED, PER_CONNECTION, ENSEMBLE = 0, 1, 2  # kinds of weights
NONE = -1


class Conditioning(NamedTuple):
    """The channels of one side as arrays [channels]; see ``controller.Channel``."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]
    neutral: NDArray[np.float32]
    offset: NDArray[np.float32]
    scale: NDArray[np.float32]
    clip: NDArray[np.bool_]


class Policy(NamedTuple):
    """What decides.

    Attributes:
        programs: the networks.
        weights: [1, columns], or [connections, columns] for a weight per connection, or [members, columns].
        kind: of the weights: ``SHARED``, ``PER_CONNECTION`` or ``ENSEMBLE``.
        observations: their conditioning.
        actions: their conditioning.
    """

    programs: Programs
    weights: NDArray[np.float32]
    kind: int
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
    values = np.empty(1 + programs.n_inputs + programs.activations.shape[1], np.float32)
    values[0] = np.float32(1.0)
    bad = NONE
    for r in range(len(networks)):
        for k in range(programs.n_inputs):
            o = observations[r, k]
            if o != o and bad == NONE:
                bad = r
            values[1 + k] = condition_observation(policy.observations, k, o)
        members = policy.weights.shape[0] if policy.kind == ENSEMBLE else 1
        for m in range(members):
            forward(policy, networks[r], columns[r], m, values)
            last = 1 + programs.n_inputs + programs.n_nodes[networks[r]]
            for k in range(programs.n_outputs):
                action = condition_action(policy.actions, k, values[last - programs.n_outputs + k])
                actions[r, k] = action if m == 0 else actions[r, k] + action
        if policy.kind == ENSEMBLE:
            share = np.float32(1.0 / members)
            for k in range(programs.n_outputs):
                actions[r, k] = limit_action(policy.actions, k, actions[r, k] * share)
        best = 0
        for k in range(1, programs.n_outputs):
            if actions[r, k] > actions[r, best]:
                best = k
        choices[r] = best
    return bad


@jit
def forward(policy: Policy, g: int, column: int, member: int, values: NDArray[np.float32]) -> None:
    """Computes every node of one network for one observation, as ``kernels.forward`` does for many."""
    programs, first = policy.programs, 1 + policy.programs.n_inputs
    for k in range(programs.n_nodes[g]):
        begin, end = programs.offsets[g, k], programs.offsets[g, k + 1]
        total = np.float32(0.0)
        for c in range(begin, end):
            term = values[programs.sources[g, c]]
            if policy.kind == PER_CONNECTION:
                term = term * policy.weights[c, column]
            elif programs.signs[g, c] < 0:
                term = -term
            total = term if c == begin else total + term
        if policy.kind != PER_CONNECTION:
            total = total * policy.weights[member, column]
        values[first + k] = activated(programs.activations[g, k], total)


@jit
def condition_observation(channels: Conditioning, k: int, o: Any) -> Any:
    """Returns what enters the network; see ``Channel.condition_observation``."""
    if channels.clip[k]:
        o = arithmetic.clip(o, channels.low[k], channels.high[k], channels.neutral[k])
    if channels.offset[k] != 0:
        o = o - channels.offset[k]
    if channels.scale[k] != 1:
        o = o * channels.scale[k]
    return o


@jit
def condition_action(channels: Conditioning, k: int, y: Any) -> Any:
    """Returns the action for a network output; see ``Channel.condition_action``."""
    if channels.scale[k] != 1:
        y = y * channels.scale[k]
    if channels.offset[k] != 0:
        y = y + channels.offset[k]
    return limit_action(channels, k, y)


@jit
def limit_action(channels: Conditioning, k: int, y: Any) -> Any:
    """Returns y clipped, if the channel clips."""
    if channels.clip[k]:
        y = arithmetic.clip(y, channels.low[k], channels.high[k], channels.neutral[k])
    return y


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
        watch(books, e, actions, r)
        books.since[e] += 1
        if books.returns[e] > books.record[e] + rules.stall_reward:
            books.record[e], books.since[e] = books.returns[e], 0
        stalled = rules.stall_steps > 0 and books.since[e] >= rules.stall_steps
        over[r] = over[r] or stalled or books.lengths[e] >= rules.max_steps
    return bad


@jit
def watch(books: Books, e: int, actions: NDArray[np.float32], row: int) -> None:
    """Books effort and sign changes of one row's actions."""
    for k in range(actions.shape[1]):
        action = actions[row, k]
        books.efforts[e] += abs(action)
        books.changes[e] += action * books.earlier[e, k] < 0
        if action != 0:
            books.earlier[e, k] = action
