"""The plots of docs/random_networks.md."""

from pathlib import Path

import numpy as np

from chaos.distance import Measured
from chaos.tuned import Scores
from wann_rt.display.figure import GREY, SERIES, canvas

Lines = dict[str, list[tuple[float, float]]]


def draw_stretches(path: Path, dense: Lines, convolved: Lines, wide: Lines) -> None:
    """Draws by how much a layer stretches, measured as points and expected as lines."""
    with canvas(path, size=(8.0, 4.0)) as sheet:
        axes = sheet.axes(xlabel="scale of the weights", ylabel="a layer stretches by", yscale="log")
        for colour, (name, points) in zip(SERIES, wide.items(), strict=False):
            axes.plot(*zip(*points, strict=True), color=colour, label=name)
            axes.plot(*zip(*dense[name], strict=True), "o", color=colour, markersize=5)
            axes.plot(*zip(*convolved[name], strict=True), "x", color=colour, markersize=6)
        axes.axhline(1, color=GREY, linestyle=(0, (4, 3)), linewidth=1.2)
        axes.set_ylim(0.08, 12)
        sheet.legend(axes, ncols=len(wide))


def draw_wanns(path: Path, steep: dict[int, dict[float, np.ndarray]]) -> None:
    """Draws the slopes of random WANNs over the shared weight, medians and the middle eight tenths."""
    with canvas(path, size=(8.0, 3.6)) as sheet:
        axes = sheet.axes(xlabel="shared weight", ylabel="length of the gradient", yscale="log")
        for colour, (size, found) in zip(SERIES, steep.items(), strict=False):
            weights = list(found)
            low, middle, high = (
                [float(np.quantile(found[w], q)) for w in weights] for q in (0.1, 0.5, 0.9)
            )  # fmt: skip
            axes.fill_between(weights, low, high, color=colour, alpha=0.15, linewidth=0)
            axes.plot(weights, middle, "o-", color=colour, label=f"{size} connections", markersize=4)
        axes.axhline(1, color=GREY, linestyle=(0, (4, 3)), linewidth=1.2)
        sheet.legend(axes, ncols=len(steep))


def draw_distance(path: Path, found: dict[float, Measured]) -> None:
    """Draws the error of the predictor over the distance to the data."""
    with canvas(path, size=(8.0, 3.6)) as sheet:
        axes = sheet.axes(
            xlabel="distance to the nearest sample", ylabel="error of the predictor", xscale="log", yscale="log"
        )
        for colour, (sigma, one) in zip(SERIES, found.items(), strict=False):
            axes.plot(
                one.distance[::10], one.error[::10], ".", color=colour, alpha=0.4, markersize=3
            )  # a tenth: it is SVG
            edges = np.quantile(one.distance, np.linspace(0, 1, 21))
            bins = np.clip(np.searchsorted(edges, one.distance) - 1, 0, 19)
            middles = [(np.median(one.distance[bins == k]), np.median(one.error[bins == k])) for k in range(20)]
            axes.plot(*zip(*middles, strict=True), color=colour, label=f"target of scale {sigma:g}")
        sheet.legend(axes, ncols=len(found))


def draw_scores(path: Path, found: list[Scores]) -> None:
    """Draws the tuned score over the two cheap ones."""
    with canvas(path, size=(8.0, 3.6)) as sheet:
        axes = sheet.axes(xlabel="score without tuning", ylabel="score after tuning")
        for colour, (label, cheap) in zip(
            SERIES,
            {
                "random shared weight": [one.shared for one in found],
                "random weights": [one.random for one in found],
                "best shared weight": [one.best for one in found],
            }.items(),
            strict=False,
        ):
            axes.plot(cheap, [one.tuned for one in found], "o", color=colour, label=label, markersize=5)
        sheet.legend(axes, ncols=3)
