"""Laws of the report of a run: whole, safe to open, and the command in it repeats the run."""

import json
import math
import re
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from helpers import needs
from helpers.javascript import in_chromium

import wann_rt as wr
from wann_rt.cli import main
from wann_rt.core import files
from wann_rt.core.errors import FileError, WannError
from wann_rt.display.report.champions import MOST_DRAWN, best_of_size, champions, chosen
from wann_rt.display.report.report import report
from wann_rt.display.report.run import Run
from wann_rt.evolution.ancestors import Ancestor, Ancestors, read_ancestors

HOSTILE = "</title><script>alert(1)</script>"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short search."""
    folder = tmp_path_factory.mktemp("runs") / "one"
    sizes = ["--population", "16", "--generations", "3", "--seed", "4"]
    words = ["search", "swingup", "--preset", "minimal", *sizes, "--out", str(folder), "-q"]
    done = CliRunner().invoke(main, [*words, "--set", "parsimony=0.5", "--task-set", "delay=1"])
    assert done.exit_code == 0, done.output
    return folder


@pytest.mark.long
def test_a_report_says_what_was_searched_and_what_came_of_it(run: Path) -> None:
    text = report([run], episodes=4)
    assert text == report([run], episodes=4)
    for said in ("3 of 3 generations (finished)", "parsimony", "population", "Conditions of the paper", "Disturbances"):
        assert said in text
    assert text.count('<img alt="') == 6
    assert "<script" not in text


@pytest.mark.long
@pytest.mark.slow
def test_the_command_in_a_report_repeats_the_run(run: Path, tmp_path: Path) -> None:
    words = shlex.split(Run.read(run).command)
    assert words[:2] == ["wann-rt", "search"]
    again = tmp_path / "again"
    done = CliRunner().invoke(main, [*words[1:-1], str(again), "-q"])
    assert done.exit_code == 0, done.output
    assert (again / "champion.json").read_bytes() == (run / "champion.json").read_bytes()


@pytest.mark.slow
def test_the_champions_stand_in_their_order_and_a_point_of_the_front_opens_its_network(run: Path) -> None:
    found = read_ancestors(run)
    text = champions(found)
    assert [one.generation for one in found] == sorted({one.generation for one in found})
    assert found[-1].controller.network.n_connections == Run.read(run).generations[-1].champion_connections
    assert f"fitness {found[0].fitness:.1f}" in text
    frames, links = set(re.findall(r'id="(champion-\d+)"', text)), set(re.findall(r'href="#(champion-\d+)"', text))
    assert frames == links
    assert len(frames) == min(len(found), MOST_DRAWN)


def test_of_many_champions_the_front_is_drawn_and_some_between() -> None:
    controller = wr.load("zoo:pendulum")
    many = [Ancestor(k, float(k), controller) for k in range(50)]
    assert best_of_size(many) == [49]
    drawn = chosen(many)
    assert {0, 49} <= drawn
    assert len(drawn) == MOST_DRAWN


PENDULUM = json.dumps(json.loads(files.to_text(wr.load("zoo:pendulum"))))
TOO_LARGE = f'{{"generation": 0, "fitness": 1{"0" * 400}, "controller": {PENDULUM}}}\n'


@pytest.mark.parametrize(
    "damage", ["{}\n", "nonsense\n", '{"generation": 0, "fitness": 1, "controller": 3}\n',
               '{"generation": 0, "fitness": 1' + "0" * 400 + ', "controller": {}}\n'],
)  # fmt: skip
def test_a_report_says_which_champion_is_damaged(damage: str, tmp_path: Path) -> None:
    (tmp_path / "champions.jsonl").write_text(damage)
    with pytest.raises(FileError, match=r"champions\.jsonl, line 1"):
        read_ancestors(tmp_path)


@pytest.mark.parametrize("damage", ["", "{", '{"generation": 0, "fitness": 1, "contr'])
def test_a_report_lives_without_champions_and_with_one_that_is_being_written(damage: str, tmp_path: Path) -> None:
    (tmp_path / "champions.jsonl").write_text(damage)
    assert read_ancestors(tmp_path) == []


@pytest.mark.slow
def test_what_is_kept_of_champions_ends_before_the_generation_that_is_played_again(run: Path, tmp_path: Path) -> None:
    told = (run / "champions.jsonl").read_bytes()
    (tmp_path / "champions.jsonl").write_bytes(told + told[:40])
    Ancestors(tmp_path, 2**63)
    assert (tmp_path / "champions.jsonl").read_bytes() == told
    Ancestors(tmp_path, 1)
    assert (tmp_path / "champions.jsonl").read_bytes() == told[: told.index(b"\n") + 1]


def test_watching_waits_for_the_first_generation(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = tmp_path / "begun"
    begun.mkdir()
    (begun / "config.json").write_bytes((run / "config.json").read_bytes())
    (begun / "generations.jsonl").write_text("")
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        for path in run.iterdir():
            (begun / path.name).write_bytes(path.read_bytes())

    # Its own clock: others wait by that of the module, for a kernel that another process compiles.
    monkeypatch.setattr("wann_rt.cli.report.time", SimpleNamespace(sleep=sleep))
    done = CliRunner().invoke(main, ["report", str(begun), "--watch", "3", "--episodes", "2"])
    assert (done.exit_code, waited) == (0, [3])
    assert (begun / "report.html").exists()


def test_scores_that_differ_little_are_told_apart() -> None:
    controller = wr.load("zoo:pendulum")
    text = champions([Ancestor(0, 0.81, controller), Ancestor(3, 0.93, controller)])
    assert {"0.81", "0.93"} <= set(re.findall(r">([\d.]+)</text>", text))
    assert "fitness 0.810, 6 connections" in text


def test_a_first_champion_without_a_score_does_not_hide_those_that_follow(tmp_path: Path) -> None:
    kept, controller = Ancestors(tmp_path), wr.load("zoo:pendulum")
    for generation, fitness in ((0, -math.inf), (2, 1.0), (5, 2.5)):
        running: Any = SimpleNamespace(
            champion=SimpleNamespace(generation=generation, fitness=fitness), controller=lambda: controller
        )
        kept.told(running)
    assert [(one.generation, one.fitness) for one in read_ancestors(tmp_path)] == [(2, 1.0), (5, 2.5)]


@pytest.mark.slow
def test_several_runs_stand_beside_each_other(run: Path) -> None:
    text = report([run, run])
    assert "2 runs" in text
    assert "By preset" in text


@pytest.mark.slow
def test_a_hostile_run_folder_runs_nothing(run: Path, tmp_path: Path) -> None:
    for path in run.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    settings = json.loads((run / "config.json").read_text()) | {"task": HOSTILE}
    settings["config"]["preset"] = HOSTILE
    (tmp_path / "config.json").write_text(json.dumps(settings))
    (tmp_path / "champion.json").unlink()
    text = report([tmp_path])
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "<script" not in report([tmp_path, tmp_path])


@needs.chromium
def test_chromium_shows_every_picture(run: Path, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(report([run], episodes=4))
    seen = in_chromium(tmp_path / "report.html", tmp_path)
    assert len(re.findall(r"<img[^>]*data:image/svg", seen)) == 6


@pytest.mark.slow
def test_what_is_no_run_is_one_error(run: Path, tmp_path: Path) -> None:
    with pytest.raises(WannError, match="name a run folder"):
        report([])
    with pytest.raises(FileError, match="is no run folder"):
        report([tmp_path / "none"])
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(FileError, match="is not the settings of a run"):
        report([tmp_path])
    (tmp_path / "config.json").write_bytes((run / "config.json").read_bytes())
    (tmp_path / "generations.jsonl").write_text("")
    with pytest.raises(WannError, match="has no generations yet"):
        report([tmp_path])


@pytest.mark.long
def test_watching_ends_with_the_run(run: Path) -> None:
    done = CliRunner().invoke(main, ["report", str(run), "--watch", "1", "--episodes", "4"])
    assert done.exit_code == 0, done.output
    assert 'http-equiv="refresh"' not in (run / "report.html").read_text()
