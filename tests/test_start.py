"""Laws of a search that starts from a network: each genome of the first generation means that very network."""

import builders
import numpy as np
import pytest

from wann_rt import genome
from wann_rt.errors import NetworkError
from wann_rt.kernels.express import express
from wann_rt.network import Connection, Network

LINEAR, TANH = 1, 5


def linear_outputs(network: Network) -> Network:
    """Returns the network with linear outputs."""
    first, n = network.first, network.n_hidden
    hidden = {first + k: a for k, a in enumerate(network.activations[:n])}
    outputs = {first + n + k: LINEAR for k in range(network.n_outputs)}
    return Network.build(network.n_inputs, hidden, outputs, network.connections, prune=True)[0]


@pytest.mark.parametrize("seed", range(40))
def test_a_copied_network_is_expressed_as_it_was(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = linear_outputs(builders.network(rng))
    population = genome.copies(network, 3)
    for index in range(3):
        assert genome.express(population, index) == network
    programs = express(population, False)
    assert programs.n_nodes.tolist() == [len(network.activations)] * 3


def test_what_could_connect_directly_is_there_to_be_enabled() -> None:
    network, _ = Network.build(3, {10: TANH}, {20: LINEAR, 21: LINEAR}, [Connection(1, 10), Connection(10, 20, -1)])
    population = genome.copies(network, 2)
    genes = population.n_genes[0]
    direct = (population.sources[0, :genes] <= 3) & (population.targets[0, :genes] <= 5)
    assert direct.sum() == 4 * 2
    assert population.enabled[0, :genes].sum() == 2


def test_a_squashed_output_is_refused() -> None:
    network, _ = Network.build(2, {}, {9: TANH}, [Connection(1, 9)])
    with pytest.raises(NetworkError, match="linear outputs"):
        genome.copies(network, 4)
