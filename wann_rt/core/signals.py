"""SIGTERM and SIGHUP end what runs as Ctrl-C does, and Ctrl-C ends it where it does no harm.

What was found is kept, what can be resumed is saved. An interrupt in the midst of compiling or of a large import would
come out of it as whatever error its libraries make of it, or be lost; it is held back until the end of that.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NAMES = ("SIGTERM", "SIGHUP")  # the second is what a closed terminal sends; Windows has none


class _State:
    """What this process knows of interrupts.

    Attributes:
        held: how many blocks hold them back, one inside of the other.
        waiting: whether one is held back.
        raised: whether one was raised since the outermost ``ended_like_ctrl_c`` began.
    """

    held = 0
    waiting = False
    raised = False


_state = _State()


@contextmanager
def ended_like_ctrl_c() -> Iterator[None]:
    """Raises KeyboardInterrupt in this block when such a signal comes, unless somebody else has a use for it.

    ``nohup`` ignores SIGHUP, and a program may have a handler of its own: both stay. Only the main thread can do this.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    ours = {number: signal.SIG_DFL for number in numbers if signal.getsignal(number) is signal.SIG_DFL}
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        ours[signal.SIGINT] = signal.default_int_handler  # type: ignore[assignment]
    if ours:  # the outermost: inside of it all handlers are this module's
        _state.raised = False
    for number in ours:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Holds the first interrupt back until the end of this block; a second one comes at once."""
    if threading.current_thread() is not threading.main_thread():  # signals come to the main thread only
        yield
        return
    with ended_like_ctrl_c():
        _state.held += 1
        try:
            yield
        finally:
            _state.held -= 1
            if not _state.held and _state.waiting:
                _raise()


def interrupted() -> bool:
    """Returns whether an interrupt was raised, so that whatever came of it is no error."""
    return _state.raised


def _interrupt(number: int, frame: Any) -> None:
    if _state.held and not _state.waiting:
        _state.waiting = True
    else:
        _raise()


def _raise() -> None:
    _state.waiting, _state.raised = False, True
    raise KeyboardInterrupt
