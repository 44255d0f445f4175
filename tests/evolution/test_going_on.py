"""Laws of ends: a finished run goes on as if it had been longer from the start; limits and callbacks end a search."""

import json
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers import needs

import wann_rt as wr
from wann_rt.core.controller import Controller
from wann_rt.core.errors import ConfigError, FileError
from wann_rt.evolution import stopping
from wann_rt.evolution.callbacks import Callback, KeepBest, TensorBoard
from wann_rt.evolution.journal import FINISHED, read_generations
from wann_rt.evolution.run import nothing_learnt
from wann_rt.evolution.search import Generation, Search
from wann_rt.evolution.stopping import Stopper, Stopping, read_budget

SMALL: dict[str, Any] = {
    "preset": "minimal",
    "population": 8,
    "drawn_weights": 2,
    "retest_episodes": 2,
    "retest_every": 4,
    "threads": 1,
}
FEWER, MORE = 6, 11  # generation 5 is retested because it is the last of six; of eleven it is not


def searched(folder: Path, generations: int, **given: Any) -> bytes:
    """Returns the bytes of the champion."""
    wr.search("swingup", out=folder, generations=generations, **SMALL, **given)
    return (folder / "champion.json").read_bytes()


def told(folder: Path) -> list[Any]:
    return [report[:-1] for report in read_generations(folder)]  # all but the wall time


@pytest.mark.slow
def test_a_finished_run_goes_on_as_if_it_had_been_longer_from_the_start(tmp_path: Path) -> None:
    whole = searched(tmp_path / "whole", MORE)
    fewer = searched(tmp_path / "parts", FEWER)
    assert searched(tmp_path / "parts", MORE) == whole != fewer
    assert told(tmp_path / "parts") == told(tmp_path / "whole")
    settings = [json.loads((tmp_path / name / "config.json").read_text()) for name in ("parts", "whole")]
    assert settings[0] == settings[1]


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on_to_more(tmp_path: Path) -> None:
    whole = searched(tmp_path / "whole", MORE)
    searched(tmp_path / "parts", FEWER, on_generation=lambda report: report.generation == 2)
    assert len(told(tmp_path / "parts")) == 3
    assert searched(tmp_path / "parts", MORE) == whole
    assert told(tmp_path / "parts") == told(tmp_path / "whole")


@pytest.mark.slow
def test_a_kill_while_going_on_loses_nothing(tmp_path: Path) -> None:
    whole = searched(tmp_path / "whole", MORE)
    searched(tmp_path / "parts", FEWER)

    def stop(report: Generation) -> bool:
        return report.generation == 7

    searched(tmp_path / "parts", MORE, on_generation=stop)
    assert searched(tmp_path / "parts", MORE) == whole
    assert told(tmp_path / "parts") == told(tmp_path / "whole")


@pytest.mark.slow
def test_what_differs_in_more_than_generations_does_not_go_on(tmp_path: Path) -> None:
    searched(tmp_path, FEWER)
    with pytest.raises(FileError, match="nothing in it to resume"):
        searched(tmp_path, FEWER)
    with pytest.raises(FileError, match="with other settings: seed is 0 there, 1 now"):
        searched(tmp_path, MORE, seed=1)
    with pytest.raises(FileError, match="with other settings: generations is 6 there, 5 now"):
        searched(tmp_path, FEWER - 1)
    (tmp_path / FINISHED).unlink()
    with pytest.raises(FileError, match="with other settings: generations is 6 there, 11 now"):
        searched(tmp_path, MORE)


def report(generation: int, champion: float) -> Generation:
    return Generation(generation, champion, 0.0, 1, 1.0, champion, 1, 0)


def test_limits_say_why_a_search_ends() -> None:
    assert Stopper(Stopping()).reason(report(0, 1e9)) == ""
    assert "has reached the target 900" in Stopper(Stopping(target=900)).reason(report(0, 900.0))
    assert Stopper(Stopping(target=900)).reason(report(0, 899.0)) == ""
    patient = Stopper(Stopping(patience=2))
    assert [bool(patient.reason(report(k, score))) for k, score in enumerate([1, 2, 2, 3, 3, 3])] == [0, 0, 0, 0, 0, 1]
    assert "seconds is spent" in Stopper(Stopping(seconds=0.0)).reason(report(0, 1.0))
    few = Stopper(Stopping(episodes=10))
    few.count(9)
    assert few.reason(report(0, 1.0)) == ""
    few.count(1)
    assert few.reason(report(1, 1.0)) == "the budget of 10 episodes is spent"


