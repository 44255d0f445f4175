"""One process at a time writes a run folder."""

import contextlib
import errno
import os
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wann_rt.core.errors import FileError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class Lock:
    """Holds a folder until ``release``, or until the process ends, however it ends: nothing is left to clean up.

    Where the system has no such locks (Windows, some network file systems), two processes are not kept apart.
    """

    def __init__(self, folder: Path) -> None:
        """Takes the lock.

        Raises:
            FileError: another process holds it.
        """
        self._close: Callable[[], Any] = lambda: None
        if fcntl is None:
            return
        handle = os.open(folder, os.O_RDONLY)
        self._close = weakref.finalize(self, _closed, handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.release()
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise FileError(
                    f"{folder}: another process is writing this run; wait until it has ended, or choose another folder"
                ) from None

    def release(self) -> None:
        """Gives the folder free."""
        self._close()


def _closed(handle: int) -> None:
    with contextlib.suppress(OSError):
        os.close(handle)
