"""One process at a time compiles a kernel: the others wait for it and load what it has put on disk."""

import contextlib
import errno
import functools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from numba.core.compiler_lock import global_compiler_lock

SECONDS = 120.0  # several times what the largest kernel takes; then the process compiles for itself
POLL_SECONDS = 0.05


def in_turn(compiling: Callable[..., Any], lock: Path) -> Callable[..., Any]:
    """Returns the ``compile`` of a dispatcher of numba, in its turn among all processes that share its cache.

    Searches that are started together would else all compile the same for their first half minute. numba's own lock
    between threads is taken first: so a thread that waits here cannot hold up the one it waits for. Kernels call each
    other without circles, so two processes cannot wait for each other.

    Args:
        compiling: the ``compile`` of a dispatcher whose cache is on disk; it looks there first.
        lock: a file that is made if need be; the operating system frees it when its holder dies.
    """

    @functools.wraps(compiling)
    def compile_in_turn(signature: Any) -> Any:
        with global_compiler_lock, _turn(lock):
            return compiling(signature)

    return compile_in_turn


@contextlib.contextmanager
def _turn(lock: Path) -> Iterator[None]:
    try:
        import fcntl

        handle = lock.open("ab")
    except (ImportError, OSError):  # Windows, or a folder that cannot be written any more
        yield
        return
    with handle:  # which also frees the lock
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                    break  # this file system has no locks (NFS may have none): nobody can be waited for
                time.sleep(POLL_SECONDS)
        yield
