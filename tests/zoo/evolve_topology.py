"""Finds a topology whose tuned weights earn the most: an evolution of small networks, each tuned before it is judged.

    python tests/zoo/evolve_topology.py TASK FILE --start CONTROLLER [--most 12] [--children 4000] [--seed 1]

``wann-rt search`` scores topologies with shared weights, because it wants those that hardly depend on them. What earns
the most of all needs weights that fit it. So here a child differs from its parent by a connection more, less or moved,
by a node in a connection, or by an activation, has its parent's weights else, and is tuned by a few generations of
CMA-ES on fresh episodes; what it then earns in held-out ones, the same for all, decides. It takes the place of the one
that has its topology, or else of a weak one, if it is better. ``wann-rt tune`` makes a champion of the result.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from genomes import CHANGES, Draws, Genome, controller_of, cut, genome_of
from numpy.typing import NDArray

from wann_rt import tasks
from wann_rt.core import files
from wann_rt.core.errors import NetworkError
from wann_rt.core.network import Network
from wann_rt.core.random import Purpose
from wann_rt.tasks import with_params
from wann_rt.tasks.task import Task
from wann_rt.tuning.polish import Arena
from wann_rt.tuning.strategies import Cma, Vectors

CONTESTANTS, REPORT = 4, 50
CANDIDATES = 16  # of the tuning of a child
LEAST = 0.1  # unit of the smallest weights while they are tuned


class Evolution:
    """An evolution; all of it follows from its seed.

    Attributes:
        living: those that may be parents.
        arena: counts the steps of the task.
    """

    def __init__(self, task: Task, starts: list[Genome], given: argparse.Namespace) -> None:
        self.arena, self.draws = Arena(task, given.seed, given.threads), Draws(given.seed)
        self.given, self.children = given, 0
        self.judged = self.arena.held_out(Purpose.TUNE_SCREEN, given.judged)
        self.living = [self.tuned(starts[k % len(starts)].copy()) for k in range(given.living)]

    @property
    def best(self) -> Genome:
        """The best of them."""
        return max(self.living, key=lambda genome: genome.score)

    def step(self) -> None:
        """Lets a child be born, and take the place of another one if it is better."""
        child = self.child(max(self.drawn(), key=lambda k: self.living[k].score))
        if child is None:
            return
        child = self.tuned(child)
        shape = child.built()[0]
        alike = [k for k, genome in enumerate(self.living) if genome.built()[0] == shape]
        worst = min(alike or self.drawn(), key=lambda k: self.living[k].score)
        if child.score > self.living[worst].score:
            self.living[worst] = child

    def drawn(self) -> list[int]:
        """Returns a few of the living."""
        return [int(self.draws.chance() * len(self.living)) for _ in range(CONTESTANTS)]

    def child(self, parent: int) -> Genome | None:
        """Returns a changed copy; None where the changes make no network."""
        child = self.living[parent].copy()
        self.draws.one(CHANGES)(child, self.draws)
        while self.draws.chance() < 0.5:
            self.draws.one(CHANGES)(child, self.draws)
        while len(child.weights) > self.given.most:
            cut(child, self.draws)
        child.tidy()
        try:
            child.built()
        except NetworkError:
            return None
        return child

    def tuned(self, genome: Genome) -> Genome:
        """Returns a genome with tuned weights, and what they earn."""
        network, order = genome.built()
        start = np.array([genome.weights[pair] for pair in order])
        units = np.maximum(np.abs(start), LEAST)
        self.children += 1
        strategy = Cma(start / units, self.given.sigma, CANDIDATES, self.children)
        for generation in range(self.given.generations):
            asked = strategy.ask()
            fresh = self.arena.fresh(self.given.episodes, self.children, generation)
            strategy.tell(self.returns(network, asked * units, fresh))
        both = np.vstack([strategy.center * units, start])
        scores = self.returns(network, both, self.judged)
        weights = dict(zip(order, both[int(np.argmax(scores))].tolist(), strict=True))
        return replace(genome, weights=weights, score=float(scores.max()))

    def returns(self, network: Network, candidates: Vectors, starts: NDArray[Any]) -> Vectors:
        """Returns what candidates earn in the mean."""
        return np.asarray(self.arena.returns(network, candidates, starts).mean(axis=1))


def arguments() -> argparse.Namespace:
    """Returns what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task")
    parser.add_argument("file", type=Path)
    parser.add_argument("--start", type=Path, action="append", required=True, help="a controller; may be repeated")
    parser.add_argument("--task-set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--most", type=int, default=12, help="connections")
    parser.add_argument("--children", type=int, default=4000)
    parser.add_argument("--episodes", type=int, default=256, help="fresh ones of each candidate")
    parser.add_argument("--judged", type=int, default=1024, help="held-out episodes")
    parser.add_argument("--generations", type=int, default=24, help="of the tuning of a child")
    parser.add_argument("--living", type=int, default=48, help="how many may be parents")
    parser.add_argument("--sigma", type=float, default=0.2, help="first step, in sizes of the weights")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int)
    return parser.parse_args()


def main() -> None:
    """Runs it and writes the best."""
    given = arguments()
    task = tasks.get(given.task)
    values = {name: float(value) for name, value in (item.split("=") for item in given.task_set)}
    played = with_params(task, **values) if values else task
    starts = [files.load(file) for file in given.start]
    evolution = Evolution(played, [genome_of(one) for one in starts], given)
    for k in range(1, given.children + 1):
        evolution.step()
        if k % REPORT == 0 or k == given.children:
            best, scores = evolution.best, [genome.score for genome in evolution.living]
            steps = evolution.arena.env_steps
            print(f"{k} children, {steps / 1e6:.0f} M steps: {best.score:.2f}, mean {np.mean(scores):.2f}", flush=True)
            files.save(controller_of(played, starts[0], best, steps), given.file)


if __name__ == "__main__":
    main()
