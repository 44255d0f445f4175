"""Laws of the tape: it computes the bits of the oracle, whatever the network, the weights and the inputs are."""

import numpy as np
import pytest
from helpers import builders
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from wann_rt.core import reference
from wann_rt.core.network import Connection, Network
from wann_rt.core.terms import Lowered, lowered
from wann_rt.core.weight import Weight
from wann_rt.kernels.block import Width
from wann_rt.kernels.jit import jit
from wann_rt.kernels.programs import Programs, single
from wann_rt.kernels.tape import blank, compute, written

WIDTH = Width(24)  # a block of two vectors
Floats = NDArray[np.float32]
seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)


@jit
def run(width: Width, programs: Programs, per_connection: bool, weights: Floats, values: Floats) -> None:
    """Writes all nodes of the only network, [nodes, lanes]."""
    compute(width, written(width, programs, 0, per_connection, blank(programs)), weights, values)


def taped(network: Network, weights: Floats, inputs: Floats) -> Floats:
    """Returns the outputs [outputs, lanes]; weights [1, lanes], or a column for each connection [connections, 1]."""
    values = np.ones((network.n_nodes, WIDTH.lanes), np.float32)
    values[1 : network.first] = inputs
    each = np.broadcast_to(weights, (len(weights), WIDTH.lanes)).astype(np.float32)
    run(WIDTH, single(network), weights.shape[1] == 1, each, values)
    return values[-network.n_outputs :]


def wanted(listed: Lowered, multiplier: float | None, inputs: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return reference.forward(listed, multiplier, inputs)


@pytest.mark.slow
@given(seeds)
def test_a_tape_computes_the_bits_of_the_oracle_with_a_shared_weight_in_each_lane(rng: np.random.Generator) -> None:
    network = builders.network(rng)
    inputs, weights = builders.inputs(rng, network.n_inputs, WIDTH.lanes), builders.inputs(rng, 1, WIDTH.lanes)
    listed, found = lowered(network, Weight.shared(1.0)), taped(network, weights, inputs)
    for k, weight in enumerate(weights[0]):
        assert builders.same_bits(found[:, k], wanted(listed, float(weight), inputs[:, k : k + 1])[:, 0])


@pytest.mark.slow
@given(seeds)
def test_a_tape_computes_the_bits_of_the_oracle_with_weights_per_connection(rng: np.random.Generator) -> None:
    network = builders.network(rng, signed=False)
    inputs, weights = builders.inputs(rng, network.n_inputs, WIDTH.lanes), rng.normal(0, 2, network.n_connections)
    listed = lowered(network, Weight("connections", tuple(weights)))
    found = taped(network, listed.factors[:, np.newaxis], inputs)
    assert builders.same_bits(found, wanted(listed, None, inputs))


def test_a_tape_lists_each_node_and_the_rows_of_its_sources_behind_it() -> None:
    @jit
    def numbers(width: Width, programs: Programs, per_connection: bool) -> NDArray[np.int64]:
        numbers: NDArray[np.int64] = written(width, programs, 0, per_connection, blank(programs)).numbers
        return numbers

    wires = [Connection(2, 3), Connection(1, 3, -1), Connection(3, 4, -1)]
    network, _ = Network.build(2, {3: 5}, {4: 1, 5: 9}, wires)
    row, node = WIDTH.lanes, 1 << 30
    empty, weighted, end = 1, 2, (1 << 31) - 1
    nodes = node + (5 << 2), node + (1 << 2), node + (9 << 2) + empty
    shared = [nodes[0], ~(1 * row), 2 * row, nodes[1], ~(3 * row), nodes[2], end]
    each = [nodes[0] + weighted, 1 * row, 2 * row, nodes[1] + weighted, 3 * row, nodes[2] + weighted, end]
    assert numbers(WIDTH, single(network), False).tolist() == shared
    assert numbers(WIDTH, single(network), True).tolist() == each
