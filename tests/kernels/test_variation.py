"""Laws of mutation, selection and expression: always legal, never cyclic, the compiled twin equal to the plain one."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from wann_rt.core.network import Connection, Network
from wann_rt.core.random import Purpose, stream
from wann_rt.kernels import genome
from wann_rt.kernels.express import express
from wann_rt.kernels.genome import Population
from wann_rt.kernels.mutation import Allowed
from wann_rt.kernels.operators import MOST_GENES, MOST_NODES, NAMES
from wann_rt.kernels.variation import Rates, breed, rates_of

ALLOWED = np.array([1, 3, 5, 9], np.int8)


def shares(*values: float, again: float = 0.0) -> Rates:
    """Returns rates in the order of the table of operators."""
    return rates_of(dict(zip(NAMES, values, strict=False)), again)


PAPER = shares(0.2, 0.25, 0.05, 0.5)
EVERY = shares(0.2, 0.2, 0.1, 0.2, 0.1, 0.05, 0.1, 0.1, again=0.4)


def next_generation(
    parents: Population, order: NDArray[np.int64], rates: Rates, seed: int, n_elites: int = 0
) -> Population:
    parents = genome.roomy(parents, MOST_NODES, MOST_GENES)
    shape = parents.activations.shape[1], parents.sources.shape[1]
    children = genome.allocate(len(order), parents.n_inputs, parents.n_outputs, *shape)
    allowed = Allowed(ALLOWED, rates.shares[NAMES.index("flip_sign")] > 0)
    breed(parents, order, n_elites, len(order), 2, rates, allowed, stream(seed, Purpose.TEST), children)
    return children


@cache
def evolved(seed: int, generations: int, rates: Rates = PAPER, size: int = 24) -> Population:
    """Returns a population after some generations of random selection, with some connections of sign -1."""
    rng = np.random.default_rng(seed)
    n_inputs, n_outputs = int(rng.integers(1, 6)), int(rng.integers(1, 4))
    enabled = rng.random((size, (n_inputs + 1) * n_outputs)) < 0.5
    population = genome.initial(size, n_inputs, n_outputs, enabled)
    population.signs[:] *= rng.choice([-1, 1], population.signs.shape).astype(np.int8)
    for k in range(generations):
        population = next_generation(population, rng.permutation(size), rates, seed * 1000 + k)
    return population


def rows(population: Population, g: int) -> tuple[list[int], list[tuple[int, int, int, bool]]]:
    """Returns the activations and the genes (source, target, sign, enabled) of a genome."""
    h, n = population.n_hidden[g], population.n_genes[g]
    genes = zip(*(column[g, :n].tolist() for column in population[5:]), strict=True)
    return population.activations[g, :h].tolist(), list(genes)


@pytest.mark.parametrize("keep_split", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_compiled_expression_equals_the_plain_one(seed: int, keep_split: bool) -> None:
    population = evolved(seed, 60, EVERY if seed % 2 else PAPER)
    programs = express(population, keep_split)
    for g in range(len(population.n_genes)):
        network = genome.express(population, g, keep_split=keep_split)
        wanted, n = network.program, programs.n_nodes[g]
        assert (programs.n_inputs, programs.n_outputs) == (wanted.n_inputs, wanted.n_outputs)
        assert programs.activations[g, :n].tolist() == wanted.activations.tolist()
        assert programs.offsets[g, : n + 1].tolist() == wanted.offsets.tolist()
        assert programs.sources[g, : network.n_connections].tolist() == wanted.sources.tolist()
        assert programs.signs[g, : network.n_connections].tolist() == wanted.signs.tolist()


@pytest.mark.parametrize("rates", [PAPER, shares(0.7, 0.2, 0.1, 0.0), EVERY], ids=["paper", "dense", "every"])
@pytest.mark.parametrize("seed", range(4))
def test_variation_never_makes_a_cycle_or_an_illegal_gene(seed: int, rates: Rates) -> None:
    population = evolved(seed, 60, rates)
    first_output = 1 + population.n_inputs
    first_hidden = first_output + population.n_outputs
    for g in range(len(population.n_genes)):
        activations, genes = rows(population, g)
        n_nodes = first_hidden + len(activations)
        assert set(activations) <= set(ALLOWED.tolist())
        assert len({gene[:2] for gene in genes}) == len(genes)
        for source, target, sign, _ in genes:
            assert 0 <= source < first_output or first_hidden <= source < n_nodes
            assert first_output <= target < n_nodes
            assert sign in (-1, 1)
        # Disabled genes count: enabling them all must not close a loop either.
        hidden = dict(enumerate(activations, first_hidden))
        outputs = dict.fromkeys(range(first_output, first_hidden), 1)
        Network.build(population.n_inputs, hidden, outputs, [Connection(*gene[:3]) for gene in genes], prune=True)


def test_elites_are_copied_unchanged_best_first() -> None:
    parents = evolved(1, 20)
    order = np.random.default_rng(0).permutation(24)
    children = next_generation(parents, order, PAPER, 5, n_elites=10)
    assert [rows(children, k) for k in range(10)] == [rows(parents, int(order[k])) for k in range(10)]


def test_a_child_depends_on_its_own_stream_only() -> None:
    parents, order = evolved(2, 20), np.arange(24)
    few, many = (next_generation(parents, order, PAPER, 5, n_elites=n) for n in (2, 9))
    assert [rows(few, k) for k in range(9, 24)] == [rows(many, k) for k in range(9, 24)]


def only(**named: float) -> Rates:
    return rates_of(named)


def single_mutations(rates: Rates) -> list[tuple[Any, Any]]:
    """Returns (before, after) for children of one genome."""
    source = evolved(3, 60)
    repeated: list[Any] = [np.repeat(column[:1], 200, axis=0) for column in source[2:]]
    parents = Population(source.n_inputs, source.n_outputs, *repeated)
    children = next_generation(parents, np.arange(200), rates, 9)
    return [(rows(parents, g), rows(children, g)) for g in range(200)]


def test_adding_a_connection_adds_one_enabled_gene_between_unjoined_nodes() -> None:
    for (activations, genes), (new_activations, new_genes) in single_mutations(shares(1, 0, 0, 0)):
        assert new_activations == activations
        assert new_genes[:-1] == genes
        assert new_genes[-1][:2] not in [gene[:2] for gene in genes]
        assert new_genes[-1][2:] == (1, True)


def test_adding_a_node_splits_one_enabled_gene_and_keeps_its_sign() -> None:
    for (activations, genes), (new_activations, new_genes) in single_mutations(shares(0, 1, 0, 0)):
        (split,) = [k for k, gene in enumerate(genes) if gene != new_genes[k]]
        source, target, sign, enabled = genes[split]
        node = new_genes[-1][0]
        assert enabled
        assert new_genes[split] == (source, target, sign, False)
        assert new_genes[len(genes) :] == [(source, node, 1, True), (node, target, sign, True)]
        assert new_activations[:-1] == activations
        assert new_activations[-1] in ALLOWED


def test_enabling_enables_one_gene_and_nothing_else() -> None:
    for (activations, genes), (new_activations, new_genes) in single_mutations(shares(0, 0, 1, 0)):
        assert new_activations == activations
        (changed,) = [k for k, gene in enumerate(genes) if gene != new_genes[k]]
        assert (genes[changed][3], new_genes[changed]) == (False, (*genes[changed][:3], True))


def test_changing_an_activation_gives_one_node_another() -> None:
    for (activations, genes), (new_activations, new_genes) in single_mutations(shares(0, 0, 0, 1)):
        assert new_genes == genes
        assert sum(a != b for a, b in zip(activations, new_activations, strict=True)) == 1


def test_a_new_connection_has_either_sign_only_if_signs_evolve() -> None:
    signed = only(add_connection=1, flip_sign=1e-9)
    assert {new[-1][2] for _, (_, new) in single_mutations(signed)} == {-1, 1}


def test_deleting_a_connection_removes_one_enabled_gene() -> None:
    for (activations, genes), (new_activations, new_genes) in single_mutations(only(delete_connection=1)):
        assert new_activations == activations
        (removed,) = set(genes) - set(new_genes)
        assert removed[3]
        assert new_genes == [gene for gene in genes if gene != removed]


def test_deleting_a_node_removes_it_and_bridges_the_gap_by_at_most_one_connection() -> None:
    for (activations, genes), (new_activations, new_genes) in single_mutations(only(delete_node=1)):
        assert len(new_activations) == len(activations) - 1
        first_hidden = max(gene[1] for gene in genes) - len(activations) + 1
        fits = []
        for node in range(first_hidden, first_hidden + len(activations)):
            rest = [gene for gene in genes if node not in gene[:2]]
            moved = [(s - (s > node), t - (t > node), sign, on) for s, t, sign, on in rest]
            fits.append(len(set(new_genes) - set(moved)) <= 1 and len(new_genes) - len(moved) in (0, 1))
        assert any(fits)


def test_flipping_a_sign_changes_one_sign_and_nothing_else() -> None:
    for (activations, genes), (new_activations, new_genes) in single_mutations(only(flip_sign=1)):
        assert new_activations == activations
        (changed,) = [k for k, gene in enumerate(genes) if gene != new_genes[k]]
        source, target, sign, enabled = genes[changed]
        assert enabled
        assert new_genes[changed] == (source, target, -sign, True)


def test_moving_a_connection_moves_one_of_its_ends() -> None:
    moved = 0
    for (activations, genes), (new_activations, new_genes) in single_mutations(only(move_connection=1)):
        assert new_activations == activations
        changed = [k for k, gene in enumerate(genes) if gene != new_genes[k]]
        for k in changed:
            assert sum(a != b for a, b in zip(genes[k], new_genes[k], strict=True)) == 1
            assert genes[k][2:] == new_genes[k][2:]
        moved += len(changed)
        assert len(changed) <= 1
    assert moved > 100


def test_mutations_with_nothing_to_act_on_leave_a_clone() -> None:
    bare = genome.initial(8, 2, 1, np.zeros((8, 3), bool))
    full = genome.initial(8, 2, 1, np.ones((8, 3), bool))
    for population, rates in (
        (bare, shares(0, 1, 0, 0)), (full, shares(0, 0, 1, 0)), (full, shares(0, 0, 0, 1)),
        (bare, only(delete_connection=1)), (full, only(delete_node=1)), (bare, only(flip_sign=1)),
        (bare, only(move_connection=1)),
    ):  # fmt: skip
        children = next_generation(population, np.arange(8), rates, 1)
        assert [rows(children, g) for g in range(8)] == [rows(population, g) for g in range(8)]
