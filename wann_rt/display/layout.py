"""Layout: where to draw the nodes and connections of a network, in columns by level, with few crossings.

The method is Sugiyama's: a connection that spans several columns runs through a dummy vertex in each column between;
the columns are reordered in sweeps by the mean position of each vertex's neighbours, then by swaps of adjacent
vertices; last, heights near those of the neighbours straighten the lines. Connections of one source and sign share
their dummies: they leave as one line that branches where it must, which a reader follows more easily than a sheaf.
"""

import math
from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

from wann_rt.core.network import BIAS, Connection, Network

MOST_SWEEPS = 24
PATIENCE = 4  # sweeps without a better order after which to stop
HEIGHT_SWEEPS = 16
SWEPT_SEGMENTS = 200_000  # all sweeps of a kind together: bounds the time for networks of hundreds of levels
# Least distance in rows: of two nodes, of a node and a line, of two lines. A node's circle has a radius below 0.5.
NODE_NODE, NODE_LINE, LINE_LINE = 1.0, 0.7, 0.35
# Nodes of a column that does not need the full height are moved apart: inner columns by at most this factor, outputs up
# to this share of the height.
FILLED, MOST_SPREAD = 0.7, 1.6
STEEPEST = 0.8  # rows per column, of a line where it passes the nodes of a column


class Bend(NamedTuple):
    """A point of a connection's curve: its place, and the slope dy/dx that the curve has there."""

    x: float
    y: float
    slope: float


class Layout(NamedTuple):
    """Where everything goes, in grid units: x is the column from the left, y the row from the top.

    Attributes:
        columns: number of columns: bias and inputs, a column for each level of hidden nodes, outputs.
        rows: no y exceeds ``rows - 1``; two nodes of a column are at least one row apart.
        positions: node -> (x, y). The bias is left out if nothing uses it.
        routes: for each connection, in canonical order, its bends from source to target, one in each column. Between
            bends a and b runs the Bezier curve with control points half a column to the right of a and to the left of
            b, on the tangents there. It rises or falls all the way, and passes between the nodes of each column.
    """

    columns: int
    rows: float
    positions: dict[int, tuple[float, float]]
    routes: list[list[Bend]]


@dataclass(frozen=True)
class _Graph:
    """Columns of vertices, real nodes and dummies; every segment joins neighbouring columns.

    Attributes:
        columns: vertices from top to bottom; the order of the first and the last column is given.
        left: for each vertex those that it is joined to in the column on its left.
        right: likewise on its right.
        n_nodes: vertices below this number are nodes of the network, the others dummies.
    """

    columns: list[list[int]]
    left: list[list[int]]
    right: list[list[int]]
    n_nodes: int

    def add_dummy(self, column: int) -> int:
        """Adds a dummy at the bottom of a column."""
        self.left.append([])
        self.right.append([])
        self.columns[column].append(len(self.left) - 1)
        return len(self.left) - 1

    def join(self, a: int, b: int) -> None:
        """Joins two vertices of neighbouring columns, once."""
        if b not in self.right[a]:
            self.right[a].append(b)
            self.left[b].append(a)

    def gaps(self, column: list[int]) -> list[float]:
        """Returns the least distance of each vertex of a column to the one above it; 0 for the first."""
        kinds = [NODE_NODE, NODE_LINE, LINE_LINE]
        dummy = [vertex >= self.n_nodes for vertex in column]
        return [0.0, *(kinds[a + b] for a, b in pairwise(dummy))]


def lay_out(network: Network) -> Layout:
    """Returns the layout of a network; the same for the same network, always."""
    graph, routes = _layered(network)
    _reduce_crossings(graph)
    rows = 1.0 + max(sum(graph.gaps(column)) for column in graph.columns)
    height = _heights(graph, rows)
    bend = {v: Bend(x, height[v], _slope(graph, height, v)) for x, column in enumerate(graph.columns) for v in column}
    positions = {v: bend[v][:2] for v in sorted(bend) if v < graph.n_nodes}
    return Layout(len(graph.columns), rows, positions, [[bend[v] for v in route] for route in routes])


def _layered(network: Network) -> tuple[_Graph, list[list[int]]]:
    """Returns the columns, and for each connection the vertices that it runs through."""
    connections = network.connections
    used = any(c.source == BIAS for c in connections)
    level = [0] * network.first + list(network.levels)
    columns: list[list[int]] = [[] for _ in range(max(level) + 1)]
    for node in range(0 if used else 1, network.n_nodes):
        columns[level[node]].append(node)
    graph = _Graph(columns, [[] for _ in level], [[] for _ in level], len(level))
    dummies: dict[tuple[int, int, int], int] = {}
    return graph, [_route(graph, dummies, c, level) for c in connections]


def _route(graph: _Graph, dummies: dict[tuple[int, int, int], int], c: Connection, level: list[int]) -> list[int]:
    """Joins a connection's ends through dummies, those of the same source and sign where there are any."""
    route = [c.source]
    for column in range(level[c.source] + 1, level[c.target]):
        key = (c.source, c.sign, column)
        if key not in dummies:
            dummies[key] = graph.add_dummy(column)
        route.append(dummies[key])
    route.append(c.target)
    for a, b in pairwise(route):
        graph.join(a, b)
    return route


def _reduce_crossings(graph: _Graph) -> None:
    """Sweeps right and left over the inner columns until the best order found stands for ``PATIENCE`` sweeps."""
    inner = range(1, len(graph.columns) - 1)
    best, fewest, waited = [list(c) for c in graph.columns], _crossings(graph), 0
    for sweep in range(_affordable(graph, MOST_SWEEPS)):
        rightward = sweep % 2 == 0
        fixed, neighbours = (-1, graph.left) if rightward else (1, graph.right)
        for x in inner if rightward else reversed(inner):
            _order_by_neighbours(graph.columns, x, x + fixed, neighbours)
        for x in inner:
            _swap_adjacent(graph, x)
        crossings = _crossings(graph)
        waited += 1
        if crossings < fewest:
            best, fewest, waited = [list(c) for c in graph.columns], crossings, 0
        if fewest == 0 or waited == PATIENCE:
            break
    graph.columns[:] = best


