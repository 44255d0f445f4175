"""Laws of what makes controllers that ship: disturbances, prices, restarts and individual weights, all as settings."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import builders

import wann_rt as wr
from wann_rt import tasks
from wann_rt.core import files
from wann_rt.core.errors import ConfigError
from wann_rt.core.network import Connection, Network, unsigned
from wann_rt.core.random import Purpose
from wann_rt.core.reference import forward
from wann_rt.core.terms import lowered
from wann_rt.core.weight import Weight
from wann_rt.evaluation.risk import valued
from wann_rt.evolution import config, polishing
from wann_rt.evolution.conditions import searched
from wann_rt.evolution.run import run_search
from wann_rt.evolution.search import Generation, Search
from wann_rt.play.environment import environment
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks import conditions
from wann_rt.tuning.polish import polish
from wann_rt.tuning.soften import SIGMOID, STEEP, STEP, softened

TASK = tasks.get("cartpole-swingup")
FEW: dict[str, Any] = {"population": 16, "generations": 6, "restarts": 1, "restart_every": 2, "seed": 3}
SMALL: dict[str, Any] = FEW | {"retest_episodes": 4, "episodes": 4, "polish_finalists": 1, "retest_every": 2}
ROBUST = config.load("robust", SMALL)
BEFORE = {
    "agnostic": "56f4e8baee0bbfd0",
    "environment": "3c996a8d906e9ca6",
    "minimal": "59044f8b357a4baa",
    "paper": "6d79b57a8f048cb4",
    "tuned": "50f61e92cc826be7",
}


@pytest.mark.parametrize("preset", BEFORE)
def test_a_search_without_the_new_settings_is_the_one_that_it_was(preset: str) -> None:
    assert config.load(preset).digest.removeprefix("sha256:").startswith(BEFORE[preset])
    assert not set(config.LATER) & set(config.load(preset).said)
    assert config.load(preset, {"disturbed": True}).digest != config.load(preset).digest


def test_a_search_plays_the_disturbances_by_which_it_will_be_judged() -> None:
    played: Any = searched(TASK, ROBUST)
    prices = {name: getattr(ROBUST, name) for name in conditions.PENALTIES if getattr(ROBUST, name) > 0}
    wanted = {name: np.float32(level) for name, level in {**prices, **conditions.tested(TASK)}.items()}
    assert played.params._asdict() == TASK.params._asdict() | wanted
    assert searched(TASK, config.load("tuned")) is TASK


def test_what_the_user_says_of_the_task_goes_before() -> None:
    given = tasks.with_params(TASK, delay=4.0, pole_length=0.9)
    played: Any = searched(given, ROBUST)
    assert (played.params.delay, played.params.pole_length) == (4.0, np.float32(0.9))
    assert played.params.observation_gain == np.float32(0.1)


def test_a_task_of_choices_has_no_price_of_actions() -> None:
    played: Any = searched(tasks.get("cartpole"), ROBUST)
    assert "delay" in played.params._fields
    assert "smoothness_penalty" not in played.params._fields


def test_an_environment_knows_no_disturbances() -> None:
    with pytest.raises(ConfigError, match=r"no disturbances and no prices: leave out smoothness_penalty.*disturbed"):
        searched(environment("Pendulum-v1"), config.load("robust"))


def test_the_worst_episodes_count_as_much_as_they_are_said_to() -> None:
    returns = np.array([[4.0, 1.0, 3.0, 2.0], [2.5, 2.5, 2.5, 2.5]])
    assert valued(returns, 0.0).tolist() == returns.mean(axis=1).tolist()
    assert valued(returns, 1.0, 0.5).tolist() == [1.5, 2.5]
    assert valued(returns, 0.5, 0.26).tolist() == [2.0, 2.5]  # 1.04 episodes are two: part of one counts whole
    assert valued(returns, 1.0, 1e-9).tolist() == [1.0, 2.5]


@pytest.mark.slow
def test_cvar_changes_what_a_search_finds_best() -> None:
    running = Search(TASK, ROBUST, 1)
    programs = running.ask()
    mean = running.score(programs)
    running.config = replace(ROBUST, cvar_weight=1.0, cvar_share=0.25)
    worst = running.score(programs)
    assert (worst <= mean).all()
    assert (worst < mean).any()


@pytest.mark.slow
def test_a_search_begins_anew_and_then_goes_on_from_its_champion() -> None:
    running = Search(TASK, ROBUST, 1)
    first = running.population
    seen = []
    for _ in running.run():
        seen.append(running.population)
    assert not np.array_equal(seen[1].enabled, first.enabled)
    assert (seen[1].n_hidden == 0).all()  # generation 2: drawn anew
    assert running.champion is not None
    copied = seen[3]  # generation 4: copies
    assert (copied.n_hidden == copied.n_hidden[0]).all()
    assert np.array_equal(copied.sources[0], copied.sources[-1])
    assert len({sources.tobytes() for sources in seen[5].sources}) > 1  # the last is bred: who goes on has parents


@pytest.mark.long
@pytest.mark.parametrize("fewer", [2, 3, 4])
def test_a_finished_run_goes_on_over_its_beginnings_as_if_it_had_been_longer(fewer: int, tmp_path: Path) -> None:
    whole = files.to_text(run_search(TASK, ROBUST, threads=1))
    run_search(TASK, replace(ROBUST, generations=fewer), out=tmp_path / "run", threads=1)
    assert files.to_text(run_search(TASK, ROBUST, out=tmp_path / "run", threads=1)) == whole


@pytest.mark.long
@pytest.mark.slow
def test_the_champion_depends_on_neither_threads_nor_interruptions(tmp_path: Path) -> None:
    calm = files.to_text(run_search(TASK, ROBUST, threads=1))
    assert files.to_text(run_search(TASK, ROBUST, threads=2)) == calm

    def stop(report: Generation) -> None:
        if report.generation == 4:
            raise KeyboardInterrupt

    stopped = run_search(TASK, ROBUST, out=tmp_path / "run", threads=1, on_generation=stop)
    assert stopped.weight.kind == "shared"  # nobody waits for weights who has said stop
    assert files.to_text(run_search(TASK, ROBUST, out=tmp_path / "run", threads=2)) == calm
    assert files.to_text(wr.load(tmp_path / "run")) == calm


@pytest.mark.slow
def test_individual_weights_are_at_least_as_good_as_the_shared_one_on_what_was_searched() -> None:
    running = Search(TASK, ROBUST, 1)
    for _ in running.run():
        pass
    found = polishing.polished(running)
    assert found.env_steps > 0
    task: Any = polishing.tuned_on(running)
    assert "chatter_penalty" in task.params._fields
    starts = starts_of(task, episode_seeds(Purpose.TUNE_FINAL, running.config.seed, 512))
    rows = np.repeat(np.array(found.weights, np.float32)[:, np.newaxis], 512, axis=1)
    tuned = play(task, found.network, rows, starts, 1).returns.mean()
    assert running.champion is not None
    shared = play(task, running.champion.network, np.ones(512, np.float32), starts, 1).returns.mean()
    assert tuned >= shared


def test_a_softened_network_has_sigmoids_for_steps_and_each_weight_in_its_place() -> None:
    rng = np.random.default_rng(5)
    softer = 0
    for _ in range(60):
        hard = unsigned(builders.network(rng))
        weights = rng.normal(0, 2, hard.n_connections)
        soft, gentle = softened(hard, weights)
        steps = [k for k in range(hard.n_hidden) if hard.activations[k] == STEP]
        assert STEP not in soft.activations[: soft.n_hidden]
        assert soft.activations[soft.n_hidden :] == hard.activations[hard.n_hidden :]
        assert sorted(soft.activations) == sorted(SIGMOID if k in steps else a for k, a in enumerate(hard.activations))
        assert sum(np.abs(gentle)) == pytest.approx(sum(np.abs(weights * into(hard, steps))))
        if not steps:
            assert (soft, gentle.tolist()) == (hard, weights.tolist())
        softer += bool(steps)
    assert softer > 5


def into(network: Network, steps: list[int]) -> Any:
    """Returns how much steeper each connection becomes."""
    return np.array([STEEP if c.target - network.first in steps else 1.0 for c in network.connections])


def test_a_steep_sigmoid_computes_what_the_step_does() -> None:
    made, order = Network.build(
        2, {9: STEP, 7: 5, 8: 6}, {10: 1}, [Connection(1, 9), Connection(2, 7), Connection(9, 8), Connection(7, 10),
        Connection(8, 10), Connection(9, 10)],
    )  # fmt: skip
    assert order
    weights = np.array([0.3, -1.2, 2.0, 0.7, -0.4, 1.1])
    soft, gentle = softened(made, weights)
    inputs = np.array([[-30.0, 30.0, 25.0], [0.5, -2.0, 1.0]], np.float32)
    hard_out = forward(lowered(made, Weight("connections", tuple(weights))), None, inputs)
    soft_out = forward(lowered(soft, Weight("connections", tuple(gentle))), None, inputs)
    assert hard_out == pytest.approx(soft_out, abs=1e-3)
    assert soft.activations != made.activations


@pytest.mark.parametrize(("price", "name", "softens"), [(0.04, "cartpole-swingup", True), (0.0, "pendulum", False),
                                                        (0.04, "cartpole", False)])  # fmt: skip
def test_steps_are_softened_where_sign_changes_have_a_price(price: float, name: str, softens: bool) -> None:
    running = Search(tasks.get(name), config.load("robust", SMALL | {"polish_chatter_penalty": price}), 1)
    assert polishing.softens(running) is softens


@pytest.mark.slow
def test_ctrl_c_while_weights_are_tuned_keeps_the_run_to_be_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm = files.to_text(run_search(TASK, ROBUST, threads=1))

    def interrupted(arena: Any, *rest: Any) -> Any:
        found = polish(arena, *rest)
        arena.interrupted = True
        return found

    monkeypatch.setattr(polishing, "polish", interrupted)
    half = run_search(TASK, ROBUST, out=tmp_path / "run", threads=1)
    assert half.provenance["stopped"].startswith("interrupted while")
    monkeypatch.setattr(polishing, "polish", polish)
    assert files.to_text(run_search(TASK, ROBUST, out=tmp_path / "run", threads=1)) == calm


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ({"cvar_share": 0}, "cvar_share is 0"),
        ({"cvar_weight": 2}, "cvar_weight is 2"),
        ({"restart_every": 0}, "restart_every is 0"),
        ({"restarts": -1}, "restarts is -1"),
        ({"polish_method": "sgd"}, "cma or pepg"),
        ({"polish_share": -1}, "polish_share is -1"),
        ({"smoothness_penalty": float("nan")}, "smoothness_penalty is nan"),
    ],
)
def test_values_that_make_no_sense_are_refused(overlay: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config.load("robust", overlay)


@pytest.mark.slow
def test_a_search_that_ends_before_it_goes_on_from_its_champion_says_so(caplog: pytest.LogCaptureFixture) -> None:
    run_search(TASK, replace(ROBUST, generations=4), threads=1)
    assert "4 generations are beginnings only: with 1 restarts, one each 2 generations" in caplog.text
    caplog.clear()
    run_search(TASK, ROBUST, threads=1)
    run_search(TASK, replace(ROBUST, restarts=0, generations=2), threads=1)
    assert "beginnings" not in caplog.text
