"""Several searches of one task, by presets and seeds, beside each other: one run says little about a search.

Aggregates are those of R. Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice", 2021
(rliable): the interquartile mean over the runs, with the 95 % percentile interval of a bootstrap over the runs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core import random
from wann_rt.core.controller import Controller
from wann_rt.core.errors import ConfigError, WannError
from wann_rt.core.files import load
from wann_rt.core.random import Purpose
from wann_rt.core.stages import stage
from wann_rt.evaluation.score import Score, interquartile_mean
from wann_rt.evolution import config as configs
from wann_rt.evolution.config import Config
from wann_rt.evolution.journal import champion_file
from wann_rt.evolution.run import run_search
from wann_rt.evolution.run_settings import CHANGED, read_settings, settings_of
from wann_rt.play.backends.processes import session
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.plain import play_controller
from wann_rt.play.repeats import repeating
from wann_rt.play.rollouts import starts_of
from wann_rt.tasks.any_task import AnyTask, available, judged

RESAMPLES = 2000
MOST_SEEDS = 1000


@dataclass(frozen=True)
class Run:
    """One search: its preset, its seed, its champion and the champion's score in the common episodes."""

    preset: str
    seed: int
    controller: Controller
    score: Score


@dataclass(frozen=True)
class Comparison:
    """Searches of one task.

    Attributes:
        task: its name.
        runs: one for each preset and seed, in order.
    """

    task: str
    runs: tuple[Run, ...]

    @property
    def presets(self) -> tuple[str, ...]:
        """The presets, in order."""
        return tuple(dict.fromkeys(run.preset for run in self.runs))

    def of(self, preset: str) -> list[Run]:
        """Returns the runs of a preset."""
        return [run for run in self.runs if run.preset == preset]

    def row(self, preset: str) -> dict[str, Any]:
        """Returns a preset's figures over its runs: mean and IQM of their scores, with intervals."""
        runs = self.of(preset)
        means = np.array([run.score.mean for run in runs])
        over, connections = Score.of(means), [run.controller.network.n_connections for run in runs]
        low, high = bootstrap(means)
        spread = {"lowest": over.low, "highest": over.high, "connections": float(np.mean(connections))}
        return {"runs": len(runs), "mean": over.mean, "ci95": over.ci95, "iqm": over.iqm, "iqm_low": low,
                "iqm_high": high, **spread}  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Returns all figures as JSON values."""
        each = [
            {"preset": r.preset, "seed": r.seed, "connections": r.controller.network.n_connections, **r.score.to_dict()}
            for r in self.runs
        ]
        return {"task": self.task, "presets": {name: self.row(name) for name in self.presets}, "runs": each}


def bootstrap(values: NDArray[np.float64]) -> tuple[float, float]:
    """Returns the 95 % percentile interval of the interquartile mean, over samples of the runs with replacement."""
    draws = random.uniforms(random.stream(0, Purpose.BOOTSTRAP), RESAMPLES * len(values))
    picked = (draws * len(values)).astype(np.int64).reshape(RESAMPLES, len(values))
    found = [interquartile_mean(values[row]) for row in picked]
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def read_seeds(text: str) -> list[int]:
    """Reads seeds: "1-5", "1,2,7", or both.

    Raises:
        ConfigError: it says no seeds, or too many.
    """
    found: list[int] = []
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        if not low.isascii() or not low.isdigit() or (dash and not (high.isascii() and high.isdigit())):
            raise ConfigError(f"seeds are {text!r}; expected numbers and ranges, e.g. 1-5 or 1,2,7")
        first, last = int(low), int(high or low)
        if not 0 <= last - first < MOST_SEEDS:
            raise ConfigError(f"seeds are {text!r}: a range goes upwards and has at most {MOST_SEEDS} seeds")
        found += range(first, last + 1)
    return list(dict.fromkeys(found))


@session()
def compare(
    task: AnyTask,
    presets: Sequence[str],
    seeds: Iterable[int],
    out: str | Path,
    *,
    episodes: int = 100,
    threads: int | None = None,
    settings: Mapping[str, Any] | None = None,
    search: Callable[..., Controller] = run_search,
) -> Comparison:
    """Searches with each preset and seed, and plays all champions in the same fresh episodes.

    Args:
        task: what is searched for.
        presets: names of presets; none: the task's default. What is named twice, here or in ``seeds``, counts once.
        seeds: of the searches.
        out: folder of the run folders, PRESET-SEED: what is finished there is taken, what is not goes on.
        episodes: that each champion is scored in.
        threads: how many to use; the result does not depend on it.
        settings: that replace those of the presets.
        search: runs one search, as ``run_search`` does.

    Raises:
        WannError: unknown preset or setting, or a folder that holds another run.
        KeyboardInterrupt: on Ctrl-C; what was searched so far stays in its folder.
    """
    task = repeating(task)  # as each search has it, so that its folder is known again
    planned = _planned(presets or (configs.default_preset(task),), seeds, settings or {})
    asked = judged(task)
    starts = starts_of(asked, episode_seeds(Purpose.TEST, 0, available(asked, episodes)))
    runs = []
    for config in planned:
        folder = Path(out) / f"{config.preset}-{config.seed}"
        found = finished(task, config, folder) or search(task, config, out=folder, threads=threads)
        if not _is_whole(found, config):  # a search answers Ctrl-C by what it has so far, which is no run to compare
            raise KeyboardInterrupt
        stage(f"scoring the champion of {folder.name}")
        played = play_controller(asked, found, starts, threads)
        runs.append(Run(config.preset, config.seed, found, Score.of_episodes(asked, played)))
    return Comparison(task.name, tuple(runs))


def _planned(presets: Sequence[str], seeds: Iterable[int], settings: Mapping[str, Any]) -> list[Config]:
    """Returns the settings of each search."""
    if "seed" in settings:
        raise ConfigError("setting seed is that of one search; a comparison has its own list of them: seeds, --seeds")
    wanted = list(dict.fromkeys(seeds))
    if not wanted:
        raise ConfigError("seeds are missing: name at least one")
    return [configs.load(name, {**settings, "seed": seed}) for name in dict.fromkeys(presets) for seed in wanted]


def _is_whole(champion: Controller, config: Config) -> bool:
    """Returns whether a champion is that of all generations."""
    return champion.provenance.get("generations") == config.generations


def finished(task: AnyTask, config: Config, folder: Path) -> Controller | None:
    """Returns the champion of a folder that holds this very search, finished; None: it must be searched."""
    try:
        saved, champion = read_settings(folder), load(champion_file(folder))
    except WannError:
        return None
    same = {key: value for key, value in saved.items() if key != CHANGED} == settings_of(task, config)
    return champion if same and _is_whole(champion, config) else None
