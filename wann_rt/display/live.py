"""One line that lives: what is being done, how far it has come - on a terminal, in a notebook, or as lines in a file.

Nothing takes long in silence: what was said last is repeated where there is no terminal once it lasts for more than
``SILENT_SECONDS``.
"""

import importlib
import sys
import threading
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.table import Column

from wann_rt.core.stages import listening

SECONDS_PER_LINE = 10.0  # of progress, where there is no terminal
SILENT_SECONDS = 3.0
NOTEBOOK_SECONDS = 0.3  # between two updates of a notebook's output
WIDE = 112  # columns of a terminal in which everything has room
BAR, WIDE_BAR = 8, 14


class Screen(Protocol):
    """Where the line is shown."""

    def start(self) -> None:
        """Begins."""

    def show(self, said: str, completed: int, total: int | None, text: str, whole: bool) -> None:
        """Shows the line; ``whole`` where it tells of progress, not only of what is being done."""

    def end(self, said: str, completed: int, total: int | None, text: str) -> None:
        """Ends; the line may stay, and then says this."""


class Live:
    """Shows what is being done; use as a context manager.

    Attributes:
        console: where it is shown, if anywhere: standard error.
        wide: whether the line has room for everything.
    """

    def __init__(self, said: str, total: int | None = None, *, quiet: bool = False, stays: bool = False) -> None:
        """Prepares.

        Args:
            said: what is being done, e.g. "generation"; the word before the counter.
            total: what the counter counts to; None: there is no counter.
            quiet: show nothing.
            stays: whether the last state of the line stays on the terminal.
        """
        self.console = Console(stderr=True, highlight=False, emoji=False)
        self.wide = not self.console.is_terminal or self.console.width >= WIDE
        self._said, self._total, self._completed, self._text, self._stage = said, total, 0, "", ""
        self._screen: Screen = _Nothing()
        if not quiet:
            self._screen = _screen_of(self.console, total is not None, stays)
        self._stack = ExitStack()

    def __enter__(self) -> "Live":
        self._screen.start()
        self._stack.enter_context(listening(self.stage))
        self._show(whole=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        self._screen.end(self._said, self._completed, self._total, self._text)

    def say(self, text: str) -> None:
        """Says something above the line."""
        self.console.print(text, soft_wrap=True, markup=False)

    def stage(self, text: str) -> None:
        """Says what is being done from now on."""
        self._stage = text
        self._show(whole=False)

    def update(self, completed: int, text: str = "", *, said: str | None = None, total: int | None = None) -> None:
        """Says how far it has come."""
        self._completed, self._text = completed, text
        self._said = self._said if said is None else said
        self._total = self._total if total is None else total
        self._show(whole=True)

    def _show(self, *, whole: bool) -> None:
        said, text = self._said, self._text
        if self._stage:  # what was said with the progress before is of something else
            said, text = (self._stage, "") if self._total is None else (said, self._stage)
        self._screen.show(said, self._completed, self._total, text, whole)


class Showing:
    """What shows progress by one line that lives; use as a context manager. Where all went well, ``_ended`` follows."""

    _live: Live

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)
        if error is None:
            self._ended()

    def _ended(self) -> None:
        """Shows what came of it, if there is anything to show."""


def in_notebook() -> bool:
    """Returns whether a notebook shows what this process prints."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


def is_watched() -> bool:
    """Returns whether somebody looks on: a terminal, or a notebook."""
    return in_notebook() or Console(stderr=True).is_terminal


def _screen_of(console: Console, counted: bool, stays: bool) -> Screen:
    if in_notebook():
        return _Notebook()
    lives = console.is_terminal and not console.is_dumb_terminal
    return _Terminal(console, counted, stays) if lives else _Lines(console)


class _Nothing:
    """Shows nothing."""

    def start(self) -> None: ...

    def show(self, said: str, completed: int, total: int | None, text: str, whole: bool) -> None: ...

    def end(self, said: str, completed: int, total: int | None, text: str) -> None: ...


class _Terminal:
    """A line of rich."""

    def __init__(self, console: Console, counted: bool, stays: bool) -> None:
        rest = Column(no_wrap=True, overflow="ellipsis", ratio=1)
        said, left = TextColumn("{task.description}", markup=False), TextColumn("left ")
        bar = BarColumn(WIDE_BAR if console.width >= WIDE else BAR)
        counter = [MofNCompleteColumn(), bar, TimeRemainingColumn(compact=True), left] if counted else []
        text = TextColumn("{task.fields[text]}", markup=False, table_column=rest)
        columns: list[ProgressColumn] = [SpinnerColumn(finished_text=" "), said, *counter, text]
        self._bar = RichProgress(*columns, console=console, transient=not stays, expand=True)
        self._task: Any = None

    def start(self) -> None:
        self._bar.start()

    def show(self, said: str, completed: int, total: int | None, text: str, whole: bool) -> None:
        if self._task is None:
            self._task = self._bar.add_task(said, total=total, text=text)
        self._bar.update(self._task, description=said, completed=completed, total=total, text=text)

    def end(self, said: str, completed: int, total: int | None, text: str) -> None:
        if completed == 0:
            self._bar.live.transient = True  # a counter that never counted says nothing
        self.show(said, completed, total, text, whole=False)  # what was found, not what was done last
        self._bar.stop()


class _Notebook:
    """A text below the cell, which is replaced; no widgets are needed."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._last = 0.0

    def start(self) -> None:
        display: Any = importlib.import_module("IPython.display").display
        self._handle = display({"text/plain": "..."}, raw=True, display_id=True)

    def show(self, said: str, completed: int, total: int | None, text: str, whole: bool) -> None:
        now = time.monotonic()
        if now - self._last > NOTEBOOK_SECONDS or completed == total or not whole:
            self._last = now
            self._handle.update({"text/plain": _line(said, completed, total, text)}, raw=True)

    def end(self, said: str, completed: int, total: int | None, text: str) -> None:
        self.show(said, completed, total, text, whole=False)


class _Lines:
    """A line now and then, for files and pipes; and one when something has taken long in silence."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last, self._printed = 0.0, ""
        self._timer: threading.Timer | None = None

    def start(self) -> None: ...

    def show(self, said: str, completed: int, total: int | None, text: str, whole: bool) -> None:
        line = _line(said, completed, total, text)
        self._hush()
        if whole and (time.monotonic() - self._last > SECONDS_PER_LINE or completed == total):
            self._print(line)
        elif not whole:
            self._timer = threading.Timer(SILENT_SECONDS, self._print, (line + " ...",))
            self._timer.daemon = True
            self._timer.start()

    def _print(self, line: str) -> None:
        self._last = time.monotonic()
        if line != self._printed:
            self._printed = line
            self._console.print(line, soft_wrap=True, markup=False)

    def end(self, said: str, completed: int, total: int | None, text: str) -> None:
        self._hush()

    def _hush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _line(said: str, completed: int, total: int | None, text: str) -> str:
    counter = "" if total is None else f" {completed}/{total}"
    return f"{said}{counter}  {text}".rstrip()
