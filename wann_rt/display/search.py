"""A search on the terminal: its progress, its champion."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wann_rt.core.controller import Controller
from wann_rt.display.formulas import number
from wann_rt.display.live import Live, Showing
from wann_rt.display.tables import console, counted, escape, paragraph, table

if TYPE_CHECKING:
    from wann_rt.evolution.comparison import Comparison
    from wann_rt.evolution.search import Generation


class SearchProgress(Showing):
    """Shows generations as they come: a live bar on a terminal or in a notebook, a line now and then elsewhere."""

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        """Prepares for ``total`` generations; ``quiet`` shows nothing."""
        self.total = total
        self._live = Live("generation", total, quiet=quiet, stays=True)
        self._first: tuple[float, int] | None = None

    def say(self, text: str) -> None:
        """Says something above the line."""
        self._live.say(text)

    def update(self, report: "Generation") -> None:
        """Shows a generation."""
        now = time.monotonic()
        if self._first is None:
            self._first = now, report.env_steps  # the rate leaves out the first generation, which may compile
        many = report.champion_connections
        size = counted(many, "connection") if self._live.wide else f"{many} conn"
        text = f"best {report.best:.0f}  champion {report.champion:.1f} ({size})"
        if self._live.wide:
            rate = (report.env_steps - self._first[1]) / max(now - self._first[0], 1e-9)
            speed = f"{rate / 1e6:.1f} M" if rate >= 1e5 else f"{rate / 1e3:.1f} k"
            text += f"  mean {report.mean:.0f}" + f"  {speed} steps/s" * (rate > 0)
        self._live.update(report.generation + 1, text)


def behaviour(score: Mapping[str, Any]) -> str:
    """Returns how the actions behaved that a controller's provenance tells of, as the end of a sentence."""
    if "sign_changes_per_s" not in score:
        return ""
    return f"; mean |action| {score['effort']:g}, {score['sign_changes_per_s']:g} changes of its sign a second"


def show_champion(controller: Controller, path: Path) -> None:
    """Prints what a search found and what to do next."""
    score = controller.provenance["score"]
    network, weight = controller.network, controller.weight
    weighted = "a weight each" if weight.kind == "connections" else f"shared weight {number(weight.values[0])}"
    paragraph(
        f"champion: {counted(network.n_connections, 'connection')}, {counted(network.n_hidden, 'hidden node')}, "
        f"{weighted}: scores {score['mean']:.0f} ± {score['ci95']:.0f} "
        f"over {score['episodes']} fresh episodes{behaviour(score)}"
    )
    paragraph(f"wrote {path}\nnext: wann-rt verify {path}")


def show_comparison(result: "Comparison", folder: Path) -> None:
    """Prints several searches beside each other: each run, then each preset over its runs."""
    each = table(f"{escape(result.task)}: the runs", "run folder", ">connections", ">mean", ">95 %", ">changes/s")
    each.columns[0].no_wrap = True
    for run in result.runs:
        score, network = run.score, run.controller.network
        chatter = "" if score.chatter is None else f"{score.chatter:.1f}"
        name = str(folder / f"{run.preset}-{run.seed}")
        each.add_row(escape(name), str(network.n_connections), f"{score.mean:.1f}", f"± {score.ci95:.1f}", chatter)
    heads = ">runs", ">mean", ">95 %", ">IQM", ">95 %", ">lowest", ">highest", ">conn."
    over = table("Over the runs", "preset", *heads, tight=True)
    over.columns[0].no_wrap = over.columns[5].no_wrap = True
    for preset in result.presets:
        row = result.row(preset)
        figures = f"{row['mean']:.1f}", f"± {row['ci95']:.1f}", f"{row['iqm']:.1f}"
        spread = f"{row['iqm_low']:.0f} to {row['iqm_high']:.0f}", f"{row['lowest']:.0f}", f"{row['highest']:.0f}"
        over.add_row(preset, str(row["runs"]), *figures, *spread, f"{row['connections']:.1f}")
    out = console()
    out.print(each)
    out.print(over)
    paragraph("IQM: the mean of the middle half of the runs, with a bootstrap interval over the runs (rliable)")
