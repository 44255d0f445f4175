"""The network and the weight curve as SVG text, drawn once in Python so that they show without JavaScript, too."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from wann_rt.core.activations import BY_ID
from wann_rt.core.controller import Controller
from wann_rt.core.plain import columns, in_html
from wann_rt.display.layout import Bend, lay_out
from wann_rt.evaluation.sweep import Sweep

Place = Callable[[float, float], tuple[float, float]]
RADIUS, COLUMN, ROW, TOP = 11.0, 78.0, 30.0, 22.0
LETTER = 6.2  # width of a letter, about
CURVE_WIDTH, CURVE_HEIGHT, LEFT, BOTTOM = 440.0, 170.0, 46.0, 28.0


def network_svg(controller: Controller, names: list[str]) -> str:
    """Returns the network; ``data-node`` and ``data-wire`` name nodes and connections for the page's script.

    Args:
        controller: whose network.
        names: of every node, as people read them.
    """
    network, layout = controller.network, lay_out(controller.network)
    margins = [24 + LETTER * max(columns(names[k]) for k in side) for side in _sides(controller)]
    width = margins[0] + margins[1] + COLUMN * (layout.columns - 1)

    def place(x: float, y: float) -> tuple[float, float]:
        return margins[0] + COLUMN * x, TOP + ROW * y

    # Where a viewer takes the page's style away, as servers of build results do, lines must not become black areas.
    parts = ['<g fill="none" stroke="#57606a" font-size="11">']
    parts += [_wire(controller, k, route, place) for k, route in enumerate(layout.routes)]
    parts += [_node(controller, node, names[node], place(*point)) for node, point in layout.positions.items()]
    parts.append("</g>")
    height = 2 * TOP + ROW * (layout.rows - 1)
    label = in_html(f"network of {network.n_connections} connections")
    return f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _sides(controller: Controller) -> tuple[range, range]:
    network = controller.network
    return range(network.first), range(network.n_nodes - network.n_outputs, network.n_nodes)


def _wire(controller: Controller, k: int, route: list[Bend], place: Place) -> str:
    connection = controller.network.connections[k]
    factors, weighted = controller.lowered.factors, not controller.lowered.shared
    strength, widest = float(factors[k]), float(np.abs(factors).max()) or 1.0
    width = 0.5 + 2.6 * abs(strength) / widest if weighted else 1.3
    path = "M{:.1f} {:.1f}".format(*place(*route[0][:2]))
    for a, b in pairwise(route):
        points = place(a.x + 0.5, a.y + 0.5 * a.slope), place(b.x - 0.5, b.y - 0.5 * b.slope), place(b.x, b.y)
        path += "C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in points)
    kind = "wire" + (" minus" if strength < 0 else "") + (" dash" if strength < 0 and not weighted else "")
    ends = f'data-wire="{k}" data-from="{connection.source}" data-to="{connection.target}"'
    return f'<path class="{kind}" {ends} stroke-width="{width:.2f}" d="{path}"/>'


def _node(controller: Controller, node: int, name: str, at: tuple[float, float]) -> str:
    (x, y), network = at, controller.network
    radius = RADIUS if node >= network.first else 6.0
    circle = f'<circle class="ring" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>'
    glow = f'<circle class="glow" cx="{x:.1f}" cy="{y:.1f}" r="{radius - 1}" opacity="0"/>'
    icon = _icon(network.activations[node - network.first], x, y) if node >= network.first else ""
    text, letters = "", 'fill="#57606a" stroke="none"'
    if node in _sides(controller)[0]:
        text = f'<text x="{x - 12:.1f}" y="{y + 4:.1f}" text-anchor="end" {letters}>{in_html(name)}</text>'
    elif node in _sides(controller)[1]:
        text = f'<text x="{x + 17:.1f}" y="{y + 4:.1f}" {letters}>{in_html(name)}</text>'
    title = f"<title>{in_html(name)}</title>"
    return f'<g class="node" data-node="{node}" tabindex="0" role="img">{title}{circle}{glow}{icon}{text}</g>'


def _icon(activation: int, x: float, y: float) -> str:
    """Returns the curve of an activation, as the printed drawing shows it."""
    reach = BY_ID[activation].reach
    u = np.linspace(-1, 1, 25, dtype=np.float32)
    v = np.clip(BY_ID[activation].function(u * np.float32(reach)), -1, 1)
    points = " ".join(f"{x + 6.5 * a:.1f},{y - 6.5 * b:.1f}" for a, b in zip(u, v, strict=True))
    return f'<polyline class="icon" points="{points}"/>'


def curve_svg(sweep: Sweep) -> tuple[str, dict[str, Any]]:
    """Returns the mean return over the shared weight, and what places a dot on it."""
    weights, means = np.asarray(sweep.weights, float), np.asarray(sweep.means, float)
    bands = np.stack([means - sweep.intervals, means + sweep.intervals])
    low, high = float(bands.min()), float(bands.max())
    x = LEFT + (weights - weights[0]) / (np.ptp(weights) or 1) * (CURVE_WIDTH - LEFT - 8)
    y0, y1 = CURVE_HEIGHT - BOTTOM, 10.0

    def height(values: Any) -> Any:
        return y0 + (values - low) / ((high - low) or 1) * (y1 - y0)

    lower, upper = height(bands)
    band = [*zip(x, upper, strict=True), *zip(x[::-1], lower[::-1], strict=True)]
    best = int(np.argmax(means))
    ticks = "".join(
        f'<text x="{x[0] + (w - weights[0]) / (np.ptp(weights) or 1) * (x[-1] - x[0]):.0f}" y="{y0 + 16:.0f}" '
        f'text-anchor="middle">{w:g}</text>'
        for w in sorted({float(weights[0]), 0.0, float(weights[-1])})
    )
    svg = (
        f'<svg viewBox="0 0 {CURVE_WIDTH:.0f} {CURVE_HEIGHT:.0f}" role="img" aria-label="mean return over the weight">'
        f'<line class="axis" stroke="#8c959f" x1="{LEFT}" x2="{x[-1]:.0f}" y1="{y0}" y2="{y0}"/>{ticks}'
        f'<text x="{LEFT - 6}" y="{y1 + 8}" text-anchor="end">{high:.0f}</text>'
        f'<text x="{LEFT - 6}" y="{y0}" text-anchor="end">{low:.0f}</text>'
        f'<polygon class="band" fill="#cfe3f1" points="{_points(band)}"/>'
        f'<polyline class="mean" fill="none" stroke="#0072b2" points="{_points(zip(x, height(means), strict=True))}"/>'
        f'<circle id="dot" r="5" cx="{x[best]:.1f}" cy="{height(means[best]):.1f}"/></svg>'
        f'<p class="soft">Mean return over the shared weight, with its 95 % interval. '
        f'<span id="dot-value">Best: weight {weights[best]:.2f}, {means[best]:.1f}</span></p>'
    )
    placing = {"weights": weights.round(4).tolist(), "means": means.round(3).tolist(), "low": low, "high": high}
    return svg, placing | {"x": [float(x[0]), float(x[-1])], "y": [y0, y1]}


def _points(pairs: Any) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in pairs)
