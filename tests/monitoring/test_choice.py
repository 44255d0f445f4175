"""Budgets of a monitor: what is estimated, what is chosen, and what is refused."""

from functools import cache, partial
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import needs

from wann_rt import tasks, zoo
from wann_rt.cli import main
from wann_rt.core.errors import ConfigError
from wann_rt.core.symbols import Symbol
from wann_rt.monitoring import make
from wann_rt.monitoring.calibrate import calibrated, drafted, recorded_excesses, scaled, worst_scores
from wann_rt.monitoring.choice import (
    SOON,
    Broken,
    Reached,
    Search,
    broken_machines,
    chosen,
    feature_scores,
    reached,
    windows,
)
from wann_rt.monitoring.cost import Cost, cost
from wann_rt.monitoring.environments import Machines
from wann_rt.monitoring.faults import FAULTS
from wann_rt.monitoring.kinds import KINDS, RECIPES, Given, Made, folded
from wann_rt.monitoring.machines import Record, _broken, machines, record
from wann_rt.monitoring.make import RECORD_SEED, Monitored, budget_of, monitor
from wann_rt.play.environment import environment
from wann_rt.tasks import conditions
from wann_rt.tasks.observed import observed

PENDULUM = tasks.get("pendulum")
INF = float("inf")
# What GCC 12 makes of monitors of the pendulum at -Os, as docs/monitor.json has it: instructions and bytes.
MEASURED = {"plant": (166, 664), "range": (173, 692), "linear": (162, 728)}


@cache
def nominal() -> Record:
    return record(zoo.load("pendulum"), machines(PENDULUM), range(100))


@cache
def features(kind: str) -> list[Made]:
    return [feature for each in RECIPES[kind] for feature in KINDS[each].make(Given(PENDULUM, nominal(), 3, 1))]


@cache
def broken() -> list[Broken]:
    few = [fault for fault in FAULTS if fault.name in ("one channel stuck", "noise .1", "channel zero")]
    return broken_machines(few, PENDULUM.max_steps, partial(record, zoo.load("pendulum"), machines(PENDULUM)))


@pytest.mark.parametrize("kind", MEASURED)
def test_a_cost_is_estimated_within_a_twentieth(kind: str) -> None:
    estimate = cost(drafted(folded(features(kind)), 3, 1, 1e-3, (0.0,)))
    np.testing.assert_allclose(estimate, MEASURED[kind], rtol=0.05)


def test_all_features_are_watched_where_they_fit_and_no_fault_is_played() -> None:
    def faulty() -> list[Broken]:
        raise AssertionError

    assert chosen(features("range"), nominal(), 1e-3, Cost(1000, INF), faulty) == features("range")


def test_what_is_chosen_fits_and_finds_more_than_any_single_feature_does() -> None:
    made, budget = features("range"), Cost(120, 500)
    kept = chosen(made, nominal(), 1e-3, budget, broken)
    assert cost(drafted(folded(kept), 3, 1, 1e-3, (0.0,))).share(budget) <= 1
    assert len(made) > len(kept) > 1
    rough = scaled(made, nominal(), 1e-3, (0.0,))
    by_fault = [(one.faults, reached(rough, one.record, one.begins)[0]) for one in broken()]
    search = Search(reached(rough, nominal(), 1)[0], by_fault, 20)
    singles = [search.found((k,)) for k in range(len(made))]
    assert search.found(tuple(made.index(one) for one in kept)) > max(singles) + 0.1


def test_what_finds_nothing_is_not_added_though_it_fits() -> None:
    finds, blind = np.array([[9.0, 9.0]]), np.array([[0.5, 0.5]])
    usual = Reached(np.ones((1, 2, 40), np.float32), np.ones(40, np.bool_))
    faulty = Reached(np.stack([blind, finds], axis=1).astype(np.float32), np.ones(2, np.bool_))
    search = Search(usual, [(np.zeros(2, np.intp), faulty)], 20)
    assert search.choices(Cost(15, 100), lambda numbers: Cost(10 * len(numbers), 0)) == [(1,)] * 3


def test_features_that_find_something_only_together_are_kept_by_leaving_others_out() -> None:
    """Two of three features each find half; the third, by itself the best, hides both by its false alarms."""
    usual = np.ones((1, 3, 40))
    usual[0, 2, :30] = 8.0
    faulty = np.array([[[5.0] * 10 + [0.5] * 10, [0.5] * 10 + [5.0] * 10, [9.0] * 14 + [0.5] * 6]])
    lanes = np.ones(40, np.bool_), np.ones(20, np.bool_)
    nominal, broken = (
        Reached(most.astype(np.float32), fair) for most, fair in zip((usual, faulty), lanes, strict=True)
    )
    search = Search(nominal, [(np.zeros(20, np.intp), broken)], 20)

    def costs(numbers: tuple[int, ...]) -> Cost:
        return Cost(10 * len(numbers), 0)

    assert search.grown((), Cost(25, 100), costs, by_cost=False) == (2,)
    assert search.shrunk(Cost(25, 100), costs) == (0, 1)
    assert [search.found(numbers) for numbers in ((2,), (0, 1))] == [0.7, 1.0]


