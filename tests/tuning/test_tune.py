"""Laws of tuning: never worse than the start on held-out episodes, the same for any threads, what ships is whole."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wann_rt as wr
from wann_rt import tasks
from wann_rt.core import files
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import ConfigError, ControllerError, TaskError
from wann_rt.core.network import Connection, Network, unsigned
from wann_rt.evaluation.score import Score
from wann_rt.evaluation.sweep import grid, race, sweep
from wann_rt.exporters.parity.verify import verify
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import starts_of
from wann_rt.tuning.polish import Arena, PolishSettings, TuningReport
from wann_rt.tuning.prune import Pruned, pareto, prune, without
from wann_rt.tuning.strategies import STRATEGIES
from wann_rt.tuning.tune import METHODS, SCORED_EPISODES, Method, start_weights, tune

TASK = tasks.get("swingup")
TANH = 5
# One hidden node that sees everything, beside direct connections: individual weights swing it up, a shared one cannot.
NETWORK, _ = Network.build(
    5,
    {10: TANH},
    {20: 1},
    [*(Connection(i, 10, -1 if i == 3 else 1) for i in range(6)), *(Connection(i, 20) for i in (2, 4, 5, 10))],
)
each_strategy = pytest.mark.parametrize("method", STRATEGIES)
each_method = pytest.mark.parametrize("method", METHODS)


def controller(weight: Weight, network: Network = NETWORK) -> Controller:
    provenance = {"task": TASK.name, "env_steps": 1000, "score": 1.0}
    return Controller("c", network, weight, TASK.observations, TASK.actions, TASK.rate_hz, provenance=provenance)


SHARED = controller(Weight.shared(1.0))


@pytest.mark.slow
@each_strategy
def test_individual_weights_improve_a_bad_start_within_a_small_budget(method: Method) -> None:
    tuned = tune(SHARED, method=method, steps=4_000_000, seed=3)
    assert tuned.score.mean > tuned.start.mean + 200
    assert tuned.controller.weight.kind == "connections"
    assert not tuned.controller.network.is_signed


@pytest.mark.slow
@each_method
def test_tuning_depends_on_the_seed_but_not_on_threads(method: Method) -> None:
    one, two, other = (
        files.to_text(tune(SHARED, method=method, steps=300_000, seed=s, threads=t, step=0.05).controller)
        for s, t in ((1, 1), (1, 2), (2, 2))
    )
    assert one == two != other


@pytest.mark.slow
@each_method
def test_the_result_is_never_worse_than_the_start_on_held_out_episodes(method: Method) -> None:
    for seed in range(2):
        tuned = tune(SHARED, method=method, steps=1, episodes=1, seed=seed, low=-0.1, high=0.1)
        assert tuned.score.mean >= tuned.start.mean


@pytest.mark.slow
def test_a_good_controller_survives_tuning_that_finds_nothing() -> None:
    good = tune(SHARED, steps=5_000_000, seed=3).controller
    swept = tune(controller(Weight.shared(0.5), good.network), method="sweep", low=0.4, high=0.6, step=0.1, episodes=1)
    again = tune(good, steps=1, seed=5)
    assert again.score.mean >= again.start.mean
    assert again.controller.provenance["tuned"]["from"] == files.digest(good)
    assert swept.score.mean >= swept.start.mean


def test_signs_move_into_the_weights_and_the_function_stays() -> None:
    observations = np.random.default_rng(0).normal(size=(64, 5)).astype(np.float32)
    weights = start_weights(Arena(TASK, 0), controller(Weight.shared(0.5)))  # a power of two: no rounding differs
    made = replace(SHARED, network=unsigned(NETWORK), weight=Weight("connections", tuple(weights.tolist())))
    assert (made(observations) == controller(Weight.shared(0.5))(observations)).all()


def test_an_ensemble_starts_from_its_best_member() -> None:
    good = start_weights(Arena(TASK, 0), controller(Weight("ensemble", (0.0, 1.5))))
    assert set(np.abs(good)) <= {0.0, 1.5}


def test_pruning_keeps_the_function_where_connections_do_nothing() -> None:
    connections = [Connection(2, 10), Connection(3, 11), Connection(10, 20), Connection(11, 20), Connection(4, 20)]
    network, order = Network.build(5, {10: TANH, 11: TANH}, {20: 1}, connections)
    weights = np.array([0.7, 0.3, 1.1, 0.0, -0.4])[order]  # what node 11 says is not heard
    smaller, kept = without(network, weights, int(np.flatnonzero(weights == 0)[0]))
    assert (smaller.n_hidden, smaller.n_connections) == (1, 3)
    made = [
        Controller("c", n, Weight("connections", tuple(w)), TASK.observations, TASK.actions)
        for n, w in ((network, weights), (smaller, kept))
    ]
    observations = np.random.default_rng(0).normal(size=(64, 5)).astype(np.float32)
    assert (made[0](observations) == made[1](observations)).all()


@pytest.mark.slow
def test_pruning_returns_a_pareto_set_and_its_members_are_whole(tmp_path: Path) -> None:
    tuned = tune(SHARED, prune=True, steps=2_000_000, smallest=6, seed=1)
    sizes = [one.network.n_connections for one in tuned.front]
    assert sizes == sorted(set(sizes), reverse=True)
    assert sizes[-1] >= 6
    assert tuned.controller in tuned.front
    assert tuned.score.mean >= tuned.start.mean
    for one in (tuned.front[0], tuned.front[-1]):
        files.save(one, tmp_path / "c.json")
        loaded = files.load(tmp_path / "c.json")
        assert files.to_text(loaded) == files.to_text(one)
        assert len(loaded.vectors) == 8
        assert verify(loaded, n_random=20).ok


def test_pareto_drops_what_is_larger_and_no_better() -> None:
    scores = {4: 500.0, 5: 700.0, 6: 690.0, 7: 700.0, 9: 900.0}
    found = []
    for n, score in scores.items():
        network, _ = Network.build(9, {}, {20: 1}, [Connection(i, 20) for i in range(n)])
        found.append(Pruned(network, np.ones(n), score))
    assert [p.network.n_connections for p in pareto(found)] == [9, 5, 4]


def test_pruning_stops_where_nothing_would_be_left() -> None:
    network, _ = Network.build(5, {10: TANH}, {20: 1}, [Connection(3, 10), Connection(10, 20)])
    start = Pruned(network, np.array([1.0, 1.0]), 0.0)
    found = prune(Arena(TASK, 0), start, PolishSettings(steps=1000, final=8), smallest=0)
    assert all(p.network.n_connections >= 1 for p in found)


@pytest.mark.slow
def test_provenance_tells_what_was_done() -> None:
    tuned = tune(SHARED, steps=200_000, seed=4)
    provenance = tuned.controller.provenance
    assert provenance["env_steps"] == 1000 + tuned.env_steps
    assert provenance["tuned"] | {"by": ""} == {
        "by": "", "from": files.digest(SHARED), "seed": 4, "method": "cma", "pruned": False, "episodes": 4,
        "steps": 200_000,
    }  # fmt: skip
    assert provenance["score"]["episodes"] == SCORED_EPISODES


@pytest.mark.slow
def test_ctrl_c_keeps_the_best_so_far() -> None:
    def interrupt(report: TuningReport) -> None:
        raise KeyboardInterrupt

    for pruned in (False, True):
        tuned = tune(SHARED, prune=pruned, on_progress=interrupt)
        assert tuned.interrupted
        assert tuned.score.mean >= tuned.start.mean
        assert len(tuned.front) == pruned


def test_the_sweep_gives_an_interval_and_races_its_best_on_new_episodes() -> None:
    swept = sweep(TASK, NETWORK, episodes=4, weights=grid(-1, 1, 0.25))
    assert list(swept.weights) == [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1]
    assert (swept.intervals >= 0).all()
    final = race(TASK, NETWORK, swept, episodes=8, seed=0)
    assert set(final.weights) <= set(swept.weights)
    assert len(final.weights) >= 8
    assert swept.weights[np.argmax(swept.means)] in final.weights
    assert final.best in swept.weights


@pytest.mark.parametrize(
    ("given", "settings", "error", "message"),
    [
        (SHARED, {"method": "adam"}, ConfigError, "no tuning method 'adam'; methods: sweep, cma, pepg"),
        (SHARED, {"steps": 0}, ConfigError, "must be at least 1"),
        (SHARED, {"method": "sweep", "prune": True}, ConfigError, "use method cma or pepg"),
        (SHARED, {"method": "sweep", "low": 1.0, "high": -1.0}, TaskError, "low <= high"),
        (SHARED, {"method": "sweep", "step": 1e-9}, TaskError, "too fine"),
        (SHARED, {"method": "sweep", "relative": True}, ConfigError, "a sweep has none: leave it out"),
        (SHARED, {"task_params": {"wind": 1.0}}, ConfigError, r"wr\.task\(NAME, PARAM=VALUE\)"),
        (SHARED, {"generations": 3}, ConfigError, "tuning has no setting 'generations'; settings: steps"),
        (SHARED, {"sigma": "wide"}, ConfigError, "setting sigma of tuning is 'wide'; expected a number"),
        (SHARED, {"relative": 1}, ConfigError, "setting relative of tuning is 1; expected True or False"),
        (SHARED, {"task": "chess"}, TaskError, "no task 'chess'"),
        (replace(SHARED, provenance={}), {}, TaskError, "does not say which task"),
    ],
)
def test_bad_settings_are_named(
    given: Controller, settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        tune(given, **settings)


def test_a_sweep_does_not_throw_individual_weights_away() -> None:
    made = replace(SHARED, network=unsigned(NETWORK), weight=Weight("connections", (1.0,) * 10))
    with pytest.raises(ControllerError, match="which a shared weight would replace"):
        tune(made, method="sweep")


@pytest.mark.long
def test_a_price_on_effort_is_paid_in_effort() -> None:
    priced = tune(SHARED, steps=2_000_000, seed=3, task=wr.task("swingup", effort_penalty=0.6))
    free = tune(SHARED, steps=2_000_000, seed=3)
    starts = starts_of(TASK, range(64))
    efforts = [Score.of_episodes(TASK, play_controller(TASK, t.controller, starts)).effort for t in (priced, free)]
    assert efforts[0] is not None
    assert efforts[1] is not None
    assert efforts[0] < efforts[1]
    assert priced.controller.provenance["task_params"] == {"effort_penalty": 0.6}
    assert "task_params" not in free.controller.provenance


def test_tuning_is_public() -> None:
    assert wr.tune(SHARED, method="sweep", episodes=2, step=0.5).sweep is not None


def test_a_first_step_or_population_out_of_range_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"sigma \(0\.0\) above 0"):
        tune(SHARED, steps=1, sigma=0.0)
    with pytest.raises(ConfigError, match=r"population \(3\) must be at least 4"):
        tune(SHARED, steps=1, population=3)


def test_what_is_tuned_in_sizes_of_each_weight_says_so() -> None:
    told = [tune(SHARED, steps=1, relative=on).controller.provenance["tuned"] for on in (True, False)]
    assert told[0]["relative"] is True
    assert "relative" not in told[1]


@pytest.mark.slow
def test_a_monitor_is_left_out_and_its_words_with_it(caplog: pytest.LogCaptureFixture) -> None:
    watched = wr.monitor(wr.load("zoo:pendulum"), kind="range", false_alarms=1e-3, steps=100_000).controller
    tuned = tune(watched, steps=1, method="pepg").controller
    assert "the monitor is left out" in caplog.text
    assert tuned.monitor is None
    assert "monitor" not in tuned.provenance
    assert "monitor" not in watched.with_weight(1.0).provenance
