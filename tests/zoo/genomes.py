"""Small networks that change: genomes of the evolution of topologies (evolve_topology.py), and their mutations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from wann_rt.core.activations import BY_ID, BY_NAME
from wann_rt.core.controller import Controller
from wann_rt.core.network import Connection, Network
from wann_rt.core.random import Purpose, normals, stream, uniforms
from wann_rt.core.version import __version__
from wann_rt.core.weight import Weight
from wann_rt.play.plain import with_vectors
from wann_rt.tasks.any_task import origin
from wann_rt.tasks.task import Task

HIDDEN = ("linear", "step", "sin", "gauss", "tanh", "sigmoid", "inverse", "abs", "relu", "cos", "square")
OUTPUTS = 100_000  # the number of the first output; hidden nodes have smaller ones
NEW = 2.0  # size of the weights of a new node

Pair = tuple[int, int]


@dataclass
class Genome:
    """A network that changes: its hidden nodes' activations, its connections' weights, and what it earns."""

    n_inputs: int
    n_outputs: int
    hidden: dict[int, str] = field(default_factory=dict)
    weights: dict[Pair, float] = field(default_factory=dict)
    score: float = -np.inf

    @property
    def sources(self) -> list[int]:
        """Nodes that a connection may come from."""
        return [*range(self.n_inputs + 1), *self.hidden]

    @property
    def targets(self) -> list[int]:
        """Nodes that a connection may lead to."""
        return [*range(OUTPUTS, OUTPUTS + self.n_outputs), *self.hidden]

    def copy(self) -> "Genome":
        """Returns one that can be changed."""
        return replace(self, hidden=dict(self.hidden), weights=dict(self.weights), score=-np.inf)

    def built(self) -> tuple[Network, list[Pair]]:
        """Returns the network, and its connections in its order."""
        pairs = list(self.weights)
        hidden = {node: BY_NAME[name].id for node, name in self.hidden.items()}
        outputs = {OUTPUTS + k: BY_NAME["linear"].id for k in range(self.n_outputs)}
        network, order = Network.build(self.n_inputs, hidden, outputs, [Connection(*pair) for pair in pairs])
        return network, [pairs[k] for k in order]

    def reaches(self, source: int, target: int) -> bool:
        """Returns whether there is a way from a node to another one."""
        return source == target or any(self.reaches(b, target) for a, b in self.weights if a == source)

    def fits(self, source: int, target: int) -> bool:
        """Returns whether a connection between two nodes can be added."""
        return (source, target) not in self.weights and not self.reaches(target, source)

    def size(self, target: int) -> float:
        """Returns how large the weights are that lead to a node: the root of the mean of their squares."""
        there = [w for (_, b), w in self.weights.items() if b == target] or [NEW]
        return float(np.sqrt(np.mean(np.square(there))))

    def tidy(self) -> None:
        """Removes nodes that nothing leads to or from, and what is connected to them."""
        while dead := [n for n in self.hidden if not all(any(p[k] == n for p in self.weights) for k in (0, 1))]:
            for node in dead:
                del self.hidden[node]
            self.weights = {pair: w for pair, w in self.weights.items() if not set(pair) & set(dead)}


def genome_of(controller: Controller) -> Genome:
    """Returns a controller's network, its weights those of single connections."""
    network = controller.network
    last = network.n_nodes - network.n_outputs
    number = [node if node < last else OUTPUTS + node - last for node in range(network.n_nodes)]
    values = np.broadcast_to(controller.weight.array.astype(np.float64), network.n_connections)
    pairs = [(number[c.source], number[c.target]) for c in network.connections]
    signs = [c.sign for c in network.connections]
    weights = {pair: float(value) * sign for pair, value, sign in zip(pairs, values, signs, strict=True)}
    hidden = {network.first + k: BY_ID[name].name for k, name in enumerate(network.activations[: network.n_hidden])}
    return Genome(network.n_inputs, network.n_outputs, hidden, weights)


def controller_of(task: Task, begun: Controller, genome: Genome, env_steps: int) -> Controller:
    """Returns a genome as a controller of a task."""
    network, order = genome.built()
    values = tuple(float(np.float32(genome.weights[pair])) for pair in order)
    provenance = {"created_by": f"wann_rt {__version__}", "env_steps": env_steps, **origin(task)}
    made = replace(begun, network=network, weight=Weight("connections", values), provenance=provenance, vectors=())
    return with_vectors(task, made, 0)


class Draws:
    """Random numbers, the same on every machine."""

    def __init__(self, seed: int) -> None:
        self._seed, self._count = seed, 0

    def _key(self) -> np.uint64:
        self._count += 1
        return stream(self._seed, Purpose.TUNE_NOISE, 1, self._count)

    def chance(self) -> float:
        """Returns a number from 0 to 1."""
        return float(uniforms(self._key(), 1)[0])

    def normal(self) -> float:
        """Returns a normally distributed number."""
        return float(normals(self._key(), 1)[0])

    def one(self, items: Sequence[Any]) -> Any:
        """Returns one of some items."""
        return items[int(self.chance() * len(items))]


def add(genome: Genome, draws: Draws) -> None:
    """Adds a connection."""
    pair = draws.one(genome.sources), draws.one(genome.targets)
    if genome.fits(*pair):
        genome.weights[pair] = genome.size(pair[1]) * draws.normal()


def cut(genome: Genome, draws: Draws) -> None:
    """Removes a connection."""
    if genome.weights:
        del genome.weights[draws.one([*genome.weights])]


def split(genome: Genome, draws: Draws) -> None:
    """Puts a node into a connection, which goes or stays, and mostly leads another node to it."""
    if not genome.weights:
        return
    source, target = draws.one([*genome.weights])
    node = 1 + max([genome.n_inputs, *genome.hidden])
    genome.hidden[node] = draws.one(HIDDEN)
    stays = draws.chance() < 0.5
    weight = genome.size(target) * draws.normal() if stays else genome.weights.pop((source, target))
    genome.weights |= {(source, node): NEW * draws.normal(), (node, target): weight}
    more = draws.one(genome.sources)
    if draws.chance() < 0.7 and genome.fits(more, node):
        genome.weights[more, node] = NEW * draws.normal()


def move(genome: Genome, draws: Draws) -> None:
    """Lets a connection come from another node."""
    if not genome.weights:
        return
    (before, target), source = draws.one([*genome.weights]), draws.one(genome.sources)
    if genome.fits(source, target):
        genome.weights[source, target] = genome.weights.pop((before, target))


def activate(genome: Genome, draws: Draws) -> None:
    """Gives a hidden node another activation."""
    if genome.hidden:
        genome.hidden[draws.one([*genome.hidden])] = draws.one(HIDDEN)


def flip(genome: Genome, draws: Draws) -> None:
    """Turns the sign of a weight."""
    if genome.weights:
        pair = draws.one([*genome.weights])
        genome.weights[pair] = -genome.weights[pair]


def shake(genome: Genome, draws: Draws) -> None:
    """Changes all weights by a third."""
    for pair in genome.weights:
        genome.weights[pair] *= 1 + draws.normal() / 3


CHANGES: tuple[Callable[[Genome, Draws], None], ...] = (add, cut, split, split, move, activate, flip, shake)
