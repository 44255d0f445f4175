"""Laws of the search: what it finds depends on task, config and seed alone, and it does find controllers."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wann_rt as wr
from wann_rt import tasks
from wann_rt.core import files
from wann_rt.core.errors import FileError, WannError
from wann_rt.core.random import Purpose
from wann_rt.evolution import config
from wann_rt.evolution import fitness as scoring
from wann_rt.evolution import run as api
from wann_rt.evolution.config import Config
from wann_rt.evolution.journal import Journal, read_generations
from wann_rt.evolution.search import Generation, Search
from wann_rt.kernels.programs import single
from wann_rt.play.episodes import weights_per_connection
from wann_rt.play.rollouts import play

TASK = tasks.get("cartpole-swingup")
FEW = {"population": 24, "generations": 6, "episodes": 1, "retest_episodes": 2, "seed": 5}
SMALL = config.load("paper", FEW)
MINIMAL = config.load("minimal", FEW)
AGNOSTIC = config.load("agnostic", FEW)


def champion_text(threads: int, base: Config = SMALL, **settings: Any) -> str:
    running = Search(TASK, dataclasses.replace(base, **settings), threads)
    api.run(running)
    return files.to_text(api.controller_of(running))


@pytest.mark.parametrize(
    "base", [pytest.param(SMALL, marks=pytest.mark.long), MINIMAL, AGNOSTIC], ids=["paper", "minimal", "agnostic"]
)
def test_champion_is_the_same_for_any_number_of_threads(base: Config) -> None:
    assert champion_text(1, base) == champion_text(2, base) == champion_text(5, base)


@pytest.mark.long
@pytest.mark.parametrize(
    ("seed", "quirks", "env_steps", "fitness", "champion"),
    [
        (5, False, 7248951, "0x1.8e64b1f634b73p+8", "8e51b434973b5c72713140b006ba8efac6dec12e8d89c6695243898d4da9aa7a"),
        (11, True, 7798389, "0x1.738ed7057b31cp+8", "41bb82186609d80634beac8e92af5d11cd5bde2bb68a4e955b1bf1d6d1b93f5f"),
    ],
)
def test_preset_paper_searches_as_it_always_did(
    seed: int, quirks: bool, env_steps: int, fitness: str, champion: str
) -> None:
    settings = {"population": 48, "generations": 40, "episodes": 1, "retest_episodes": 4, "seed": seed}
    running = Search(TASK, config.load("paper", settings | {"reference_quirks": quirks}))
    api.run(running)
    assert running.champion is not None
    program = running.champion.network.program
    columns = program.activations, program.offsets, program.sources, program.signs
    found = hashlib.sha256(repr(tuple(column.tolist() for column in columns)).encode()).hexdigest()
    assert (running.env_steps, running.champion.fitness.hex(), found) == (env_steps, fitness, champion)


@pytest.mark.slow
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


def test_no_champion_has_more_connections_than_allowed() -> None:
    running = Search(TASK, dataclasses.replace(MINIMAL, most_connections=3, generations=20))
    for report in running.run():
        assert report.champion_connections <= 3 or report.generation < MINIMAL.retest_every


def test_of_genomes_that_score_alike_only_the_first_breeds_early() -> None:
    by_weight = np.array([[1.0, 2.0], [3.0, 1.0], [1.0, 2.0], [0.0, 0.0], [3.0, 1.0]])
    order = np.array([4, 1, 0, 2, 3])
    assert scoring.copies(by_weight, order).tolist() == [False, True, False, True, False]


def test_a_connection_costs_its_price() -> None:
    priced = dataclasses.replace(SMALL, parsimony=2.0, most_connections=6)
    merit = scoring.merit(np.array([10.0, 10.0, 30.0]), np.array([1, 6, 7], np.int32), priced)
    assert merit.tolist() == [8.0, -2.0, -np.inf]


def test_drawn_weights_cover_their_range_evenly_and_anew_in_each_generation() -> None:
    drawn = dataclasses.replace(SMALL, drawn_weights=8, episodes=2)
    first, second = (scoring.trials(TASK, drawn, Purpose.EPISODE, 2, generation) for generation in (0, 1))
    assert np.floor((first.weights + 2) * 4).tolist() == list(range(16))
    assert first.starts.shape == (4, 16) == np.unique(first.starts, axis=1).shape
    assert not np.intersect1d(first.weights, second.weights).size


def test_the_best_weight_has_its_share_of_the_fitness() -> None:
    by_weight = np.array([[1.0, 5.0, 0.0], [4.0, 4.0, 4.0], [-np.inf, 3.0, 3.0], [-np.inf, -np.inf, -np.inf]])
    mean, half, best = (scoring.fitness(by_weight, dataclasses.replace(SMALL, best_share=s)) for s in (0.0, 0.5, 1.0))
    assert mean.tolist() == [2.0, 4.0, -np.inf, -np.inf]
    assert half.tolist() == [3.5, 4.0, -np.inf, -np.inf]
    assert best.tolist() == [5.0, 4.0, -np.inf, -np.inf]


def test_generations_and_champions_are_judged_by_fitness() -> None:
    best = dataclasses.replace(SMALL, best_share=1.0, generations=1)
    running = Search(TASK, best, threads=2)
    programs = running.ask()
    by_weight = running.score(programs)
    assert running.tell(programs, by_weight).best == by_weight.max() > by_weight.mean(axis=1).max()
    assert running.champion is not None
    lanes = scoring.trials(TASK, best, Purpose.RETEST, best.retest_episodes)
    retested = scoring.scores(TASK, single(running.champion.network), lanes, 2).by_weight
    assert running.champion.fitness == retested.max() > retested.mean()


def test_what_random_weights_lack_is_paid_for() -> None:
    low = dataclasses.replace(AGNOSTIC, random_weights_floor=50.0)
    plain, asked = (
        scoring.trials(TASK, dataclasses.replace(low, random_weights=n), Purpose.EPISODE, 2, 0) for n in (0, 8)
    )
    assert asked.random_weights is not None
    assert plain.random_weights is None
    programs = Search(TASK, low).ask()
    weights = weights_per_connection(asked.random_weights.key, 50, 16)
    played = play(TASK, programs, weights, asked.random_weights.starts)
    lacks = low.random_weights_price * np.maximum(50.0 - played.returns.mean(axis=1), 0.0)
    assert lacks.max() > lacks.min() == 0.0  # some are above the floor, and get nothing for it
    (without, steps, _), (scored, more, _) = (scoring.scores(TASK, programs, lanes, 2) for lanes in (plain, asked))
    assert np.array_equal(scored, without - lacks[:, None])
    assert more == steps + played.lengths.sum()


def test_random_weights_are_drawn_anew_in_each_generation_and_apart_from_the_starts() -> None:
    drawn = [scoring.trials(TASK, AGNOSTIC, Purpose.EPISODE, 2, generation).random_weights for generation in (0, 1)]
    assert drawn[0] is not None
    assert drawn[1] is not None
    assert drawn[0].key != drawn[1].key
    assert not np.intersect1d(drawn[0].starts, drawn[1].starts).size
    few, many = (weights_per_connection(drawn[0].key, n, 16) for n in (3, 40))
    assert np.array_equal(few, many[:3])  # so a network's weights do not depend on the others
    assert few.shape == (3, 16)
    assert -2 <= many.min() < -1.9
    assert 1.9 < many.max() < 2


def test_reference_quirks_change_the_search() -> None:
    longer = dataclasses.replace(SMALL, generations=30)
    plain, quirky = (Search(TASK, dataclasses.replace(longer, reference_quirks=q)) for q in (False, True))
    assert [r.mean for r in plain.run()] != [r.mean for r in quirky.run()]


@pytest.mark.slow
def test_controller_carries_its_contract() -> None:
    controller = wr.search("swingup", population=8, generations=2, episodes=1, seed=1)
    assert len(controller.vectors) >= 8
    assert controller.rate_hz == 100
    assert [c.name for c in controller.observations] == ["x", "x_dot", "cos_theta", "sin_theta", "theta_dot"]
    for observation, action in controller.vectors:
        assert tuple(controller(observation).tolist()) == action
    assert {"task", "task_version", "seed", "config_digest", "score", "env_steps"} <= set(controller.provenance)


@pytest.mark.slow
def test_run_folder_tells_the_whole_story(tmp_path: Path) -> None:
    seen: list[Generation] = []
    controller = wr.search("swingup", out=tmp_path / "run", on_generation=seen.append, **dataclasses.asdict(SMALL))
    assert wr.load(tmp_path / "run" / "champion.json") == controller
    assert read_generations(tmp_path / "run") == seen
    settings = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config.load(overlay=settings["config"]) == SMALL
    assert settings["config_digest"] == SMALL.digest == controller.provenance["config_digest"]


@pytest.mark.slow
def test_a_run_folder_is_never_overwritten_by_accident(tmp_path: Path) -> None:
    settings = dataclasses.asdict(SMALL)
    wr.search("swingup", out=tmp_path, **settings)
    with pytest.raises(FileError, match="nothing in it to resume"):
        wr.search("swingup", out=tmp_path, **settings)
    with pytest.raises(FileError, match="other settings"):
        wr.search("swingup", out=tmp_path, **settings | {"seed": 6})
    wr.search("swingup", out=tmp_path, overwrite=True, **settings | {"seed": 6})


def test_a_run_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be written"):
        Journal(tmp_path / "file" / "run", TASK, SMALL)


def interrupt_after(n: int) -> Callable[[Generation], None]:
    def on_generation(report: Generation) -> None:
        if report.generation == n:
            raise KeyboardInterrupt

    return on_generation


@pytest.mark.slow
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
