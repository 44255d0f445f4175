"""Laws of the run folder: what was killed at any moment, cut, edited or half removed goes on, or says why it cannot."""

import contextlib
import dataclasses
import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import wann_rt as wr
from wann_rt import tasks
from wann_rt.core.errors import FileError
from wann_rt.evolution import checkpoint, config
from wann_rt.evolution import run as api
from wann_rt.evolution.journal import CHAMPION, GENERATIONS, STATE, Journal, read_generations
from wann_rt.evolution.run_settings import SETTINGS
from wann_rt.evolution.search import Generation, Search

TASK = tasks.get("cartpole-swingup")
SMALL = config.load("paper", {"population": 12, "generations": 6, "episodes": 1, "retest_episodes": 1, "seed": 5})
SETTINGS_OF_SMALL: dict[str, Any] = dataclasses.asdict(SMALL)
STOP = 3  # the generation after which the runs of these tests are stopped


def search(folder: Path, **other: Any) -> None:
    wr.search("swingup", out=folder, threads=1, **SETTINGS_OF_SMALL | other)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder that Ctrl-C left after some generations."""

    def interrupt(report: Generation) -> None:
        if report.generation == STOP:
            raise KeyboardInterrupt

    folder = tmp_path_factory.mktemp("stopped")
    search(folder, on_generation=interrupt)
    return folder


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("calm")
    search(folder)
    return folder


@pytest.fixture
def folder(stopped: Path, tmp_path: Path) -> Path:
    for path in stopped.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def assert_goes_on(folder: Path, calm: Path) -> None:
    search(folder)
    assert (folder / CHAMPION).read_bytes() == (calm / CHAMPION).read_bytes()
    assert [g[:-1] for g in read_generations(folder)] == [g[:-1] for g in read_generations(calm)]


@contextlib.contextmanager
def resumed(folder: Path) -> Iterator[Journal]:
    with Journal(folder, TASK, SMALL) as journal:
        assert journal.resume(Search(TASK, SMALL, 1))
        yield journal


# Killed


def kill(folder: Path, clock_step: float, stride: int) -> int:
    """Kills searches at every so-manieth file operation, compares what they leave; returns how many were killed."""
    script = Path(__file__).with_name("crash_points.py")
    command = [sys.executable, str(script), str(folder), str(clock_step), str(stride)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["differences"] == 0
    return int(seen["kills"])


@pytest.mark.long
@pytest.mark.parametrize("clock_step", [0.0, 0.7], ids=["before the first state", "with some states"])
def test_a_kill_at_some_file_operations_loses_nothing(tmp_path: Path, clock_step: float) -> None:
    # At every one of them: make reliability.
    assert kill(tmp_path, clock_step, 7) >= 4


@pytest.mark.slow
def test_a_run_without_a_state_begins_again(calm: Path, tmp_path: Path) -> None:
    (tmp_path / SETTINGS).write_bytes((calm / SETTINGS).read_bytes())
    (tmp_path / GENERATIONS).write_bytes((calm / GENERATIONS).read_bytes()[:300])
    assert_goes_on(tmp_path, calm)


@pytest.mark.slow
def test_ctrl_c_between_a_generation_and_its_line_loses_nothing(
    calm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Journal.generation

    def interrupted(self: Journal, report: Generation, running: Search) -> None:
        if report.generation == STOP:
            raise KeyboardInterrupt
        written(self, report, running)

    monkeypatch.setattr(Journal, "generation", interrupted)
    search(tmp_path)
    monkeypatch.undo()
    assert len(read_generations(tmp_path)) == STOP
    assert_goes_on(tmp_path, calm)


# The journal


@pytest.mark.slow
def test_a_journal_cut_at_any_byte_is_written_again(folder: Path, calm: Path) -> None:
    path = folder / GENERATIONS
    whole = path.read_bytes()
    ends = [k for k in range(len(whole)) if whole[k - 1 : k + 1].count(b"\n")]
    for length in sorted({*ends, *range(0, len(whole), 1 if os.environ.get("EVERY_BYTE") else 13)}):
        path.write_bytes(whole[:length])
        with pytest.warns(RuntimeWarning, match="written again"), resumed(folder):
            assert path.read_bytes() == whole
        if length:
            assert (folder / "generations.damaged.jsonl").read_bytes() == whole[:length]
    assert_goes_on(folder, calm)


def tampered(lines: bytes) -> dict[str, bytes]:
    rows = lines.splitlines(keepends=True)
    return {
        "tail zeroed": lines[:-40] + bytes(40),
        "a middle line cut": b"".join([rows[0], rows[1][:20] + b"\n", *rows[2:]]),
        "a middle line gone": b"".join(rows[:1] + rows[2:]),
        "a line doubled": b"".join([*rows[:2], *rows[1:]]),
        "a line edited": lines.replace(b'"generation": 1,', b'"generation": 7,'),
        "a figure edited": re.sub(rb'"best": [-0-9.]+', b'"best": 9999.5', lines, count=1),
        "emptied": b"",
        "of another run": b"{}\n" * len(rows),
        "older than the state": b"".join(rows[:2]),
        "no text": bytes(range(256)),
    }


@pytest.mark.long
@pytest.mark.parametrize("how", tampered(b"a\nb\nc\n"))
def test_a_tampered_journal_is_written_again_and_said_to_be(folder: Path, calm: Path, how: str) -> None:
    path = folder / GENERATIONS
    path.write_bytes(tampered(path.read_bytes())[how])
    with pytest.warns(RuntimeWarning, match=r"generations\.jsonl: was (damaged \(now generations\.damaged|empty)"):
        assert_goes_on(folder, calm)


@pytest.mark.slow
def test_a_lost_journal_is_written_again(folder: Path, calm: Path) -> None:
    (folder / GENERATIONS).unlink()
    with pytest.warns(RuntimeWarning, match="was empty or missing"):
        assert_goes_on(folder, calm)


@pytest.mark.slow
def test_lines_beyond_the_state_are_played_again(folder: Path, calm: Path) -> None:
    path = folder / GENERATIONS
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines(keepends=True)[-1] + b'{"generation": 5, "be')
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with resumed(folder) as journal:
            assert journal.repeated == 1
    assert path.read_bytes() == whole
    assert_goes_on(folder, calm)


# By the lines alone: the last line is cut, or all is there that there may have been.
NOT_TOLD = ("tail zeroed", "emptied", "older than the state", "a figure edited")


@pytest.mark.slow
@pytest.mark.parametrize("how", [how for how in tampered(b"a\nb\nc\n") if how not in NOT_TOLD])
def test_a_damaged_journal_is_not_read_as_if_it_were_whole(folder: Path, how: str) -> None:
    path = folder / GENERATIONS
    path.write_bytes(tampered(path.read_bytes())[how])
    with pytest.raises(FileError, match=r"generations\.jsonl: line \d"):
        read_generations(folder)


def test_a_line_that_a_kill_has_cut_is_left_out(folder: Path) -> None:
    path = folder / GENERATIONS
    path.write_bytes(path.read_bytes()[:-5])
    assert len(read_generations(folder)) == STOP


# The settings


@pytest.mark.long
@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}" * 3, bytes(64), b"[" * 100_000])
def test_damaged_settings_do_not_matter_while_there_is_a_state(folder: Path, calm: Path, damage: bytes) -> None:
    (folder / SETTINGS).write_bytes(damage)
    if damage == b"[]":
        with pytest.raises(FileError, match="already holds a run with other settings"):
            search(folder)
        return
    with pytest.warns(RuntimeWarning, match=r"config\.json: was damaged or missing"):
        assert_goes_on(folder, calm)
    assert (folder / SETTINGS).read_bytes() == (calm / SETTINGS).read_bytes()


def test_lost_settings_do_not_let_another_search_in(folder: Path) -> None:
    (folder / SETTINGS).unlink()
    with pytest.warns(RuntimeWarning, match="damaged or missing"), pytest.raises(FileError, match="config_digest"):
        search(folder, seed=6)


@pytest.mark.parametrize("name", [SETTINGS, GENERATIONS])
def test_a_file_of_no_run_is_not_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine\n")
    with pytest.raises(FileError, match=f"holds a {name} that is of no run"):
        search(tmp_path)
    assert (tmp_path / name).read_text() == "mine\n"


def test_other_settings_are_named(folder: Path) -> None:
    with pytest.raises(FileError, match="other settings: population is 12 there, 13 now; choose another folder"):
        search(folder, population=13)


# Others in the folder


@pytest.mark.slow
def test_hidden_files_of_the_user_stay(folder: Path) -> None:
    mine = [folder / ".notes.tmp", folder / ".champion.json.tmp", folder / ".other.json.12.tmp"]
    ours = [folder / ".champion.json.12.tmp", folder / ".state.new.12-3.tmp"]
    for path in mine + ours:
        path.touch()
    search(folder)
    assert [path.exists() for path in mine + ours] == [True, True, True, False, False]


@pytest.mark.slow
def test_two_searches_at_once_are_told_apart(folder: Path, calm: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(FileError, match="another process is writing this run"):
            search(folder)
        with pytest.raises(FileError, match="another process is writing this run"):
            search(folder, overwrite=True)
        other.kill()
    assert_goes_on(folder, calm)  # a lock ends with its process, however it ends


HOLD = """
import sys, time
from pathlib import Path
from wann_rt.evolution.lock import Lock
lock = Lock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


