"""Compiled selection and mutation: from a ranked generation to the next one.

Each child draws from its own stream, keyed by (seed, generation, child), so children may be made in any order.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core import random
from wann_rt.core.random import u64
from wann_rt.kernels.genome import Population
from wann_rt.kernels.jit import jit
from wann_rt.kernels.mutation import (
    add_connection,
    add_node,
    below,
    change_activation,
    delete_connection,
    delete_node,
    enable_gene,
    flip_sign,
    move_connection,
)


class Rates(NamedTuple):
    """How often each mutation is chosen: shares of a roulette wheel, which need not sum to 1.

    ``again`` is the chance that a mutation is followed by another one.
    """

    add_connection: float
    add_node: float
    enable: float
    change_activation: float
    delete_connection: float = 0.0
    delete_node: float = 0.0
    flip_sign: float = 0.0
    move_connection: float = 0.0
    again: float = 0.0


MOST_MUTATIONS = 4  # of one child
MOST_NODES = MOST_MUTATIONS  # that they add
MOST_GENES = 2 * MOST_MUTATIONS


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
            for k in range(MOST_MUTATIONS):
                own_key = random.fold(child_key, u64(tournament + k))
                mutate(children, child, rates, allowed, own_key)
                if random.uniform(own_key, u64(1)) >= rates.again:
                    break


@jit
def copy_genome(source: Population, i: int, target: Population, j: int) -> None:
    """Copies genome i of ``source`` over genome j of ``target``."""
    h, n = source.n_hidden[i], source.n_genes[i]
    target.n_hidden[j] = h
    target.n_genes[j] = n
    # Loops instead of slices: for each slice, numba would spend two seconds compiling the errors of mismatched shapes.
    for k in range(h):
        target.activations[j, k] = source.activations[i, k]
    for c in range(n):
        target.sources[j, c] = source.sources[i, c]
        target.targets[j, c] = source.targets[i, c]
        target.signs[j, c] = source.signs[i, c]
        target.enabled[j, c] = source.enabled[i, c]


@jit
def mutate(p: Population, g: int, rates: Rates, allowed: NDArray[np.int8], key: np.uint64) -> None:
    """Applies one mutation, chosen by roulette, to genome g in place."""
    grow = rates.add_connection + rates.add_node + rates.enable
    change = grow + rates.change_activation
    shrink = change + rates.delete_connection + rates.delete_node
    ball = random.uniform(key, u64(0)) * (shrink + rates.flip_sign + rates.move_connection)
    key = random.fold(key, u64(1))
    if ball < rates.add_connection:
        add_connection(p, g, rates.flip_sign > 0.0, key)
    elif ball < rates.add_connection + rates.add_node:
        add_node(p, g, allowed, key)
    elif ball < grow:
        enable_gene(p, g, key)
    elif ball < change:
        change_activation(p, g, allowed, key)
    elif ball < change + rates.delete_connection:
        delete_connection(p, g, key)
    elif ball < shrink:
        delete_node(p, g, key)
    elif ball < shrink + rates.flip_sign:
        flip_sign(p, g, key)
    else:
        move_connection(p, g, key)
