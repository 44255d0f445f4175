"""Compiled expression: genomes to programs in canonical order. Its plain twin is ``genome.express``."""

import numpy as np
from numpy.typing import NDArray

from wann_rt.kernels.genome import LINEAR, Population
from wann_rt.kernels.jit import jit
from wann_rt.kernels.programs import Programs

NOT_USED = -1


def express(population: Population, keep_split: bool) -> Programs:
    """Returns the program of every genome; see ``genome.express`` for ``keep_split``."""
    size, n_outputs = len(population.n_genes), population.n_outputs
    nodes = int(population.n_hidden.max()) + n_outputs
    genes = int(population.n_genes.max())
    programs = Programs(
        population.n_inputs,
        n_outputs,
        np.zeros(size, np.int32),
        np.zeros((size, nodes), np.int32),
        np.zeros((size, nodes + 1), np.int32),
        np.zeros((size, genes), np.int32),
        np.zeros((size, genes), np.int8),
    )
    express_range(population, 0, size, keep_split, programs)
    return programs


@jit
def express_range(population: Population, begin: int, end: int, keep_split: bool, programs: Programs) -> None:
    """Expresses genomes ``begin`` to ``end - 1`` into the same rows of ``programs``."""
    first_hidden = 1 + population.n_inputs + population.n_outputs
    for g in range(begin, end):
        live = live_genes(population, g, keep_split)
        inner = from_hidden(population, g, live)
        level = hidden_levels(population, g, inner)
        mark_contributing(population, g, inner, level)
        order = canonical_order(population, g, level)
        number = np.arange(first_hidden + len(level))
        for k in range(population.n_outputs):
            number[1 + population.n_inputs + k] += len(order)
        for k in range(len(order)):
            number[first_hidden + order[k]] = 1 + population.n_inputs + k
            programs.activations[g, k] = population.activations[g, order[k]]
        for k in range(population.n_outputs):
            programs.activations[g, len(order) + k] = LINEAR
        programs.n_nodes[g] = len(order) + population.n_outputs
        write_connections(population, g, live, level, number, programs)


@jit
def live_genes(population: Population, g: int, keep_split: bool) -> NDArray[np.int32]:
    """Returns which genes are expressed, in order.

    A genome has a gene for each pair of input and output, and few of them are on: what follows looks at those alone.
    """
    first_hidden = 1 + population.n_inputs + population.n_outputs
    live, n = np.empty(population.n_genes[g], np.int32), 0
    for c in range(len(live)):
        on = population.enabled[g, c]
        if keep_split and not on:
            on = population.sources[g, c] >= first_hidden and population.targets[g, c] >= first_hidden
        if on:
            live[n] = c
            n += 1
    return live[:n]


@jit
def from_hidden(population: Population, g: int, genes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Returns those of the genes that begin in a hidden node."""
    first_hidden = 1 + population.n_inputs + population.n_outputs
    inner, n = np.empty(len(genes), np.int32), 0
    for c in genes:
        if population.sources[g, c] >= first_hidden:
            inner[n] = c
            n += 1
    return inner[:n]


@jit
def hidden_levels(population: Population, g: int, inner: NDArray[np.int32]) -> NDArray[np.int32]:
    """Returns 1 + the longest path of genes between hidden nodes that ends in each hidden node.

    Relaxes all of ``inner``, genes that begin in hidden nodes, until nothing changes: at most (depth) passes, and genes
    are born roughly in order.
    """
    first_hidden = 1 + population.n_inputs + population.n_outputs
    level = np.ones(population.n_hidden[g], np.int32)
    changed = True
    while changed:
        changed = False
        for c in inner:
            source = population.sources[g, c] - first_hidden
            target = population.targets[g, c] - first_hidden
            if target >= 0 and level[target] <= level[source]:
                level[target] = level[source] + 1
                changed = True
    return level


@jit
def mark_contributing(population: Population, g: int, inner: NDArray[np.int32], level: NDArray[np.int32]) -> None:
    """Sets the level of hidden nodes from which no path leads to an output to ``NOT_USED``."""
    first_hidden = 1 + population.n_inputs + population.n_outputs
    useful = np.zeros(len(level), np.bool_)
    changed = True
    while changed:
        changed = False
        for k in range(len(inner) - 1, -1, -1):
            source = population.sources[g, inner[k]] - first_hidden
            target = population.targets[g, inner[k]]
            leads_on = target < first_hidden or useful[target - first_hidden]
            if leads_on and not useful[source]:
                useful[source] = True
                changed = True
    for h in range(len(level)):
        if not useful[h]:
            level[h] = NOT_USED


@jit
def canonical_order(population: Population, g: int, level: NDArray[np.int32]) -> NDArray[np.int64]:
    """Returns the used hidden nodes sorted by (level, activation, id)."""
    n = len(level)
    keys = np.empty(n, np.int64)
    n_used = 0
    for h in range(n):
        if level[h] != NOT_USED:
            keys[n_used] = (np.int64(level[h]) * 256 + population.activations[g, h]) * (n + 1) + h
            n_used += 1
    sort(keys, n_used)
    for k in range(n_used):
        keys[k] %= n + 1
    return keys[:n_used]


@jit
def sort(keys: NDArray[np.int64], n: int) -> None:
    """Sorts the first n keys by insertion.

    Genes are nearly in order, and np.sort would take a second more to compile than this.
    """
    for k in range(1, n):
        key, place = keys[k], k
        while place > 0 and keys[place - 1] > key:
            keys[place] = keys[place - 1]
            place -= 1
        keys[place] = key


@jit
def write_connections(
    population: Population,
    g: int,
    live: NDArray[np.int32],
    level: NDArray[np.int32],
    number: NDArray[np.int64],
    programs: Programs,
) -> None:
    """Writes offsets, sources and signs: by target, then by source, in canonical numbers.

    Genes are first dealt out to their targets. Within a target they are nearly in order, so that sorting them by
    insertion takes next to no time; all together they are not, which would cost the square of their number.
    """
    first_output = 1 + population.n_inputs
    first_hidden = first_output + population.n_outputs
    offsets = programs.offsets[g]
    for k in range(len(offsets)):
        offsets[k] = 0
    for c in live:
        target = population.targets[g, c]
        if target < first_hidden or level[target - first_hidden] != NOT_USED:
            offsets[number[target] - first_output + 1] += 1
    for k in range(programs.n_nodes[g]):
        offsets[k + 1] += offsets[k]
    keys, filled = np.empty(len(live), np.int64), np.zeros(programs.n_nodes[g], np.int32)
    for c in live:
        target = population.targets[g, c]
        if target < first_hidden or level[target - first_hidden] != NOT_USED:
            k = number[target] - first_output
            key = number[population.sources[g, c]] * 2 + (population.signs[g, c] > 0)
            place, filled[k] = offsets[k] + filled[k], filled[k] + 1
            while place > offsets[k] and keys[place - 1] > key:
                keys[place] = keys[place - 1]
                place -= 1
            keys[place] = key
    for c in range(offsets[programs.n_nodes[g]]):
        programs.sources[g, c] = keys[c] // 2
        programs.signs[g, c] = 1 if keys[c] % 2 else -1