@pytest.mark.slow
def test_a_refused_folder_is_free_again(folder: Path, calm: Path) -> None:
    with pytest.raises(FileError, match="other settings"):
        search(folder, seed=7)
    assert_goes_on(folder, calm)


# States of other versions


@pytest.mark.slow
def test_a_state_that_does_not_hold_the_journal_is_resumed_all_the_same(folder: Path, calm: Path) -> None:
    state = checkpoint.load(folder / STATE)
    del state.arrays["journal"]
    checkpoint.save(folder / STATE, state)
    with (folder / GENERATIONS).open("ab") as file:
        file.write(b"{}\n")
    assert_goes_on(folder, calm)


@pytest.mark.slow
def test_a_slow_disk_is_written_to_less_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, saved = [0.0], []

    def slow(path: Path, state: checkpoint.Checkpoint) -> None:
        saved.append(state.values["generation"])
        now[0] += 1.0

    def hour(report: Generation) -> None:
        now[0] += 3.0

    monkeypatch.setattr("wann_rt.evolution.journal.time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(checkpoint, "save", slow)
    many = dataclasses.replace(SMALL, generations=40)
    with Journal(tmp_path, TASK, many) as journal:
        api.run(Search(TASK, many, 1), journal, hour)
    assert len(saved) < 10  # 120 seconds: 60 times the default interval, and each took a second
