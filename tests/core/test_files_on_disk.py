"""Laws of reading and writing files: a write happens whole or not at all, and every obstacle is named."""

import os
from pathlib import Path

import pytest
from helpers import needs
from test_files import small

from wann_rt.core import files
from wann_rt.core.errors import FileError


def test_save_and_load_through_a_file(tmp_path: Path) -> None:
    path = tmp_path / "small.json"
    files.save(small(), path)
    files.save(small(), path)  # over an existing one
    assert files.load(path) == files.load(str(path)) == small()
    assert path.read_text() == files.to_text(small())
    assert list(tmp_path.iterdir()) == [path]


def test_a_failing_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "c.json"
    files.save(small(), path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match=r"c\.json: cannot be written: No space left on device"):
        files.save(small("ensemble"), path)
    assert list(tmp_path.iterdir()) == [path]
    assert files.load(path) == small()


def test_an_interrupted_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "c.json"
    files.save(small(), path)
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.save(small("ensemble"), path)
    assert list(tmp_path.iterdir()) == [path]
    assert files.load(path) == small()


def test_a_folder_that_cannot_take_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    targets = {"missing/c.json": "No such file", "file/c.json": "Not a directory", "folder": "Is a directory"}
    for target, reason in targets.items():
        with pytest.raises(FileError, match=rf"{target}: cannot be written: {reason}"):
            files.save(small(), tmp_path / target)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]
    with pytest.raises(FileError, match="cannot be written"):
        files.save(small(), "")


def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    needs.read_only(tmp_path)
    with pytest.raises(FileError, match=r"c\.json: cannot be written: Permission denied"):
        files.save(small(), tmp_path / "c.json")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"missing\.json: cannot be read: No such file or directory"):
        files.load(tmp_path / "missing.json")
    with pytest.raises(FileError, match="cannot be read: Is a directory"):
        files.load(tmp_path)
    (tmp_path / "binary.json").write_bytes(b"\xff\x00")
    with pytest.raises(FileError, match=r"binary\.json: is not a text file"):
        files.load(tmp_path / "binary.json")
    with (tmp_path / "huge.json").open("wb") as huge:
        huge.truncate(files.MAX_BYTES + 1)
    with pytest.raises(FileError, match=r"huge\.json: larger than"):
        files.load(tmp_path / "huge.json")
