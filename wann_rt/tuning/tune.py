"""Tuning: from a controller to a better or smaller one - shared weight, individual weights, pruning."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wann_rt.core import files
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import ConfigError, ControllerError, FileError
from wann_rt.core.given import only_a_controller
from wann_rt.core.guess import near
from wann_rt.core.network import unsigned
from wann_rt.core.random import Purpose
from wann_rt.core.shown import Shown
from wann_rt.core.stages import stage
from wann_rt.core.version import __version__
from wann_rt.evaluation.score import Score
from wann_rt.evaluation.sweep import Sweep, grid, race, sweep
from wann_rt.play.backends.processes import session
from wann_rt.play.episodes import Episodes, episode_seeds
from wann_rt.play.plain import play_controller, with_vectors
from wann_rt.play.rollouts import play, starts_of
from wann_rt.play.task_of import task_of
from wann_rt.tasks.any_task import ORIGIN, AnyTask, available, check_fits, judged, origin, refuse_moved
from wann_rt.tasks.environment.task import EnvironmentTask
from wann_rt.tuning.polish import Arena, OnProgress, PolishSettings, TuningReport, polish
from wann_rt.tuning.prune import RETUNE_SIGMA, Pruned
from wann_rt.tuning.prune import prune as prune_connections
from wann_rt.tuning.settings import TuneSettings
from wann_rt.tuning.strategies import STRATEGIES, Vectors

LOG = logging.getLogger("wann_rt")

Method = Literal["sweep", "cma", "pepg"]
METHODS: tuple[Method, ...] = ("sweep", "cma", "pepg")
SCORED_EPISODES, DEAR_SCORED_EPISODES = 1000, 100  # fewer for environments, which are 1000 times as slow
SLACK = 0.01  # a pruned controller is preferred if it loses at most this share of the best held-out score
EPISODES: Mapping[Method, int] = {"sweep": 32, "cma": 4, "pepg": 4}


@dataclass(frozen=True)
class Tuned(Shown):
    """What tuning found.

    Attributes:
        controller: the result.
        start: held-out score of the controller that was given.
        score: held-out score of the result, the same episodes; never below ``start``.
        front: with pruning, the Pareto set of connections against score, largest first.
        sweep: method "sweep": every weight of the grid.
        finalists: method "sweep": the best of them, played again with more episodes.
        env_steps: task steps taken.
        interrupted: whether Ctrl-C ended it early.
    """

    controller: Controller
    start: Score
    score: Score
    front: tuple[Controller, ...] = ()
    sweep: Sweep | None = None
    finalists: Sweep | None = None
    env_steps: int = 0
    interrupted: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Returns the outcome as JSON values."""
        return {
            "connections": self.controller.network.n_connections,
            "weight": self.controller.weight.kind,
            "start": self.start.to_dict(),
            "score": self.score.to_dict(),
            "env_steps": self.env_steps,
            "interrupted": self.interrupted,
            "front": [front_row(one) for one in self.front],
        }


def front_files(tuned: Tuned, path: Path) -> list[Path]:
    """Returns the file of each member of the Pareto set, for the result in ``path``."""
    folder = path.with_suffix(".front")
    return [folder / f"{one.network.n_connections:03d}.json" for one in tuned.front]


def save_tuned(tuned: Tuned, path: Path) -> None:
    """Writes the result, and the Pareto set into a folder beside it, which it replaces.

    Raises:
        FileError: a file cannot be written.
    """
    files.save(tuned.controller, path)
    members = front_files(tuned, path)
    try:
        if members:
            members[0].parent.mkdir(exist_ok=True)
            for stale in members[0].parent.glob("[0-9][0-9][0-9]*.json"):
                stale.unlink()
    except OSError as error:
        raise FileError(f"{members[0].parent}: cannot be written: {error.strerror}") from None
    for one, file in zip(tuned.front, members, strict=True):
        files.save(one, file)


def front_row(controller: Controller) -> dict[str, Any]:
    """Returns connections, hidden nodes and score of a tuned controller."""
    network = controller.network
    return {"connections": network.n_connections, "hidden": network.n_hidden, **controller.provenance["score"]}


