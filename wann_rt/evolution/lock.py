"""One process at a time writes a run folder."""

import contextlib
import errno
import os
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wann_rt.core.errors import FileError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


LOCK_FILE = ".wann-rt.lock"


class Lock:
    """Holds a folder until ``release``, or until the process ends, however it ends: nothing is left to clean up.

    A network file system that can lock only what is open for writing gets a file of its own for that, which stays.
    Where there are no locks at all, a warning says so; on Windows, and where a system takes locks of one machine only
    (NFS mounted with nolock), two processes are not kept apart.
    """

    def __init__(self, folder: Path) -> None:
        """Takes the lock.

        Raises:
            FileError: another process holds it.
        """
        self._close: Callable[[], Any] = lambda: None
        if fcntl is None or self._takes(folder, folder, os.O_RDONLY) == "":
            return
        # NFS 4 answers EBADF to whoever locks a folder, because nobody can open one to write.
        missing = self._takes(folder, folder / LOCK_FILE, os.O_RDWR | os.O_CREAT)
        if missing:
            text = f"{folder}: its file system has no locks ({missing}): let no two processes write this run"
            warnings.warn(text, RuntimeWarning, stacklevel=5)

    def _takes(self, folder: Path, path: Path, flags: int) -> str:
        """Locks what is there; returns why that cannot be done, or nothing."""
        handle = os.open(path, flags, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                return error.strerror or str(error)
            raise FileError(
                f"{folder}: another process is writing this run; wait until it has ended, or choose another folder"
            ) from None
        self._close = weakref.finalize(self, _closed, handle)
        return ""

    def release(self) -> None:
        """Gives the folder free."""
        self._close()


def _closed(handle: int) -> None:
    with contextlib.suppress(OSError):
        os.close(handle)
