"""Standard input, output and error as commands may find them: closed, full, or of an encoding of few letters."""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

from wann_rt.cli.options import say

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


def ready() -> None:
    """Makes them fit to be written to.

    A file that a command opens would get the number of one that is closed, and what a library prints would land in it.
    What an encoding has no letter for, such as the sign in 7 ± 1, is written as an escape.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the least number that is free, which is this one
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # for the process
        elif isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


@contextlib.contextmanager
def written() -> Iterator[None]:
    """Makes one error of an output that cannot be written; it is flushed here, where that can still be said."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.filename is not None or error.errno not in FULL:
            raise
        with contextlib.suppress(OSError, ValueError):  # what is left in it goes nowhere, or exiting would fail again
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        with contextlib.suppress(OSError):
            say(f"wann-rt: error: what it says cannot be written to standard output: {error.strerror}", err=True)
        sys.exit(2)
