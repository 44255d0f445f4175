"""Laws of back ends: episodes are those of a plain loop, whoever plays them; trouble costs time, never the result."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from helpers import builders, needs
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import wann_rt as wr
from wann_rt.core import files
from wann_rt.core.activations import PALETTE
from wann_rt.core.controller import Controller, Weight, greatest
from wann_rt.core.errors import TaskError
from wann_rt.core.network import Connection, Network
from wann_rt.core.reference import forward
from wann_rt.evolution import config
from wann_rt.evolution.journal import read_generations
from wann_rt.evolution.search import Generation, Search
from wann_rt.kernels.decide import NONE, Rules, act, open_books, tally
from wann_rt.kernels.programs import single
from wann_rt.play.backends import envpool_engine, processes
from wann_rt.play.backends.chunks import Work, cut, policy_of
from wann_rt.play.backends.playing import compiled, play_chunk
from wann_rt.play.environment import environment
from wann_rt.play.plain import play_controller, record_vectors
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.environment.simulator import Simulator
from wann_rt.tasks.environment.task import BackendName, EnvironmentTask, with_options

CHEAP = ("Pendulum-v1", "CartPole-v1", "MountainCarContinuous-v0")
TINY: dict[str, Any] = {"population": 8, "generations": 3, "drawn_weights": 2, "retest_episodes": 1, "retest_every": 1}
RULES = Rules(max_steps=60, stall_steps=0, stall_reward=0.0, waived=np.nan)
pytestmark = [pytest.mark.xdist_group("backends"), pytest.mark.slow]


@pytest.fixture(autouse=True, scope="module")
def _no_process_is_left() -> Iterator[None]:
    yield
    processes.close()


def task_of(env_id: str, backend: BackendName = "processes") -> EnvironmentTask:
    """Returns a task whose episodes are short."""
    return with_options(environment(env_id, backend=backend), max_steps=60)


def network_of(task: EnvironmentTask, seed: int = 0) -> Network:
    """Returns a random network for a task."""
    rng = np.random.default_rng(seed)
    pieces = builders.parts(rng, len(task.observations), len(task.actions), 4, 0.6, True)
    return Network.build(len(task.observations), *pieces, prune=True)[0]


def controller_of(task: EnvironmentTask, weight: Weight | None = None) -> Controller:
    network, sides = network_of(task), (task.observations, task.actions)
    return Controller(task.name, network, weight or Weight.shared(-1.5), *sides, task.rate_hz, decision=task.decision)


def plain_returns(task: EnvironmentTask, controller: Controller, seeds: NDArray[np.int64]) -> list[float]:
    """Returns what the controller earns in Gymnasium, called as a user would call it."""
    returns = []
    for seed in seeds.tolist():
        environment = gymnasium.make(task.env_id)
        observation, _ = environment.reset(seed=seed)
        total = 0.0
        for _ in range(task.max_steps):
            observation, reward, terminated, truncated, _ = environment.step(controller.decide(observation))
            total += float(reward)
            if terminated or truncated:
                break
        returns.append(total)
        environment.close()
    return returns


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


@pytest.mark.parametrize("env_id", CHEAP)
def test_processes_play_the_episodes_of_a_plain_loop(env_id: str) -> None:
    task = task_of(env_id)
    controller, starts = controller_of(task), starts_of(task, range(11, 17))
    played = play_controller(task, controller, starts, 2)
    assert played.returns[0].tolist() == plain_returns(task, controller, starts[0])
    assert (play(task, controller.network, np.full(6, -1.5, np.float32), starts, 2).returns == played.returns).all()


def test_ensembles_and_weights_per_connection_play_the_episodes_of_a_plain_loop() -> None:
    task = task_of("Pendulum-v1")
    starts = starts_of(task, range(4))
    together = controller_of(task, Weight("ensemble", (-2.0, 0.5, 1.0)))
    assert play_controller(task, together, starts, 2).returns[0].tolist() == plain_returns(task, together, starts[0])
    connections = [Connection(1, 9), Connection(2, 9), Connection(9, 8), Connection(3, 8)]
    network, _ = Network.build(3, {9: 5}, {8: 1}, connections)
    own = replace(together, network=network, weight=Weight("connections", (1.0, -2.0, 0.5, 0.25)))
    assert play_controller(task, own, starts, 2).returns[0].tolist() == plain_returns(task, own, starts[0])


def test_recorded_vectors_replay() -> None:
    task = task_of("Pendulum-v1")
    controller = controller_of(task)
    vectors = record_vectors(task, controller, 3)
    assert len(vectors) == 8
    assert all(tuple(controller(v.observation).tolist()) == v.action for v in vectors)


def test_recorded_vectors_hold_no_infinity(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    task = environment("helpers.odd_environments:Moody", kwargs={"flag": str(flag)})
    controller = controller_of(task)
    flag.write_text("infinite")
    assert {vector.observation for vector in record_vectors(task, controller, 3)} == {
        tuple(map(float, Simulator(task).reset(3)))
    }  # the first one is whole


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


@pytest.mark.parametrize("env_id", CHEAP)
def test_the_champion_does_not_depend_on_how_many_workers_play(env_id: str) -> None:
    task = environment(env_id, max_steps=30)
    found = {files.to_text(wr.search(task, threads=n, **TINY)) for n in (1, 2, 3)}
    assert len(found) == 1


@pytest.mark.parametrize("backend", ["processes", pytest.param("envpool", marks=needs.envpool)])
def test_a_resumed_search_ends_with_the_champion_of_an_uninterrupted_one(backend: BackendName, tmp_path: Path) -> None:
    task = environment("Pendulum-v1", backend=backend, max_steps=30)

    def stop(report: Generation) -> None:
        if report.generation == 1:
            raise KeyboardInterrupt

    whole = wr.search(task, **TINY)
    wr.search(task, out=tmp_path, on_generation=stop, **TINY)
    assert len(read_generations(tmp_path)) == 2
    assert files.to_text(wr.search(task, out=tmp_path, **TINY)) == files.to_text(whole)


def test_a_killed_worker_costs_time_but_not_the_result() -> None:
    task = environment("helpers.odd_environments:Slow", max_steps=40)
    wanted = wr.search(task, threads=2, **TINY)
    pids: list[list[int]] = []

    def kill_soon(report: Generation) -> None:
        [pool] = processes._pools
        pids.append([worker.process.pid for worker in pool.workers])
        if report.generation == 0:
            threading.Timer(0.1, os.kill, (pids[0][0], signal.SIGKILL)).start()  # in the midst of the next generation

    found = wr.search(task, threads=2, on_generation=kill_soon, **TINY)
    assert files.to_text(found) == files.to_text(wanted)
    assert pids[-1][0] != pids[0][0]
    assert pids[-1][1] == pids[0][1]
    assert processes._pools == []  # workers belong to one search


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("raises", "raised RuntimeError: out of order"),
        ("nan", "the observation holds NaN"),
        ("nan reward", "the reward is nan"),
        ("hangs", "hangs: it did not come back from a step or a reset within 2 seconds"),
        ("dies", "killed the process that played it 3 times, the last time with exit code 7"),
    ],
)
def test_an_environment_that_goes_bad_ends_the_search_and_what_was_done_is_kept(
    how: str, says: str, tmp_path: Path
) -> None:
    flag, out = tmp_path / "flag", tmp_path / "run"
    settings: dict[str, Any] = {"out": out, "threads": 1, **TINY}
    kwargs = {"flag": str(flag)}
    task = environment("helpers.odd_environments:Moody", kwargs=kwargs, max_steps=20, step_timeout=2.0)

    def go_bad(report: Generation) -> None:
        if report.generation == 1:
            flag.write_text(how)

    with pytest.raises(TaskError, match=says):
        wr.search(task, on_generation=go_bad, **settings)
    assert len(read_generations(out)) == 2
    flag.unlink()
    resumed = wr.search(task, **settings)
    assert len(read_generations(out)) == 3
    assert resumed.provenance["generations"] == 3


def test_an_environment_that_cannot_repeat_warns() -> None:
    task = with_options(environment("helpers.odd_environments:Unrepeatable"), max_steps=5)
    with pytest.warns(RuntimeWarning, match="Unrepeatable: the same seed and actions give other observations"):
        play(task, network_of(task), np.ones(2, np.float32), starts_of(task, range(2)), 1)


def test_a_script_needs_no_guard_and_its_prints_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "chatty.py").write_text(
        "from helpers.odd_environments import Glider\n\n\n"
        "class Chatty(Glider):\n"
        "    def step(self, action):\n        print('step')\n        return super().step(action)\n"
    )
    script = tmp_path / "script.py"
    script.write_text(
        "import wann_rt as wr\n\n"
        "settings = dict(population=4, generations=1, drawn_weights=1, retest_episodes=1)\n"
        "print(wr.search(wr.environment('chatty:Chatty', max_steps=5), threads=2, **settings).name)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, env=environment, timeout=300)
    assert done.stdout == "Chatty\n", done.stderr


def test_processes_end_with_the_process_that_started_them() -> None:
    task = task_of("Pendulum-v1")
    play(task, network_of(task), np.ones(2, np.float32), starts_of(task, range(2)), 1)
    [worker] = processes._pools[0].workers
    assert worker.process.stdin is not None
    worker.process.stdin.close()  # as its end would
    assert worker.process.wait(timeout=60) in (0, -signal.SIGKILL)  # it ends its whole process group
    processes.close()


@needs.envpool
@pytest.mark.parametrize("env_id", CHEAP)
def test_envpool_plays_each_episode_by_its_seed_however_chunks_and_threads_are_cut(
    env_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_of(env_id, "envpool")
    weights, starts = np.linspace(-2, 2, 12).astype(np.float32), starts_of(task, range(30, 42))
    wanted = play(task, network_of(task), weights, starts, 1, watched=True)
    monkeypatch.setattr(envpool_engine, "SLOTS", 5)
    found = play(task, network_of(task), weights, starts, 2, watched=True)
    alone = play(task, network_of(task), weights[7:8], starts[:, 7:8], 1)
    assert (found.returns == wanted.returns).all()
    assert (found.lengths == wanted.lengths).all()
    assert alone.returns[0, 0] == wanted.returns[0, 7]


@needs.envpool
@pytest.mark.filterwarnings("ignore:.*precision lowered")  # of EnvPool's own spaces
def test_envpool_plays_the_episodes_of_a_plain_loop() -> None:
    import envpool

    task = task_of("MountainCarContinuous-v0", "envpool")
    controller = controller_of(task)
    played = play_controller(task, controller, starts_of(task, range(3, 6)), 2)
    for k, seed in enumerate(range(3, 6)):
        pool = envpool.make("MountainCarContinuous-v0", "gymnasium", num_envs=1, seed=seed)
        observation, total = pool.reset()[0], 0.0
        for _ in range(task.max_steps):
            observation, reward, terminated, _, _ = pool.step(controller.decide(observation))
            total += float(reward[0])
            if terminated[0]:
                break
        assert played.returns[0, k] == total


@needs.envpool
def test_envpool_and_gymnasium_score_a_controller_alike() -> None:
    engines = [task_of("Pendulum-v1", backend) for backend in ("processes", "envpool")]
    returns = [play_controller(task, controller_of(task), starts_of(task, range(200)), 2).returns for task in engines]
    error = np.hypot(*(r.std() / 200**0.5 for r in returns))
    assert abs(returns[0].mean() - returns[1].mean()) < 4 * error


@needs.envpool
@pytest.mark.parametrize(
    ("env_id", "kwargs", "says"),
    [
        ("helpers.odd_environments:Glider", {}, "EnvPool does not have .*Glider: use --backend processes"),
        ("Pendulum-v1", {"g": 9.0}, "cannot be given the arguments"),
    ],
)
def test_what_envpool_does_not_have_is_refused(env_id: str, kwargs: dict[str, Any], says: str) -> None:
    with pytest.raises(TaskError, match=says):
        environment(env_id, kwargs=kwargs, backend="envpool")


def test_evaluation_and_tuning_play_environments() -> None:
    task = task_of("Pendulum-v1")
    controller = controller_of(task)
    known = replace(controller, provenance={"environment": {"id": "Pendulum-v1"}, "task_params": {"max_steps": 20}})
    scored = wr.evaluate(known, episodes=4, seed=1)
    assert scored.scores["own_weight"].effort is not None
    assert scored.scores["six_weights"].episodes == 24
    tuned = wr.tune(known, method="sweep", low=-1, high=1, step=0.5, episodes=1)
    assert tuned.score.mean >= tuned.start.mean
    assert tuned.controller.provenance["environment"] == {"id": "Pendulum-v1", "kwargs": {}, "engine": "gymnasium"}
    polished = wr.tune(known, method="cma", steps=4000, episodes=1, seed=2)
    assert polished.controller.weight.kind == "connections"
    assert polished.score.mean >= polished.start.mean


def test_what_compiles_is_all_that_playing_calls() -> None:
    task = task_of("Pendulum-v1")
    compiled(task)
    before = [len(kernel.signatures) for kernel in (act, tally)]
    chunks = cut(Work(single(network_of(task)), np.ones((1, 2), np.float32), "shared", np.arange(2)), 2, RULES)
    play_chunk(Simulator(task), chunks[0], lambda: None)
    assert [len(kernel.signatures) for kernel in (act, tally)] == before
