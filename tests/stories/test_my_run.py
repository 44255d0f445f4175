"""Stories of people with a run: stop it, go on, watch it, compare it, take it along as a folder."""

import concurrent.futures
import json
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import needs

import wann_rt as wr
from wann_rt.cli import main

pytestmark = pytest.mark.slow
FEW: dict[str, Any] = {
    "population": 32, "drawn_weights": 2, "retest_every": 2, "retest_episodes": 4, "sweep_weights": 9,
    "sweep_episodes": 4, "scored_episodes": 8, "threads": 1,
}  # fmt: skip


def typed(*arguments: object) -> Any:
    """Runs a command as a user types it."""
    return CliRunner().invoke(main, [str(one) for one in arguments], catch_exceptions=False)


@pytest.mark.long
def test_a_run_that_was_stopped_and_then_made_longer_is_the_run_that_was_never_stopped(tmp_path: Path) -> None:
    wr.search("swingup", seed=3, generations=8, out=tmp_path / "whole", **FEW)
    wr.search(
        "swingup", seed=3, generations=4, out=tmp_path / "parts", on_generation=lambda g: g.generation == 1, **FEW
    )
    wr.search("swingup", seed=3, generations=4, out=tmp_path / "parts", **FEW)
    wr.search("swingup", seed=3, generations=8, out=tmp_path / "parts", **FEW)
    whole, parts = ((tmp_path / name / "champion.json").read_bytes() for name in ("whole", "parts"))
    assert whole == parts


@pytest.mark.long
@pytest.mark.parametrize(
    ("limit", "why"),
    [({"target": 1.0}, "target 1"), ({"patience": 1}, "no better champion"), ({"budget": "0.001s"}, "budget")],
)
def test_a_search_ends_when_it_is_enough_and_says_why(limit: dict[str, Any], why: str) -> None:
    found = wr.search("swingup", generations=200, **limit, **FEW)
    assert found.provenance["generations"] < 200
    assert why in found.provenance["stopped"]


class Watcher(wr.Callback):
    """Plots the champion's answer to one observation, and stops once it pushes."""

    def __init__(self) -> None:
        self.answers: list[float] = []

    def on_generation(self, report: Any, running: Any) -> bool:
        """Asks the champion so far, a controller."""
        self.answers.append(float(running.controller()([0, 0, -1, 0.1, 0])[0]))
        return len(self.answers) == 3


def test_a_callback_sees_each_champion_as_a_controller_and_may_stop(tmp_path: Path) -> None:
    watcher = Watcher()
    found = wr.search("swingup", generations=50, callbacks=[watcher, wr.KeepBest(tmp_path)], **FEW)
    assert len(watcher.answers) == found.provenance["generations"] == 3
    assert all(-1 <= answer <= 1 for answer in watcher.answers)
    assert len([wr.load(path) for path in tmp_path.iterdir()]) == 3


def test_tensorboard_has_the_curve(tmp_path: Path) -> None:
    needs.module("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    wr.search("swingup", generations=3, callbacks=[wr.TensorBoard(tmp_path)], **FEW)
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert events.SummaryMetadata("search/champion").plugin_data.plugin_name == "scalars", "its page of curves"
    assert [event.step for event in events.Tensors("search/champion")] == [0, 1, 2]


def test_weights_and_biases_gets_settings_curve_and_score(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a module of its name that writes down what it is told, since the real one wants an account or a server."""
    told: list[tuple[str, Any]] = []
    stand_in: Any = types.ModuleType("wandb")
    stand_in.init = lambda **given: told.append(("init", given))
    stand_in.log = lambda figures, step=None: told.append(("log", (step, figures)))
    stand_in.finish = lambda: told.append(("finish", None))
    monkeypatch.setitem(sys.modules, "wandb", stand_in)
    found = wr.search("swingup", seed=5, generations=2, callbacks=[wr.WeightsAndBiases(project="poles")], **FEW)
    assert [what for what, _ in told] == ["init", "log", "log", "log", "finish"]
    begun, (first, figures), _, (_, score), _ = (given for _, given in told)
    assert (begun["project"], begun["config"]["seed"], begun["config"]["task"]) == ("poles", 5, "cartpole-swingup")
    assert first == 0
    assert {"best", "champion", "env_steps"} <= set(figures)
    assert score["score_mean"] == found.provenance["score"]["mean"]


@pytest.mark.long
def test_seeds_and_presets_are_compared_in_one_command(tmp_path: Path) -> None:
    sizes = ("drawn_weights=2", "retest_episodes=2", "sweep_weights=5", "sweep_episodes=2", "scored_episodes=4")
    small = [word for size in sizes for word in ("--set", size)]
    small += ["--generations", "2", "--population", "16", "--episodes", "4", "--threads", "1", "-q"]
    command = ["compare", "swingup", "--seeds", "1-2", "--preset", "minimal", "--preset", "agnostic"]
    command += ["--out", str(tmp_path), *small]
    said = typed(*command).output
    assert "IQM" in said
    found = json.loads(typed(*command, "--json").output)
    assert [len(found["runs"]), len(found["presets"])] == [4, 2]
    assert wr.load(tmp_path / "agnostic-2").provenance["seed"] == 2


def test_a_run_folder_is_a_controller_for_every_command(tmp_path: Path) -> None:
    needs.any_compiler()
    run = tmp_path / "run"
    champion = wr.search("swingup", generations=2, out=run, **FEW)
    assert champion.name in typed("show", run).output
    sizes = ("--episodes", 4, "--sweep-weights", 5, "--sweep-episodes", 2)
    assert "as it is" in typed("evaluate", run, *sizes).output
    assert typed("verify", run, "--vectors", 50).exit_code == 0
    assert typed("export", run, "--to", "c", "--out", tmp_path / "c.h").exit_code == 0
    assert typed("package", run, "--for", "cmake", "--out", tmp_path / "library").exit_code == 0
    assert typed("plot", "network", run, "--out", tmp_path / "net.svg").exit_code in (0, 2)  # matplotlib is an extra
    assert wr.load(run) == champion


def test_two_searches_at_once_are_the_two_searches_one_after_the_other() -> None:
    def searched(seed: int) -> wr.Controller:
        return wr.search("swingup", seed=seed, generations=3, **FEW)

    alone = [searched(1), searched(2)]
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        assert list(threads.map(searched, (1, 2))) == alone


def test_the_risk_of_the_worst_episodes_can_be_asked_for() -> None:
    result = wr.evaluate(wr.load("zoo:cartpole-swingup"), episodes=50, sweep_weights=5, sweep_episodes=2)
    score = result.scores["own_weight"]
    assert score.low <= score.cvar(0.1) <= score.quantile(0.1) <= score.iqm
    assert len(score.returns) == 50
    assert np.isclose(np.mean(score.returns), score.mean)
