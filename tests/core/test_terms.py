"""Laws of the lowered list: every connection once, in canonical order, with its sign or with its own weight."""

import numpy as np
import pytest
from helpers import builders
from hypothesis import given
from hypothesis import strategies as st

from wann_rt.core.errors import ControllerError
from wann_rt.core.network import Connection, Network
from wann_rt.core.terms import lowered
from wann_rt.core.weight import Weight, WeightKind

seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)


@given(seeds, st.lists(st.floats(-4, 4, width=32), min_size=1, max_size=3))
def test_under_shared_weights_the_factors_are_the_signs(rng: np.random.Generator, members: list[float]) -> None:
    network = builders.network(rng)
    kind: WeightKind = "ensemble" if rng.random() < 0.5 or len(members) > 1 else "shared"
    listed = lowered(network, Weight(kind, tuple(members)))
    terms = [(t.source, n.number, int(t.factor), t.is_weighted) for n in listed.nodes for t in n.terms]
    assert terms == [(*connection, False) for connection in network.connections]
    assert listed.multipliers == listed.shared == tuple(members)
    assert listed.averages == (kind == "ensemble")


@given(seeds)
def test_weights_of_connections_meet_theirs_in_canonical_order(rng: np.random.Generator) -> None:
    network = builders.network(rng, signed=False)
    weight = Weight("connections", tuple(rng.normal(size=network.n_connections)))
    listed = lowered(network, weight)
    terms = [(t.source, n.number, t.factor, t.is_weighted) for n in listed.nodes for t in n.terms]
    pairs = zip(network.connections, weight.values, strict=True)
    assert terms == [(c.source, c.target, value, True) for c, value in pairs]
    assert (listed.multipliers, listed.shared, listed.averages) == ((None,), (), False)
    assert listed.factors.tolist() == list(weight.values)


@given(seeds)
def test_the_list_has_every_computed_node_with_its_activation(rng: np.random.Generator) -> None:
    network = builders.network(rng)
    listed = lowered(network, Weight.shared(1.0))
    assert [node.number for node in listed.nodes] == list(range(network.first, network.n_nodes))
    assert tuple(node.activation for node in listed.nodes) == network.activations
    assert listed.outputs == listed.nodes[network.n_hidden :]
    assert listed.used == {c.source for c in network.connections}


@pytest.mark.parametrize("factor", [0.5, -0.5, 0.0, -0.0])
def test_a_term_is_its_size_with_its_sign(factor: float) -> None:
    network, _ = Network.build(1, {}, {2: 1}, [Connection(1, 2)])
    [node] = lowered(network, Weight("connections", (factor,))).nodes
    [term] = node.terms
    assert np.float32(-term.size if term.is_negative else term.size).tobytes() == np.float32(factor).tobytes()


def test_a_weight_that_does_not_fit_the_network_is_refused() -> None:
    network, _ = Network.build(1, {}, {2: 1}, [Connection(1, 2, -1)])
    with pytest.raises(ControllerError, match="2 connection weights came for 1 connections"):
        lowered(network, Weight("connections", (1.0, 2.0)))
    with pytest.raises(ControllerError, match="carries no signs"):
        lowered(network, Weight("connections", (1.0,)))
