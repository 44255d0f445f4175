"""What a checkpoint may say: every shape, type, range and relation, before a compiled kernel sees any of it.

A digest that is right says only that the file is as its writer left it. Kernels index arrays by what genomes say and
follow connections until nothing changes, so a number out of range would read or write foreign memory, and a loop would
never end. This is the same ladder that ``wann_load`` climbs for blobs.
"""

import math
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import BY_ID
from wann_rt.core.errors import NetworkError
from wann_rt.core.network import MAX_CONNECTIONS, MAX_NODES, Connection, Network
from wann_rt.evolution.checkpoint import Checkpoint, refuse
from wann_rt.evolution.search import Champion, Search
from wann_rt.kernels.genome import LINEAR, Population
from wann_rt.kernels.operators import MOST_GENES, MOST_NODES

COUNTS = ("n_inputs", "n_outputs")  # the fields of Population that are numbers, not arrays
COLUMNS: Mapping[str, type[np.generic]] = {
    "n_hidden": np.int32, "n_genes": np.int32, "activations": np.int8, "sources": np.int32, "targets": np.int32,
    "signs": np.int8, "enabled": np.bool_,
}  # fmt: skip
BITS_63 = 2**63
QUICK_PASSES = 32  # over all genomes at once, before those with deep networks are looked at one by one

Element = TypeVar("Element", bound=np.generic)


