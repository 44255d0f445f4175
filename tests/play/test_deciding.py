"""Laws of what is compiled around an environment: the policy decides as the controller, the books are kept right."""

import numpy as np
import pytest
from helpers import builders
from helpers.playing import RULES, network_of, task_of
from hypothesis import given
from hypothesis import strategies as st

import wann_rt as wr
from wann_rt.core.activations import PALETTE
from wann_rt.core.controller import Controller, Weight, greatest
from wann_rt.core.network import Connection, Network
from wann_rt.core.reference import forward
from wann_rt.evolution import config
from wann_rt.evolution.search import Search
from wann_rt.kernels.decide import NONE, Rules, act, open_books, tally
from wann_rt.kernels.programs import single
from wann_rt.play.backends.chunks import Work, cut, policy_of
from wann_rt.play.backends.playing import compiled, play_chunk
from wann_rt.tasks.environment.simulator import Simulator

pytestmark = pytest.mark.slow


@given(st.integers(0, 2**32 - 1))
def test_the_policy_kernel_decides_as_the_controller_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    controller = builders.controller(rng)
    rows = int(rng.integers(1, 5))
    observations = np.ascontiguousarray(builders.inputs(rng, controller.network.n_inputs, rows).T)
    weights = np.repeat(controller.weight.array[:, np.newaxis], rows, axis=1)
    work = Work(single(controller.network), weights, controller.weight.kind, np.zeros(rows, np.int64))
    [chunk] = cut(work, rows, RULES)
    actions, choices = np.zeros((rows, controller.network.n_outputs), np.float32), np.zeros(rows, np.int64)
    bad = act(policy_of(controller, chunk), chunk.networks, chunk.lanes, observations, actions, choices)
    assert builders.same_bits(actions, controller.run(forward, observations))
    assert choices.tolist() == greatest(actions).tolist()
    holds_nan = np.flatnonzero(np.isnan(observations).any(axis=1))
    assert bad == (holds_nan[0] if len(holds_nan) else NONE)


def test_the_policy_kernel_knows_every_activation() -> None:
    n = len(PALETTE)
    outputs = {2 + k: activation.id for k, activation in enumerate(PALETTE)}
    network, _ = Network.build(1, {}, outputs, [Connection(1, output) for output in outputs])
    channels = tuple(wr.Channel(f"c{k}") for k in range(n))
    controller = Controller("c", network, Weight.shared(0.7), channels[:1], channels)
    observations = builders.SPECIAL[:, np.newaxis]
    count = len(observations)
    work = Work(single(network), np.full((1, count), 0.7, np.float32), "shared", np.zeros(count, np.int64))
    [chunk] = cut(work, count, RULES)
    actions, choices = np.zeros((count, n), np.float32), np.zeros(count, np.int64)
    act(policy_of(controller, chunk), chunk.networks, chunk.lanes, observations, actions, choices)
    assert builders.same_bits(actions, controller.run(forward, observations))


def booked(rewards: list[float], ended: bool, rules: Rules) -> tuple[float, int]:
    """Returns return and length of an episode with these rewards, which the environment ends or not."""
    books, over = open_books(1, 1), np.zeros(1, np.bool_)
    for k, reward in enumerate(rewards):
        over[0] = ended and k == len(rewards) - 1
        tally(books, rules, np.zeros(1, np.int64), np.zeros((1, 1), np.float32), np.array([reward]), over)
        if over[0]:
            break
    return float(books.returns[0]), int(books.lengths[0])


def test_an_episode_ends_when_it_stalls_and_keeps_its_return() -> None:
    rewards = [1.0, 1.0, -0.5, 0.25, 0.25, 5.0]
    assert booked(rewards, True, Rules(100, 0, 0.0, np.nan)) == (7, 6)
    assert booked(rewards, True, Rules(100, 4, 0.0, np.nan)) == (7, 6)
    assert booked(rewards, True, Rules(100, 3, 0.0, np.nan)) == (2, 5)  # equals the record, and is none
    assert booked(rewards, True, Rules(100, 2, 0.0, np.nan)) == (1.75, 4)
    assert booked(rewards, True, Rules(100, 2, 1.5, np.nan)) == (1.75, 4)  # 1 is no record, 2 is one
    assert booked(rewards, True, Rules(3, 0, 0.0, np.nan)) == (1.5, 3)


def test_a_waived_penalty_counts_nothing_and_only_where_the_episode_ends_with_it() -> None:
    assert booked([2, -100], True, Rules(100, 0, 0.0, -100.0)) == (2, 2)
    assert booked([2, -100], True, Rules(100, 0, 0.0, np.nan)) == (-98, 2)
    assert booked([2, -100, 1], True, Rules(100, 0, 0.0, -100.0)) == (-97, 3)


@pytest.mark.parametrize("most", [1, 5, 7, 100])
def test_chunks_hold_every_episode_once_and_in_order(most: int) -> None:
    programs = Search(task_of("Pendulum-v1"), config.load(overlay={"population": 3}), 1).ask()
    work = Work(programs, np.arange(5, dtype=np.float32)[np.newaxis], "shared", np.arange(50, 55))
    seen = []
    for chunk in cut(work, most, RULES):
        assert len(chunk.seeds) <= most
        for network, lane, seed in zip(chunk.networks, chunk.lanes, chunk.seeds, strict=True):
            seen.append((chunk.programs.sources[network].tolist(), chunk.weights[0, lane], seed))
    assert seen == [(programs.sources[g].tolist(), k, 50 + k) for g in range(3) for k in range(5)]


def test_what_compiles_is_all_that_playing_calls() -> None:
    task = task_of("Pendulum-v1")
    compiled(task)
    before = [len(kernel.signatures) for kernel in (act, tally)]
    chunks = cut(Work(single(network_of(task)), np.ones((1, 2), np.float32), "shared", np.arange(2)), 2, RULES)
    play_chunk(Simulator(task), chunks[0], lambda: None)
    assert [len(kernel.signatures) for kernel in (act, tally)] == before
