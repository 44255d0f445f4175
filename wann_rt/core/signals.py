"""SIGTERM and SIGHUP end what runs as Ctrl-C does: what was found is kept, what can be resumed is saved."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NAMES = ("SIGTERM", "SIGHUP")  # the second is what a closed terminal sends; Windows has none


@contextmanager
def ended_like_ctrl_c() -> Iterator[None]:
    """Raises KeyboardInterrupt in this block when such a signal comes, unless somebody else has a use for it.

    ``nohup`` ignores SIGHUP, and a program may have a handler of its own: both stay. Only the main thread can do this.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    ours = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
