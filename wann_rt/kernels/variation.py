"""Compiled selection and mutation: from a ranked generation to the next one.

Each child draws from its own stream, keyed by (seed, generation, child), so children may be made in any order.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core import random
from wann_rt.core.random import u64
from wann_rt.kernels.genome import Population
from wann_rt.kernels.jit import jit
from wann_rt.kernels.mutation import Allowed, apply_operator, below
from wann_rt.kernels.operators import MOST_MUTATIONS, NAMES


class Rates(NamedTuple):
    """How often each operator is chosen; make one with ``rates_of``.

    Attributes:
        shares: of the operators on a roulette wheel, in the order of their table; they need not sum to 1.
        again: chance that a mutation is followed by another one.
    """

    shares: tuple[float, ...]
    again: float


def rates_of(shares: Mapping[str, float], again: float = 0.0) -> Rates:
    """Returns rates by the operators' names; an operator that is not named has none."""
    unknown = set(shares) - set(NAMES)
    assert not unknown, unknown
    return Rates(tuple(float(shares.get(name, 0.0)) for name in NAMES), float(again))


@jit
def breed(
    parents: Population,
    order: NDArray[np.int64],
    n_elites: int,
    n_pool: int,
    tournament: int,
    rates: Rates,
    allowed: Allowed,
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
        rates: shares of the operators.
        allowed: what the search allows.
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
def mutate(p: Population, g: int, rates: Rates, allowed: Allowed, key: np.uint64) -> None:
    """Applies one mutation, chosen by roulette, to genome g in place."""
    chosen = roulette(rates.shares, random.uniform(key, u64(0)))
    apply_operator(chosen, p, g, allowed, random.fold(key, u64(1)))


@jit
def roulette(shares: tuple[float, ...], drawn: float) -> int:
    """Returns whose part of the wheel a number from [0, 1) hits; the last has what is left."""
    total = 0.0
    for share in shares:
        total += share
    ball, edge = drawn * total, 0.0
    for k in range(len(shares) - 1):
        edge += shares[k]
        if ball < edge:
            return k
    return len(shares) - 1
