"""Stages: whoever does something that takes long says what it is, and whoever shows it listens.

The listener is one of the process, not of a thread: what is compiled is compiled in whichever thread needs it first.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str], None]

_listeners: list[Listener] = []
_now = [""]


def stage(text: str) -> None:
    """Says what is being done from now on, in a few words; empty: nothing that takes long."""
    _now[0] = text
    for listener in (*_listeners,):
        listener(text)


@contextmanager
def within(text: str) -> Iterator[None]:
    """Says what is being done in between; afterwards it is again what it was before."""
    before = _now[0]
    stage(text)
    try:
        yield
    finally:
        stage(before)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tells the listener of each stage."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
        _now[0] = ""
