"""A search on the terminal: its progress, its champion."""

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from wann_rt.core.controller import Controller
from wann_rt.display.formulas import number
from wann_rt.display.tables import console

if TYPE_CHECKING:
    from wann_rt.evolution.search import Generation

SECONDS_PER_LINE = 10  # of progress, where there is no terminal


class SearchProgress:
    """Shows generations as they come: a live bar on a terminal, a line now and then elsewhere, or nothing."""

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        """Prepares for ``total`` generations; ``quiet`` shows nothing."""
        self.console = Console(stderr=True, highlight=False)
        self.quiet = quiet
        self.total = total
        self._last_line = 0.0
        self._first: tuple[float, int] | None = None
        self._bar = RichProgress(
            TextColumn("generation"),
            MofNCompleteColumn(),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[text]}"),
            TextColumn("left"),
            TimeRemainingColumn(compact=True),
            console=self.console,
            disable=quiet or not self.console.is_terminal,
        )
        self._task = self._bar.add_task("search", total=total, text="")

    def __enter__(self) -> "SearchProgress":
        self._announce()
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def update(self, report: "Generation") -> None:
        """Shows a generation."""
        now = time.monotonic()
        if self._first is None:
            self._first = now, report.env_steps  # the rate leaves out the first generation, which may compile
        rate = (report.env_steps - self._first[1]) / max(now - self._first[0], 1e-9)
        speed = f"{rate / 1e6:4.1f} M" if rate >= 1e5 else f"{rate / 1e3:4.1f} k"
        text = (
            f"best {report.best:5.0f}  mean {report.mean:5.0f}  champion {report.champion:5.1f} "
            f"({report.champion_connections} connections)  {speed} steps/s"
        )
        self._bar.update(self._task, completed=report.generation + 1, text=text)
        due = now - self._last_line > SECONDS_PER_LINE or report.generation + 1 == self.total
        if due and not (self.quiet or self.console.is_terminal):
            self._last_line = now
            self.console.print(f"generation {report.generation + 1}/{self.total}  {text}", soft_wrap=True)

    def resumed(self, generation: int) -> None:
        """Says that a search goes on where it stopped."""
        self.console.print(f"resuming at generation {generation}", soft_wrap=True)

    def _announce(self) -> None:
        """Says why the first generation takes a while when the kernels must be compiled."""
        from wann_rt.kernels.jit import is_cached
        from wann_rt.kernels.rollout import rollouts

        if not self.quiet and not is_cached(rollouts):
            self.console.print("compiling the search for this machine (first use only, about 20 seconds) ...")


def behaviour(score: Mapping[str, Any]) -> str:
    """Returns how the actions behaved that a controller's provenance tells of, as the end of a sentence."""
    if "sign_changes_per_s" not in score:
        return ""
    return f"; mean |action| {score['effort']:g}, {score['sign_changes_per_s']:g} changes of its sign a second"


def show_champion(controller: Controller, path: Path) -> None:
    """Prints what a search found and what to do next."""
    score = controller.provenance["score"]
    out = console()
    out.print(
        f"champion: {controller.network.n_connections} connections, {controller.network.n_hidden} hidden nodes, "
        f"shared weight {number(controller.weight.values[0])}: scores {score['mean']:.0f} ± {score['ci95']:.0f} "
        f"over {score['episodes']} fresh episodes{behaviour(score)}"
    )
    out.print(f"wrote {path}\nnext: wann-rt verify {path}", soft_wrap=True, markup=False)
