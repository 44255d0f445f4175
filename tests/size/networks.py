"""The controllers whose cost is measured: the published champions and two random networks of stated sizes."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from helpers import reference_data

from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.network import Connection, Network
from wann_rt.zoo.published import load_out

TANH, SIGMOID, RELU = 5, 6, 9
NAMES = ("swing", "biped", "n110", "n1849")
DESCRIPTIONS = {
    "swing": "the published swing-up champion",
    "biped": "the published BipedalWalker champion",
    "n110": "random, 5 levels; 11 tanh, 10 sigmoid, 13 relu",
    "n1849": "random, as many connections as the published MNIST champion; all activations",
}
_LEVELS = 5


class AbsentError(Exception):
    """What is to be measured is not there; the text says why."""


@cache
def controller(name: str) -> Controller:
    """Returns the controller of that name.

    Raises:
        AbsentError: it is a published champion, and its file is not here.
    """
    if name == "n110":
        mix = (TANH,) * 11 + (SIGMOID,) * 10 + (RELU,) * 13
        return _controller(name, random_network(24, 30, 4, 110, mix), 1.5)
    if name == "n1849":
        return _controller(name, random_network(256, 100, 10, 1849, tuple(range(1, 12)) * 10), 0.25)
    topology = reference_data.FOLDER / reference_data.CHAMPIONS[name][0]
    if not topology.is_file():
        raise AbsentError(f"{topology.name} is not in {topology.parent}; WANN_RT_REFERENCE can name its folder")
    return replace(load_out(topology, task=name), name=name, vectors=())


def random_network(inputs: int, hidden: int, outputs: int, connections: int, activations: Sequence[int]) -> Network:
    """Returns a network of exactly these counts, in five levels, without an idle node.

    Args:
        inputs: number of inputs.
        hidden: number of hidden nodes.
        outputs: number of outputs.
        connections: number of connections.
        activations: activation ids of the hidden nodes and outputs, shuffled here.
    """
    rng = np.random.default_rng(inputs)
    first = 1 + inputs
    last = first + hidden  # the first output
    ids = rng.permutation(activations)
    level = [0] * first + [1 + k * (_LEVELS - 1) // hidden for k in range(hidden)] + [_LEVELS] * outputs
    pairs = set()
    for node in range(first, last + outputs):
        pairs.add((int(rng.choice([s for s in range(1, last) if level[s] == level[node] - 1])), node))
    for node in sorted(set(range(1, last)) - {source for source, _ in pairs}):
        pairs.add((node, int(rng.choice([t for t in range(first, last + outputs) if level[t] > level[node]]))))
    while len(pairs) < connections:
        source, target = int(rng.integers(last)), int(rng.integers(first, last + outputs))
        if level[source] < level[target]:
            pairs.add((source, target))
    of_node = {node: int(ids[node - first]) for node in range(first, last + outputs)}
    inner = {node: of_node[node] for node in range(first, last)}
    outer = {node: of_node[node] for node in range(last, last + outputs)}
    network = Network.build(inputs, inner, outer, [Connection(*pair) for pair in sorted(pairs)])[0]
    assert (network.n_hidden, network.n_connections) == (hidden, connections)
    return network


def _controller(name: str, network: Network, weight: float) -> Controller:
    observations = tuple(Channel(f"o{k}", low=-2.0, high=2.0) for k in range(network.n_inputs))
    actions = tuple(Channel(f"a{k}") for k in range(network.n_outputs))
    return Controller(name, network, Weight.shared(weight), observations, actions)
