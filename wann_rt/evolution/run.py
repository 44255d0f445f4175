"""A whole search: from a task to a controller. ``wr.search`` and the command line both run ``run_search``."""

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import TaskError, WannError
from wann_rt.core.network import Network
from wann_rt.core.random import Purpose
from wann_rt.core.signals import ended_like_ctrl_c
from wann_rt.core.version import __version__
from wann_rt.evaluation.score import Score
from wann_rt.evaluation.sweep import sweep
from wann_rt.evolution import config as configs
from wann_rt.evolution.config import Config
from wann_rt.evolution.journal import Journal
from wann_rt.evolution.search import Generation, Search
from wann_rt.evolution.warm_start import start_from
from wann_rt.play.backends.processes import session
from wann_rt.play.episodes import Episodes, episode_seeds
from wann_rt.play.plain import play_controller, record_vectors
from wann_rt.play.repeats import repeating
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.any_task import AnyTask, as_task, identity, judged, refuse_moved
from wann_rt.tasks.environment.task import EnvironmentTask, notes
from wann_rt.tasks.task import Task

SCORED_EPISODES = 100
LOG = logging.getLogger("wann_rt")
OnGeneration = Callable[[Generation], None]


def search(
    task: AnyTask | str,
    *,
    preset: str | None = None,
    start: Controller | None = None,
    out: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    on_generation: OnGeneration | None = None,
    **settings: Any,
) -> Controller:
    """Searches a controller for a task.

    Ctrl-C ends the search early and returns the best controller so far.

    Args:
        task: ``wr.task(...)``, ``wr.environment(...)``, a ``wr.Task`` of your own, or the name of a compiled task.
        preset: named settings to start from: "minimal", "tuned", "agnostic", "paper" or "environment"; by default
            "minimal", or "environment" for an environment, see ``config.load``.
        start: a controller whose network the first generation copies, instead of random ones.
        out: run folder to write: settings, one JSON line a generation, the champion. An unfinished run of the same
            task and settings in it is resumed, and gives the champion that it would have given uninterrupted.
        overwrite: whether ``out`` may already hold another or a finished run, which is removed.
        threads: how many to use, or processes, all processors by default; the result does not depend on it.
        on_generation: called after each generation.
        **settings: settings that replace those of the preset, e.g. ``seed=1, generations=100``; see ``Config``.

    Returns:
        The champion, with the shared weight that a fine sweep finds best, test vectors and its score.

    Raises:
        WannError: unknown task or setting, an environment that fails, or a run folder that cannot be written.
        KeyboardInterrupt: on Ctrl-C before the first generation is scored.
    """
    refuse_moved(settings)
    searched = as_task(task)
    config, network = configured(searched, preset, start, settings)
    return run_search(
        searched, config, network, out=out, overwrite=overwrite, threads=threads, on_generation=on_generation
    )


def configured(
    task: AnyTask, preset: str | None, start: Controller | None, settings: dict[str, Any]
) -> tuple[Config, Network | None]:
    """Returns the settings of a search, and the network that its first generation copies, if one does."""
    config = configs.load(preset or configs.default_preset(task), settings)
    if start is None:
        return config, None
    network, config = start_from(start, config)
    return config, network


def run_search(
    task: AnyTask,
    config: Config,
    network: Network | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    on_generation: OnGeneration | None = None,
    on_resume: Callable[[int], None] | None = None,
) -> Controller:
    """Runs a search with all its settings, in a run folder if one is named; arguments are those of ``search``.

    Args:
        task: what is searched for.
        config: all settings; see ``configured``.
        network: what the first generation copies.
        out: run folder.
        overwrite: whether it may already hold another or a finished run.
        threads: how many to use.
        on_generation: called after each generation.
        on_resume: called with the number of generations that the run folder already holds, where it is resumed.
    """
    with ExitStack() as stack:
        stack.enter_context(ended_like_ctrl_c())
        stack.enter_context(session())
        for line in notes(task) if isinstance(task, EnvironmentTask) else ():
            LOG.warning(line)
        task = repeating(task)
        running = Search(task, config, threads, network)
        journal = None
        if out is not None:
            journal = stack.enter_context(Journal(out, task, config, overwrite=overwrite))
            if journal.resume(running) and on_resume is not None:
                on_resume(running.generation)
        return run(running, journal, on_generation)


