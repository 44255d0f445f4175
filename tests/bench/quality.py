"""How long a search takes to be good, and to begin: for `make bench`.

Good is the mean return over the paper's six shared weights and held-out episodes, which no search has seen.
"""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from work import SWING

from wann_rt.core.network import Network
from wann_rt.core.random import Purpose
from wann_rt.evaluation.conditions import SIX_WEIGHTS
from wann_rt.evolution import config
from wann_rt.evolution.search import Search
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.rollouts import play, starts_of

LEVELS = (300, 450, 500)
SEEDS = range(7)
EPISODES, TEST_SEED = 128, 30_000_000  # held out, for each of the six weights


class Reached(NamedTuple):
    """When a search's champion first scored so much; infinite where it never did."""

    seconds: float
    steps: float


NEVER = Reached(float("inf"), float("inf"))


def six_weights(network: Network) -> float:
    """Returns the mean return over the six weights and the held-out episodes."""
    starts = starts_of(SWING, episode_seeds(Purpose.TEST, TEST_SEED, EPISODES))
    weights = np.repeat(np.array(SIX_WEIGHTS, np.float32), EPISODES)
    return float(play(SWING, network, weights, np.tile(starts, len(SIX_WEIGHTS))).returns.mean())


def times_of(preset: str, seed: int) -> dict[int, Reached]:
    """Searches on two threads until every level is reached; judging champions is not counted."""
    search = Search(SWING, config.load(preset, {"seed": seed}), threads=2)
    reached: dict[int, Reached] = {}
    seconds, champion = 0.0, None
    generations = search.run()
    while len(reached) < len(LEVELS) and search.generation < search.config.generations:
        before = time.perf_counter()
        next(generations)
        seconds += time.perf_counter() - before
        if search.champion is not champion:
            champion = search.champion
            assert champion is not None
            score = six_weights(champion.network)
            now = Reached(seconds, search.env_steps)
            reached |= {level: now for level in LEVELS if level not in reached and score > level}
    return {level: reached.get(level, NEVER) for level in LEVELS}


def time_to_quality(preset: str, seeds: Sequence[int] = SEEDS) -> dict[int, Reached]:
    """Returns the medians over seeds of wall time and steps to each level."""
    next(Search(SWING, config.load(preset, {"seed": 0}), threads=2).run())  # compiles
    runs = [times_of(preset, seed) for seed in seeds]
    columns = {level: [run[level] for run in runs] for level in LEVELS}
    return {
        level: Reached(statistics.median(r.seconds for r in rows), statistics.median(r.steps for r in rows))
        for level, rows in columns.items()
    }


class Start(NamedTuple):
    """Wall seconds from the command to its first generation, with nothing compiled and with all compiled."""

    cold: float
    warm: float


def start_up() -> Start:
    """Measures ``wann-rt search swingup`` with a fresh cache of compiled code, and again."""
    with tempfile.TemporaryDirectory() as folder:
        return Start(first_generation(Path(folder), "cold"), first_generation(Path(folder), "warm"))


def first_generation(folder: Path, run: str) -> float:
    """Returns the wall seconds until the first generation is printed, then stops the search."""
    command = [sys.executable, "-m", "wann_rt", "search", "swingup", "--seed", "0", "--out", str(folder / run)]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder / "cache"), "PYTHONUNBUFFERED": "1"}
    before = time.perf_counter()
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True) as begun:
        assert begun.stdout is not None
        for line in begun.stdout:
            if line.startswith("generation 1/"):
                seconds = time.perf_counter() - before
                begun.send_signal(signal.SIGINT)
                begun.stdout.read()
                return seconds
    raise RuntimeError(f"no generation was printed by {' '.join(command)}")
