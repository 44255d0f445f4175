"""Laws of the network: one canonical order, nothing cyclic or dangling, and pruning that changes no action."""

from collections.abc import Callable

import numpy as np
import pytest
from helpers import builders
from hypothesis import given
from hypothesis import strategies as st

from wann_rt.core import reference
from wann_rt.core.activations import BY_NAME
from wann_rt.core.errors import NetworkError
from wann_rt.core.network import Connection, Network
from wann_rt.core.terms import lowered
from wann_rt.core.weight import Weight

LINEAR, STEP, RELU, SQUARE = (BY_NAME[name].id for name in ("linear", "step", "relu", "square"))
seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def outputs(network: Network, weight: float | Weight, *inputs: float) -> list[float]:
    weight = weight if isinstance(weight, Weight) else Weight.shared(weight)
    listed = lowered(network, weight)
    column = np.array(inputs, np.float32)[:, np.newaxis]
    with np.errstate(all="ignore"):
        return [float(y) for y in reference.forward(listed, listed.multipliers[0], column)[:, 0]]


def random_parts(rng: np.random.Generator) -> tuple[int, dict[int, int], dict[int, int], list[Connection]]:
    n_inputs = int(rng.integers(1, 8))
    return n_inputs, *builders.parts(rng, n_inputs, int(rng.integers(1, 4)), int(rng.integers(0, 9)), 0.4, True)


@given(seeds)
def test_the_order_of_the_connections_given_does_not_matter(rng: np.random.Generator) -> None:
    n_inputs, hidden, out, connections = random_parts(rng)
    network, order = Network.build(n_inputs, hidden, out, connections, prune=True)
    shuffle = [int(k) for k in rng.permutation(len(connections))]
    ids = list(hidden)
    rng.shuffle(ids)
    shuffled = [connections[k] for k in shuffle]
    again, other = Network.build(n_inputs, {i: hidden[i] for i in ids}, out, shuffled, prune=True)
    assert again == network
    assert [shuffle[k] for k in other] == order


@given(seeds)
def test_nodes_are_ordered_by_level_then_activation_and_sources_ascend(rng: np.random.Generator) -> None:
    network = builders.network(rng)
    keys = list(zip(network.levels, network.activations, strict=True))[: network.n_hidden]
    assert keys == sorted(keys)
    for k, sources in enumerate(network.sources):
        assert list(sources) == sorted(set(sources))
        assert all(source < network.first + k for source in sources)


@given(seeds)
def test_a_level_is_one_above_the_highest_source_and_outputs_share_the_last(rng: np.random.Generator) -> None:
    network = builders.network(rng)
    level = [0] * network.first + list(network.levels)
    for k, sources in enumerate(network.sources[: network.n_hidden]):
        assert network.levels[k] == 1 + max((level[s] for s in sources), default=0)
    highest = max(network.levels[: network.n_hidden], default=0)
    assert set(network.levels[network.n_hidden :]) == {highest + 1}


@given(seeds)
def test_a_canonical_network_is_built_from_itself(rng: np.random.Generator) -> None:
    network = builders.network(rng)
    nodes = dict(enumerate(network.activations, network.first))
    split = network.first + network.n_hidden
    again, order = Network.build(
        network.n_inputs,
        {i: a for i, a in nodes.items() if i < split},
        {i: a for i, a in nodes.items() if i >= split},
        network.connections,
    )
    assert again == network
    assert order == list(range(network.n_connections))


@given(seeds)
def test_each_connection_knows_which_given_one_it_was(rng: np.random.Generator) -> None:
    n_inputs, hidden, out, connections = random_parts(rng)
    network, order = Network.build(n_inputs, hidden, out, connections, prune=True)
    signs = [connections[k].sign for k in order]
    assert signs == [connection.sign for connection in network.connections]
    assert len(set(order)) == network.n_connections


def evaluate_plainly(
    n_inputs: int, hidden: dict[int, int], out: dict[int, int], connections: list[Connection], inputs: list[float]
) -> list[float]:
    """Computes in float64, by recursion, with exact activations only: independent of any order."""
    function: dict[int, Callable[[float], float]] = {
        LINEAR: lambda x: x,
        STEP: lambda x: float(x > 0),
        RELU: lambda x: max(0.0, x),
    }
    given_values = [1.0, *inputs]

    def value(node: int) -> float:
        if node <= n_inputs:
            return given_values[node]
        total = sum(0.5 * c.sign * value(c.source) for c in connections if c.target == node)
        return function[(hidden | out)[node]](total)

    return [value(node) for node in out]


@given(seeds)
def test_pruning_and_ordering_keep_the_function(rng: np.random.Generator) -> None:
    n_inputs, hidden, out, connections = random_parts(rng)
    hidden, out = ({i: int(rng.choice([LINEAR, STEP, RELU])) for i in nodes} for nodes in (hidden, out))
    network, _ = Network.build(n_inputs, hidden, out, connections, prune=True)
    inputs = [float(x) for x in rng.integers(-3, 4, n_inputs)]  # small dyadic numbers: float32 sums are exact
    assert outputs(network, 0.5, *inputs) == evaluate_plainly(n_inputs, hidden, out, connections, inputs)


