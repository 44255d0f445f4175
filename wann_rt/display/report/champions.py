"""The champions of a search as a strip of networks, and their front of connections against score above it."""

import math
from collections.abc import Iterable, Sequence

from wann_rt.core.plain import in_html
from wann_rt.display.formulas import node_names
from wann_rt.display.page.svg import network_svg
from wann_rt.evolution.ancestors import Ancestor

MOST_DRAWN = 12
WIDTH, HEIGHT, LEFT, BOTTOM, RIGHT, TOP = 640.0, 240.0, 62.0, 40.0, 16.0, 14.0


def champions(found: Sequence[Ancestor]) -> str:
    """Returns both as HTML. A point of the front leads to the network that it stands for."""
    drawn = chosen(found)
    digits = _digits(found)
    strip = "".join(_frame(found[k], k, digits) for k in sorted(drawn))
    said = f"{len(found)} champions, one after another; {len(drawn)} of them drawn. " if len(found) > len(drawn) else ""
    said += (
        "Fitness is the mean return of the retest less prices. Blue points: no other champion is as good with as few "
    )
    said += "connections. A point opens its network."
    return f'<p class="soft">{said}</p>{_front(found, drawn, digits)}<div class="strip">{strip}</div>'


def best_of_size(found: Sequence[Ancestor]) -> list[int]:
    """Returns the places of the champions that no other equals with as few connections, by connections."""
    by_size = sorted(range(len(found)), key=lambda k: (found[k].controller.network.n_connections, -found[k].fitness))
    front: list[int] = []
    for k in by_size:
        if not front or found[k].fitness > found[front[-1]].fitness:
            front.append(k)
    return front


def chosen(found: Sequence[Ancestor]) -> set[int]:
    """Returns the places of those that are drawn: first and last, the front, and some evenly between."""
    drawn = {0, len(found) - 1, *_evenly(best_of_size(found), MOST_DRAWN - 4)}
    others = [k for k in range(len(found)) if k not in drawn]
    return drawn | set(_evenly(others, MOST_DRAWN - len(drawn)))


def _evenly(items: Sequence[int], most: int) -> list[int]:
    """Returns at most so many of the items, evenly spaced, with both ends."""
    if len(items) <= most:
        return list(items)
    return [items[round(k * (len(items) - 1) / max(most - 1, 1))] for k in range(most)]


def _digits(found: Sequence[Ancestor]) -> int:
    """Returns how many digits behind the point tell the champions' fitness apart, at least 1."""
    span = max(one.fitness for one in found) - min(one.fitness for one in found)
    return 1 if span == 0 else min(max(1, 2 - math.floor(math.log10(span))), 9)


def _frame(one: Ancestor, place: int, digits: int) -> str:
    network = one.controller.network
    size = f"{network.n_connections} connection{'s' * (network.n_connections != 1)}"
    told = f"generation {one.generation + 1}: fitness {one.fitness:.{digits}f}, {size}"
    picture = network_svg(one.controller, node_names(one.controller))
    return f'<figure id="champion-{place}" class="frame">{picture}<figcaption>{in_html(told)}</figcaption></figure>'


def _front(found: Sequence[Ancestor], drawn: Iterable[int], digits: int) -> str:
    """Returns a plot of fitness over connections, a point for each champion; those that are drawn are links."""
    sizes, scores = [one.controller.network.n_connections for one in found], [one.fitness for one in found]
    low, high, most = min(scores), max(scores), max(*sizes, 1)
    across, up = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def point(k: int) -> tuple[float, float]:
        return LEFT + across * sizes[k] / most, TOP + up * (1 - (scores[k] - low) / ((high - low) or 1.0))

    front = best_of_size(found)
    line = " ".join("{:.1f},{:.1f}".format(*point(k)) for k in front)
    parts = [
        f'<line class="axis" stroke="#8c959f" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{TOP + up}" y2="{TOP + up}"/>',
        f'<line class="axis" stroke="#8c959f" x1="{LEFT}" x2="{LEFT}" y1="{TOP}" y2="{TOP + up}"/>',
        f'<text x="{LEFT - 6}" y="{TOP + 8}" text-anchor="end">{high:.{digits - 1}f}</text>',
        f'<text x="{LEFT - 6}" y="{TOP + up}" text-anchor="end">{low:.{digits - 1}f}</text>',
        f'<text x="{LEFT}" y="{TOP + up + 16}">0</text>',
        f'<text x="{WIDTH - RIGHT}" y="{TOP + up + 16}" text-anchor="end">{most}</text>',
        f'<text x="{LEFT + across / 2}" y="{HEIGHT - 6}" text-anchor="middle">connections</text>',
        f'<text x="{LEFT + 6}" y="{TOP + 8}">fitness</text>',
        f'<polyline class="front" fill="none" stroke="#0072b2" points="{line}"/>',
    ]
    for k in sorted(range(len(found)), key=lambda k: k in front):
        x, y = point(k)
        dot = f'<circle class="{"best" if k in front else "other"}" cx="{x:.1f}" cy="{y:.1f}" r="5">'
        dot += f"<title>{sizes[k]} connections, fitness {scores[k]:.{digits}f}</title></circle>"
        parts.append(f'<a href="#champion-{k}">{dot}</a>' if k in drawn else dot)
    box = f'viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" aria-label="fitness of the champions over their connections"'
    return f'<svg class="plot" {box} role="img" font-size="11">{"".join(parts)}</svg>'
