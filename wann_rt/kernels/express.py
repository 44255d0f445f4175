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
        level = hidden_levels(population, g, live)
        mark_contributing(population, g, live, level)
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
def live_genes(population: Population, g: int, keep_split: bool) -> NDArray[np.bool_]:
    """Returns which genes are expressed."""
    first_hidden = 1 + population.n_inputs + population.n_outputs
    n = population.n_genes[g]
    live = np.empty(n, np.bool_)
    for c in range(n):
        split = population.sources[g, c] >= first_hidden and population.targets[g, c] >= first_hidden
        live[c] = population.enabled[g, c] or (keep_split and split)
    return live


@jit
def hidden_levels(population: Population, g: int, live: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Returns 1 + the longest path of live genes between hidden nodes that ends in each hidden node.

    Relaxes all genes until nothing changes: at most (depth) passes, and genes are born roughly in order.
    """
    first_hidden = 1 + population.n_inputs + population.n_outputs
    level = np.ones(population.n_hidden[g], np.int32)
    changed = True
    while changed:
        changed = False
        for c in range(len(live)):
            source = population.sources[g, c] - first_hidden
            target = population.targets[g, c] - first_hidden
            if live[c] and source >= 0 and target >= 0 and level[target] <= level[source]:
                level[target] = level[source] + 1
                changed = True
    return level


@jit
def mark_contributing(population: Population, g: int, live: NDArray[np.bool_], level: NDArray[np.int32]) -> None:
    """Sets the level of hidden nodes from which no path leads to an output to ``NOT_USED``."""
    first_output = 1 + population.n_inputs
    first_hidden = first_output + population.n_outputs
    useful = np.zeros(len(level), np.bool_)
    changed = True
    while changed:
        changed = False
        for c in range(len(live) - 1, -1, -1):
            source = population.sources[g, c] - first_hidden
            target = population.targets[g, c]
            leads_on = target < first_hidden or useful[target - first_hidden]
            if live[c] and source >= 0 and leads_on and not useful[source]:
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
    live: NDArray[np.bool_],
    level: NDArray[np.int32],
    number: NDArray[np.int64],
    programs: Programs,
) -> None:
    """Writes offsets, sources and signs: by target, then by source, in canonical numbers."""
    first_output = 1 + population.n_inputs
    first_hidden = first_output + population.n_outputs
    n_all = np.int64(len(number))
    keys = np.empty(len(live), np.int64)
    n_used = 0
    for c in range(len(live)):
        target = population.targets[g, c]
        if live[c] and (target < first_hidden or level[target - first_hidden] != NOT_USED):
            pair = np.int64(number[target]) * n_all + number[population.sources[g, c]]
            keys[n_used] = pair * 2 + (population.signs[g, c] > 0)
            n_used += 1
    sort(keys, n_used)
    for k in range(programs.offsets.shape[1]):
        programs.offsets[g, k] = 0
    for c in range(n_used):
        pair = keys[c] // 2
        programs.sources[g, c] = pair % n_all
        programs.signs[g, c] = 1 if keys[c] % 2 else -1
        programs.offsets[g, pair // n_all - first_output + 1] += 1
    for k in range(programs.n_nodes[g]):
        programs.offsets[g, k + 1] += programs.offsets[g, k]