@session()
def tune(
    controller: Controller,
    task: AnyTask | str | None = None,
    *,
    method: Method = "cma",
    prune: bool = False,
    seed: int = 0,
    threads: int | None = None,
    on_progress: OnProgress | None = None,
    **settings: Any,
) -> Tuned:
    """Tunes a controller; Ctrl-C ends it early and keeps the best so far.

    Args:
        controller: what to start from; it stays as it is.
        task: ``wr.task(...)``, ``wr.environment(...)``, a ``wr.Task`` of your own, or the name of a compiled task; by
            default the task that the controller was searched for, see ``wr.task_of``.
        method: "sweep": the one shared weight over a fine grid; "cma": individual weights by CMA-ES; "pepg":
            individual weights by the population-based REINFORCE of the paper.
        prune: also remove connections one by one, tuning in between; the result is then the smallest controller that
            keeps 99 % of the best score, and ``front`` holds the best of each size. Doubles the budget.
        seed: all random numbers follow from it.
        threads: how many to use, all processors by default; the result does not depend on it.
        on_progress: called now and then.
        **settings: e.g. ``steps=5_000_000, sigma=0.3``; see ``TuneSettings``.

    Returns:
        The result, on held-out episodes never worse than what was given.

    Raises:
        WannError: a controller or settings that do not fit.
    """
    only_a_controller(controller)
    refuse_moved(settings)
    if controller.monitor is not None:
        LOG.warning("the monitor is left out: it was calibrated for other weights; calibrate one for the result")
    chosen = TuneSettings.of(settings)
    played = task_of(controller, task)
    check_fits(played, controller)
    _check(controller, method, prune, chosen.relative)
    arena = Arena(played, seed, threads)
    episodes = chosen.episodes or EPISODES[method]
    if method == "sweep":
        return _swept(arena, controller, grid(chosen.low, chosen.high, chosen.step), episodes, on_progress)
    sigma = chosen.sigma
    if sigma is None:
        sigma = RETUNE_SIGMA if controller.weight.kind == "connections" else PolishSettings.sigma
    polishing = PolishSettings(
        method, chosen.population, episodes, sigma, chosen.steps, seed, threads, relative=chosen.relative
    )
    return _polished(arena, controller, polishing, prune, chosen.smallest, on_progress)


def _check(controller: Controller, method: str, prune: bool, relative: bool) -> None:
    """Refuses what cannot be tuned, saying what can."""
    if method not in METHODS:
        raise ConfigError(f"there is no tuning method {method!r}; methods: {', '.join(METHODS)}{near(method, METHODS)}")
    if controller.network.n_connections == 0:
        raise ControllerError("the controller has no connections, so there is nothing to tune")
    if method == "sweep" and relative:
        raise ConfigError("relative is about the first steps of methods cma and pepg; a sweep has none: leave it out")
    if relative and not np.any(controller.weight.array):
        raise ConfigError("all weights are 0, so that relative has no size to count in: leave it out")
    if method == "sweep" and prune:
        raise ConfigError(f"pruning tunes individual weights: use method {' or '.join(STRATEGIES)}, not sweep")
    if method == "sweep" and controller.weight.kind == "connections":
        raise ControllerError(
            "the controller has a weight per connection, which a shared weight would replace; "
            f"tune them with method {' or '.join(STRATEGIES)}"
        )


def _swept(
    arena: Arena, controller: Controller, weights: NDArray[np.float32], episodes: int, on_progress: OnProgress | None
) -> Tuned:
    """Returns the controller with the best shared weight of the grid, if that is better than its own."""
    task, network = arena.task, controller.network
    coarse = sweep(task, network, episodes=episodes, seed=arena.seed, threads=arena.threads, weights=weights)
    finalists = race(task, network, coarse, episodes=8 * episodes, seed=arena.seed, threads=arena.threads)
    arena.env_steps += coarse.env_steps + finalists.env_steps
    if on_progress is not None:
        taken = arena.env_steps
        on_progress(TuningReport("sweep", float(finalists.means.max()), network.n_connections, taken, taken))
    done: dict[str, Any] = {"method": "sweep", "grid": _grid_of(weights), "episodes": episodes}
    found = _finished(arena, controller, [controller.with_weight(finalists.best)], done)
    return replace(found, sweep=coarse, finalists=finalists)


def _grid_of(weights: NDArray[np.float32]) -> dict[str, float]:
    return {"low": float(weights[0]), "high": float(weights[-1]), "weights": len(weights)}


