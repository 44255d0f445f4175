"""Laws of temporary folders: one error where none can be made or the disk is full, and nothing is left of them."""

import errno
import os
import tempfile
from pathlib import Path

import pytest

from wann_rt.core.disk import temporary_folder
from wann_rt.core.errors import FileError

ROOT = Path(__file__).parents[2]


def test_a_machine_without_one_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "mkdtemp", none)
    with pytest.raises(FileError, match=r"none can be made: No usable .* found; .* TMPDIR"), temporary_folder():
        pass


def fill(number: int, kept: list[Path]) -> None:
    with temporary_folder() as folder:
        kept.append(folder)
        (folder / "file").touch()
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_one_error_and_nothing_is_left(number: int) -> None:
    kept: list[Path] = []
    with pytest.raises(FileError, match=f"cannot be written: {os.strerror(number)}"):
        fill(number, kept)
    assert not kept[0].exists()


def test_other_errors_are_left_alone() -> None:
    with pytest.raises(FileNotFoundError), temporary_folder() as folder:
        (folder / "missing").read_bytes()


def test_nobody_makes_one_another_way() -> None:
    rooms = [path for room in ("wann_rt", "exporters") for path in (ROOT / room).rglob("*.py")]
    own = {path.name for path in rooms if "TemporaryDirectory(" in path.read_text() or "mkdtemp(" in path.read_text()}
    assert own == {"disk.py"}
