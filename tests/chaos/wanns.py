"""Random weight agnostic networks, each of a lineage of its own: how steep they are, for each shared weight."""

import numpy as np
from numpy.typing import NDArray

from wann_rt.analysis.interval import point
from wann_rt.analysis.network import bounded
from wann_rt.core import random
from wann_rt.core.activations import BY_NAME
from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.network import Network
from wann_rt.core.random import Purpose
from wann_rt.evolution.config import Config
from wann_rt.kernels import genome
from wann_rt.kernels.mutation import Allowed, add_connection, add_node

Floats = NDArray[np.float64]
INPUTS, POINTS, MOST_MUTATIONS = 5, 64, 900


def grown(size: int, count: int, activations: tuple[str, ...] = Config.activations) -> list[Network]:
    """Returns networks with at least ``size`` connections; no two share an ancestor.

    Each begins without a connection and grows by connections and nodes at random places, as those of a search do.
    """
    allowed = Allowed(np.array([BY_NAME[name].id for name in activations], np.int8), True)
    population = genome.allocate(count, INPUTS, 1, MOST_MUTATIONS, 2 * MOST_MUTATIONS)
    return [_grown(population, g, size, allowed) for g in range(count)]


def _grown(population: genome.Population, g: int, size: int, allowed: Allowed) -> Network:
    for k in range(MOST_MUTATIONS):
        key = random.stream(size, Purpose.VECTORS, g, k)
        mutate = add_connection if random.uniforms(key, 1)[0] < 0.5 else add_node
        mutate(population, g, allowed, key)
        if population.enabled[g, : population.n_genes[g]].sum() >= size:
            made = genome.express(population, g)
            if made.n_connections >= size:
                return made
    raise ValueError(f"lineage {g} never reached {size} connections")


def steepness(networks: list[Network], weight: float, seed: int = 0) -> Floats:
    """Returns of each network the median length of its gradient at drawn observations, between jumps."""
    observations = point(np.random.default_rng(seed).normal(size=(POINTS, INPUTS)))
    channels = tuple(Channel(f"o{k}") for k in range(INPUTS))
    found = []
    for network in networks:
        controller = Controller("random", network, Weight.shared(weight), channels, (Channel("a"),))
        low, high = bounded(controller, observations).actions[0].slopes
        found.append(float(np.median(np.linalg.norm((low + high) / 2, axis=1))))
    return np.array(found)
