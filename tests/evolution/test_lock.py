"""Laws of the lock of a run folder on file systems that can lock only files, or nothing.

Public reports of the kind: alexflint/go-filemutex pull request 25 and metagenomics/metagenomics-tk issue 177 (NFS 4
says EBADF), ComparativeGenomicsToolkit/cactus issue 1299 (no locks available).
"""

import errno
import fcntl  # of POSIX, as these tests are
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wann_rt.core.errors import FileError
from wann_rt.evolution.lock import LOCK_FILE, Lock


def nfs(real: Callable[[int, int], Any], without: int) -> Callable[[int, int], Any]:
    """Locks what is open for writing, as NFS 4 does; or nothing, with another error than EBADF."""

    def flock(handle: int, flags: int) -> Any:
        if without != errno.EBADF or stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(without, os.strerror(without))
        return real(handle, flags)

    return flock


def test_where_folders_cannot_be_locked_a_file_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fcntl, "flock", nfs(fcntl.flock, errno.EBADF))
    first = Lock(tmp_path)
    with pytest.raises(FileError, match="another process is writing this run"):
        Lock(tmp_path)
    first.release()
    Lock(tmp_path).release()
    assert [path.name for path in tmp_path.iterdir()] == [LOCK_FILE]


def test_a_file_system_without_locks_is_said_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fcntl, "flock", nfs(fcntl.flock, errno.ENOLCK))
    with pytest.warns(RuntimeWarning, match="has no locks .No locks available.: let no two processes") as said:
        Lock(tmp_path).release()
    assert len(said) == 1


def test_elsewhere_nothing_is_left_in_the_folder(tmp_path: Path) -> None:
    first = Lock(tmp_path)
    with pytest.raises(FileError, match="another process is writing this run"):
        Lock(tmp_path)
    first.release()
    assert list(tmp_path.iterdir()) == []
