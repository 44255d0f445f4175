"""Compiled selection and mutation: from a ranked generation to the next one.

Each child draws from its own stream, keyed by (seed, generation, child), so children may be made in any order.
"""

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from wann_rt import random
from wann_rt.genome import Population
from wann_rt.kernels.express import hidden_levels
from wann_rt.kernels.jit import jit
from wann_rt.random import u64

for _function in (random.mix, random.fold, random.uniform):
    register_jitable(_function)


class Rates(NamedTuple):
    """How often each mutation is chosen; the four are shares of a roulette wheel and need not sum to 1."""

    add_connection: float
    add_node: float
    enable: float
    change_activation: float


@jit
def below(key: np.uint64, index: int, n: int) -> int:
    """Returns number ``index`` of a stream as an integer in [0, n)."""
    return int(random.uniform(key, u64(index)) * n)


@jit
def breed(
    parents: Population,
    order: NDArray[np.int64],
    n_elites: int,
    n_pool: int,
    tournament: int,
    rates: Rates,
    allowed: NDArray[np.int8],
    key: np.uint64,
    children: Population,
) -> None:
    """Fills the next generation: unchanged elites first, then mutated winners of tournaments.

    Args:
        parents: this generation.
        order: its indices from best to worst.
        n_elites: how many of the best are copied.
        n_pool: how many of the best may become parents.
        tournament: candidates drawn, with replacement, for each child; the best becomes its parent.
        rates: shares of the mutations.
        allowed: activation ids that hidden nodes may have.
        key: stream of this generation.
        children: written; capacities at least those of the parents.
    """
    for child in range(len(order)):
        child_key = random.fold(key, u64(child))
        place = child
        if child >= n_elites:
            place = n_pool
            for k in range(tournament):
                place = min(place, below(child_key, k, n_pool))
        copy_genome(parents, order[place], children, child)
        if child >= n_elites:
            mutate(children, child, rates, allowed, random.fold(child_key, u64(tournament)))


@jit
def copy_genome(source: Population, i: int, target: Population, j: int) -> None:
    """Copies genome i of ``source`` over genome j of ``target``."""
    h, n = source.n_hidden[i], source.n_genes[i]
    target.n_hidden[j] = h
    target.n_genes[j] = n
    target.activations[j, :h] = source.activations[i, :h]
    target.sources[j, :n] = source.sources[i, :n]
    target.targets[j, :n] = source.targets[i, :n]
    target.signs[j, :n] = source.signs[i, :n]
    target.enabled[j, :n] = source.enabled[i, :n]


@jit
def mutate(p: Population, g: int, rates: Rates, allowed: NDArray[np.int8], key: np.uint64) -> None:
    """Applies one mutation, chosen by roulette, to genome g in place; what has nothing to act on does nothing."""
    total = rates.add_connection + rates.add_node + rates.enable + rates.change_activation
    ball = random.uniform(key, u64(0)) * total
    key = random.fold(key, u64(1))
    if ball < rates.add_connection:
        add_connection(p, g, key)
    elif ball < rates.add_connection + rates.add_node:
        add_node(p, g, allowed, key)
    elif ball < rates.add_connection + rates.add_node + rates.enable:
        enable_gene(p, g, key)
    else:
        change_activation(p, g, allowed, key)


@jit
def append_gene(p: Population, g: int, source: int, target: int, sign: int) -> None:
    """Adds an enabled gene."""
    n = p.n_genes[g]
    p.sources[g, n] = source
    p.targets[g, n] = target
    p.signs[g, n] = sign
    p.enabled[g, n] = True
    p.n_genes[g] = n + 1


@jit
def pick(candidates: NDArray[np.bool_], key: np.uint64) -> int:
    """Returns a uniformly random index at which ``candidates`` is true, or -1 if there is none."""
    indices = np.flatnonzero(candidates)
    if len(indices) == 0:
        return -1
    return int(indices[below(key, 0, len(indices))])


@jit
def node_levels(p: Population, g: int) -> NDArray[np.int32]:
    """Returns the level of every node: bias and inputs 0, hidden 1 + longest path, outputs above all.

    Disabled genes count, so that enabling one later can never close a loop.
    """
    first_hidden = 1 + p.n_inputs + p.n_outputs
    hidden = hidden_levels(p, g, np.ones(p.n_genes[g], np.bool_))
    level = np.zeros(first_hidden + len(hidden), np.int32)
    level[first_hidden:] = hidden
    level[1 + p.n_inputs : first_hidden] = level.max() + 1
    return level


@jit
def add_connection(p: Population, g: int, key: np.uint64) -> None:
    """Connects the first source, in random order, that has a legal target to a random one of its legal targets.

    Legal is a target on a strictly higher level that no gene, enabled or not, joins to the source yet.
    """
    level = node_levels(p, g)
    n_nodes = len(level)
    sources = np.arange(n_nodes)
    for k in range(n_nodes):
        other = k + below(key, k, n_nodes - k)  # Fisher-Yates: position k of a random permutation
        sources[k], sources[other] = sources[other], sources[k]
        source = sources[k]
        legal = level > level[source]
        for c in range(p.n_genes[g]):
            if p.sources[g, c] == source:
                legal[p.targets[g, c]] = False
        target = pick(legal, random.fold(key, u64(n_nodes)))
        if target >= 0:
            append_gene(p, g, source, target, 1)
            return


@jit
def add_node(p: Population, g: int, allowed: NDArray[np.int8], key: np.uint64) -> None:
    """Splits a random enabled gene by a new node with a random activation; the old gene is disabled."""
    gene = pick(p.enabled[g, : p.n_genes[g]], key)
    if gene < 0:
        return
    h = p.n_hidden[g]
    node = 1 + p.n_inputs + p.n_outputs + h
    p.activations[g, h] = allowed[below(key, 1, len(allowed))]
    p.n_hidden[g] = h + 1
    p.enabled[g, gene] = False
    append_gene(p, g, p.sources[g, gene], node, 1)
    append_gene(p, g, node, p.targets[g, gene], p.signs[g, gene])


@jit
def enable_gene(p: Population, g: int, key: np.uint64) -> None:
    """Enables a random disabled gene."""
    gene = pick(~p.enabled[g, : p.n_genes[g]], key)
    if gene >= 0:
        p.enabled[g, gene] = True


@jit
def change_activation(p: Population, g: int, allowed: NDArray[np.int8], key: np.uint64) -> None:
    """Gives a random hidden node another random activation."""
    if p.n_hidden[g] == 0:
        return
    h = below(key, 0, p.n_hidden[g])
    others = allowed[allowed != p.activations[g, h]]
    if len(others):
        p.activations[g, h] = others[below(key, 1, len(others))]
