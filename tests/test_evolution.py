"""Laws of the search: what it finds depends on task, config and seed alone, and it does find controllers."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wann_rt as wr
from wann_rt import api, config, files, tasks
from wann_rt.errors import FileError, WannError
from wann_rt.evolution import Generation, Search
from wann_rt.journal import Journal, read_generations

TASK = tasks.get("cartpole-swingup")
SMALL = config.load(overlay={"population": 24, "generations": 6, "episodes": 1, "retest_episodes": 2, "seed": 5})


def champion_text(threads: int, **settings: Any) -> str:
    running = Search(TASK, dataclasses.replace(SMALL, **settings), threads)
    api.run(running)
    return files.to_text(api.controller_of(running))


def test_champion_is_the_same_for_any_number_of_threads() -> None:
    assert champion_text(1) == champion_text(2) == champion_text(5)


def test_another_seed_gives_another_search() -> None:
    assert champion_text(2) != champion_text(2, seed=6)


def test_search_improves_and_finds_a_swing() -> None:
    reports = list(Search(TASK, dataclasses.replace(SMALL, population=96, generations=40, episodes=2, seed=1)).run())
    assert reports[-1].champion > 250 > reports[0].champion  # hanging still scores 0, spinning about 250
    assert [r.champion for r in reports] == sorted(r.champion for r in reports)
    assert [r.env_steps for r in reports] == sorted(r.env_steps for r in reports)


def test_stepping_by_ask_and_tell_equals_running() -> None:
    by_hand, by_run = Search(TASK, SMALL), Search(TASK, SMALL)
    for report in by_run.run():
        programs = by_hand.ask()
        assert by_hand.tell(programs, by_hand.score(programs))[:-1] == report[:-1]  # all but the wall time


def test_an_infinite_or_nan_return_never_wins() -> None:
    running = Search(TASK, SMALL)
    programs = running.ask()
    fitness = running.score(programs)
    running.tell(programs, np.where(np.arange(len(fitness))[:, None] == 3, -np.inf, fitness))
    assert running.champion is not None
    assert np.isfinite(running.champion.fitness)


def test_reference_quirks_change_the_search() -> None:
    longer = dataclasses.replace(SMALL, generations=30)
    plain, quirky = (Search(TASK, dataclasses.replace(longer, reference_quirks=q)) for q in (False, True))
    assert [r.mean for r in plain.run()] != [r.mean for r in quirky.run()]


def test_controller_carries_its_contract() -> None:
    controller = wr.search("swingup", population=8, generations=2, episodes=1, seed=1)
    assert len(controller.vectors) >= 8
    assert controller.rate_hz == 100
    assert [c.name for c in controller.observations] == ["x", "x_dot", "cos_theta", "sin_theta", "theta_dot"]
    for observation, action in controller.vectors:
        assert tuple(controller(observation).tolist()) == action
    assert {"task", "task_version", "seed", "config_digest", "score", "env_steps"} <= set(controller.provenance)


def test_run_folder_tells_the_whole_story(tmp_path: Path) -> None:
    seen: list[Generation] = []
    controller = wr.search("swingup", out=tmp_path / "run", on_generation=seen.append, **dataclasses.asdict(SMALL))
    assert wr.load(tmp_path / "run" / "champion.json") == controller
    assert read_generations(tmp_path / "run") == seen
    settings = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config.load(overlay=settings["config"]) == SMALL
    assert settings["config_digest"] == SMALL.digest == controller.provenance["config_digest"]


def test_a_run_folder_is_never_overwritten_by_accident(tmp_path: Path) -> None:
    with Journal(tmp_path, TASK, SMALL):
        pass
    with pytest.raises(FileError, match="already holds a run"):
        Journal(tmp_path, TASK, SMALL)
    with Journal(tmp_path, TASK, SMALL, overwrite=True):
        pass


def test_a_run_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be written"):
        Journal(tmp_path / "file" / "run", TASK, SMALL)


def interrupt_after(n: int) -> Callable[[Generation], None]:
    def on_generation(report: Generation) -> None:
        if report.generation == n:
            raise KeyboardInterrupt

    return on_generation


def test_ctrl_c_keeps_the_best_so_far(tmp_path: Path) -> None:
    settings = dataclasses.asdict(SMALL) | {"generations": 1000}
    controller = wr.search("swingup", out=tmp_path / "run", on_generation=interrupt_after(3), **settings)
    assert controller.provenance["generations"] == 4
    assert wr.load(tmp_path / "run" / "champion.json") == controller
    assert len(read_generations(tmp_path / "run")) == 4


def test_ctrl_c_before_any_champion_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(_: Search) -> Iterator[Generation]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(Search, "run", run)
    with pytest.raises(KeyboardInterrupt):
        wr.search("swingup")


def test_a_search_without_a_generation_has_no_controller() -> None:
    with pytest.raises(WannError, match="no champion"):
        api.controller_of(Search(TASK, SMALL))
