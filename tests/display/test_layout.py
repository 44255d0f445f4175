"""Laws of layouts: nodes apart, lines clear of them, few crossings, the same for the same network."""

import time
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
from helpers.networks import every_network, scattered

from wann_rt.core.network import BIAS, Connection, Network
from wann_rt.display import layout


@every_network
def test_nodes_of_a_column_are_at_least_a_row_apart_and_within_the_rows(network: Network) -> None:
    placed = layout.lay_out(network)
    for (x0, y0), (x1, y1) in combinations(placed.positions.values(), 2):
        assert x0 != x1 or abs(y0 - y1) >= layout.NODE_NODE - 1e-9
    assert all(-1e-9 <= y <= placed.rows - 1 + 1e-9 for _, y in placed.positions.values())


@every_network
def test_every_connection_runs_from_its_source_to_its_target_one_column_at_a_time(network: Network) -> None:
    placed = layout.lay_out(network)
    assert len(placed.routes) == network.n_connections
    for connection, route in zip(network.connections, placed.routes, strict=True):
        assert route[0][:2] == placed.positions[connection.source]
        assert route[-1][:2] == placed.positions[connection.target]
        assert all(b.x == a.x + 1 for a, b in pairwise(route))


@every_network
def test_columns_are_levels_and_inputs_and_outputs_keep_their_order(network: Network) -> None:
    placed = layout.lay_out(network)
    level = [0] * network.first + list(network.levels)
    assert all(x == level[node] for node, (x, _) in placed.positions.items())
    assert (BIAS in placed.positions) == any(c.source == BIAS for c in network.connections)
    for nodes in (range(1, network.first), range(network.n_nodes - network.n_outputs, network.n_nodes)):
        heights = [placed.positions[node][1] for node in nodes]
        assert heights == sorted(heights)


@every_network
def test_lines_pass_clear_of_nodes_that_are_not_theirs(network: Network) -> None:
    placed = layout.lay_out(network)
    for route in placed.routes:
        for bend in route[1:-1]:
            others = [y for x, y in placed.positions.values() if x == bend.x]
            assert all(abs(y - bend.y) >= layout.NODE_LINE - 1e-9 for y in others)


@every_network
def test_curves_rise_or_fall_all_the_way_between_two_bends(network: Network) -> None:
    for route in layout.lay_out(network).routes:
        for a, b in pairwise(route):
            control_points = [a.y, a.y + 0.5 * a.slope, b.y - 0.5 * b.slope, b.y]
            rises = np.diff(control_points) * (1 if b.y >= a.y else -1)
            assert (rises >= -1e-9).all()


@every_network
def test_the_order_found_never_crosses_more_than_the_first_and_the_count_is_that_of_all_pairs(network: Network) -> None:
    graph, _ = layout._layered(network)
    at_first = layout._crossings(graph)
    layout._reduce_crossings(graph)
    assert layout._crossings(graph) == crossings_of_all_pairs(graph) <= at_first


def crossings_of_all_pairs(graph: layout._Graph) -> int:
    count = 0
    for left, right in pairwise(graph.columns):
        lines = [(left.index(a), right.index(b)) for a in left for b in graph.right[a]]
        count += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(lines, 2))
    return count


def test_a_network_that_can_be_drawn_without_crossings_is() -> None:
    connections = [(1, 6), (2, 5), (3, 4), (4, 7), (5, 8), (6, 9), (7, 10), (8, 10), (9, 10), (3, 10)]
    network, _ = Network.build(3, dict.fromkeys(range(4, 10), 1), {10: 1}, [Connection(*c) for c in connections])
    graph, _ = layout._layered(network)
    assert layout._crossings(graph) > 0
    layout._reduce_crossings(graph)
    assert layout._crossings(graph) == 0


@every_network
def test_layout_is_a_function_of_the_network(network: Network) -> None:
    assert layout.lay_out(network) == layout.lay_out(replace(network))


def test_large_networks_are_laid_out_in_seconds() -> None:
    network = scattered(300, 150, 10, 2000, seed=1)
    began = time.perf_counter()
    layout.lay_out(network)
    assert time.perf_counter() - began < 10  # measured: 0.6
