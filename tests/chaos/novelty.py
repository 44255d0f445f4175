"""Novelty as what a search looks for, on a task that deceives: does it find what fitness does not?

The behaviour of a network is by how much two random features of its observations have changed in the end, its novelty
the mean distance to the nearest behaviours of its generation and of an archive; each feature costs an episode more,
which is charged. A third arm adds to the fitness what random network distillation does not foretell of the places that
a network comes to; these are of the episodes that it plays anyway, so nothing is charged for them.
"""

import numpy as np
from numpy.typing import NDArray

from chaos import maze
from chaos.curiosity import Curiosity
from wann_rt.core.random import Purpose
from wann_rt.evolution.config import Config, load
from wann_rt.evolution.fitness import Trials, scores, trials
from wann_rt.evolution.search import Search
from wann_rt.kernels.programs import Programs
from wann_rt.play.rollouts import play
from wann_rt.tasks.task import Task

SEEDS, POPULATION, GENERATIONS, FEATURES = 10, 96, 450, 2
NEAREST, ARCHIVED, SPREAD = 15, 6, 0.5  # neighbours; behaviours kept of each generation; of the features' weights
Floats = NDArray[np.float64]


def solved_at(seed: int, by_novelty: bool) -> int | None:
    """Returns after how many steps a search meets a network that reaches the goal; None within the budget."""
    rng = np.random.default_rng(seed)
    features = [maze.featured(maze.task, np.append(rng.normal(0, SPREAD, 2), 0.0)) for _ in range(FEATURES)]
    generations = GENERATIONS // (1 + FEATURES) if by_novelty else GENERATIONS
    config, running = _search(seed, generations)
    archive, steps = list[Floats](), 0
    for generation in range(generations):
        programs = running.ask()
        played = trials(running.played, config, Purpose.EPISODE, config.episodes, generation)
        scored = scores(maze.task, programs, played, 1)
        steps += scored.steps * (1 + FEATURES * by_novelty)
        if scored.by_weight.max() > maze.SOLVED:
            return steps
        told = scored.by_weight
        if by_novelty:
            told = np.repeat(novelty(programs, played, features, archive)[:, np.newaxis], told.shape[1], axis=1)
        running.tell(programs, told)
    return None


def solved_by_bonus(seed: int) -> int | None:
    """Returns the same of a search for fitness and a bonus of one deviation of the predictor's errors."""
    config, running = _search(seed, GENERATIONS)
    curiosity, steps = Curiosity(seed), 0
    for generation in range(GENERATIONS):
        programs = running.ask()
        played = trials(running.played, config, Purpose.EPISODE, config.episodes, generation)
        scored = scores(maze.task, programs, played, 1)
        steps += scored.steps
        if scored.by_weight.max() > maze.SOLVED:
            return steps
        running.tell(programs, scored.by_weight + curiosity.bonus(programs, played)[:, np.newaxis])
    return None


def _search(seed: int, generations: int) -> tuple[Config, Search]:
    more = {"ranking": "scalar", "again": 0.5, "flip_sign": 0.2, "episodes": 1}
    config = load("tuned", {"population": POPULATION, "generations": generations, "seed": seed, **more})
    return config, Search(maze.task, config, threads=1)


def novelty(programs: Programs, played: Trials, features: list[Task], archive: list[Floats]) -> Floats:
    """Returns how far each network's behaviour is from others; keeps the most novel ones."""
    columns = [play(one, programs, played.weights, played.starts, 1).returns.mean(axis=1) for one in features]
    behaviours = np.stack(columns, axis=1)
    pool = np.concatenate([behaviours, *archive])
    apart = np.sort(np.linalg.norm(behaviours[:, np.newaxis] - pool, axis=2), axis=1)
    found: Floats = apart[:, 1 : 1 + NEAREST].mean(axis=1)
    archive.append(behaviours[np.argsort(-found)[:ARCHIVED]])
    return found


def all_steps() -> dict[str, list[int | None]]:
    """Returns for each arm and seed after how many steps the maze was solved."""
    found: dict[str, list[int | None]] = {"fitness": [], "novelty": [], "fitness and bonus": []}
    for seed in range(1, SEEDS + 1):
        for arm, rows in found.items():
            rows.append(solved_by_bonus(seed) if arm == "fitness and bonus" else solved_at(seed, arm == "novelty"))
            print(arm, seed, rows[-1], flush=True)
    return found