def run(running: Search, journal: Journal | None = None, on_generation: OnGeneration | None = None) -> Controller:
    """Runs a search to its end, or to Ctrl-C once there is a champion, and returns the champion's controller.

    Whatever ends the run, its state up to the last whole generation is saved.
    """
    seen: list[Generation] = []
    try:
        for report in running.run():
            seen.append(report)
            if journal is not None:
                journal.generation(report, running)
            if on_generation is not None:
                on_generation(report)
    except KeyboardInterrupt:
        if running.champion is None:
            raise
    finally:
        if journal is not None and running.generation > 0:
            journal.save_state(running)
    controller = controller_of(running)
    for line in nothing_learnt(seen, controller):
        LOG.warning(line)
    if journal is not None:
        journal.champion(controller)
        if running.generation == running.config.generations:
            journal.finish()
    return controller


def nothing_learnt(seen: Sequence[Generation], controller: Controller) -> list[str]:
    """Returns what says that a search had nothing to find, one line each."""
    said, scores = [], [value for report in seen for value in (report.best, report.mean)]
    if scores and max(scores) - min(scores) <= 1e-12 * abs(scores[0]):  # means of equal numbers are rounded
        said.append(
            f"nothing could be learnt: all networks of all generations score {scores[0]:g}; does the reward depend "
            "on the actions?"
        )
    if controller.network.n_connections == 0:
        said.append("the champion has no connections: it does the same whatever it observes")
    elif controller.weight.kind == "shared" and controller.weight.values[0] == 0:
        said.append("the champion's best shared weight is 0: it does the same whatever it observes")
    return said


def controller_of(running: Search) -> Controller:
    """Returns the champion as a controller: shared weight tuned by a sweep, scored, with recorded test vectors."""
    task, champion, seed = running.task, running.champion, running.config.seed
    if champion is None:
        raise WannError("the search has no champion yet: run at least one generation")
    weight = Weight.shared(sweep(task, champion.network, seed=seed, threads=running.threads).best)
    sides = task.observations, task.actions
    bare = Controller(task.name, champion.network, weight, *sides, task.rate_hz, decision=task.decision)
    starts = starts_of(task, episode_seeds(Purpose.TEST, seed, SCORED_EPISODES))
    played = play_controller(judged(task), bare, starts, running.threads)
    _check_lockstep(running, bare, starts, played)
    score = Score.of(played.returns)
    provenance = {
        "created_by": f"wann_rt {__version__}",
        **{key: value for key, value in identity(task).items() if value != {}},
        "preset": running.config.preset,
        "seed": seed,
        "config_digest": running.config.digest,
        "generation": champion.generation,
        "generations": running.generation,
        "env_steps": running.env_steps,
        "score": {"mean": round(score.mean, 2), "ci95": round(score.ci95, 2), "episodes": score.episodes},
    }
    return replace(bare, vectors=record_vectors(task, bare, seed), provenance=provenance)


def _check_lockstep(running: Search, controller: Controller, starts: NDArray[Any], played: Episodes) -> None:
    """Raises TaskError unless the search kernel gives the controller's episodes: what was searched is what ships."""
    task = running.task
    if not isinstance(task, Task):
        return
    weights = np.full(starts.shape[1], controller.weight.array[0], np.float32)
    searched = play(task, controller.network, weights, starts, running.threads)
    if not np.array_equal(searched.returns, played.returns, equal_nan=True):
        raise TaskError(
            f"task {task.name}: the compiled episodes differ from those of the controller in numpy, so what was "
            "searched is not what would be exported; observe and step must compute float32 with the primitives of "
            "wann_rt.core.arithmetic (of a task that comes with wann_rt, please report this)"
        )
