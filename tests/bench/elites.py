"""A map of elites: the best small controllers of the swing-up for each number of connections; see ``pareto.py``.

A child is an elite with some random changes of topology, whose weights a short CMA-ES (or PEPG) then tunes from where
the parent's were. The first children are nets in which everything is connected, tuned and pruned. All random numbers
follow from the child's index, and children are judged in batches, so the result depends on the number of children
made, but not on processes.
"""

import json
from dataclasses import replace
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wann_rt import tasks
from wann_rt.core.activations import BY_NAME
from wann_rt.core.files import write_atomic
from wann_rt.core.network import Connection, Network
from wann_rt.tuning.polish import Arena, Entrant, PolishSettings, polish
from wann_rt.tuning.prune import Pruned, prune
from wann_rt.tuning.strategies import StrategyName

TASK = tasks.get("cartpole-swingup")
STATE = Path("build/pareto/archive.json")
LARGEST, SMALLEST = 25, 3
ELITES = 6  # kept for each number of connections
FOUNDERS = [  # hidden activations and the output's of nets in which everything is connected, to be pruned
    (hidden.split(), output)
    for output in ("linear", "sin")
    for hidden in ("tanh", "sin tanh", "step tanh", "gauss sin", "tanh tanh", "sin", "step", "gauss", "step sin tanh")
][:16]
# Of a large net: task steps to tune it, and the score it must have for that.
STAGES = ((3_000_000, -np.inf), (8_000_000, 600.0), (20_000_000, 880.0), (40_000_000, 912.0))
# What comes near the best of its size is tuned on more episodes, in smaller steps: few failures make the difference.
DEEP = (
    PolishSettings(population=24, episodes=24, sigma=0.15, steps=25_000_000, threads=1),
    PolishSettings(population=24, episodes=64, sigma=0.08, steps=60_000_000, threads=1, final=1024),
)
NEAR = 6.0  # points of return
WIDE_EVERY = 4  # children: every so many-th is a large net from random weights
BATCH = 8
HIDDEN = [BY_NAME[n].id for n in ("tanh", "sin", "step", "gauss", "cos", "relu", "abs", "sigmoid", "square", "linear")]
OUTPUTS = [BY_NAME[n].id for n in ("linear", "linear", "linear", "tanh", "sin", "cos", "step")]
N_INPUTS = len(TASK.observations)


class Elite(NamedTuple):
    """A controller in the map: activations of hidden nodes and the output, connections, their weights, its score."""

    activations: list[int]
    pairs: list[list[int]]
    weights: list[float]
    score: float

    @property
    def size(self) -> int:
        """Its number of connections."""
        return len(self.pairs)

    @property
    def network(self) -> Network:
        """Its network; what is stored is canonical already."""
        return build(self.activations, self.pairs)[0]


def build(activations: list[int], pairs: list[list[int]]) -> tuple[Network, list[int]]:
    """Returns the network of hidden nodes 6, 7, ... and an output after them; see ``Network.build``."""
    first, output = 1 + N_INPUTS, N_INPUTS + len(activations)
    hidden = {first + k: a for k, a in enumerate(activations[:-1])}
    return Network.build(N_INPUTS, hidden, {output: activations[-1]}, [Connection(s, t) for s, t in pairs], prune=True)


