"""Searches that begin from a proposed topology: the setting, its determinism, resuming, and what it refuses."""

from pathlib import Path
from typing import Any

import pytest
from helpers.digits import drawn_task, little_task

import wann_rt as wr
from wann_rt.core.errors import ConfigError, TaskError
from wann_rt.core.files import to_text
from wann_rt.evolution import config, proposals
from wann_rt.evolution.journal import Journal
from wann_rt.evolution.search import Search
from wann_rt.kernels import genome

SMALL: dict[str, Any] = {
    "population": 8, "generations": 6, "episodes": 64, "retest_every": 2, "retest_episodes": 100, "sweep_weights": 1,
    "scored_episodes": 100, "proposal_connections": 300, "proposal_hidden": 16, "proposal_epochs": 10,
}  # fmt: skip


def settings(**more: Any) -> config.Config:
    return config.load("mask", SMALL | more)


def test_a_search_begins_from_the_topology_that_propose_gives() -> None:
    task = drawn_task()
    running = Search(task, settings(seed=3), 1)
    proposed = wr.propose(task, 300, hidden=16, epochs=10, weight_epochs=0, seed=3)
    assert genome.express(running.population, 0) == proposed.network
    assert genome.express(running.population, 7) == proposed.network


def test_the_same_seed_gives_the_same_champion_and_another_seed_another() -> None:
    task = drawn_task()
    first, again, other = (wr.search(task, preset="mask", seed=seed, **SMALL) for seed in (1, 1, 2))
    assert to_text(first) == to_text(again)
    assert first.network != other.network


def test_a_resumed_search_goes_on_and_proposes_nothing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task, asked = drawn_task(), settings()
    whole = Search(task, asked, 1)
    calm = list(whole.run())
    with Journal(tmp_path, task, asked, seconds_per_checkpoint=0.0) as journal:
        running = Search(task, asked, 1)
        for report in running.run():
            journal.generation(report, running)
            if running.generation == 3:
                break
    monkeypatch.setattr(proposals, "propose", None)
    with Journal(tmp_path, task, asked) as journal:
        resumed = Search(task, asked, 1)
        assert journal.resume(resumed)
        assert [one[:-1] for one in resumed.run()] == [one[:-1] for one in calm[3:]]
    assert resumed.champion == whole.champion


def test_each_new_beginning_has_a_proposal_of_its_own() -> None:
    task = drawn_task()
    seeds = {proposals.settings_of(settings(), *again).seed for again in ((), (2,), (4,))}
    assert len(seeds) == 3
    running = Search(task, settings(restarts=1, restart_every=2, retest_every=1), 1)
    before = running.population
    reports = running.run()
    next(reports), next(reports)
    assert genome.express(running.population, 0) != genome.express(before, 0)


def test_what_has_no_proposal_is_refused_before_anything_is_played() -> None:
    with pytest.raises(TaskError, match="for data sets of classes only"):
        Search(wr.task("swingup"), settings(scoring=""), 1)
    with pytest.raises(ConfigError, match=r"setting proposal_connections is 90000; .* possible connections"):
        Search(little_task(), settings(proposal_connections=90_000), 1)
    with pytest.raises(ConfigError, match="setting proposal_hidden is 48; expected 16"):
        Search(little_task(), settings(proposal_hidden=48), 1)
    with pytest.raises(ConfigError, match="proposal is 'gradients'; expected none or mask"):
        settings(proposal="gradients")
    with pytest.raises(ConfigError, match="at most most_connections"):
        settings(most_connections=200)
    start = wr.propose(drawn_task(), 300, hidden=16, epochs=1, weight_epochs=0)
    with pytest.raises(ConfigError, match="leave out one of the two"):
        wr.search(drawn_task(), preset="mask", start=start, **SMALL)


def test_the_scoring_of_a_data_set_is_a_setting_of_the_search() -> None:
    task = drawn_task()
    running = Search(task, settings(scoring="entropy"), 1)
    assert running.played.scoring == "entropy"  # type: ignore[union-attr]
    assert running.task.scoring == task.scoring == "likelihood"  # type: ignore[union-attr]
    with pytest.raises(TaskError, match="none of classes"):
        Search(task, settings(scoring="closeness"), 1)
    with pytest.raises(ConfigError, match="scoring is 'cross'"):
        settings(scoring="cross")
    with pytest.raises(ConfigError, match="scoring"):
        Search(wr.task("swingup"), config.load("minimal", {"scoring": "entropy"}), 1)
    with pytest.raises(
        ConfigError, match=r"no data set: .* where preset mask says so, name another one \(--preset robust\)"
    ):
        Search(wr.task("swingup"), settings(), 1)
