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

import numpy as np
import pytest
from helpers import needs
from helpers.playing import CHEAP, TINY, controller_of, network_of, plain_returns, task_of

import wann_rt as wr
from wann_rt.core import files
from wann_rt.core.controller import Weight
from wann_rt.core.errors import TaskError
from wann_rt.core.network import Connection, Network
from wann_rt.evolution.journal import read_generations
from wann_rt.evolution.search import Generation
from wann_rt.play.backends import processes
from wann_rt.play.environment import environment
from wann_rt.play.plain import play_controller, record_vectors
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.environment.simulator import Simulator
from wann_rt.tasks.environment.task import BackendName, with_options

pytestmark = [pytest.mark.xdist_group("backends"), pytest.mark.slow]


@pytest.fixture(autouse=True, scope="module")
def _no_process_is_left() -> Iterator[None]:
    yield
    processes.close()


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


@pytest.mark.parametrize("env_id", [CHEAP[0], pytest.param(CHEAP[1], marks=pytest.mark.long)])
def test_the_champion_does_not_depend_on_how_many_workers_play(env_id: str) -> None:
    task = environment(env_id, max_steps=30)
    found = {files.to_text(wr.search(task, threads=n, **TINY)) for n in (1, 2, 3)}
    assert len(found) == 1


@pytest.mark.long
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


@pytest.mark.long
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


@pytest.mark.long
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


@pytest.mark.long
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


@pytest.mark.long
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