class Checked:
    """Reads a state for a search with the task and config of ``running``; ``where`` names the file in errors."""

    def __init__(self, running: Search, state: Checkpoint, where: str) -> None:
        """Refuses arrays that no state has."""
        self._config = running.config
        self._n_inputs, self._n_outputs = len(running.task.observations), len(running.task.actions)
        self._values, self._arrays, self._where = state.values, state.arrays, where
        unknown = set(state.arrays) - {f"population.{name}" for name in COLUMNS} - set(OTHER_ARRAYS)
        if unknown:
            self._refuse(f"there is no array {min(unknown)[:60]!r}")

    def numbers(self) -> tuple[int, int, float]:
        """Returns generation, steps and seconds."""
        generation = self._integer(self._values, "generation", 1, self._config.generations)
        steps = self._integer(self._values, "env_steps", 0, BITS_63 - 1)
        seconds: Any = self._values.get("seconds")
        if type(seconds) not in (int, float) or not 0 <= seconds < BITS_63:
            self._refuse(f"seconds is {str(seconds)[:60]}")
        return generation, steps, float(seconds)

    def population(self) -> Population:
        """Returns the genomes."""
        size = self._config.population
        columns: dict[str, Any] = {name: self._array(f"population.{name}", dtype) for name, dtype in COLUMNS.items()}
        population = Population(self._n_inputs, self._n_outputs, **columns)
        nodes, genes = population.activations.shape[-1:], population.sources.shape[-1:]
        for name, column in columns.items():
            wanted = (size, *{"n_hidden": (), "n_genes": (), "activations": nodes}.get(name, genes))
            self._require(column.shape == wanted, f"population.{name} has the shape {list(column.shape)}")
        self._require(nodes >= (MOST_NODES,) and genes >= (MOST_GENES,), "its genomes have no room to grow")
        self._check_genes(population)
        self._check_pairs(population)
        return population

    def champion(self) -> Champion | None:
        """Returns the champion."""
        saved, generation = self._values.get("champion"), self._values["generation"]
        if not isinstance(saved, dict) or set(saved) != {"fitness", "generation"}:
            self._refuse("it has no champion, though a generation was scored")
        try:
            fitness = float.fromhex(saved["fitness"])
        except (TypeError, ValueError, OverflowError):
            self._refuse(f"the champion's fitness is {str(saved['fitness'])[:60]}")
        self._require(fitness < math.inf, f"the champion's fitness is {fitness}")  # not NaN either
        return Champion(self._network(), fitness, self._integer(saved, "generation", 0, generation - 1))

    def _check_genes(self, p: Population) -> None:
        """Refuses genomes that name nodes which they do not have, or what is no activation or sign."""
        first_hidden = 1 + self._n_inputs + self._n_outputs
        for count, name, room in ((p.n_hidden, "hidden nodes", p.activations), (p.n_genes, "genes", p.sources)):
            self._require(bool(np.all((count >= 0) & (count <= room.shape[1]))), f"a genome's {name} are out of range")
        most = min(MAX_NODES - first_hidden, p.activations.shape[1])
        self._require(int(p.n_hidden.max()) <= most, "a genome has too many nodes")
        hidden = np.arange(p.activations.shape[1]) < p.n_hidden[:, np.newaxis]
        known = np.isin(p.activations[hidden], np.array(list(BY_ID), np.int8))
        self._require(bool(known.all()), "a node has an activation that does not exist")
        used = np.arange(p.sources.shape[1]) < p.n_genes[:, np.newaxis]
        n_nodes = np.broadcast_to(first_hidden + p.n_hidden[:, np.newaxis], used.shape)[used]
        sources, targets, signs = p.sources[used], p.targets[used], p.signs[used]
        real = (sources >= 0) & (sources < n_nodes) & (targets > self._n_inputs) & (targets < n_nodes)
        self._require(bool(real.all()), "a gene joins nodes that do not exist")
        into = (sources <= self._n_inputs) | (sources >= first_hidden)
        self._require(bool(into.all()), "a gene begins at an output")
        self._require(bool(np.all(np.abs(signs) == 1)), "a sign is neither 1 nor -1")

    def _check_pairs(self, p: Population) -> None:
        """Refuses two genes between the same nodes, and genes that close a loop."""
        used = np.arange(p.sources.shape[1]) < p.n_genes[:, np.newaxis]
        genome, _ = np.nonzero(used)
        sources, targets = p.sources[used].astype(np.int64), p.targets[used].astype(np.int64)
        pairs = (genome * MAX_NODES + sources) * MAX_NODES + targets
        self._require(len(np.unique(pairs)) == len(pairs), "two genes join the same nodes")
        first_hidden = 1 + self._n_inputs + self._n_outputs
        inner = (sources >= first_hidden) & (targets >= first_hidden)
        begins = np.concatenate(([0], np.cumsum(p.n_hidden, dtype=np.int64)))[genome[inner]]
        edges = begins + sources[inner] - first_hidden, begins + targets[inner] - first_hidden
        self._require(is_acyclic(int(p.n_hidden.sum(dtype=np.int64)), *edges), "the genes of a genome form a loop")

    def _network(self) -> Network:
        """Returns the champion's network, which must be in canonical order already."""
        activations = self._array("champion.activations", np.int32)
        rows = self._array("champion.connections", np.int32)
        self._require(
            activations.ndim == 1 and rows.ndim == 2 and rows.shape[1:] == (3,), "the champion has no network"
        )
        self._require(len(activations) >= self._n_outputs, "the champion lacks outputs")
        self._require(len(activations) <= MAX_NODES and len(rows) <= MAX_CONNECTIONS, "the champion is too large")
        first = 1 + self._n_inputs
        numbered = list(enumerate(activations.tolist(), first))
        n_hidden = len(activations) - self._n_outputs
        self._require(set(activations[n_hidden:].tolist()) == {LINEAR}, "an output of the champion is not linear")
        connections = [Connection(*row) for row in rows.tolist()]
        hidden, outputs = dict(numbered[:n_hidden]), dict(numbered[n_hidden:])
        try:
            network, _ = Network.build(self._n_inputs, hidden, outputs, connections)
        except NetworkError as error:
            self._refuse(f"its champion: {error}")
        same = network.connections == connections and list(network.activations) == activations.tolist()
        self._require(same, "the champion is not in canonical order")
        return network

    def _array(self, name: str, dtype: type[Element]) -> NDArray[Element]:
        array = self._arrays.get(name)
        if array is None or array.dtype != np.dtype(dtype):
            self._refuse(f"array {name} is missing or has another type than {np.dtype(dtype)}")
        return array

    def _integer(self, values: dict[str, Any], key: str, low: int, high: int) -> int:
        value = values.get(key)
        if type(value) is not int or not low <= value <= high:
            self._refuse(f"{key} is {str(value)[:60]}; from {low} to {high} are possible")
        return value

    def _require(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self._refuse(otherwise)

    def _refuse(self, what: str) -> NoReturn:
        refuse(self._where, what)


OTHER_ARRAYS = ("champion.connections", "champion.activations", "journal")


def is_acyclic(n_nodes: int, sources: NDArray[np.int64], targets: NDArray[np.int64]) -> bool:
    """Returns whether no path along the edges leads back to where it began, in time linear in nodes and edges.

    Leaves that nothing leads into are taken off until none is left: all at once as long as that is quick, then one by
    one, because a chain of thousands of nodes would need as many passes.
    """
    for _ in range(QUICK_PASSES):
        fed = np.zeros(n_nodes, np.bool_)
        fed[targets] = True
        kept = fed[sources]
        if kept.all():
            return not len(sources)
        sources, targets = sources[kept], targets[kept]
    outgoing: dict[int, list[int]] = {}
    for source, target in zip(sources.tolist(), targets.tolist(), strict=True):
        outgoing.setdefault(source, []).append(target)
    missing = np.bincount(targets, minlength=n_nodes)
    to_visit, left = [s for s in outgoing if not missing[s]], len(sources)
    while to_visit:
        for target in outgoing.get(to_visit.pop(), ()):
            left -= 1
            missing[target] -= 1
            if missing[target] == 0:
                to_visit.append(target)
    return left == 0
