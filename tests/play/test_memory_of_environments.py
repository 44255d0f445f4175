"""Controllers with a state in environments: what back ends play is what a user's own loop with ``step`` gets.

Each of the episodes that run side by side has a state of its own, which begins with zeros.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import needs
from helpers.odd_environments import Glider

import wann_rt as wr
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import ControllerError, TaskError
from wann_rt.core.network import Connection, Network
from wann_rt.play.backends import envpool_engine
from wann_rt.play.plain import play_controller, with_vectors
from wann_rt.play.rollouts import play, starts_of
from wann_rt.play.task_of import task_of
from wann_rt.tasks.any_task import check_fits, identity
from wann_rt.tasks.deriving import seen_through
from wann_rt.tasks.environment.task import EnvironmentTask

pytestmark = pytest.mark.xdist_group("backends")
RATE = {"rate_hz": 10}
DERIVE = {
    "speed": "rate_of:obs_0,filter:0.5", "faster": "rate_of:speed", "last": "previous:action_0",
    "node": "recurrent,filter:0.5", "wave": "sine,hz:1",
}  # fmt: skip


def glider(discrete: bool = False, **more: Any) -> EnvironmentTask:
    """Returns a glider of which only the position is seen, and much that is derived from it."""
    settings: dict[str, Any] = {"channels": RATE, "observe": ["obs_0"], "derive": DERIVE, "max_steps": 40} | more
    return wr.environment("helpers.odd_environments:Glider", kwargs={"discrete": discrete}, trial=False, **settings)


def subject(task: EnvironmentTask) -> Controller:
    """Returns a controller in which each output hangs on each input, with random weights."""
    n, m = len(task.observations), len(task.actions)
    wires = [Connection(k, n + 1 + j) for j in range(m) for k in range(n + 1)]
    network, _ = Network.build(n, {}, dict.fromkeys(range(n + 1, n + 1 + m), 5), wires)
    weight = Weight("connections", tuple(np.random.default_rng(0).normal(size=len(wires))))
    sides = task.sensors, task.acts
    return Controller("c", network, weight, *sides, task.rate_hz, derived=task.derived, decision=task.decision)


@pytest.mark.parametrize("discrete", [False, pytest.param(True, marks=pytest.mark.long)])
def test_worker_processes_play_what_a_users_own_loop_with_a_state_gets(discrete: bool) -> None:
    task = glider(discrete)
    controller, starts = subject(task), starts_of(task, range(6))
    check_fits(task, controller)
    lanes = np.repeat(controller.weight.array[:, np.newaxis], 6, axis=1)
    searched = play(task, controller.network, lanes, starts, 1)
    assert np.array_equal(searched.returns, play_controller(task, controller, starts, 1).returns)
    environment = Glider(discrete)
    for seed in range(6):
        (observation, _), state, total = environment.reset(seed=seed), None, 0.0
        for _ in range(40):
            action, state = controller.predict(np.asarray(observation[:1], np.float32), state)
            given = int(action) - 1 if discrete else np.asarray(action, np.float64)
            observation, reward, over, _, _ = environment.step(given)
            total += reward
            if over:
                break
        assert total == searched.returns[0, seed]


def test_recorded_vectors_are_a_sequence_of_raw_readings_and_a_file_knows_what_it_is_fed_with(tmp_path: Path) -> None:
    task = glider(channels=RATE | {"observations": ["place", "hidden"]}, observe=["place"], derive={
        "speed": "rate_of:place", "node": "recurrent"})  # fmt: skip
    bare = replace(subject(task), provenance=identity(task))
    controller = with_vectors(task, bare, 3)
    assert controller.resets == (0,)
    state = controller.start()
    for vector in controller.vectors:
        action, state = controller.step(state, vector.observation)
        assert action.tolist() == list(vector.action)
    path = tmp_path / "c.json"
    wr.save(controller, path)
    own = task_of(wr.load(path), wr.environment("helpers.odd_environments:Glider", trial=False, max_steps=40))
    assert isinstance(own, EnvironmentTask)  # which names its channels otherwise, and says no rate
    assert (own.places, own.rate_hz, own.derived) == ((0,), 10, task.derived)
    starts = starts_of(own, range(2))
    assert np.array_equal(play_controller(own, controller, starts, 1).returns,
                          play_controller(task, controller, starts, 1).returns)  # fmt: skip
    damaged = replace(controller, provenance={**controller.provenance, "task_observed": {"places": [7]}})
    with pytest.raises(TaskError, match=r"fed with observations \[7\] of 2"):
        task_of(damaged, own)


def test_what_an_environment_cannot_be_seen_through_is_one_clear_error() -> None:
    with pytest.raises(TaskError, match=r"needs the rate of the steps.*rate_hz in --channels FILE"):
        glider(channels=None)
    plain = glider(observe=None, derive=None)
    with pytest.raises(TaskError, match=r"observes no 'obs_2'; it observes obs_0, obs_1"):
        seen_through(plain, ["obs_2"], {})
    with pytest.raises(ControllerError, match="is rate_of of 'obs_1', which is none of obs_0"):
        seen_through(plain, ["obs_0"], {"speed": "rate_of:obs_1"})
    with pytest.raises(TaskError, match="channels: observe is 'obs_0'; expected a list"):
        glider(channels=RATE | {"observe": "obs_0"})
    said = glider(channels=RATE | {"observe": ["obs_1"], "derive": {"v": "rate_of:obs_1"}}, observe=None, derive=None)
    assert [channel.name for channel in said.observations] == ["obs_1", "v"]
    assert said.plain.observations[1].name == "obs_1"
    assert identity(said)["task_observed"]["places"] == [1]
    with pytest.raises(
        TaskError, match=r"derived channels v: rate of obs_1; the controller was made for v: rate of obs_1, filter 0\.5"
    ):
        check_fits(said, subject(seen_through(plain, ["obs_1"], {"v": "rate_of:obs_1,filter:0.5"})))


@needs.envpool
@pytest.mark.filterwarnings("ignore:.*precision lowered")  # of EnvPool's own spaces
def test_in_envpool_each_episode_remembers_its_own_however_chunks_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    import envpool

    derive = {"theta_dot": "rate_of:cos_theta/sin_theta,filter:0.5", "last": "previous:torque", "node": "recurrent"}
    task = wr.environment("Pendulum-v1", backend="envpool", observe=["cos_theta", "sin_theta"], derive=derive)
    controller, starts = subject(task), starts_of(task, range(30, 42))
    wanted = play_controller(task, controller, starts, 1)
    monkeypatch.setattr(envpool_engine, "SLOTS", 5)
    assert np.array_equal(play_controller(task, controller, starts, 2).returns, wanted.returns)
    pool = envpool.make("Pendulum-v1", "gymnasium", num_envs=1, seed=33, max_episode_steps=200)
    observation, state, total = pool.reset()[0], controller.start(1), 0.0
    for _ in range(200):
        action, state = controller.step(state, observation[:, :2])
        observation, reward, _, _, _ = pool.step(action)
        total += float(reward[0])
    assert total == wanted.returns[0, 3]


@pytest.mark.long
@needs.envpool
def test_a_search_goes_on_after_a_stop_and_refuses_another_memory(tmp_path: Path) -> None:
    few: dict[str, Any] = {
        "population": 6, "generations": 4, "weights": (1.0,), "drawn_weights": 0, "episodes": 1, "retest_episodes": 1,
        "sweep_weights": 1, "scored_episodes": 2, "threads": 1, "progress": False,
    }  # fmt: skip
    seen: dict[str, Any] = {"observe": ["cos_theta", "sin_theta"], "max_steps": 20, "backend": "envpool"}
    task = wr.environment("Pendulum-v1", derive={"node": "recurrent", "v": "rate_of:cos_theta/sin_theta"}, **seen)
    whole = wr.search(task, **few)
    wr.search(task, **few | {"generations": 2}, out=tmp_path / "run")
    assert wr.search(task, **few, out=tmp_path / "run").network == whole.network
    other = wr.environment("Pendulum-v1", derive={"node": "recurrent", "v": "rate_of:cos_theta"}, **seen)
    with pytest.raises(
        wr.WannError, match=r"task_observed\.derived\.v\.of is .*cos_theta.*sin_theta.* there, .*cos_theta"
    ):
        wr.search(other, **few, out=tmp_path / "run")