def test_of_features_that_nothing_is_missed_without_the_dearest_is_left_out() -> None:
    usual = Reached(np.ones((1, 3, 40), np.float32), np.ones(40, np.bool_))
    half = np.repeat([[5.0, 0.5], [0.5, 5.0]], 10, axis=1)
    faulty = Reached(np.array([[[5.0] * 20, *half]], np.float32), np.ones(20, np.bool_))
    search = Search(usual, [(np.zeros(20, np.intp), faulty)], 20)

    def costs(numbers: tuple[int, ...]) -> Cost:
        return Cost(sum((20.0, 5.0, 5.0)[k] for k in numbers), 0)

    assert [search.found(numbers) for numbers in ((0,), (1, 2), (1,))] == [1.0, 1.0, 0.5]
    assert search.shrunk(Cost(15, 100), costs) == (1, 2)


def test_of_features_that_hide_as_much_the_dearest_is_left_out() -> None:
    """Two of three features are loud on nominal machines, so that more is found without either."""
    usual = np.ones((1, 3, 40))
    usual[0, 1, :15] = usual[0, 2, 15:30] = 8.0
    faulty = np.array([[[2.0] * 20, [4.0] * 10 + [0.5] * 10, [4.0] * 10 + [0.5] * 10]])
    nominal, broken = (Reached(m.astype(np.float32), np.ones(m.shape[-1], np.bool_)) for m in (usual, faulty))
    search = Search(nominal, [(np.zeros(20, np.intp), broken)], 20)

    def costs(numbers: tuple[int, ...]) -> Cost:
        return Cost(sum((5.0, 5.0, 20.0)[k] for k in numbers), 0)

    assert search.found((0, 1)) == search.found((0, 2)) > search.found((0, 1, 2))
    assert search.shrunk(Cost(25, 100), costs) == (0, 1)


def test_features_are_chosen_at_the_stated_rate_or_at_20_false_alarms_in_what_is_recorded() -> None:
    """One of two features finds all faults and is loud in 30 nominal episodes; the other one finds half of them."""
    rng = np.random.default_rng(0)
    seen, faulty = (rng.uniform(-1, 1, (200, 2, 100)).astype(np.float32) for _ in range(2))
    seen[-2:, 0, :30:2], seen[-2:, 0, 1:30:2] = 8, -8
    faulty[100:, 0] = faulty[100:, 1, :50] = 5
    nothing, running = np.zeros((200, 1, 100), np.float32), np.ones((200, 100), np.bool_)
    nominal, played = (Record(side, nothing, running) for side in (seen, faulty))
    made = [Made("range", (k,), Symbol("input", name=f"o{k}")) for k in range(2)]
    budget = Cost(1.1 * cost(drafted(made[:1], 2, 1, 1e-3, (0.0,))).instructions, INF)
    for rate, kept in ((2e-3, made[:1]), (1e-3, made[1:]), (1e-7, made[1:])):  # 40, 20 and 0.002 in 20,000 steps
        assert chosen(made, nominal, rate, budget, lambda: [Broken(played, 100, np.zeros(100, np.intp))]) == kept


def test_what_is_found_soon_counts_as_much_as_what_is_found_at_all() -> None:
    monitor = scaled(features("range"), nominal(), 1e-3, (0.0,))
    first = broken()[0]
    (faults, until_end), (others, soon) = windows(monitor, first)
    assert set(faults) == {0, 2, 4}
    assert set(others) == {1, 3, 5}
    stop, (seen, done, alive) = first.begins + SOON, first.record
    early = Record(seen[:stop], done[:stop], alive[:stop])
    np.testing.assert_array_equal(soon.most, reached(monitor, early, first.begins)[0].most)
    assert (until_end.most >= soon.most).all()
    assert (until_end.most > soon.most).any()


