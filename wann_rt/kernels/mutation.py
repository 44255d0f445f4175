"""The search operators, compiled: each changes one genome in place, and what has nothing to act on does nothing.

All have the same arguments: the population, which genome, what the search allows, and a stream of numbers of its own.
``operators.py`` has a row for each, and ``operator_chain`` makes of these rows what ``variation`` calls.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from wann_rt.core import random
from wann_rt.core.random import u64
from wann_rt.kernels.express import from_hidden, hidden_levels
from wann_rt.kernels.genome import Population
from wann_rt.kernels.jit import inlined, jit
from wann_rt.kernels.operators import OPERATORS, Operator, check

for _function in (random.mix, random.fold, random.uniform):
    register_jitable(_function)


class Allowed(NamedTuple):
    """What a search allows.

    Attributes:
        activations: ids that hidden nodes may have.
        signs: whether new connections get a random sign.
    """

    activations: NDArray[np.int8]
    signs: bool


@jit
def below(key: np.uint64, index: int, n: int) -> int:
    """Returns number ``index`` of a stream as an integer in [0, n)."""
    return int(random.uniform(key, u64(index)) * n)


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
    left = 0
    for candidate in candidates:
        left += candidate
    left = below(key, 0, left) if left > 0 else -1
    for index in range(len(candidates)):
        if candidates[index]:
            if left == 0:
                return index
            left -= 1
    return -1


@jit
def node_levels(p: Population, g: int) -> NDArray[np.int32]:
    """Returns the level of every node: bias and inputs 0, hidden 1 + longest path, outputs above all.

    Disabled genes count, so that enabling one later can never close a loop.
    """
    first_hidden = 1 + p.n_inputs + p.n_outputs
    hidden = hidden_levels(p, g, from_hidden(p, g, np.arange(p.n_genes[g], dtype=np.int32)))
    level = np.zeros(first_hidden + len(hidden), np.int32)
    top = 0
    for h in range(len(hidden)):
        level[first_hidden + h] = hidden[h]
        top = max(top, hidden[h])
    for k in range(p.n_outputs):
        level[1 + p.n_inputs + k] = top + 1
    return level


@jit
def add_connection(p: Population, g: int, allowed: Allowed, key: np.uint64) -> None:
    """Connects the first source, in random order, that has a legal target to a random one of its legal targets.

    Legal is a target on a strictly higher level that no gene, enabled or not, joins to the source yet.
    The sign is +1, or random where signs are allowed.
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
            sign = -1 if allowed.signs and below(key, n_nodes + 1, 2) == 0 else 1
            append_gene(p, g, source, target, sign)
            return


@jit
def add_node(p: Population, g: int, allowed: Allowed, key: np.uint64) -> None:
    """Splits a random enabled gene by a new node with a random activation; the old gene is disabled."""
    gene = pick(p.enabled[g, : p.n_genes[g]], key)
    if gene < 0:
        return
    h = p.n_hidden[g]
    node = 1 + p.n_inputs + p.n_outputs + h
    p.activations[g, h] = allowed.activations[below(key, 1, len(allowed.activations))]
    p.n_hidden[g] = h + 1
    p.enabled[g, gene] = False
    append_gene(p, g, p.sources[g, gene], node, 1)
    append_gene(p, g, node, p.targets[g, gene], p.signs[g, gene])


@jit
def enable(p: Population, g: int, allowed: Allowed, key: np.uint64) -> None:
    """Enables a random disabled gene."""
    gene = pick(~p.enabled[g, : p.n_genes[g]], key)
    if gene >= 0:
        p.enabled[g, gene] = True


@jit
def change_activation(p: Population, g: int, allowed: Allowed, key: np.uint64) -> None:
    """Gives a random hidden node another random activation."""
    if p.n_hidden[g] == 0:
        return
    h = below(key, 0, p.n_hidden[g])
    others = allowed.activations[allowed.activations != p.activations[g, h]]
    if len(others):
        p.activations[g, h] = others[below(key, 1, len(others))]


@jit
def flip_sign(p: Population, g: int, allowed: Allowed, key: np.uint64) -> None:
    """Turns the sign of a random enabled gene."""
    gene = pick(p.enabled[g, : p.n_genes[g]], key)
    if gene >= 0:
        p.signs[g, gene] = -p.signs[g, gene]


