"""Laws of resuming: a run that was stopped, however often and however hard, ends as if nothing had happened."""

import dataclasses
import errno
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest

import wann_rt as wr
from wann_rt import tasks
from wann_rt.core import files
from wann_rt.core.errors import FileError
from wann_rt.evolution import config
from wann_rt.evolution import run as api
from wann_rt.evolution.journal import Journal, read_generations
from wann_rt.evolution.resume import restore, state_of
from wann_rt.evolution.search import Generation, Search

RUN = ("config.json", "generations.jsonl", "champions.jsonl", "champion.json")
TASK = tasks.get("cartpole-swingup")
SMALL = config.load("paper", {"population": 24, "generations": 12, "episodes": 1, "retest_episodes": 2, "seed": 5})
SETTINGS: dict[str, Any] = dataclasses.asdict(SMALL)


def stop_after(generation: int, error: BaseException) -> Callable[[Generation], None]:
    def on_generation(report: Generation) -> None:
        if report.generation == generation:
            raise error

    return on_generation


@pytest.mark.long
def test_kills_at_random_moments_change_nothing(tmp_path: Path) -> None:
    script = Path(__file__).with_name("resume_under_fire.py")
    done = subprocess.run([sys.executable, script, tmp_path, "16"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["kills"] >= 16  # `make reliability` has more
    assert seen["inside"] >= 4
    assert seen["finished"] >= 1
    assert seen["differences"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("the task broke")])
def test_a_stopped_run_goes_on_where_it_stopped(tmp_path: Path, error: BaseException) -> None:
    calm = wr.search("swingup", out=tmp_path / "calm", threads=1, **SETTINGS)
    try:
        wr.search("swingup", out=tmp_path / "run", on_generation=stop_after(6, error), **SETTINGS)
    except RuntimeError:
        assert len(read_generations(tmp_path / "run")) == 7
    seen: list[Generation] = []
    assert wr.search("swingup", out=tmp_path / "run", threads=2, on_generation=seen.append, **SETTINGS) == calm
    assert [g.generation for g in seen] == list(range(7, 12))
    assert [g[:-1] for g in read_generations(tmp_path / "run")] == [g[:-1] for g in read_generations(tmp_path / "calm")]
    told = [(tmp_path / run / "champions.jsonl").read_bytes() for run in ("run", "calm")]
    assert told[0] == told[1]


@pytest.mark.slow
def test_a_damaged_state_falls_back_to_the_one_before(tmp_path: Path) -> None:
    calm = wr.search("swingup", **SETTINGS)
    running = Search(TASK, SMALL)
    with Journal(tmp_path, TASK, SMALL, seconds_per_checkpoint=0.0) as journal:
        for report in running.run():
            journal.generation(report, running)
            if report.generation == 7:
                break
    state = tmp_path / "state.checkpoint"
    state.write_bytes(state.read_bytes()[:-5])
    seen: list[Generation] = []
    assert wr.search("swingup", out=tmp_path, on_generation=seen.append, **SETTINGS) == calm
    assert seen[0].generation == 7  # the damaged one said 8


@pytest.mark.slow
def test_two_damaged_states_are_a_clear_error(tmp_path: Path) -> None:
    wr.search("swingup", out=tmp_path, on_generation=stop_after(3, KeyboardInterrupt()), **SETTINGS)
    for path in tmp_path.glob("state.*"):
        path.write_bytes(b"WANNCKP1" + b"and nothing more" * 4)
    with pytest.raises(FileError, match=r"state\.checkpoint: is damaged"):
        wr.search("swingup", out=tmp_path, **SETTINGS)


@pytest.mark.slow
def test_a_finished_run_leaves_only_the_state_from_which_more_generations_go_on(tmp_path: Path) -> None:
    wr.search("swingup", out=tmp_path, **SETTINGS)
    assert {path.name for path in tmp_path.iterdir()} == {*RUN, "finished.checkpoint"}


def test_a_state_of_another_search_is_refused() -> None:
    running = Search(TASK, SMALL)
    next(running.run())
    other = Search(TASK, dataclasses.replace(SMALL, seed=6))
    with pytest.raises(FileError, match="config_digest"):
        restore(other, state_of(running), "x")


@pytest.mark.slow
def test_a_full_disk_is_one_error_and_loses_only_what_was_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm = wr.search("swingup", **SETTINGS)
    running, written = Search(TASK, SMALL), files.write_atomic

    def full(path: Path, data: bytes) -> None:
        if running.generation >= 6:
            raise FileError(f"{path}: cannot be written: {OSError(errno.ENOSPC, 'No space left on device').strerror}")
        written(path, data)

    monkeypatch.setattr("wann_rt.evolution.checkpoint.write_atomic", full)
    journal = Journal(tmp_path, TASK, SMALL, seconds_per_checkpoint=0.0)
    with journal, pytest.raises(FileError, match="No space left"):
        api.run(running, journal)
    monkeypatch.undo()
    assert wr.search("swingup", out=tmp_path, **SETTINGS) == calm


def test_a_write_that_fails_halfway_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    files.write_atomic(path, b"old")
    real_open = Path.open

    class Full:
        def __init__(self, file: IO[bytes]) -> None:
            self.file = file

        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def write(self, data: bytes) -> int:
            self.file.write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda self, _: Full(real_open(self, "wb")))
    with pytest.raises(FileError, match="No space left on device"):
        files.write_atomic(path, b"new and longer")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_state_holds_the_champion_bit_for_bit() -> None:
    running, again = Search(TASK, SMALL), Search(TASK, SMALL)
    for _ in zip(range(9), running.run(), strict=False):
        pass
    restore(again, state_of(running), "x")
    assert again.champion == running.champion
    assert again.population[:2] == running.population[:2]
    columns = zip(again.population[2:], running.population[2:], strict=True)
    assert all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in columns)