class Draft:
    """A topology while it changes: hidden nodes have ids from 1000, the output is 999."""

    OUTPUT = 999

    def __init__(self, rng: np.random.Generator, parent: Elite | None) -> None:
        self.rng = rng
        self.hidden: dict[int, int] = {}
        self.output = int(rng.choice(OUTPUTS)) if parent is None else parent.activations[-1]
        self.weights: dict[tuple[int, int], float] = {}
        if parent is not None:
            first, n = 1 + N_INPUTS, len(parent.activations) - 1
            name = {first + k: 1000 + k for k in range(n)} | {first + n: self.OUTPUT}
            self.hidden = {1000 + k: a for k, a in enumerate(parent.activations[:-1])}
            for (s, t), w in zip(parent.pairs, parent.weights, strict=True):
                self.weights[name.get(s, s), name[t]] = w

    def connect_all(self, hidden: list[int]) -> None:
        """Connects bias, inputs and hidden nodes to all later nodes."""
        for k, activation in enumerate(hidden):
            self.hidden[1000 + k] = activation
            for source in [*range(N_INPUTS + 1), *range(1000, 1000 + k)]:
                self._join(source, 1000 + k)
        for source in [*range(N_INPUTS + 1), *self.hidden]:
            self._join(source, self.OUTPUT)

    def _join(self, source: int, target: int) -> None:
        self.weights.setdefault((source, target), float(self.rng.normal()))

    def _source(self, target: int) -> int:
        """Returns a random source; hidden nodes lead to younger ones only, so no loop can close."""
        older = [h for h in self.hidden if target == self.OUTPUT or h < target]
        return int(self.rng.choice([*range(N_INPUTS + 1), *older]))

    def add(self) -> None:
        """Adds a connection."""
        target = int(self.rng.choice([*self.hidden, self.OUTPUT]))
        self._join(self._source(target), target)

    def remove(self) -> None:
        """Removes a connection."""
        if len(self.weights) > SMALLEST:
            del self.weights[list(self.weights)[self.rng.integers(len(self.weights))]]

    def rewire(self) -> None:
        """Gives a connection another source."""
        (source, target) = list(self.weights)[self.rng.integers(len(self.weights))]
        new = self._source(target)
        if (new, target) not in self.weights:
            self.weights[new, target] = self.weights.pop((source, target))

    def reactivate(self) -> None:
        """Gives a node another activation."""
        node = int(self.rng.choice([*self.hidden, self.OUTPUT]))
        if node == self.OUTPUT:
            self.output = int(self.rng.choice(OUTPUTS))
        else:
            self.hidden[node] = int(self.rng.choice(HIDDEN))

    def split(self) -> None:
        """Puts a node into a connection; ids grow towards the output, so only into those that stay in order."""
        node = max(self.hidden, default=999) + 1
        into = [pair for pair in self.weights if pair[1] == self.OUTPUT]
        if into:
            source, target = into[self.rng.integers(len(into))]
            self.hidden[node] = int(self.rng.choice(HIDDEN))
            self.weights[node, target] = self.weights.pop((source, target))
            self.weights[source, node] = 1.0

    def sprout(self) -> None:
        """Adds a node with one source."""
        node = max(self.hidden, default=999) + 1
        self.hidden[node] = int(self.rng.choice(HIDDEN))
        self._join(int(self.rng.integers(0, N_INPUTS + 1)), node)
        self._join(node, self.OUTPUT)

    def change(self) -> None:
        """Applies one to four random changes, as many removals as additions on average."""
        changes = [self.add, self.add, self.remove, self.remove, self.remove, self.rewire, self.rewire]
        changes += [self.reactivate, self.reactivate, self.split, self.sprout]
        for _ in range(int(self.rng.choice([1, 2, 3, 4], p=[0.4, 0.3, 0.2, 0.1]))):
            changes[self.rng.integers(len(changes))]()

    def build(self) -> tuple[Network, list[float]]:
        """Returns the network without useless nodes, and its weights."""
        pairs = [Connection(s, t) for s, t in self.weights]
        network, order = Network.build(N_INPUTS, self.hidden, {self.OUTPUT: self.output}, pairs, prune=True)
        weights = list(self.weights.values())
        return network, [weights[k] for k in order]


def elite(network: Network, weights: Any, score: float) -> Elite:
    """Returns a network with weights as an elite; weights are rounded to float32."""
    pairs = [[c.source, c.target] for c in network.connections]
    return Elite(list(network.activations), pairs, np.asarray(weights, np.float32).tolist(), score)


def child(index: int, seed: int, parent: Elite | None, floors: dict[int, float], best: list[float]) -> list[Elite]:
    """Makes, tunes and scores child ``index``; empty if it is useless or far behind its cell.

    Args:
        index: of the child; its random numbers follow from it.
        seed: of the map.
        parent: what it varies.
        floors: see ``Archive.floors``.
        best: see ``Archive.best``.
    """
    if index < len(FOUNDERS):
        return founder(index, seed)
    rng = np.random.default_rng([seed, index])
    draft = Draft(rng, parent)
    if parent is None:
        return wide(index, seed, draft)
    draft.change()
    network, weights = draft.build()
    if not SMALLEST <= network.n_connections <= LARGEST:
        return []
    method: StrategyName = "pepg" if rng.random() < 0.25 else "cma"
    sigma = float(rng.choice([0.1, 0.3, 0.7]))
    settings = PolishSettings(method, population=16, seed=index, threads=1, sigma=sigma, final=64, steps=1_000_000)
    found = polish(arena(seed), network, np.array(weights), settings)
    if found.score < floors.get(network.n_connections, -np.inf) - 40:
        return []
    longer = replace(settings, steps=6_000_000, seed=index + 2**40, sigma=0.3, final=256)
    found = polish(arena(seed), network, found.weights, longer)
    for stage in DEEP:
        if found.score < best[network.n_connections] - NEAR:
            break
        found = polish(arena(seed), network, found.weights, replace(stage, seed=index + 2**41))
    return [elite(network, *found)]