@jit
def move_connection(p: Population, g: int, allowed: Allowed, key: np.uint64) -> None:
    """Moves one end, either with equal chance, of a random enabled gene to another legal node."""
    n = p.n_genes[g]
    gene = pick(p.enabled[g, :n], key)
    if gene < 0:
        return
    level = node_levels(p, g)
    at_source = below(key, 1, 2) == 0
    ends, other = (p.sources, p.targets) if at_source else (p.targets, p.sources)
    kept = other[g, gene]
    legal = level < level[kept] if at_source else level > level[kept]
    for c in range(n):
        if other[g, c] == kept:
            legal[ends[g, c]] = False
    node = pick(legal, random.fold(key, u64(2)))
    if node >= 0:
        ends[g, gene] = node


@jit
def keep_genes(p: Population, g: int, kept: NDArray[np.bool_]) -> None:
    """Removes the genes that are not kept; the others close up in order."""
    n = 0
    for c in range(len(kept)):
        if kept[c]:
            p.sources[g, n] = p.sources[g, c]
            p.targets[g, n] = p.targets[g, c]
            p.signs[g, n] = p.signs[g, c]
            p.enabled[g, n] = p.enabled[g, c]
            n += 1
    p.n_genes[g] = n


@jit
def delete_connection(p: Population, g: int, allowed: Allowed, key: np.uint64) -> None:
    """Removes a random enabled gene."""
    n = p.n_genes[g]
    gene = pick(p.enabled[g, :n], key)
    if gene >= 0:
        kept = np.ones(n, np.bool_)
        kept[gene] = False
        keep_genes(p, g, kept)


@jit
def delete_node(p: Population, g: int, allowed: Allowed, key: np.uint64) -> None:
    """Removes a random hidden node and its genes; one of its sources is joined to one of its targets instead."""
    if p.n_hidden[g] == 0:
        return
    h = below(key, 0, p.n_hidden[g])
    node = 1 + p.n_inputs + p.n_outputs + h
    first = pick(enabled_at(p, g, p.targets, node), random.fold(key, u64(1)))
    second = pick(enabled_at(p, g, p.sources, node), random.fold(key, u64(2)))
    if first >= 0 and second >= 0:
        join(p, g, p.sources[g, first], p.targets[g, second], p.signs[g, first] * p.signs[g, second])
    kept = np.empty(p.n_genes[g], np.bool_)
    for c in range(len(kept)):
        kept[c] = p.sources[g, c] != node and p.targets[g, c] != node
    keep_genes(p, g, kept)
    forget_node(p, g, h)


@jit
def enabled_at(p: Population, g: int, ends: NDArray[np.int32], node: int) -> NDArray[np.bool_]:
    """Returns which genes are enabled and have the node at that end, ``p.sources`` or ``p.targets``."""
    found = np.empty(p.n_genes[g], np.bool_)
    for c in range(len(found)):
        found[c] = p.enabled[g, c] and ends[g, c] == node
    return found


@jit
def join(p: Population, g: int, source: int, target: int, sign: int) -> None:
    """Enables the gene between two nodes, or adds one."""
    for c in range(p.n_genes[g]):
        if p.sources[g, c] == source and p.targets[g, c] == target:
            p.enabled[g, c] = True
            return
    append_gene(p, g, source, target, sign)


@jit
def forget_node(p: Population, g: int, h: int) -> None:
    """Removes hidden node h, of which no gene is left; the nodes born later move down by one."""
    node = 1 + p.n_inputs + p.n_outputs + h
    for k in range(h, p.n_hidden[g] - 1):
        p.activations[g, k] = p.activations[g, k + 1]
    p.n_hidden[g] -= 1
    for c in range(p.n_genes[g]):
        p.sources[g, c] -= p.sources[g, c] > node
        p.targets[g, c] -= p.targets[g, c] > node


def operator_chain(operators: Sequence[Operator]) -> Any:
    """Compiles "if the chosen operator is this one, apply it; else ask the rest of the chain" for each row."""
    if not operators:
        return inlined(lambda chosen, p, g, allowed, key: None)
    last, function, rest = len(operators), globals()[operators[-1].name], operator_chain(operators[:-1])

    def link(chosen: int, p: Population, g: int, allowed: Allowed, key: np.uint64) -> None:
        if chosen == last - 1:
            function(p, g, allowed, key)
        else:
            rest(chosen, p, g, allowed, key)

    return inlined(link)


check(globals(), "function", __name__.replace(".", "/") + ".py")
apply_operator = operator_chain(OPERATORS)  # number of the operator, population, genome, what is allowed, stream
