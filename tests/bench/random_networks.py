"""Plays random networks of each size and writes the table that ``evaluation.baseline`` reads.

    python tests/bench/random_networks.py wann_rt/evaluation/baselines/cartpole-swingup.json

A network starts without a connection and grows: with equal chance a new connection of random sign between any legal
pair of nodes, or a new node with a random activation in a connection; it is played when it has the size asked for. A
random shared weight is U(-2, 2), stratified; the tuned one is the best of a grid, scored again on other episodes.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wann_rt import tasks
from wann_rt.core import files, random
from wann_rt.core.activations import BY_NAME
from wann_rt.core.random import Purpose
from wann_rt.evaluation import baseline
from wann_rt.evolution.config import Config
from wann_rt.kernels import genome
from wann_rt.kernels.express import express
from wann_rt.kernels.genome import Population
from wann_rt.kernels.mutation import Allowed, add_connection, add_node
from wann_rt.kernels.programs import Programs, some_of
from wann_rt.play.episodes import HIGH, LOW, episode_seeds
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.task import Task

SIZES = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50)
GRID, SCREENED, SCORED = 41, 2, 32  # shared weights of the grid, episodes for each, episodes of every score
MOST_MUTATIONS = 400  # before a network is given up
ALLOWED = Allowed(np.array([BY_NAME[name].id for name in Config().activations], np.int8), True)


def main() -> None:
    """Writes the table of a task."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--networks", type=int, default=1000, help="of each size")
    parser.add_argument("--threads", type=int, default=None)
    arguments = parser.parse_args()
    task = tasks.get(arguments.out.stem)
    rows = [row(task, size, arguments.networks, arguments.threads) for size in SIZES]
    files.write_atomic(arguments.out, document(task, rows).encode())


def document(task: Task, rows: list[dict[str, object]]) -> str:
    """Returns the file's text, one size a line."""
    head = f'"task": {json.dumps(task.name)},\n "task_version": {task.version}'
    return f'{{\n {head},\n "sizes": [\n  ' + ",\n  ".join(map(json.dumps, rows)) + "\n ]\n}\n"


def row(task: Task, size: int, count: int, threads: int | None) -> dict[str, object]:
    """Returns the spread of the scores of ``count`` networks of a size."""
    programs = drawn(task, size, count)
    by_condition = random_shared(task, programs, threads), tuned_shared(task, programs, threads)
    spreads = {name: spread(scores) for name, scores in zip(baseline.CONDITIONS, by_condition, strict=True)}
    print(size, spreads, flush=True)
    return {"connections": size, "networks": count, **spreads}


def spread(scores: NDArray[np.float64]) -> dict[str, float]:
    """Returns median, 95th percentile and greatest."""
    values = np.median(scores), np.percentile(scores, 95), scores.max()
    return {name: round(float(v), 1) for name, v in zip(("median", "p95", "best"), values, strict=True)}


def drawn(task: Task, size: int, count: int) -> Programs:
    """Returns random networks with ``size`` connections each."""
    n_in, n_out = len(task.observations), len(task.actions)
    population = genome.allocate(count, n_in, n_out, MOST_MUTATIONS, 2 * MOST_MUTATIONS)
    for g in range(count):
        attempt = 0
        while not grown(population, g, size, attempt):
            attempt += 1
    return express(population, keep_split=False)


def grown(population: Population, g: int, size: int, attempt: int) -> bool:
    """Grows genome g; returns False if it has jumped over the size."""
    population.n_hidden[g] = population.n_genes[g] = 0
    for k in range(MOST_MUTATIONS):
        key = random.stream(size, Purpose.VECTORS, g, attempt, k)
        if random.uniforms(key, 1)[0] < 0.5:
            add_connection(population, g, ALLOWED, key)
        else:
            add_node(population, g, ALLOWED, key)
        if population.enabled[g, : population.n_genes[g]].sum() < size:
            continue  # spares the pruning
        connections = genome.express(population, g).n_connections
        if connections >= size:
            return connections == size
    return False


def random_shared(task: Task, programs: Programs, threads: int | None) -> NDArray[np.float64]:
    """Returns the mean return of each network over stratified shared weights."""
    within = random.uniforms(random.stream(0, Purpose.VECTORS, 1), SCORED)
    weights = (LOW + (HIGH - LOW) * (np.arange(SCORED) + within) / SCORED).astype(np.float32)
    starts = starts_of(task, episode_seeds(Purpose.TEST, 0, SCORED))
    return np.asarray(play(task, programs, weights, starts, threads).returns.mean(axis=1))


def tuned_shared(task: Task, programs: Programs, threads: int | None) -> NDArray[np.float64]:
    """Returns the mean return of each network with the shared weight that is best for it."""
    grid = np.linspace(LOW, HIGH, GRID).astype(np.float32)
    starts = starts_of(task, episode_seeds(Purpose.SWEEP, 0, SCREENED))
    screened = play(task, programs, np.repeat(grid, SCREENED), np.tile(starts, GRID), threads).returns
    best = grid[screened.reshape(-1, GRID, SCREENED).mean(axis=2).argmax(axis=1)]
    starts = starts_of(task, episode_seeds(Purpose.TEST, 0, SCORED))
    scores = np.empty(len(best))
    for weight in np.unique(best):
        same = np.flatnonzero(best == weight)
        weights = np.full(SCORED, weight, np.float32)
        scores[same] = play(task, some_of(programs, same), weights, starts, threads).returns.mean(axis=1)
    return scores


if __name__ == "__main__":
    main()
