"""A search by CMA-ES for the walker's numbers in EnvPool, with a journal that it goes on from."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.network import Network
from wann_rt.core.random import Purpose, normals, stream
from wann_rt.play.environment import environment
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.environment.task import EnvironmentTask
from wann_rt.tuning.strategies import Cma

WALKER = "BipedalWalker-v3"
FELL, CHARGE = 250.0, 100.0  # with a margin, an episode below this return is one with a fall, and costs so much more
LEARNT, SINCE = 150.0, 5  # falls are charged from where the middle of so many generations is better than this
CUT: Mapping[str, Any] = {"stall_steps": 150, "stall_reward": 2.0}
Vector = NDArray[np.float64]
# Returns and lengths of vectors, [vectors, episodes], given seeds, whether falls are charged and stalled episodes cut.
Play = Callable[[Vector, NDArray[np.int64], bool, bool], tuple[Vector, NDArray[np.int64]]]


def walker(memory: Mapping[str, str], backend: Any = "envpool", env: str = WALKER, **options: Any) -> EnvironmentTask:
    """Returns the walker, or another environment with its channels, as a task of a controller with a memory."""
    return environment(env, backend=backend, derive=memory, **options)


@dataclass
class Climb:
    """A run of CMA-ES; what its journal has is not played again.

    Attributes:
        journal: a line for each generation.
        start: the first middle.
        sigma: the first step size.
        population: candidates of a generation.
        episodes: of each candidate, the same for all of a generation.
        seed: of the candidates and the episodes.
        play: plays candidates.
        charged: whether falls are charged from the first generation.
        shown: a generation of so many shows its middle.
        retested: the episodes by which it is shown.
    """

    journal: Path
    start: Vector
    sigma: float
    population: int
    episodes: int
    seed: int
    play: Play
    charged: bool = False
    shown: int = 10
    retested: int = 8

    def run(self, generations: int, until: float = np.inf) -> list[dict[str, Any]]:
        """Goes on to a generation, or until ``time.time()`` is past a time; returns the journal."""
        self.journal.parent.mkdir(parents=True, exist_ok=True)
        kept = journal_of(self.journal)
        strategy = Cma(self.start, self.sigma, self.population, self.seed)
        for row in kept:
            strategy.ask()
            strategy.tell(np.array(row["scores"]))
        while len(kept) < generations and time.time() < until:
            kept.append(self._generation(strategy, kept))
            with self.journal.open("a") as file:
                file.write(json.dumps(kept[-1]) + "\n")
        return kept

    def _generation(self, strategy: Cma, kept: list[dict[str, Any]]) -> dict[str, Any]:
        begun, number = time.process_time(), len(kept)
        charged = bool(kept[-1]["charged"] or self._has_learnt(kept)) if kept else self.charged
        seeds = episode_seeds(Purpose.TUNE_EPISODE, self.seed, self.episodes, number)
        returns, lengths = self.play(strategy.ask(), seeds, charged, True)
        scores = returns.mean(1).round(3)  # as the journal says them, so that going on is like never having stopped
        strategy.tell(scores)
        row = {"charged": charged, "scores": scores.tolist(), "steps": int(lengths.sum())}
        if number % self.shown == self.shown - 1:
            again = episode_seeds(Purpose.TUNE_SCREEN, self.seed, self.retested, number)
            found, taken = self.play(strategy.center[None], again, True, False)
            row |= {"middle": round(float(found.mean()), 2), "at": [round(float(x), 5) for x in strategy.center]}
            row["steps"] += int(taken.sum())
        row["seconds"] = round(time.process_time() - begun, 2)
        if "middle" in row:
            print(self.journal.stem, number + 1, row["middle"], round(float(np.median(scores)), 1), flush=True)
        return row

    @staticmethod
    def _has_learnt(kept: list[dict[str, Any]]) -> bool:
        return len(kept) >= SINCE and float(np.mean([np.median(row["scores"]) for row in kept[-SINCE:]])) > LEARNT


def journal_of(path: Path) -> list[dict[str, Any]]:
    """Returns the whole lines of a journal; half a line, of a run that was killed while writing it, is cut off."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    return [json.loads(line) for line in whole.splitlines()]


def curve_of(kept: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the steps and seconds of a search, and a row for each middle that it showed.

    A row is the generation, the steps and seconds until then, the middle's score, and the median of the candidates.
    """
    curve, steps, seconds = [], 0, 0.0
    for number, row in enumerate(kept, 1):
        steps, seconds = steps + row["steps"], seconds + row["seconds"]
        if "middle" in row:
            curve.append([number, steps, round(seconds), row["middle"], round(float(np.median(row["scores"])), 1)])
    return {"curve": curve, "steps": steps, "seconds": round(seconds)}


def plays(
    network: Network, memory: Mapping[str, str], weights: Callable[[Vector], NDArray[np.float32]], off: float = 0.0
) -> Play:
    """Returns what plays vectors as weights of a network, [connections, vectors].

    With ``off``, where stalled episodes are cut (so of candidates, not of a middle), the vectors are off by so much,
    the same for all in an episode but otherwise in each, and a fall costs ``CHARGE`` more: gaits with a margin win.
    """
    tasks: Mapping[tuple[bool, bool], EnvironmentTask] = {
        (charged, cut): walker(memory, fall_penalty=charged, **(CUT if cut else {}))
        for charged in (False, True)
        for cut in (False, True)
    }

    def played(laws: Vector, seeds: NDArray[np.int64], charged: bool, cut: bool) -> tuple[Vector, NDArray[np.int64]]:
        task, each = tasks[charged, cut], len(seeds)
        vectors = np.repeat(laws, each, axis=0)
        if off and cut:
            drawn = normals(stream(int(seeds[0]), Purpose.TUNE_NOISE), each * laws.shape[1])
            vectors = vectors + np.tile(off * drawn.reshape(each, -1), (len(laws), 1))
        result = play(task, network, weights(vectors), np.tile(starts_of(task, seeds), len(laws)), 1)
        returns = result.returns - (CHARGE * (result.returns < FELL) if off and cut else 0.0)
        return returns.reshape(len(laws), each), result.lengths.reshape(len(laws), each)

    return played
