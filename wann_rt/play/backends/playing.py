"""Playing a chunk with a simulator, one episode after another."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Vector
from wann_rt.core.errors import TaskError
from wann_rt.core.network import Network
from wann_rt.kernels.decide import NONE, Books, Policy, act, open_books, tally
from wann_rt.kernels.genome import LINEAR
from wann_rt.kernels.programs import single
from wann_rt.play.backends.chunks import Chunk, Played, policy_of, rules_of
from wann_rt.play.backends.senses import Senses
from wann_rt.tasks.environment.task import EnvironmentTask

if TYPE_CHECKING:  # Gymnasium takes long to import: only where an environment is played
    from wann_rt.tasks.environment.simulator import Simulator


FIRST = np.zeros(1, np.int64)  # the only episode that runs


class _Row(NamedTuple):
    """The arrays of one running episode, as the kernels want them: one row."""

    network: NDArray[np.int64]
    lane: NDArray[np.int64]
    episode: NDArray[np.int64]
    outputs: NDArray[np.float32]
    choices: NDArray[np.int64]
    rewards: NDArray[np.float64]
    over: NDArray[np.bool_]


def play_chunk(
    simulator: "Simulator", chunk: Chunk, beat: Callable[[], None], seen: list[Vector] | None = None
) -> Played:
    """Plays every episode of a chunk.

    Args:
        simulator: of the task.
        chunk: what to play.
        beat: called before each step.
        seen: gets every observation -> action pair, if given.

    Raises:
        TaskError: the environment fails, or tells of NaN, and that ends more than the episode (``Options``).
    """
    task = simulator.task
    policy, books = policy_of(task, chunk), open_books(len(chunk.seeds), len(task.acts))
    failed = np.zeros(len(chunk.seeds), np.bool_)
    for e in range(len(chunk.seeds)):
        try:
            _play_episode(simulator, chunk, e, policy, books, beat, seen)
        except TaskError as error:
            if task.params.failures == "stop":
                raise
            failed[e] = True
            books.returns[e] += task.params.failure_reward
            simulator.failure = simulator.failure or str(error)
            simulator.renew()
    return Played.of(books, failed)


def _play_episode(
    simulator: "Simulator",
    chunk: Chunk,
    e: int,
    policy: Policy,
    books: Books,
    beat: Callable[[], None],
    seen: list[Vector] | None,
) -> None:
    """Plays one episode of a chunk; see ``play_chunk``."""
    row, senses = _row(simulator.task, chunk, e), Senses(simulator.task, 1)
    beat()
    observation = simulator.reset(int(chunk.seeds[e]), chunk.generation)
    while not row.over[0]:
        inputs = senses.seen(FIRST, observation[np.newaxis])
        if act(policy, row.network, row.lane, inputs, row.outputs, row.choices) != NONE:
            simulator.fail(f"the observation holds NaN: {observation.tolist()}")
        actions = senses.done(FIRST, row.outputs, row.choices)
        if seen is not None:
            seen.append(
                Vector(tuple(map(float, inputs[0, : len(simulator.task.sensors)])), tuple(map(float, actions[0])))
            )
        beat()
        observation, reward, row.over[0] = simulator.step(actions[0], int(row.choices[0]))
        row.rewards[0] = reward
        if not math.isfinite(reward):
            simulator.fail(f"the reward is {reward}")
        if not math.isfinite(books.returns[e] + reward):
            simulator.fail(f"the sum of the rewards has grown beyond all numbers; the last one is {reward:g}")
        tally(books, chunk.rules, row.episode, actions, row.rewards, row.over)


def _row(task: EnvironmentTask, chunk: Chunk, e: int) -> _Row:
    """Returns the arrays of episode e before its first step."""
    outputs, choices = np.zeros((1, len(task.actions)), np.float32), np.zeros(1, np.int64)
    rewards, over = np.zeros(1), np.zeros(1, np.bool_)
    return _Row(chunk.networks[e : e + 1], chunk.lanes[e : e + 1], np.array([e]), outputs, choices, rewards, over)


def compiled(task: EnvironmentTask) -> None:
    """Compiles what ``play_chunk`` calls, or loads it from the cache, so that no episode waits for it."""
    first = 1 + len(task.observations)
    outputs = dict.fromkeys(range(first, first + len(task.actions)), LINEAR)
    network, _ = Network.build(len(task.observations), {}, outputs, [])
    zero = np.zeros(1, np.int64)
    chunk = Chunk(single(network), np.zeros((1, 1), np.float32), "shared", zero, zero, zero, rules_of(task))
    row = _row(task, chunk, 0)
    act(policy_of(task, chunk), row.network, row.lane, np.zeros((1, network.n_inputs), np.float32), *row[3:5])
    tally(open_books(1, len(task.actions)), chunk.rules, row.episode, row.outputs, row.rewards, row.over)
