"""Plots that compare: scores under disturbances, scores by condition, connections against score."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wann_rt.core.errors import WannError
from wann_rt.display.figure import BLUE, GREY, ORANGE, WIDTH, canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from wann_rt.core.controller import Controller
    from wann_rt.evaluation.conditions import Evaluation
    from wann_rt.evaluation.robustness import Robustness
    from wann_rt.evaluation.score import Score
    from wann_rt.evolution.comparison import Comparison

Path = str | os.PathLike[str]
CONDITIONS = {
    "random_weights": "random weights",
    "random_shared": "random shared weight",
    "six_weights": "six shared weights",
    "tuned_shared": "tuned shared weight",
    "own_weight": "as it is",
}


def plot_disturbed(result: "Robustness", path: Path | None = None, *, axes: "Axes | None" = None) -> "Figure":
    """Plots the score under each disturbance as bars, beside the plain score.

    Raises:
        MissingExtraError: matplotlib is not installed.
        FileError: the suffix is none of ``FORMATS``, or the file cannot be written.
    """
    scores = {"plain": result.plain, **result.scores}
    return _bars(scores, f"{result.task}: mean return under disturbances", path, axes)


def plot_conditions(result: "Evaluation", path: Path | None = None, *, axes: "Axes | None" = None) -> "Figure":
    """Plots the score in each of the paper's conditions as bars; raises as ``plot_disturbed``."""
    scores = {CONDITIONS.get(name, name): score for name, score in result.scores.items()}
    return _bars(scores, f"{result.task}, {result.connections} connections: mean return by condition", path, axes)


def _bars(scores: Mapping[str, "Score"], title: str, path: Path | None, place: "Axes | None") -> "Figure":
    """Draws horizontal bars from 0 with 95 % intervals; the first, with which the others compare, is also a line."""
    with canvas(path, place, (WIDTH, 1.2 + 0.36 * len(scores))) as sheet:
        axes = sheet.axes(title=title, xlabel="mean return, with its 95 % interval")
        means, intervals = [s.mean for s in scores.values()], [s.ci95 for s in scores.values()]
        axes.barh(list(scores), means, xerr=intervals, color=BLUE, ecolor=ORANGE, height=0.65)
        axes.axvline(means[0], color=GREY, linewidth=1, linestyle=(0, (4, 3)))
        axes.grid(visible=False, axis="y")
        axes.invert_yaxis()
        for row, mean in enumerate(means):
            look: dict[str, Any] = {"textcoords": "offset points", "va": "center", "size": 9}
            axes.annotate(f" {mean:.1f}", (max(mean, 0.0), row), (10, 0), **look)
        axes.margins(x=0.12)
    return sheet.figure


def plot_runs(result: "Comparison", path: Path | None = None, *, axes: "Axes | None" = None) -> "Figure":
    """Plots the score of each run as a dot, and of each preset the interquartile mean with its 95 % interval.

    Raises:
        MissingExtraError: matplotlib is not installed.
        FileError: the suffix is none of ``FORMATS``, or the file cannot be written.
    """
    with canvas(path, axes, (WIDTH, 1.4 + 0.5 * len(result.presets))) as sheet:
        label = "mean return of each run; bar: interquartile mean over runs, with its 95 % interval"
        axes = sheet.axes(title=f"{result.task}: {len(result.runs)} searches", xlabel=label)
        for place, preset in enumerate(result.presets):
            row, scores = result.row(preset), [run.score.mean for run in result.of(preset)]
            axes.barh(place, row["iqm_high"] - row["iqm_low"], 0.5, row["iqm_low"], color=BLUE, alpha=0.3)
            axes.plot([row["iqm"]] * 2, [place - 0.25, place + 0.25], color=BLUE, linewidth=2)
            axes.plot(scores, [place] * len(scores), "o", color=ORANGE, markersize=5)
        axes.set_yticks(range(len(result.presets)), result.presets)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.margins(x=0.08)
    return sheet.figure


def plot_front(
    controllers: "Sequence[Controller]", path: Path | None = None, *, axes: "Axes | None" = None
) -> "Figure":
    """Plots connections against score for controllers whose provenance has a score, e.g. of a pruning's front.

    Raises:
        WannError: no controller has a score.
        MissingExtraError: matplotlib is not installed.
        FileError: the suffix is none of ``FORMATS``, or the file cannot be written.
    """
    rows = sorted(
        (c.network.n_connections, float(score["mean"]), float(score.get("ci95", 0.0)))
        for c in controllers
        if isinstance(score := c.provenance.get("score"), dict)
        and all(isinstance(score.get(name, of), (int, float)) for name, of in (("mean", None), ("ci95", 0.0)))
    )
    if not rows:
        raise WannError(
            "there is no front to plot: none of the controllers has a score; `wann-rt tune --prune` makes one"
        )
    connections, means, intervals = zip(*rows, strict=True)
    with canvas(path, axes) as sheet:
        title = f"{controllers[0].name}: score against size"
        axes = sheet.axes(title=title, xlabel="connections", ylabel="mean return, with its 95 % interval")
        axes.errorbar(connections, means, yerr=intervals, color=BLUE, marker="o", capsize=3)
    return sheet.figure
