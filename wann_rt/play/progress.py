"""Progress: whoever plays episodes for long tells how many are done, and whoever shows it listens.

A variable of the context rather than one more argument of every function in between.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[int], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def tell(episodes: int) -> None:
    """Tells the listener, if there is one, that so many more episodes have been played."""
    listener = _listener.get()
    if listener is not None:
        listener(episodes)


@contextmanager
def counting(listener: Listener) -> Iterator[None]:
    """Calls the listener, and whoever listens already."""
    outer = _listener.get()

    def both(episodes: int) -> None:
        listener(episodes)
        if outer is not None:
            outer(episodes)

    with listening(both):
        yield


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Calls the listener with what is told in this context: numbers of episodes, as they are finished."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