def _polished(
    arena: Arena,
    controller: Controller,
    settings: PolishSettings,
    pruned: bool,
    smallest: int,
    report: OnProgress | None,
) -> Tuned:
    """Returns the controller with individual weights tuned, and pruned on request."""
    network, start = unsigned(controller.network), start_weights(arena, controller)
    best = Pruned(network, *polish(arena, network, start, settings, report))
    found = prune_connections(arena, best, settings, smallest, report) if pruned else [best]
    done = {"method": settings.method, "pruned": pruned, "episodes": settings.episodes, "steps": settings.steps}
    done |= {"relative": True} if settings.relative else {}
    made = [_with_weights(controller, one) for one in found]
    return _finished(arena, controller, made, done)


def start_weights(arena: Arena, controller: Controller) -> Vectors:
    """Returns a weight per connection that computes what the controller does; of an ensemble, its best member."""
    network, values = controller.network, controller.weight.array.astype(np.float64)
    if controller.weight.kind == "connections":
        return values
    members: list[Vectors] = [value * network.program.signs for value in values]
    returns = arena.returns(unsigned(network), np.array(members), arena.fresh(arena.final, 0))
    return members[int(np.argmax(returns.mean(axis=1)))]


def _with_weights(controller: Controller, one: Pruned) -> Controller:
    values = tuple(one.weights.astype(np.float32).tolist())
    return replace(
        controller, network=one.network, weight=Weight("connections", values), vectors=(), resets=(), monitor=None
    )


def _finished(arena: Arena, start: Controller, found: list[Controller], done: dict[str, Any]) -> Tuned:
    """Judges start and results on the same held-out episodes, chooses, and completes what will be saved."""
    stage("judging what was given and what was found in the same held-out episodes")
    starts = arena.held_out(Purpose.TUNE_FINAL, arena.final)
    before = own_episodes(arena, start, starts).returns[0]
    returns = [own_episodes(arena, one, starts).returns[0] for one in found]
    means = np.array([r.mean() for r in returns])
    needed = max(before.mean(), means.max() - SLACK * abs(means.max()))  # returns may be negative
    good = [k for k in range(len(found)) if means[k] >= needed]
    best = max(good, key=lambda k: (-found[k].network.n_connections, means[k]), default=None)
    score = Score.of(before if best is None else returns[best])
    steps = arena.env_steps
    made = [_completed(arena, start, one, done, steps) for one in found]
    chosen = _completed(arena, start, start, done, steps) if best is None else made[best]
    front = tuple(made) if done.get("pruned") else ()
    return Tuned(chosen, Score.of(before), score, front, None, None, steps, arena.interrupted)


def own_episodes(arena: Arena, controller: Controller, starts: NDArray[Any], *, watched: bool = False) -> Episodes:
    """Plays episodes of a controller as it is; compiled, but for ensembles."""
    if controller.weight.kind == "ensemble":
        played = play_controller(arena.task, controller, starts, arena.threads)
    else:
        weights = controller.weight.array
        rows = np.repeat(weights[:, np.newaxis], starts.shape[1], axis=1)
        lanes = rows[0] if controller.weight.kind == "shared" else rows
        played = play(arena.task, controller.network, lanes, starts, arena.threads, watched)
    arena.env_steps += int(played.lengths.sum())
    return played


def _completed(arena: Arena, start: Controller, one: Controller, done: dict[str, Any], steps: int) -> Controller:
    """Returns the controller with test vectors, its score on the test episodes and how it was made."""
    scored = replace(arena, task=judged(arena.task))
    episodes = DEAR_SCORED_EPISODES if isinstance(arena.task, EnvironmentTask) else SCORED_EPISODES
    seeds = episode_seeds(Purpose.TEST, arena.seed, available(scored.task, episodes))
    starts = starts_of(scored.task, seeds)
    score = Score.of_episodes(scored.task, own_episodes(scored, one, starts, watched=True))
    before = start.provenance.get("env_steps", 0)
    provenance = {
        **{key: value for key, value in start.provenance.items() if key not in (*ORIGIN, "monitor")},
        **origin(arena.task),
        "env_steps": (before if isinstance(before, int) else 0) + steps,
        "score": score.short(),
        "tuned": {"by": f"wann_rt {__version__}", "from": files.digest(start), "seed": arena.seed, **done},
    }
    bare = replace(one, vectors=(), resets=(), monitor=None, provenance=provenance)
    return with_vectors(arena.task, bare, arena.seed)
