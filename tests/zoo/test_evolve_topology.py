"""The evolution of topologies: what it changes stays a network, and it repeats itself."""

import argparse

import evolve_topology as evolving
import genomes
import pytest

from wann_rt import tasks, zoo
from wann_rt.core.errors import NetworkError

SMALL = argparse.Namespace(
    seed=3, threads=None, most=6, episodes=8, judged=64, sigma=0.25, generations=6, living=6, children=12
)


@pytest.mark.parametrize("name", ["pendulum-best", "cartpole-swingup-robust", "quadrotor", "cartpole-swingup"])
def test_a_genome_has_the_network_and_the_weights_of_its_controller(name: str) -> None:
    controller = zoo.load(name)
    genome = genomes.genome_of(controller)
    made = genomes.controller_of(tasks.get(controller.provenance["task"]), controller, genome, 0)
    assert made.network.sources == controller.network.sources
    assert made.network.activations == controller.network.activations
    assert made.weight.array.tolist() == controller.weight.array.tolist()


def test_what_changes_make_is_a_network_or_no_child() -> None:
    draws, genome = genomes.Draws(1), genomes.genome_of(zoo.load("pendulum-best"))
    built = 0
    for _ in range(300):
        child = genome.copy()
        draws.one(genomes.CHANGES)(child, draws)
        child.tidy()
        try:
            network, pairs = child.built()
        except NetworkError:
            continue
        built += 1
        assert sorted(pairs) == sorted(child.weights)
        assert network.n_connections == len(child.weights)
        genome = child if 0 < len(child.weights) < 20 else genome
    assert built > 200


def test_an_evolution_repeats_itself_and_never_gets_worse() -> None:
    starts = [genomes.genome_of(zoo.load("pendulum"))]
    once, again = (evolving.Evolution(tasks.get("pendulum"), starts, SMALL) for _ in range(2))
    before = once.best.score
    for evolution in (once, again):
        for _ in range(SMALL.children):
            evolution.step()
    assert once.living == again.living
    assert once.best.score >= before
    assert all(len(genome.weights) <= SMALL.most for genome in once.living)