def test_numbers_computed_by_hand() -> None:
    network, _ = Network.build(
        2,
        {7: SQUARE, 9: RELU},
        {8: LINEAR},
        [Connection(0, 7), Connection(1, 7), Connection(2, 9, -1), Connection(7, 8), Connection(9, 8, -1)],
    )
    # square((1 + 2) / 2) = 2.25; relu(-(-3) / 2) = 1.5; (2.25 - 1.5) / 2
    assert outputs(network, 0.5, 2, -3) == [0.375]
    # square((1 + 2) * -1) = 9; relu(-(-3) * -1) = 0; (9 - 0) * -1
    assert outputs(network, -1, 2, -3) == [-9]


def test_weights_per_connection_follow_canonical_order() -> None:
    network, order = Network.build(
        2, {3: LINEAR}, {4: LINEAR}, [Connection(3, 4), Connection(2, 3), Connection(1, 3), Connection(0, 4)]
    )
    assert order == [2, 1, 3, 0]
    assert outputs(network, Weight("connections", (2, 3, 5, 7)), 10, 100) == [5 + (2 * 10 + 3 * 100) * 7]


def test_a_node_without_sources_has_the_sum_0() -> None:
    network, _ = Network.build(1, {2: BY_NAME["cos"].id}, {3: LINEAR, 4: LINEAR}, [Connection(2, 3)])
    assert outputs(network, 2, 5) == pytest.approx([2, 0], abs=1e-5)
    assert network.levels == (1, 2, 2)


def test_pruning_drops_only_what_reaches_no_output() -> None:
    hidden = {4: LINEAR, 5: LINEAR, 6: LINEAR}
    connections = [Connection(1, 4), Connection(4, 5), Connection(4, 3), Connection(1, 6)]
    network, order = Network.build(2, hidden, {3: LINEAR}, connections, prune=True)
    assert (network.n_hidden, order) == (1, [0, 2])
    with pytest.raises(NetworkError, match=r"hidden node 5 reaches no output.*2 such node"):
        Network.build(2, hidden, {3: LINEAR}, connections)


def test_a_cycle_that_reaches_no_output_is_pruned_away() -> None:
    connections = [Connection(4, 5), Connection(5, 4), Connection(1, 3)]
    network, _ = Network.build(2, {4: LINEAR, 5: LINEAR}, {3: LINEAR}, connections, prune=True)
    assert network.n_hidden == 0


REFUSED: dict[str, tuple[dict[int, int], dict[int, int], list[Connection], str]] = {
    "loop": ({4: LINEAR}, {3: LINEAR}, [Connection(4, 4), Connection(4, 3)], r"cyclic: nodes \[4\]"),
    "cycle": (
        {4: LINEAR, 5: LINEAR, 6: LINEAR},
        {3: LINEAR},
        [Connection(1, 4), Connection(4, 5), Connection(5, 6), Connection(6, 5), Connection(6, 3)],
        r"cyclic: nodes \[5, 6\]",
    ),
    "no source": ({}, {3: LINEAR}, [Connection(9, 3)], "9 -> 3 is dangling: there is no node 9"),
    "negative source": ({}, {3: LINEAR}, [Connection(-1, 3)], "-1 -> 3 is dangling"),
    "no target": ({}, {3: LINEAR}, [Connection(1, 9)], "1 -> 9 is dangling: there is no node 9"),
    "into an input": ({}, {3: LINEAR}, [Connection(1, 2)], "1 -> 2: nothing may lead into the bias or an input"),
    "into the bias": ({}, {3: LINEAR}, [Connection(1, 0)], "1 -> 0: nothing may lead into the bias or an input"),
    "out of an output": ({4: LINEAR}, {3: LINEAR}, [Connection(3, 4)], "node 3 is an output"),
    "twice": ({}, {3: LINEAR}, [Connection(1, 3), Connection(1, 3, -1)], "1 -> 3 is listed twice"),
    "sign": ({}, {3: LINEAR}, [Connection(1, 3, 2)], "sign 2"),
    "activation": ({}, {3: 99}, [], "node 3 has activation id 99; known ids: 1, 2"),
    "id of an input": ({2: LINEAR}, {3: LINEAR}, [], "node id 2 is taken"),
    "id twice": ({3: LINEAR}, {3: LINEAR}, [], "node 3 is listed both"),
    "no output": ({}, {}, [], "at least one input and one output"),
}


@pytest.mark.parametrize("prune", [False, True])
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_evaluated_is_refused_by_name(case: str, prune: bool) -> None:
    hidden, out, connections, message = REFUSED[case]
    with pytest.raises(NetworkError, match=message):
        Network.build(2, hidden, out, connections, prune=prune)


def test_a_long_chain_needs_no_recursion() -> None:
    n = 5000
    chain = [Connection(1, 2), *(Connection(i, i + 1) for i in range(2, n))]
    network, _ = Network.build(1, dict.fromkeys(range(2, n), LINEAR), {n: LINEAR}, chain)
    assert network.levels == tuple(range(1, n))
