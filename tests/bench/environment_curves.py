"""Reward against env-steps: whole searches on environments, read from their journals; for `make bench`.

Run folders stay in build/environments: a run that was stopped is resumed, and a finished one of the same command and
code is not made again; delete the folder to have all searched anew.
"""

import hashlib
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.files import load
from wann_rt.evolution import config
from wann_rt.evolution.journal import CHAMPION, read_generations
from wann_rt.evolution.search import Generation
from wann_rt.kernels.jit import SOURCE_STAMP

ROOT = Path(__file__).parents[2]
RUNS = ROOT / "build" / "environments"
SEEDS = range(1, 4)
POINTS = 200  # of a curve


class Course(NamedTuple):
    """Searches that differ in their seeds only.

    Attributes:
        env: the environment's id.
        generations: how many each search runs.
        options: more options of the command.
    """

    env: str
    generations: int
    options: str = ""

    @property
    def command(self) -> str:
        """What a user would type, but for the seed and the folder."""
        options = f" {self.options}" if self.options else ""
        return f"wann-rt search --env {self.env} --backend envpool --generations {self.generations}{options}"


TUNED = "--preset tuned --population 64 --set retest_every=4"
COURSES = (
    Course("MountainCarContinuous-v0", 24, "--set retest_every=2 --set retest_episodes=4"),
    Course("Pendulum-v1", 96, TUNED),
    Course("LunarLanderContinuous-v3", 48, f"{TUNED} --set initial_enabled=1"),
)


def curve(course: Course) -> dict[str, Any]:
    """Searches what is missing; returns the champion's reward over the steps, and what the champions are in the end."""
    folders = [searched(course, seed) for seed in SEEDS]
    runs = [read_generations(folder) for folder in folders]
    steps = np.linspace(max(run[0].env_steps for run in runs), min(run[-1].env_steps for run in runs), POINTS)
    rewards = np.array([reached(run, steps) for run in runs])
    champions = [load(folder / CHAMPION) for folder in folders]
    return {
        "command": course.command,
        "env_steps": steps.round().astype(int).tolist(),
        **{name: part(rewards, axis=0).round(2).tolist() for name, part in PARTS.items()},
        "champions": [
            {
                "seed": seed,
                "env_steps": run[-1].env_steps,
                "seconds": round(run[-1].seconds, 1),
                "searched": round(run[-1].champion, 1),
                "at_its_weight": champion.provenance["score"]["mean"],
                "connections": champion.network.n_connections,
            }
            for seed, run, champion in zip(SEEDS, runs, champions, strict=True)
        ],
    }


PARTS: Mapping[str, Callable[..., Any]] = {"median": np.median, "lowest": np.min, "highest": np.max}


def reached(run: list[Generation], steps: NDArray[np.float64]) -> list[float]:
    """Returns what the champion scored when a search had taken so many steps."""
    taken = [report.env_steps for report in run]
    return [run[k].champion for k in np.searchsorted(taken, steps, side="right") - 1]


def searched(course: Course, seed: int) -> Path:
    """Returns the folder of a finished search."""
    folder = RUNS / f"{course.env}-{digest(course)}-{seed}"
    champion = folder / CHAMPION  # a search that was stopped has one, too
    if not champion.exists() or len(read_generations(folder)) < course.generations:
        print(f"{course.command} --seed {seed}", flush=True)
        arguments = [*course.command.split()[1:], "--seed", str(seed), "--out", str(folder), "--quiet"]
        subprocess.run([sys.executable, "-m", "wann_rt", *arguments], check=True, stdout=subprocess.DEVNULL)
    return folder


def digest(course: Course) -> str:
    """Returns what tells runs of other commands, presets or code apart."""
    presets = [config.load(preset).digest for preset in config.presets()]
    made = course.command, presets, SOURCE_STAMP, version("envpool")
    return hashlib.sha256(repr(made).encode()).hexdigest()[:8]
