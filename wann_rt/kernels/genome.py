"""Genomes: a population as arrays, what evolves; and the plain twin of its compiled expression.

Node ids within a genome: 0 bias, 1 to I inputs, I + 1 to I + O outputs, then hidden nodes in order of birth. Outputs
are linear, as in the reference; squashing is left to the clip of the action channel.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import BY_NAME
from wann_rt.core.errors import NetworkError
from wann_rt.core.network import Connection, Network

LINEAR = BY_NAME["linear"].id


class Population(NamedTuple):
    """Genomes as arrays, one a row; a kernel reads and writes it as it is.

    Attributes:
        n_inputs: number of inputs.
        n_outputs: number of outputs.
        n_hidden: hidden nodes of each genome, int32 [genomes].
        n_genes: connection genes of each genome, int32 [genomes].
        activations: activation ids of the hidden nodes, int8 [genomes, node capacity].
        sources: source node id of each gene, int32 [genomes, gene capacity].
        targets: target node id of each gene, int32 [genomes, gene capacity].
        signs: +1 or -1 of each gene, int8 [genomes, gene capacity].
        enabled: whether the gene is expressed, bool [genomes, gene capacity].
    """

    n_inputs: int
    n_outputs: int
    n_hidden: NDArray[np.int32]
    n_genes: NDArray[np.int32]
    activations: NDArray[np.int8]
    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    signs: NDArray[np.int8]
    enabled: NDArray[np.bool_]


def allocate(size: int, n_inputs: int, n_outputs: int, nodes: int, genes: int) -> Population:
    """Returns a population of empty genomes with the given capacities."""
    return Population(
        n_inputs,
        n_outputs,
        np.zeros(size, np.int32),
        np.zeros(size, np.int32),
        np.zeros((size, nodes), np.int8),
        np.zeros((size, genes), np.int32),
        np.zeros((size, genes), np.int32),
        np.zeros((size, genes), np.int8),
        np.zeros((size, genes), np.bool_),
    )


def initial(size: int, n_inputs: int, n_outputs: int, enabled: NDArray[np.bool_]) -> Population:
    """Returns the first generation: a gene from the bias and each input to each output, no hidden nodes.

    Args:
        size: genomes.
        n_inputs: number of inputs.
        n_outputs: number of outputs.
        enabled: which genes are expressed, [genomes, (inputs + 1) * outputs].
    """
    n_genes = (n_inputs + 1) * n_outputs
    population = allocate(size, n_inputs, n_outputs, 16, n_genes + 32)
    population.n_genes[:] = n_genes
    population.sources[:, :n_genes] = np.repeat(np.arange(n_inputs + 1), n_outputs)
    population.targets[:, :n_genes] = n_inputs + 1 + np.tile(np.arange(n_outputs), n_inputs + 1)
    population.signs[:, :n_genes] = 1
    population.enabled[:, :n_genes] = enabled
    return population


def copies(network: Network, size: int) -> Population:
    """Returns a population in which every genome means the given network.

    Connections from the bias and the inputs to the outputs that the network lacks are there, disabled, as in
    ``initial``: so variation can enable them.

    Args:
        network: with linear outputs.
        size: genomes.

    Raises:
        NetworkError: an output has another activation than linear, which genomes do not know.
    """
    n_in, n_out, first = network.n_inputs, network.n_outputs, network.first
    if any(activation != LINEAR for activation in network.activations[network.n_hidden :]):
        raise NetworkError("a search starts from networks with linear outputs; this one has other activations there")
    hidden = {first + k: first + n_out + k for k in range(network.n_hidden)}
    ids = hidden | {first + network.n_hidden + k: first + k for k in range(n_out)}
    genes = {(ids.get(c.source, c.source), ids[c.target]): c.sign for c in network.connections}
    direct = [(source, first + k) for source in range(first) for k in range(n_out)]
    pairs = direct + [pair for pair in genes if pair not in set(direct)]
    population = allocate(size, n_in, n_out, network.n_hidden + 16, len(pairs) + 32)
    population.n_hidden[:], population.n_genes[:] = network.n_hidden, len(pairs)
    population.activations[:, : network.n_hidden] = network.activations[: network.n_hidden]
    population.sources[:, : len(pairs)], population.targets[:, : len(pairs)] = np.array(pairs).T
    population.signs[:, : len(pairs)] = [genes.get(pair, 1) for pair in pairs]
    population.enabled[:, : len(pairs)] = [pair in genes for pair in pairs]
    return population


def roomy(population: Population, nodes: int = 1, genes: int = 2) -> Population:
    """Returns the population itself, or a copy with twice the capacity if a child might not fit.

    Args:
        population: the parents.
        nodes: most hidden nodes that one variation adds.
        genes: most genes that one variation adds.
    """
    node_capacity, gene_capacity = population.activations.shape[1], population.sources.shape[1]
    short_of_nodes = population.n_hidden.max() + nodes > node_capacity
    short_of_genes = population.n_genes.max() + genes > gene_capacity
    if not (short_of_nodes or short_of_genes):
        return population
    wider = allocate(
        len(population.n_genes),
        population.n_inputs,
        population.n_outputs,
        node_capacity * (1 + short_of_nodes),
        gene_capacity * (1 + short_of_genes),
    )
    for name in Population._fields[2:]:
        old = getattr(population, name)
        getattr(wider, name)[tuple(slice(n) for n in old.shape)] = old
    return wider


def express(population: Population, index: int, *, keep_split: bool = False) -> Network:
    """Returns the network that a genome means: its enabled genes, without nodes that reach no output.

    The plain twin of ``kernels.express``.

    Args:
        population: the population.
        index: which genome.
        keep_split: express disabled genes between hidden nodes too, as the reference code does by accident.
    """
    first_output = population.n_inputs + 1
    first_hidden = first_output + population.n_outputs
    n = population.n_genes[index]
    columns = (a[index, :n].tolist() for a in (population.sources, population.targets, population.signs))
    enabled = population.enabled[index, :n].tolist()
    connections = [
        Connection(source, target, sign)
        for source, target, sign, on in zip(*columns, enabled, strict=True)
        if on or (keep_split and source >= first_hidden and target >= first_hidden)
    ]
    activations = population.activations[index, : population.n_hidden[index]].tolist()
    return Network.build(
        population.n_inputs,
        {first_hidden + k: activation for k, activation in enumerate(activations)},
        {first_output + k: LINEAR for k in range(population.n_outputs)},
        connections,
        prune=True,
    )[0]