def test_the_time_of_a_budget_begins_when_the_task_has_been_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(stopping, "time", SimpleNamespace(monotonic=lambda: now[0]))
    stopper = Stopper(Stopping(seconds=60.0))
    now[0] = 50.0
    stopper.begin()
    now[0] = 109.0
    assert stopper.reason(report(0, 1.0)) == ""
    now[0] = 110.0
    assert stopper.reason(report(1, 1.0)) == "the budget of 60 seconds is spent"


def test_a_search_does_not_pay_for_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [0.0]  # the first look at the clock is as the search begins, all others are after an hour of compiling
    monkeypatch.setattr(stopping, "time", SimpleNamespace(monotonic=lambda: seen.pop() if seen else 3600.0))
    found = wr.search("swingup", preset="minimal", generations=3, population=8, budget="60s")
    assert "stopped" not in found.provenance
    assert found.provenance["generations"] == 3


def test_budgets_are_times_or_numbers_of_episodes() -> None:
    assert [read_budget(text)[0] for text in ("90s", "10min", "1.5h", "2 h")] == [90, 600, 5400, 7200]
    assert read_budget("500 episodes") == (None, 500)
    for text in ("", "10", "min", "-3s", "0s", "ten minutes", "5 generations", "1e3s"):
        with pytest.raises(ConfigError, match="expected a time such as"):
            read_budget(text)
    with pytest.raises(ConfigError, match="patience is 0"):
        Stopping.of(patience=0)


@pytest.mark.slow
def test_a_target_ends_the_search_and_is_recorded(tmp_path: Path) -> None:
    found = wr.search("swingup", generations=50, target=-1000.0, out=tmp_path, **SMALL)
    assert found.provenance["generations"] == 1
    assert "has reached the target" in found.provenance["stopped"]


class Seen(Callback):
    """Sees all, and ends the search in its third generation."""

    def __init__(self) -> None:
        self.champions: list[Controller] = []
        self.began, self.ended = 0, 0.0

    def on_start(self, running: Search) -> None:
        """Counts."""
        self.began += 1

    def on_generation(self, report: Generation, running: Search) -> bool:
        """Keeps the champion."""
        assert len(running.population.n_hidden) == SMALL["population"]
        self.champions.append(running.controller())
        return report.generation == 2

    def on_end(self, controller: Controller, running: Search) -> None:
        """Keeps the score."""
        self.ended = controller.provenance["score"]["mean"]


@pytest.mark.slow
def test_callbacks_see_the_search_and_may_end_it(tmp_path: Path) -> None:
    seen, keep = Seen(), KeepBest(tmp_path / "best")
    found = wr.search("swingup", generations=50, callbacks=[seen, keep], **SMALL)
    assert (seen.began, len(seen.champions)) == (1, 3)
    assert seen.ended == found.provenance["score"]["mean"]
    assert seen.champions[-1].network == found.network
    assert found.provenance["stopped"] == "a callback has ended the search"
    kept = [wr.load(path) for path in sorted((tmp_path / "best").iterdir())]
    assert [one.provenance["generation"] for one in kept] == [0, 1, 2]


def test_figures_reach_tensorboard(tmp_path: Path) -> None:
    needs.module("tensorboard")
    wr.search("swingup", generations=2, callbacks=[TensorBoard(tmp_path)], **SMALL)
    [written] = tmp_path.rglob("*tfevents*")
    assert b"search/champion" in written.read_bytes()


@pytest.mark.slow
def test_a_search_in_which_nothing_can_be_learnt_is_named(caplog: pytest.LogCaptureFixture) -> None:
    same = [report(k, 0.0) for k in range(3)]
    controller = wr.zoo.load("pendulum")
    assert "all networks of all generations score 0;" in nothing_learnt(same, controller)[0]
    assert nothing_learnt([report(0, 1.0)], controller) == []
    assert "best shared weight is 0" in nothing_learnt([], controller.with_weight(0.0))[0]
    with caplog.at_level(logging.WARNING, "wann_rt"):
        wr.search("swingup", generations=1, **SMALL)
    assert "nothing could be learnt" not in caplog.text
