"""Model-predictive control: the regulator where no limit is met, the best within the limits elsewhere."""

import builtins
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from wann_rt import tasks
from wann_rt.cli import main
from wann_rt.core.errors import MissingExtraError, TaskError
from wann_rt.play.plain import play_act
from wann_rt.play.rollouts import starts_of
from wann_rt.rivals.contest import held_by, priced
from wann_rt.rivals.lqr import feedbacks
from wann_rt.rivals.mpc import Held, Predictive, tuned
from wann_rt.rivals.textbook import KNOWN
from wann_rt.tuning.polish import PolishSettings

ROBOT = Held(tasks.get("balancing-robot"), KNOWN["balancing-robot"].rest)
BRYSON = np.ones(4)


def test_where_no_limit_is_met_it_is_the_regulator() -> None:
    held = Held(tasks.get("quadrotor"), KNOWN["quadrotor"].rest, KNOWN["quadrotor"].trim)
    plan = Predictive(held, np.ones(len(held.at_rest)), horizon=8)
    off = np.random.default_rng(0).normal(0, 1e-4, (16, len(held.at_rest)))
    wanted = np.array(held.trim) + off @ feedbacks(held.task, held.rest, held.trim).T
    assert plan((held.at_rest + off).astype(np.float32)) == pytest.approx(wanted, abs=1e-3)
    assert plan.solved == 0


def test_where_limits_are_met_no_other_plan_within_them_costs_less() -> None:
    plan = Predictive(ROBOT, BRYSON)
    off = np.array([0.5, 0.5, 0.2, 1.5])
    quadratic, linear = plan._quadratic, plan._linear @ off
    best = plan._solve(linear)
    assert np.abs(best).max() == pytest.approx(1.0, abs=1e-6)
    slope = quadratic @ best + linear  # at a limit it may only pull outwards, elsewhere not at all
    inside = np.abs(best) < 1 - 1e-6
    assert np.abs(slope[inside]).max(initial=0.0) < 1e-5 * np.abs(linear).max()
    assert (slope[~inside] * np.sign(best[~inside]) <= 1e-6).all()
    taken = plan(np.array([ROBOT.at_rest + off], np.float32))
    assert taken == pytest.approx(np.array([[best[0]]]), abs=1e-3)
    assert plan.solved == 1


def test_whatever_is_read_a_plan_is_made() -> None:
    """An episode that got out of hand ends no contest: cvxpy/cvxpy#580, where scaling makes programs unsolvable."""
    wild = np.array([[np.inf] * 4, [-np.inf] * 4, [np.nan] * 4, [1e30, -1e30, 1e30, -1e30]], np.float32)
    taken = Predictive(ROBOT, BRYSON)(wild)
    assert np.abs(taken[[0, 1, 3]]) == pytest.approx(np.ones((3, 1)), abs=1e-6)
    assert taken[2] == pytest.approx(0, abs=1e-6)


def test_a_horizon_over_which_rounding_decides_is_refused() -> None:
    """JuliaControl/ModelPredictiveControl.jl#261: programs of unstable plants, condensed, are ill-conditioned."""
    with pytest.raises(TaskError, match="too unstable for a plan of 400 steps"):
        Predictive(Held(tasks.get("acrobot"), KNOWN["acrobot"].rest), np.ones(6), horizon=400)


def test_it_holds_a_pole_for_which_only_the_greatest_output_counts() -> None:
    held = held_by(tasks.get("cartpole"))
    assert held is not None
    plan = Predictive(held, np.ones(4))
    assert play_act(held.task, plan, starts_of(held.task, range(8)), 2).returns.min() == 500


def test_its_prices_are_tuned_under_what_disturbs() -> None:
    short = replace(ROBOT.task, max_steps=40)
    settings = PolishSettings("pepg", population=4, episodes=2, steps=60_000, seed=1, threads=1)
    plan = tuned(Held(short, ROBOT.rest), priced(short, 0.02), settings)
    assert set(plan.prices) == {f"price_{channel.name}" for channel in short.observations}
    assert all(price > 0 for price in plan.prices.values())


def test_without_the_library_it_is_named_before_anything_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any, **more: Any) -> Any:
        if name == "daqp":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingExtraError, match=r"pip install 'wann-rt\[mpc\]'"):
        Predictive(ROBOT, BRYSON)
    done = CliRunner().invoke(main, ["rival", "balancing-robot", "--mpc", "--steps", "1000", "--episodes", "2"])
    assert done.exit_code != 0
    assert "wann-rt[mpc]" in done.output
