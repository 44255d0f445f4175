"""Laws of describing and playing: whatever an environment's method does is done to a process of its own."""

import os
import sys
import warnings
from pathlib import Path

import misbehaving
import pytest
from helpers import needs, odd_environments
from helpers.rude_environments import Rude

import wann_rt as wr
from wann_rt.core.errors import TaskError
from wann_rt.tasks.environment.source import source_digest
from wann_rt.tasks.environment.task import EnvironmentTask

RUDE = "helpers.rude_environments:Rude"


def described(how: str) -> EnvironmentTask:
    return wr.environment(RUDE, kwargs={"where": "constructor", "how": how})


@needs.proc
@pytest.mark.slow
@pytest.mark.parametrize("how", ["prints", "changes the folder", "starts a crowd", "forks", "starts a thread"])
def test_a_constructor_does_nothing_to_the_process_that_asks(how: str, capfd: pytest.CaptureFixture[str]) -> None:
    folder = Path.cwd()
    assert described(how).name == "Rude"
    assert Path.cwd() == folder
    assert capfd.readouterr().out == ""
    assert misbehaving._left() == []


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("exits at once", r"ended the process that made it \(exit code 0\)"),
        ("kills itself", r"ended the process that made it \(by SIGKILL\)"),
        ("exits", "cannot be made: SystemExit: 0"),
        ("is interrupted", "cannot be described: KeyboardInterrupt"),
    ],
)
def test_a_constructor_that_ends_its_process_is_one_error(how: str, says: str) -> None:
    with pytest.raises(TaskError, match=says):
        described(how)


@pytest.mark.slow
def test_a_constructor_that_hangs_is_called_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "sleeping_env.py").write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setattr("wann_rt.play.backends.worker_process.SECONDS_TO_START", 1.0)
    with pytest.raises(TaskError, match=r"hangs: it was not made within 1 seconds \(the constructor, or importing"):
        wr.environment("sleeping_env:Env")


def test_nothing_of_an_environment_is_imported_by_who_asks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "apart_env.py").write_text("from helpers.odd_environments import Glider\nclass Apart(Glider): pass\n")
    assert wr.environment("apart_env:Apart").name == "Apart"
    assert "apart_env" not in sys.modules


@pytest.mark.slow
def test_warnings_of_a_constructor_come_to_who_asks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    text = "import warnings\nfrom helpers.odd_environments import Glider\n\nclass Old(Glider):\n"
    text += "    def __init__(self):\n        super().__init__()\n        warnings.warn('use New', FutureWarning)\n"
    (tmp_path / "old_env.py").write_text(text)
    with pytest.warns(FutureWarning, match="use New"):
        wr.environment("old_env:Old")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wr.environment("old_env:Old")


def test_a_digest_is_that_of_the_code_as_it_is_here() -> None:
    """So run folders that were written when the searching process described environments itself go on."""
    [here] = [source_digest([odd_environments.Glider])]
    assert wr.environment("helpers.odd_environments:Glider").source == here


@needs.proc
@pytest.mark.long
@pytest.mark.parametrize(
    ("where", "how"),
    [("constructor", "exits at once"), ("reset", "starts a crowd"), ("step", "prints"), ("close", "kills itself")],
)
def test_a_search_ends_with_a_champion_or_one_error_and_nothing_is_left(where: str, how: str, tmp_path: Path) -> None:
    assert misbehaving.searched(where, how, tmp_path) == ""


def test_the_searching_process_does_not_play(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(self: Rude) -> None:
        raise AssertionError(f"made in process {os.getpid()}")

    monkeypatch.setattr(Rude, "__init__", never)
    assert described("").name == "Rude"
