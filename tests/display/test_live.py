"""Laws of progress: nothing takes long in silence, and nothing is shown to those who do not look on."""

import io
import threading
import time
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

import wann_rt as wr
from wann_rt.core import stages
from wann_rt.display import live
from wann_rt.display.evaluation import EvaluationProgress
from wann_rt.display.live import Live

ERASED = "\x1b[2K"  # what a terminal is told before a line is written anew
SMALL: dict[str, Any] = {
    "preset": "minimal",
    "generations": 2,
    "population": 6,
    "episodes": 1,
    "sweep_weights": 3,
    "scored_episodes": 2,
}


def test_progress_is_a_line_now_and_then_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [100.0]
    monkeypatch.setattr("wann_rt.display.live.time", SimpleNamespace(monotonic=lambda: now[0]))
    with EvaluationProgress(10, quiet=False) as progress:
        for seconds in (0.0, 5.0, 6.0, 7.0):
            now[0] += seconds
            progress.update(2)
    assert capsys.readouterr().err.splitlines() == ["episode 2/10", "episode 6/10"]


@pytest.mark.slow
def test_what_is_being_done_stands_without_the_text_of_what_was_done_before(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live, "SILENT_SECONDS", 0.05)
    with Live("rival") as shown:
        shown.update(1, "PID")
        stages.stage("tuning LQR")
        time.sleep(0.3)
    assert capsys.readouterr().err.splitlines() == ["rival  PID", "tuning LQR ..."]


@pytest.mark.slow
def test_what_takes_long_is_said_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live, "SILENT_SECONDS", 0.05)
    with Live("working"):
        stages.stage("a short one")
        with stages.within("a long one"):
            time.sleep(0.3)
    said = capsys.readouterr().err
    assert "a long one ..." in said
    assert "a short one" not in said
    time.sleep(0.1)
    assert capsys.readouterr().err == ""  # nothing comes after the end
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


def test_a_terminal_of_80_columns_shows_counter_time_best_and_champion(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, more in ((80, False), (130, True)):
        console = Console(force_terminal=True, width=columns, record=True, legacy_windows=False)
        monkeypatch.setattr(live, "Console", lambda made=console, **_: made)
        with wr.SearchProgress(1024) as progress:
            for number in range(2):
                progress.update(report(number))
        last = "generation" + console.export_text().replace("\n", "").rpartition("generation")[2].rstrip()
        assert len(last) <= columns - 2
        assert "…" not in last
        for part in ("generation", "2/1024", "left", "best 739", "champion 735.1 (25 conn"):
            assert part in last, last
        assert ("steps/s" in last) == more


def report(number: int) -> Any:
    from wann_rt.evolution.search import Generation

    return Generation(number, 739.1, 401.0, 24, 19.0, 735.1, 25, 1_000_000 * number)


@pytest.mark.slow
def test_a_search_shows_progress_to_those_who_look_on_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wr.search("swingup", **SMALL)
    assert capsys.readouterr().err == ""
    wr.search("swingup", progress=True, **SMALL)
    assert "generation 2/2" in capsys.readouterr().err
    monkeypatch.setattr("wann_rt.display.searching.is_watched", lambda: True)
    wr.search("swingup", **SMALL)
    assert "generation 2/2" in capsys.readouterr().err
    wr.search("swingup", progress=False, **SMALL)
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_a_search_says_each_of_its_stages(tmp_path: Path) -> None:
    said: list[str] = []
    with stages.listening(said.append):
        champion = wr.search("swingup", progress=False, **SMALL)
        wr.evaluate(champion, episodes=2)
        wr.verify(champion, n_random=1)
    text = "\n".join(said)
    for part in (
        "playing generation 1\n",
        "sweep: 3 weights x 32",
        "scoring in 2 fresh",
        "the paper's conditions",
        "comparing kernels",
    ):
        assert part in text


@pytest.mark.slow
def test_a_search_of_an_environment_says_what_it_does_before_its_first_generation() -> None:
    said: list[str] = []
    few: dict[str, Any] = {"generations": 1, "population": 2, "weights": [1.0], "drawn_weights": 0, "episodes": 1}
    with stages.listening(said.append):
        task = wr.environment("Pendulum-v1", max_steps=5)
        wr.search(task, progress=False, threads=1, sweep_weights=1, scored_episodes=2, retest_episodes=1, **few)
    # Where a kernel is compiled meanwhile, what is being done is said again after it.
    first = [text for text, _ in groupby(text for text in said if text and not text.startswith("compiling"))]
    assert first[:3] == ["beginning", "trying out whether its episodes repeat", "beginning"]
    assert first[3] == "playing generation 1"
    assert "" in said[said.index("playing generation 1") :]


def test_a_line_that_stays_tells_what_was_found_and_not_what_was_done_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen = io.StringIO()
    monkeypatch.setattr("wann_rt.display.live.Console", lambda **_: Console(file=screen, force_terminal=True, width=80))
    with Live("generation", 2, stays=True) as line:
        line.update(2, "best 7")
        line.stage("scoring in 100 fresh episodes")
    assert "best 7" in screen.getvalue().split(ERASED)[-1]
    with Live("sweep", 100, stays=True) as line:
        line.stage("judging")
    assert "sweep" not in screen.getvalue().split(ERASED)[-1], "a counter that never counted goes"
