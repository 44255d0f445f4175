"""A limit of time on code that somebody else wrote: a loop without an end becomes an error that says where it ran."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class TooLongError(BaseException):
    """The limit is over; no ``except Exception`` of the code that is limited stops it."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises TooLongError inside of this block once the seconds are over.

    Only the main thread of a Unix process can do so, and only while nobody else uses the timer: elsewhere the block has
    no limit.
    """
    main = threading.current_thread() is threading.main_thread()
    if not (main and hasattr(signal, "setitimer")) or signal.getitimer(signal.ITIMER_REAL)[0] > 0:
        yield
        return
    before = signal.signal(signal.SIGALRM, _over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _over(number: int, frame: Any) -> None:
    raise TooLongError
