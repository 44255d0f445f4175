"""Drawing: a controller's network as a picture."""

import math
import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import BY_ID, Family
from wann_rt.core.controller import Controller
from wann_rt.core.plain import columns
from wann_rt.display.figure import (
    BLUE,
    GREEN,
    GREY,
    HEIGHT,
    INK,
    ORANGE,
    PURPLE,
    VERMILLION,
    WIDTH,
    canvas,
    label,
    signed,
)
from wann_rt.display.layout import Bend, Layout, lay_out

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS: Mapping[Family, str] = {"wave": BLUE, "bell": ORANGE, "switch": GREEN, "straight": GREY, "bend": PURPLE}
MINUS = (0, (4, 1.5))  # dashes of a connection with a minus sign


class _Sheet(NamedTuple):
    """A drawing of a network in inches: x from the left, y from the top."""

    width: float
    height: float
    left: float
    top: float
    column: float
    row: float

    @classmethod
    def of(cls, layout: Layout, controller: Controller) -> "_Sheet":
        """Returns the usual sheet, or a larger one where the nodes need it."""
        sides = controller.inputs, controller.outputs
        left, right = (0.6 + 0.076 * max(columns(label(channel)) for channel in side) for side in sides)
        gaps = layout.columns - 1
        width = min(max(WIDTH, left + right + 0.55 * gaps), 20.0)
        height = min(max(HEIGHT, 1.8 + 0.3 * layout.rows), 12.0)
        row = min(0.8, (height - 1.8) / layout.rows)
        top = 0.85 + (height - 1.8 - row * (layout.rows - 1)) / 2
        return cls(width, height, left, top, (width - left - right) / gaps, row)

    @property
    def radius(self) -> float:
        """Radius of a node."""
        return max(0.035, min(0.24, 0.42 * self.row, 0.3 * self.column))

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Returns where a point of the grid lies."""
        return self.left + x * self.column, self.top + y * self.row

    def curve(self, route: Sequence[Bend]) -> list[tuple[float, float]]:
        """Returns a route as points of cubic Bezier curves: the start, then two control points and an end each."""
        points = [self.place(*route[0][:2])]
        for a, b in pairwise(route):
            points.append(self.place(a.x + 0.5, a.y + 0.5 * a.slope))
            points.append(self.place(b.x - 0.5, b.y - 0.5 * b.slope))
            points.append(self.place(b.x, b.y))
        return points


def draw_network(
    controller: Controller, path: str | os.PathLike[str] | None = None, *, axes: "Axes | None" = None
) -> "Figure":
    """Draws a controller's network from observations (left) to actions (right); nodes show their activation's curve.

    Args:
        controller: whose network is drawn.
        path: file to write, if any.
        axes: where to draw, instead of on a figure of its own.

    Raises:
        MissingExtraError: matplotlib is not installed.
        FileError: the suffix is none of ``FORMATS``, or the file cannot be written.
    """
    layout = lay_out(controller.network)
    sheet = _Sheet.of(layout, controller)
    with canvas(path, axes, (sheet.width, sheet.height), None) as drawn:
        axes = drawn.place if drawn.place is not None else drawn.figure.add_axes((0, 0, 1, 1))
        before = set(axes.get_children())
        axes.set(xlim=(0, sheet.width), ylim=(sheet.height, 0))
        axes.axis("off")
        axes.text(0.25, 0.3, controller.name, size=13, weight="bold", va="center")
        axes.text(0.25, 0.56, _summary(controller), size=10, color=GREY, va="center")
        _draw_connections(axes, sheet, controller, layout)
        _draw_nodes(axes, sheet, controller, layout)
        _draw_key(axes, sheet, controller)
        if drawn.place is not None:
            _fit(axes, sheet, before)
    return drawn.figure


def _fit(axes: "Axes", sheet: _Sheet, before: "set[Artist]") -> None:
    """Makes texts and lines, whose sizes are points of the whole sheet, as small as the axes that were given.

    What stood in these axes before is the caller's and stays.
    """
    axes.set_aspect("equal")
    box = axes.get_window_extent()
    share = min(box.width / sheet.width, box.height / sheet.height) / axes.figure.dpi
    for text in set(axes.texts) - before:
        text.set_fontsize(float(text.get_fontsize()) * share)
    for line in set(axes.lines) - before:
        line.set_linewidth(line.get_linewidth() * share)
    for shape in set(axes.patches) - before:
        shape.set_linewidth(shape.get_linewidth() * share)
    for collection in set(axes.collections) - before:
        collection.set_linewidth([width * share for width in np.atleast_1d(collection.get_linewidth())])


def _summary(controller: Controller) -> str:
    """Returns the line under the title."""
    network, weight = controller.network, controller.weight
    text = {
        "shared": f"shared weight {signed(weight.values[0] if weight.values else 0.0)}",
        "ensemble": f"mean over {len(weight.values)} shared weights",
        "connections": "one weight per connection",
    }[weight.kind]
    counts = [(network.n_connections, "connection"), (network.n_hidden, "hidden node")]
    return " · ".join([*(f"{n:,} {what}{'s' * (n != 1)}" for n, what in counts), text])


def _strengths(controller: Controller) -> NDArray[np.float64]:
    """Returns each connection's sign, times its share of the greatest weight where weights differ."""
    factors = controller.lowered.factors.astype(np.float64)
    shares: NDArray[np.float64] = factors / np.abs(factors).max(initial=np.finfo(np.float32).tiny)
    return shares


