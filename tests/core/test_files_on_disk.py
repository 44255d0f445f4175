"""Laws of reading and writing files: a write happens whole or not at all, and every obstacle is named."""

import os
from pathlib import Path

import pytest
from helpers import needs
from test_files import small

from wann_rt.core import disk, files
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


@needs.fifo
def test_what_has_no_end_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for endless in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/tty")):
        with pytest.raises(FileError, match=r"is not a regular file|cannot be read"):
            files.load(endless)


def test_what_grows_while_it_is_read_is_read_to_the_limit_only(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"x" * 101)
    with pytest.raises(FileError, match="larger than 100 bytes"):
        files.read_text(path, 100)
    assert files.read_text(path, 101) == "x" * 101


@needs.fifo
def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    files.write_atomic("/dev/null", b"x")
    assert Path("/dev/null").is_char_device()


def test_files_left_by_a_killed_write_are_known_by_their_names() -> None:
    name = disk.temporary_name("champion.json")
    assert disk.is_temporary(name, "champion.json")
    assert not disk.is_temporary(name, "config.json")
    assert disk.temporary_name("champion.json") != name
    assert len(disk.temporary_name("x" * 250)) < 150