@pytest.mark.slow
@needs.envpool
def test_thresholds_of_an_environment_are_set_on_episodes_that_the_choice_did_not_see(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = [fault for fault in FAULTS if fault.name in ("one channel stuck", "noise .1")]
    monkeypatch.setattr(make, "FAULTS", few)
    task, given = environment("Pendulum-v1", backend="envpool"), zoo.load("pendulum")
    found = monitor(given, task, kind="range", false_alarms=1e-3, steps=20_000, budget={"instructions": 120})
    seen, fresh = (Machines(given, task).recorded(RECORD_SEED + first, 128, 20_000) for first in (0, 128))

    def alarms(played: Record) -> int:
        assert found.controller.monitor is not None
        return int((recorded_excesses(played)(found.controller.monitor, 0)[0] > 1).sum())

    assert found.calibration.watched < found.calibration.made
    assert (found.calibration.episodes, found.calibration.steps) == (128, 25_600)
    assert alarms(fresh) == found.calibration.alarms == 25
    assert alarms(seen) != 25


def test_features_are_judged_one_by_one_as_they_are_together() -> None:
    monitor = scaled(folded(features("plant")), nominal(), 1e-3, (0.0,))
    together = worst_scores(monitor, nominal())
    np.testing.assert_array_equal(feature_scores(monitor, nominal()).max(axis=1), together)


def test_repetitions_alone_can_be_watched() -> None:
    def stuck_alone(made: list[Made]) -> list[Made]:
        return [one for one in made if one.kind == "stuck"]

    given, judge = Given(PENDULUM, nominal(), 3, 1), recorded_excesses(nominal())
    found = calibrated(given, RECIPES["rnd"], 1e-3, 20_000, (0.0,), judge, stuck_alone)
    assert (found.alarms, found.made, found.watched) == (0, 4, 3)
    stuck = next(fault for fault in FAULTS if fault.name == "all frozen")
    played = record(zoo.load("pendulum"), machines(PENDULUM), range(500, 504), stuck, 20)
    worst = worst_scores(found.monitor, played)
    level = found.monitor.levels[0]
    assert not (worst[:20] > level.above).any()
    assert (worst[24] > level.above).all()


def test_faults_hit_the_sensors_that_a_controller_reads() -> None:
    full, task = zoo.load("pendulum"), observed(machines(PENDULUM), ["theta_dot", "cos_theta"])
    seeing = SimpleNamespace(observations=(full.observations[2], full.observations[0]))
    hit = _broken(task, seeing, 50, 0)  # type: ignore[arg-type]
    sizes = dict(zip(("cos_theta", "sin_theta", "theta_dot"), conditions.sizes(PENDULUM), strict=True))
    assert set(hit.channel) == set(hit.other) == {0, 1}
    assert set(hit.angular) == {0}  # rad/s
    assert hit.sizes.ravel().tolist() == [sizes["theta_dot"], sizes["cos_theta"]]


def test_a_budget_is_checked() -> None:
    assert budget_of("auto", {}) == Cost(250, 1024)
    assert budget_of("rnd", {}) == Cost(INF, INF)
    assert budget_of("range", {"instructions": 500}) == Cost(500, INF)
    assert budget_of("range", {"bytes": 500}) == Cost(INF, 500)
    helped = CliRunner().invoke(main, ["monitor", "--help"], terminal_width=200).output
    assert helped.count("if neither is given; inf for rnd]") == 2
    for budget, said in (
        ({"instructions": 0.0}, "instructions is 0"),
        ({"bytes": float("nan")}, "bytes is nan"),
        ({"byte": 100.0}, "a budget has instructions and bytes; 'byte' came; did you mean 'bytes'"),
    ):
        with pytest.raises(ConfigError, match=said):
            budget_of("range", budget)
    with pytest.raises(ConfigError, match=r"fits into 10 instructions.*the smallest takes about \d+ instructions"):
        monitor(zoo.load("pendulum"), kind="range", false_alarms=1e-3, steps=20_000, budget={"instructions": 10})
    command = ["monitor", "zoo:pendulum", "--kind=range", "--false-alarms=1e-3", "--steps=20000", "--bytes=50"]
    told = CliRunner().invoke(main, command)
    assert told.exit_code == 2
    assert "fits into 50 bytes: the smallest" in told.output


def test_a_monitor_says_what_it_takes_and_how_much_is_watched() -> None:
    choose = partial(chosen, record=nominal(), false_alarms=1e-3, budget=Cost(120, INF), broken=broken)
    given, judge = Given(PENDULUM, nominal(), 3, 1), recorded_excesses(nominal())
    found = calibrated(given, RECIPES["range"], 1e-3, 20_000, (0.0,), judge, choose)
    told = Monitored(zoo.load("pendulum"), "range", {}, found).to_dict()
    assert told["features"] == 9 > told["watched"] >= len(found.monitor.features)
    assert 60 < told["instructions"] <= 120
    assert told["bytes"] > 3 * told["instructions"]
