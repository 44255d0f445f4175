"""Random weights as a search for architectures: does a score without tuning foretell the score after it?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import wann_rt as wr
from wann_rt.core.controller import Controller, Weight
from wann_rt.play.episodes import HIGH, LOW
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.task import Task
from wann_rt.zoo.sources import load

ROOT = Path(__file__).parents[2]
EPISODES, FIRST_SEED = 64, 770_000_000
SEARCHES, POPULATION, TUNED_STEPS = 16, 48, 4_000_000
GENERATIONS = (4, 8, 16, 32)  # of the searches, so that champions of all qualities are among them


class Scores(NamedTuple):
    """A topology and its scores.

    Attributes:
        name: where it comes from.
        connections: how many.
        random: mean return with random weights, each connection its own.
        shared: mean return over random shared weights.
        best: mean return with the best of them.
        tuned: mean return after CMA-ES on individual weights.
    """

    name: str
    connections: int
    random: float
    shared: float
    best: float
    tuned: float


def topologies(task: str) -> list[tuple[str, Controller]]:
    """Returns champions of short searches of all lengths, and of long ones."""
    found = []
    for seed in range(SEARCHES):
        generations = GENERATIONS[seed % len(GENERATIONS)]
        settings: dict[str, Any] = {
            "population": POPULATION,
            "generations": generations,
            "sweep_weights": 1,
            "scored_episodes": 2,
        }
        made = wr.search(task, preset="minimal", seed=seed + 1, threads=1, **settings)
        found.append((f"search, {generations} generations", made))
    return found + champions(task)


def champions(task: str) -> list[tuple[str, Controller]]:
    """Returns the zoo's champion of the task as its search found it, and of the swing-up those of each size."""
    found = [(f"zoo:{task}.shared", load(f"zoo:{task}.shared"))]
    if task == "cartpole-swingup":
        found += [
            (f"docs/pareto/{path.name}", load(path)) for path in sorted((ROOT / "docs" / "pareto").glob("*.json"))
        ]
    return found


def scored(name: str, controller: Controller, task: Task, steps: int = TUNED_STEPS) -> Scores:
    """Returns the scores of a topology."""
    network, rng = controller.network, np.random.default_rng(1)
    starts = starts_of(task, range(FIRST_SEED, FIRST_SEED + EPISODES))
    shared = (LOW + (HIGH - LOW) * (np.arange(EPISODES) + 0.5) / EPISODES).astype(np.float32)
    each = rng.uniform(LOW, HIGH, (network.n_connections, EPISODES)).astype(np.float32)
    by_weight = play(task, network, np.repeat(shared[::8], 8), starts, 1).returns.reshape(-1, 8).mean(axis=1)
    tuned = wr.tune(controller.with_weight(1.0), task, method="cma", steps=steps, seed=1, threads=1).controller
    weights = np.repeat(np.array(tuned.weight.values, np.float32)[:, np.newaxis], EPISODES, axis=1)
    return Scores(
        name,
        network.n_connections,
        float(play(task, network, each, starts, 1).returns.mean()),
        float(play(task, network, shared, starts, 1).returns.mean()),
        float(by_weight.max()),
        float(play(task, tuned.network, weights, starts, 1).returns.mean()),
    )


def all_scores(task: str, subjects: Sequence[tuple[str, Controller]] = ()) -> list[Scores]:
    """Returns the scores of many topologies of a task."""
    plain = wr.task(task)
    found = []
    for name, controller in subjects or topologies(task):
        found.append(scored(name, controller.with_weight(Weight.shared(1.0)), plain))
        print(*found[-1], flush=True)
    return found
