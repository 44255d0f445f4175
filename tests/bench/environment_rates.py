"""Steps per second on environments, alone and within a search; for `make bench`.

All take turns in one process. Alone means random actions and nothing done with what comes of them: Gymnasium with one
environment, EnvPool with all of a pool's in every step. EnvPool has a thread for each processor, a search by processes
a process.
"""

import importlib.util
import statistics
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import gymnasium
import numpy as np

from wann_rt.evolution import config
from wann_rt.evolution.search import Search
from wann_rt.play.backends import processes
from wann_rt.play.backends.envpool_engine import AT_ONCE, SLOTS
from wann_rt.play.environment import environment
from wann_rt.play.rollouts import default_threads
from wann_rt.tasks.environment.task import BackendName, EnvironmentTask

ROUNDS = 5
STEPS: Mapping[str, int] = {"BipedalWalker-v3": 100_000, "LunarLanderContinuous-v3": 100_000}  # of EnvPool's turns
POOL = AT_ONCE * SLOTS  # environments, as many as a search has at once
INSTALLED = importlib.util.find_spec("envpool") is not None


class Rate(NamedTuple):
    """Steps per second of wall time, and of this process's CPU time."""

    wall: float
    cpu: float


class Turn(NamedTuple):
    """What is timed.

    Attributes:
        title: what it is called in the table.
        backend: what plays.
        play: task, steps -> takes at least so many steps, and returns how many.
        share: of the environment's steps, because some are slower.
    """

    title: str
    backend: BackendName
    play: Callable[[EnvironmentTask, int], int]
    share: float


def gymnasium_alone(task: EnvironmentTask, steps: int) -> int:
    """Takes random actions in one environment."""
    environment = gymnasium.make(task.env_id)
    environment.action_space.seed(0)
    environment.reset(seed=0)
    for _ in range(steps):
        *_, terminated, truncated, _ = environment.step(environment.action_space.sample())
        if terminated or truncated:
            environment.reset()
    environment.close()
    return steps


def envpool_alone(task: EnvironmentTask, steps: int) -> int:
    """Takes random actions in all environments of a pool."""
    import envpool

    settings = {"num_envs": POOL, "num_threads": default_threads(), "seed": 0, "max_episode_steps": task.max_steps}
    pool = envpool.make(task.env_id, "gymnasium", **settings)
    pool.reset()
    space, rng = pool.action_space, np.random.default_rng(0)
    slots, times = np.arange(POOL, dtype=np.int32), -(-steps // POOL)
    for _ in range(times):
        pool.step(rng.uniform(space.low, space.high, (POOL, *space.shape)).astype(space.dtype), slots)
    pool.close()
    return times * POOL


def searching(task: EnvironmentTask, steps: int, population: int = 64) -> int:
    """Runs generations of a search, the same ones each time."""
    running = Search(task, config.load("environment", {"population": population, "retest_episodes": 4}))
    reports = running.run()
    while running.env_steps < steps:
        next(reports)
    return running.env_steps


def searching_little(task: EnvironmentTask, steps: int) -> int:
    """Runs generations of a search that are over sooner."""
    return searching(task, steps, population=16)


TURNS: Mapping[str, Turn] = {
    "gymnasium": Turn("Gymnasium alone, one process", "processes", gymnasium_alone, 0.1),
    "search_in_processes": Turn("search, `--backend processes`", "processes", searching_little, 0.1),
    "envpool": Turn("EnvPool alone", "envpool", envpool_alone, 1.0),
    "search": Turn("search, `--backend envpool`", "envpool", searching, 1.0),
}


def rates(env_id: str) -> dict[str, Any]:
    """Returns the medians over the rounds of each turn's rates, and of what part the search's are of the others'."""
    turns = {name: turn for name, turn in TURNS.items() if INSTALLED or turn.backend != "envpool"}
    found: dict[str, list[Rate]] = {name: [] for name in turns}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of EnvPool's spaces
        for number in range(ROUNDS + 1):
            for name, turn in turns.items():
                rate = timed(turn, environment(env_id, backend=turn.backend), round(turn.share * STEPS[env_id]))
                if number > 0:  # the first compiles, and starts processes
                    found[name].append(rate)
    processes.close()
    return summary(found)


def timed(turn: Turn, task: EnvironmentTask, steps: int) -> Rate:
    """Returns the rates of one turn."""
    wall, cpu = time.perf_counter(), time.process_time()
    taken = turn.play(task, steps)
    return Rate(taken / (time.perf_counter() - wall), taken / (time.process_time() - cpu))


def summary(found: Mapping[str, list[Rate]]) -> dict[str, Any]:
    """Returns the medians of the rates and of the rounds' ratios; ratios of CPU time where one process does all."""
    document: dict[str, Any] = {name: median(rate.wall for rate in rows) for name, rows in found.items()}
    document["search_in_processes_per_gymnasium"] = ratio(found, "search_in_processes", "gymnasium", "wall")
    if INSTALLED:
        for other in ("gymnasium", "envpool"):
            document[f"search_per_{other}"] = ratio(found, "search", other, "wall")
            document[f"search_per_{other}_cpu"] = ratio(found, "search", other, "cpu")
    return document


def ratio(found: Mapping[str, list[Rate]], these: str, those: str, clock: str) -> float:
    """Returns the median of the rounds' ratios."""
    mine, other = ([float(getattr(rate, clock)) for rate in found[name]] for name in (these, those))
    return round(statistics.median(a / b for a, b in zip(mine, other, strict=True)), 3)


def median(values: Iterable[float]) -> int:
    """Returns the median as a whole number."""
    return round(statistics.median(values))
