"""What ``wann-rt evaluate`` shows while an environment is played: how many episodes are done, and what is left."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from wann_rt.display import SECONDS_PER_LINE


class EvaluationProgress:
    """Shows episodes as they are played: a live bar on a terminal, a line now and then elsewhere, or nothing.

    Compiled tasks tell nothing, because they are scored in a second; then nothing is shown.
    """

    def __init__(self, total: int, *, quiet: bool) -> None:
        """Prepares for ``total`` episodes; ``quiet`` shows nothing."""
        self.console = Console(stderr=True, highlight=False)
        self.quiet = quiet
        self.total, self.done = total, 0
        self._last_line = time.monotonic()
        columns = BarColumn(bar_width=20), TextColumn("left"), TimeRemainingColumn(compact=True)
        self._bar = RichProgress(
            TextColumn("episode"),
            MofNCompleteColumn(),
            *columns,
            console=self.console,
            disable=quiet or not self.console.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("episodes", total=total)

    def __enter__(self) -> "EvaluationProgress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def update(self, episodes: int) -> None:
        """Shows that so many more episodes have been played."""
        if self.done == 0:
            self._bar.start()
        self.done += episodes
        self._bar.update(self._task, completed=self.done)
        now = time.monotonic()
        if now - self._last_line > SECONDS_PER_LINE and not (self.quiet or self.console.is_terminal):
            self._last_line = now
            self.console.print(f"episode {self.done}/{self.total}", soft_wrap=True)
