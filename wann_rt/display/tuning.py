"""What ``wann-rt tune`` shows to people: progress and the outcome."""

from pathlib import Path
from typing import TYPE_CHECKING

from wann_rt.display.formulas import number
from wann_rt.display.live import Live, Showing
from wann_rt.display.tables import console, counted, escape, paragraph, table

if TYPE_CHECKING:
    from wann_rt.evaluation.score import Score
    from wann_rt.tuning.polish import TuningReport
    from wann_rt.tuning.tune import Tuned


class TuningProgress(Showing):
    """Shows tuning as it goes: a live bar on a terminal, a line now and then elsewhere, or nothing."""

    def __init__(self, *, quiet: bool) -> None:
        """Prepares; ``quiet`` shows nothing."""
        self._live = Live("tuning", 100, quiet=quiet, stays=True)
        self._stage, self._begun_at = "", 0

    def update(self, report: "TuningReport") -> None:
        """Shows how far tuning has come; each stage (tuning, each removal) fills the bar, which counts to 100 %."""
        if report.stage != self._stage:
            self._stage, self._begun_at = report.stage, report.env_steps
        total, completed = report.budget - self._begun_at, report.env_steps - self._begun_at
        percent = min(100, round(100 * completed / max(total, 1)))
        text = f"score {report.score:.1f} ({report.connections} connections)"
        steps = f"  {report.env_steps / 1e6:.0f} M steps" if self._live.wide else ""
        self._live.update(percent, text + steps, said=report.stage)


def show_tuned(tuned: "Tuned", path: Path | None = None) -> None:
    """Prints what tuning found and, where it was written to a file, what to do next."""
    network = tuned.controller.network
    if tuned.sweep is not None and tuned.finalists is not None:
        grid, best = tuned.sweep.weights, int(tuned.finalists.means.argmax())
        paragraph(
            f"sweep: {len(grid)} weights from {number(grid[0])} to {number(grid[-1])}; "
            f"best {number(tuned.finalists.best)}: "
            f"{tuned.finalists.means[best]:.1f} ± {tuned.finalists.intervals[best]:.1f}"
        )
    paragraph(
        f"given:  {text(tuned.start)}\n"
        f"result: {text(tuned.score)}, {counted(network.n_connections, 'connection')}, "
        f"{counted(network.n_hidden, 'hidden node')}"
        f"{' (stopped early)' if tuned.interrupted else ''}"
    )
    if tuned.front:
        _show_front(tuned, path)
    if path is not None:
        paragraph(f"wrote {path}\nnext: wann-rt verify {path}")


def text(score: "Score") -> str:
    """Returns a score as text for people."""
    return f"{score.mean:.1f} ± {score.ci95:.1f} over {score.episodes} held-out episodes"


def _show_front(tuned: "Tuned", path: Path | None) -> None:
    from wann_rt.tuning.tune import front_files

    files = [()] * len(tuned.front) if path is None else [(escape(str(file)),) for file in front_files(tuned, path)]
    made = table("Pareto set", ">connections", ">hidden", ">mean", ">95 %", *["file"] * (path is not None), tight=True)
    for one, file in zip(tuned.front, files, strict=True):
        score, network = one.provenance["score"], one.network
        row = f"{score['mean']:.1f}", f"± {score['ci95']:.1f}", *file
        made.add_row(str(network.n_connections), str(network.n_hidden), *row)
    console().print(made)
