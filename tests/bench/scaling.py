"""How the search's speed depends on the size of networks, threads and population, for `make bench`."""

import statistics
import time
from typing import Any, NamedTuple

from work import HIDDEN, NETWORKS, PAPER_LANES, ROUNDS, SWING, alternating, episodes, lockstep, population, ratio

from wann_rt.evolution import config
from wann_rt.evolution import fitness as scoring
from wann_rt.evolution.search import Search
from wann_rt.play.rollouts import default_threads, play
from wann_rt.tasks.task import Task

POPULATION, GENERATIONS, STEPS = 192, 1024, 1000  # of the paper
WARM_UP, TIMED = 200, 40  # generations
POPULATIONS = (192, 1000, 10_000)
YOUNG, MEASURED = 8, 3  # generations of each population: the first are unlike the others


def by_connections(task: Task) -> dict[int, float]:
    """Returns steps per CPU-second at the paper's lanes by size of the networks."""
    rates = alternating({n: lockstep(task, population(NETWORKS, n), PAPER_LANES) for n in HIDDEN})
    return {n: statistics.median(values) for n, values in rates.items()}


class Threads(NamedTuple):
    """A generation's rollouts, 192 networks of 52 connections at the paper's lanes, with 1, 2, ... threads.

    Attributes:
        seconds: wall time by threads.
        speed_up: against one thread.
        cpu: CPU time by threads, one thread = 1.
    """

    seconds: dict[int, float]
    speed_up: dict[int, float]
    cpu: dict[int, float]


def by_threads(task: Task) -> Threads:
    """Measures with 1, 2, 4, ... threads, as many as there are processors, but with two in any case."""
    programs, given = population(POPULATION, 52), episodes(task, PAPER_LANES)
    most = max(2, default_threads())
    counts = sorted({1, 2, *(n for n in (4, 8, 16, 32, 64) if n < most), most})
    walls: dict[int, list[float]] = {n: [] for n in counts}
    cpu: dict[int, list[float]] = {n: [] for n in counts}
    for turn in range(4 * ROUNDS + 1):
        for threads in counts:
            wall_before, cpu_before = time.perf_counter(), time.process_time()
            play(task, programs, *given, threads=threads)
            if turn > 0:
                walls[threads].append(time.perf_counter() - wall_before)
                cpu[threads].append(time.process_time() - cpu_before)
    return Threads(
        {n: statistics.median(walls[n]) for n in counts},
        {n: ratio(walls[1], walls[n]) for n in counts},
        {n: ratio(cpu[n], cpu[1]) for n in counts},
    )


class Profile(NamedTuple):
    """Where a search's time goes.

    Attributes:
        steps: taken.
        seconds: wall time.
        rollouts: share of it spent playing, retests included.
    """

    steps: int
    seconds: float
    rollouts: float


def profile(search: Search, warm_up: int, timed: int) -> Profile:
    """Runs generations of a search, and times those after the first ``warm_up``."""
    generations = search.run()
    for _ in range(warm_up):
        next(generations)
    in_rollouts, original = 0.0, scoring.scores

    def watched(*given: Any) -> scoring.Scored:
        nonlocal in_rollouts
        before = time.perf_counter()
        found = original(*given)
        in_rollouts += time.perf_counter() - before
        return found

    scoring.scores = watched  # type: ignore[assignment]
    try:
        steps, before = search.env_steps, time.perf_counter()
        for _ in range(timed):
            next(generations)
        wall, steps = time.perf_counter() - before, search.env_steps - steps
    finally:
        scoring.scores = original
    return Profile(steps, wall, in_rollouts / wall)


def paper_search() -> tuple[float, float]:
    """Times generations of the paper's preset on two threads.

    Returns:
        Wall seconds for the paper's full budget, and the share of a generation's time that is not rollouts.
    """
    found = profile(Search(SWING, config.load("paper", {"seed": 0}), threads=2), WARM_UP, TIMED)
    budget = POPULATION * GENERATIONS * PAPER_LANES * STEPS
    return found.seconds / found.steps * budget, 1 - found.rollouts


def by_population() -> dict[int, Profile]:
    """Returns what young generations of the paper's preset cost by population, on two threads."""
    searches = {n: Search(SWING, config.load("paper", {"seed": 0, "population": n}), threads=2) for n in POPULATIONS}
    return {n: profile(search, YOUNG, MEASURED) for n, search in searches.items()}