def _affordable(graph: _Graph, sweeps: int) -> int:
    """Returns how many of the sweeps to make: at least one in either direction."""
    segments = sum(map(len, graph.right))
    return min(sweeps, max(2, SWEPT_SEGMENTS // max(segments, 1)))


def _order_by_neighbours(columns: list[list[int]], x: int, fixed: int, neighbours: list[list[int]]) -> None:
    """Sorts a column by the mean position of each vertex's neighbours in the fixed column; without any, it stays."""
    at = {v: (i + 0.5) / len(columns[fixed]) for i, v in enumerate(columns[fixed])}
    here = {v: (i + 0.5) / len(columns[x]) for i, v in enumerate(columns[x])}
    columns[x].sort(key=lambda v: _mean([at[n] for n in neighbours[v]] or [here[v]]))


def _swap_adjacent(graph: _Graph, x: int) -> None:
    """Swaps vertices of a column with the one below wherever that saves crossings, from top to bottom."""
    column = graph.columns[x]
    ends: list[dict[int, list[int]]] = []
    for side, neighbours in ((x - 1, graph.left), (x + 1, graph.right)):
        at = {v: i for i, v in enumerate(graph.columns[side])}
        ends.append({v: sorted(at[n] for n in neighbours[v]) for v in column})
    for i in range(len(column) - 1):
        a, b = column[i], column[i + 1]
        if sum(_crossed(e[a], e[b]) for e in ends) > sum(_crossed(e[b], e[a]) for e in ends):
            column[i], column[i + 1] = b, a


def _crossed(upper: list[int], lower: list[int]) -> int:
    """Returns how often the lines of two vertices cross, given the sorted places where they end."""
    return sum(bisect_left(lower, end) for end in upper)


def _crossings(graph: _Graph) -> int:
    """Returns the number of crossings: inversions among the far ends of the segments, sorted by their near ends."""
    total = 0
    for left, right in pairwise(graph.columns):
        at = {v: i for i, v in enumerate(right)}
        seen: list[int] = []
        for vertex in left:
            ends = sorted(at[n] for n in graph.right[vertex])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _heights(graph: _Graph, rows: float) -> list[float]:
    """Returns each vertex's y: inputs evenly spread, the others near their neighbours in both columns beside them."""
    first, last = graph.columns[0], len(graph.columns) - 1
    height = [0.5 * (rows - 1)] * len(graph.left)
    for i, vertex in enumerate(first):
        height[vertex] = (i + 0.5) * rows / len(first) - 0.5
    gaps = [_spread(graph.gaps(c), rows, math.inf if x == last else MOST_SPREAD) for x, c in enumerate(graph.columns)]
    for sweep in range(_affordable(graph, HEIGHT_SWEEPS)):
        # The first sweep knows heights only on the left. Later, both sides count alike, however many lines they have.
        sides = (graph.left,) if sweep == 0 else (graph.left, graph.right)
        for x in range(1, last + 1) if sweep % 2 == 0 else range(last, 0, -1):
            wanted = [_pulled(v, sides, height) for v in graph.columns[x]]
            for vertex, y in zip(graph.columns[x], _separated(wanted, gaps[x], rows), strict=True):
                height[vertex] = y
    return height


def _pulled(v: int, sides: tuple[list[list[int]], ...], height: list[float]) -> float:
    """Returns where a vertex's neighbours on some sides want it: the mean of their mean heights; else where it is."""
    return _mean([_mean([height[n] for n in side[v]]) for side in sides if side[v]] or [height[v]])


def _spread(gaps: list[float], rows: float, most: float) -> list[float]:
    """Returns a column's gaps, widened where it has room."""
    factor = max(1.0, min(most, FILLED * (rows - 1) / (sum(gaps) or math.inf)))
    return [gap * factor for gap in gaps]


def _slope(graph: _Graph, height: list[float], v: int) -> float:
    """Returns the slope of the curves in a vertex: 0 in a node; in a dummy that of its flattest segment.

    With it no curve overshoots. Where segments rise and fall, the slope is 0.
    """
    if v < graph.n_nodes:
        return 0.0
    rises = [height[v] - height[n] for n in graph.left[v]] + [height[n] - height[v] for n in graph.right[v]]
    flattest = min(map(abs, rises)) if min(rises) > 0 or max(rises) < 0 else 0.0
    return math.copysign(min(flattest, STEEPEST), rises[0])


def _separated(wanted: list[float], gaps: list[float], rows: float) -> list[float]:
    """Returns the heights nearest the wanted ones (least squares) that keep order, gaps and the picture's bounds.

    Without the gaps, added up, what is left need only ascend: isotonic regression, by pooling adjacent violators.
    """
    added = list(accumulate(gaps))
    pools: list[tuple[float, int]] = []
    for y, gap in zip(wanted, added, strict=True):
        value, size = y - gap, 1
        while pools and pools[-1][0] > value:
            above, n = pools.pop()
            value, size = (above * n + value * size) / (n + size), n + size
        pools.append((value, size))
    room = max(0.0, rows - 1 - added[-1])
    pooled = [min(max(value, 0.0), room) for value, size in pools for _ in range(size)]
    return [value + gap for value, gap in zip(pooled, added, strict=True)]


def _mean(values: list[float]) -> float:
    """Returns the mean of at least one value."""
    return sum(values) / len(values)