@cache
def arena(seed: int) -> Arena:
    """Returns the one arena of a process: it remembers the held-out episodes."""
    return Arena(TASK, seed, threads=1)


def wide(index: int, seed: int, draft: Draft) -> list[Elite]:
    """Tunes a large net from random weights, for longer the better it does: finds other ways to swing up."""
    names = ["tanh"] * 6 + ["sin", "sin", "step", "gauss", "cos", "relu", "abs", "square"]
    draft.connect_all([BY_NAME[str(draft.rng.choice(names))].id for _ in range(int(draft.rng.integers(2, 4)))])
    while len(draft.weights) > LARGEST:
        draft.remove()
    network, start = draft.build()
    found = Entrant(np.array(start), -np.inf)
    for stage, (steps, floor) in enumerate(STAGES):
        if found.score < floor:
            return []
        settings = PolishSettings(population=24, seed=index + stage * 2**40, threads=1, final=256, steps=steps)
        found = polish(arena(seed), network, found.weights, replace(settings, sigma=0.3 if stage else 1.0))
    return [elite(network, *found)]


def founder(index: int, seed: int) -> list[Elite]:
    """Tunes a net in which everything is connected from random weights, prunes it, and returns all that was met."""
    hidden, output = FOUNDERS[index]
    draft = Draft(np.random.default_rng([seed, index]), None)
    draft.output = BY_NAME[output].id
    draft.connect_all([BY_NAME[name].id for name in hidden])
    network, weights = draft.build()
    settings = PolishSettings(population=24, seed=index, threads=1, sigma=1.0, final=256, steps=30_000_000)
    found = polish(arena(seed), network, np.array(weights), settings)
    pruned = prune(arena(seed), Pruned(network, *found), replace(settings, steps=60_000_000), SMALLEST)
    return [elite(*one) for one in pruned if one.network.n_connections <= LARGEST]


class Archive:
    """The map of elites, resumable."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.made = 0
        self.cells: dict[int, list[Elite]] = {}
        if STATE.exists():
            state = json.loads(STATE.read_text())
            self.made = state["made"]
            self.cells = {int(n): [Elite(*e) for e in cell] for n, cell in state["cells"].items()}

    def save(self) -> None:
        """Writes the state."""
        STATE.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(STATE, json.dumps({"made": self.made, "cells": self.cells}).encode())

    def parent(self, index: int) -> Elite | None:
        """Returns a random elite of a random cell; none for founders and large nets."""
        if index < len(FOUNDERS) or index % WIDE_EVERY == 0:
            return None
        rng = np.random.default_rng([self.seed, index, 1])
        sizes = sorted(self.cells)
        cell = self.cells[int(rng.choice(sizes))]
        return cell[rng.integers(len(cell))]

    def floors(self) -> dict[int, float]:
        """Returns the score that a child must beat, by connections."""
        return {n: cell[-1].score for n, cell in self.cells.items() if len(cell) == ELITES}

    def best(self) -> list[float]:
        """Returns the best score of up to so many connections."""
        scores = [self.cells[n][0].score if self.cells.get(n) else -np.inf for n in range(LARGEST + 1)]
        return list(accumulate(scores, max))

    def add(self, one: Elite) -> None:
        """Keeps the elite if it is among the best of its cell; one of each topology."""
        cell = self.cells.setdefault(one.size, [])
        same = [e for e in cell if (e.activations, e.pairs) == (one.activations, one.pairs)]
        cell[:] = [e for e in cell if e not in same] + [max([*same, one], key=lambda e: e.score)]
        cell.sort(key=lambda e: -e.score)
        del cell[ELITES:]

    def front(self) -> str:
        """Returns the best score of every cell."""
        return " ".join(f"{n}:{self.cells[n][0].score:.0f}" for n in sorted(self.cells))