def _draw_connections(axes: "Axes", sheet: _Sheet, controller: Controller, layout: Layout) -> None:
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path as Curve

    strengths = _strengths(controller)
    order = _from_back_to_front(strengths)
    strengths = strengths[order]
    drawn = [sheet.curve(layout.routes[k]) for k in order]
    curves = [Curve(points, [Curve.MOVETO] + [Curve.CURVE4] * (len(points) - 1)) for points in drawn]
    weighted, dense = not controller.lowered.shared, len(curves) > 250
    widths = 0.4 + 2.4 * np.abs(strengths) if weighted else np.full(len(curves), 1.3)
    colours = [VERMILLION if s < 0 else INK for s in strengths]
    dashes: list[Any] = [MINUS if s < 0 and not weighted else "solid" for s in strengths]
    look: dict[str, Any] = {"linewidths": widths * (0.35 if dense else 1), "alpha": 0.35 if dense else 0.8}
    axes.add_collection(PathCollection(curves, facecolors="none", edgecolors=colours, linestyles=dashes, **look))


def _from_back_to_front(strengths: NDArray[np.float64]) -> NDArray[np.int64]:
    """Returns the order of drawing: the rarer sign and thin lines last, so that nothing hides them."""
    rare = (strengths < 0) if (strengths < 0).sum() * 2 < len(strengths) else (strengths >= 0)
    return np.lexsort((-np.abs(strengths), rare))


def _draw_nodes(axes: "Axes", sheet: _Sheet, controller: Controller, layout: Layout) -> None:
    network = controller.network
    used = {c.source for c in network.connections}
    for node, point in layout.positions.items():
        x, y = sheet.place(*point)
        if node >= network.first:
            _draw_icon(axes, x, y, sheet.radius, network.activations[node - network.first])
        else:
            _draw_circle(axes, x, y, min(0.06, sheet.radius), INK, INK if node in used else "white")
    if sheet.radius >= 0.12:  # else names of hidden nodes would overlap
        for node in range(network.first, network.first + network.n_hidden):
            x, y = sheet.place(*layout.positions[node])
            halo = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
            place = x + 0.7 * sheet.radius, y - 0.78 * sheet.radius  # outside the circle, above the lines that leave it
            axes.text(*place, f"n{node}", ha="left", va="bottom", size=7, color=GREY, bbox=halo, zorder=2)
    names = dict(enumerate(["bias", *map(label, controller.inputs)]))
    names |= dict(enumerate(map(label, controller.outputs), network.n_nodes - network.n_outputs))
    above: dict[float, float] = {}
    for node in [node for node in names if node in layout.positions]:
        x, y = sheet.place(*layout.positions[node])
        if y - above.get(x, -1.0) > 0.13:  # with very many channels there is room for only some of the names
            offset, side = (sheet.radius + 0.08, "left") if node >= network.first else (-0.13, "right")
            colour = GREY if node < network.first and node not in used else INK
            axes.text(x + offset, y, names[node], ha=side, va="center", size=9, color=colour)
            above[x] = y


def _draw_circle(axes: "Axes", x: float, y: float, radius: float, edge: str, face: str) -> None:
    from matplotlib.patches import Circle

    axes.add_patch(Circle((x, y), radius, facecolor=face, edgecolor=edge, linewidth=min(1.6, 14 * radius), zorder=3))


def _draw_icon(axes: "Axes", x: float, y: float, radius: float, activation: int) -> None:
    """Draws a node: a circle with the curve of its activation, or a plain dot where that would be too small to see."""
    colour, reach = COLOURS[BY_ID[activation].family], BY_ID[activation].reach
    small = radius < 0.08
    _draw_circle(axes, x, y, radius, colour, colour if small else "white")
    if not small:
        u = np.linspace(-1, 1, 41, dtype=np.float32)
        v = BY_ID[activation].function(u * np.float32(reach))
        half = 0.62 * radius  # both axes of the icon run from -1 to 1, so that tanh and sigmoid differ
        axes.plot([x - half, x + half], [y, y], color="#CCCCCC", linewidth=0.6, zorder=4)
        axes.plot(x + half * u, y - half * v, color=colour, linewidth=min(1.8, 9 * radius), zorder=5)


def _draw_key(axes: "Axes", sheet: _Sheet, controller: Controller) -> None:
    """Explains icons and lines at the bottom, in as few rows as hold them."""
    entries = _key_entries(controller)
    widths = [0.55 + 0.075 * len(name) for name, _ in entries]
    n_rows = math.ceil(sum(widths) / (sheet.width - 0.6))
    per_row = math.ceil(len(entries) / n_rows)
    for row in range(n_rows):
        part = slice(row * per_row, (row + 1) * per_row)
        x, y = 0.5 * (sheet.width - sum(widths[part])), sheet.height - 0.3 * (n_rows - row)
        for (name, look), width in zip(entries[part], widths[part], strict=True):
            if isinstance(look, int):
                _draw_icon(axes, x + 0.15, y, 0.11, look)
            else:
                axes.plot([x - 0.05, x + 0.25], [y, y], **look)
            axes.text(x + 0.33, y, name, va="center", size=9)
            x += width


def _key_entries(controller: Controller) -> list[tuple[str, int | dict[str, Any]]]:
    """Returns what the key explains: an activation by its id, a line by its look."""
    entries: list[tuple[str, int | dict[str, Any]]] = []
    entries += [(BY_ID[activation].name, activation) for activation in sorted(set(controller.network.activations))]
    if controller.network.is_signed:
        entries.append(("minus sign", {"color": VERMILLION, "linewidth": 1.3, "linestyle": MINUS}))
    weights = [] if controller.lowered.shared else controller.lowered.factors.tolist()
    if weights:
        if min(weights) < 0:
            entries.append(("negative weight", {"color": VERMILLION, "linewidth": 1.3}))
        widest = max(map(abs, weights))
        entries.append((f"widest: |weight| = {widest:.3g}", {"color": INK, "linewidth": 2.8}))
    return entries
