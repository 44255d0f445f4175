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
from wann_rt.core.stages import stage
from wann_rt.core.version import __version__
from wann_rt.evaluation.score import Score
from wann_rt.evaluation.sweep import evenly, tuned_weight
from wann_rt.evolution import config as configs
from wann_rt.evolution import polishing
from wann_rt.evolution.callbacks import Callback
from wann_rt.evolution.config import Config
from wann_rt.evolution.journal import Journal
from wann_rt.evolution.search import Generation, Search
from wann_rt.evolution.stopping import Stopper, Stopping
from wann_rt.evolution.warm_start import start_from
from wann_rt.play.backends.processes import session
from wann_rt.play.episodes import Episodes, episode_seeds
from wann_rt.play.plain import play_controller, with_vectors
from wann_rt.play.progress import counting
from wann_rt.play.repeats import repeating
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.any_task import AnyTask, available, judged, more_of, origin, sides_of
from wann_rt.tasks.environment.task import EnvironmentTask, notes
from wann_rt.tasks.own import source_of
from wann_rt.tasks.task import Task
from wann_rt.tasks.trial import refuse

LOG = logging.getLogger("wann_rt")
OnGeneration = Callable[[Generation], Any]
ENDLESS = Stopping()
INTERRUPTED = "interrupted"


def configured(
    task: AnyTask, preset: str | None, start: Controller | None, settings: dict[str, Any]
) -> tuple[Config, Network | None]:
    """Returns the settings of a search, and the network that its first generation copies, if one does."""
    config = configs.load(preset or configs.default_preset(task), settings)
    if start is None:
        return config, None
    network, config = start_from(start, config, task)
    return config, network


def run_search(
    task: AnyTask,
    config: Config,
    network: Network | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    changed_code: bool = False,
    threads: int | None = None,
    on_generation: OnGeneration | None = None,
    on_resume: Callable[[int], None] | None = None,
    callbacks: Sequence[Callback] = (),
    stopping: Stopping = ENDLESS,
) -> Controller:
    """Runs a search with all its settings, in a run folder if one is named; arguments are those of ``search``.

    Args:
        task: what is searched for.
        config: all settings; see ``configured``.
        network: what the first generation copies.
        out: run folder.
        overwrite: whether it may already hold another or a finished run.
        changed_code: whether the code of the environment may have changed since.
        threads: how many to use.
        on_generation: called after each generation.
        on_resume: called with the number of generations that the run folder already holds, where it is resumed.
        callbacks: see ``Callback``.
        stopping: when to end before the last generation.
    """
    with ExitStack() as stack:
        stack.enter_context(ended_like_ctrl_c())
        stack.enter_context(session())
        stage("beginning")
        for line in [*(notes(task) if isinstance(task, EnvironmentTask) else ()), *_too_short(config)]:
            LOG.warning(line)
        if isinstance(task, Task) and source_of(task):
            refuse(task)
        task = repeating(task)
        stage("")
        running = Search(task, config, threads, network)
        journal = None
        if out is not None:
            opened = Journal(out, task, config, overwrite=overwrite, changed_code=changed_code)
            journal = stack.enter_context(opened)
            if journal.resume(running) and on_resume is not None:
                on_resume(running.generation)
        return run(running, journal, on_generation, callbacks, stopping)


def run(
    running: Search,
    journal: Journal | None = None,
    on_generation: OnGeneration | None = None,
    callbacks: Sequence[Callback] = (),
    stopping: Stopping = ENDLESS,
) -> Controller:
    """Runs a search to its end, or to Ctrl-C once there is a champion, and returns the champion's controller.

    Whatever ends the run, its state up to the last whole generation is saved.
    """
    seen: list[Generation] = []
    stopper, stopped = Stopper(stopping), ""
    for callback in callbacks:
        callback.on_start(running)
    try:
        with counting(stopper.count):
            stage(f"playing generation {running.generation + 1}")
            for report in running.run():
                if not seen:
                    stage("")  # from now on, progress says how it goes
                    if not isinstance(running.task, EnvironmentTask):
                        stopper.begin()  # before, kernels were compiled, which may take as long as a search
                seen.append(report)
                if journal is not None:
                    journal.generation(report, running)
                stopped = stopper.reason(report) or _told(report, running, on_generation, callbacks)
                if stopped:
                    LOG.info(stopped)
                    break
    except KeyboardInterrupt:
        if running.champion is None:
            raise
        stopped = INTERRUPTED
    finally:
        if journal is not None and running.generation > 0:
            journal.save_state(running)
    done = running.generation == running.config.generations
    controller = controller_of(running, "" if done else stopped)
    if journal is not None and journal.changed_code:
        controller = replace(controller, provenance={**controller.provenance, "changed_code": journal.changed_code})
    for line in nothing_learnt(seen, controller):
        LOG.warning(line)
    if journal is not None:
        journal.champion(controller)
        if done and "stopped" not in controller.provenance:  # Ctrl-C while weights were tuned: there is more to do
            journal.finish()
    for callback in callbacks:
        callback.on_end(controller, running)
    return controller


def _told(
    report: Generation, running: Search, on_generation: OnGeneration | None, callbacks: Sequence[Callback]
) -> str:
    """Tells whoever wants to know of a generation; returns why the search shall end, if one of them says so."""
    answers = [] if on_generation is None else [on_generation(report)]
    answers += [callback.on_generation(report, running) for callback in callbacks]
    return "a callback has ended the search" if any(answer is True for answer in answers) else ""


def _too_short(config: Config) -> list[str]:
    """Returns what says that a search ends before it goes on from the best of its beginnings."""
    needed = (config.restarts + 1) * config.restart_every
    if not config.restarts or config.generations > needed:
        return []
    return [
        f"{config.generations} generations are beginnings only: with {config.restarts} restarts, one each "
        f"{config.restart_every} generations, the search goes on from its champion after {needed}; ask for more "
        "generations, or for fewer restarts"
    ]


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


def controller_of(running: Search, stopped: str = "") -> Controller:
    """Returns the champion as a controller: its weight or weights tuned, scored, with recorded test vectors.

    Where somebody has interrupted the search, nobody waits for individual weights.
    """
    task, champion, seed = running.task, running.champion, running.config.seed
    if champion is None:
        raise WannError("the search has no champion yet: run at least one generation")
    is_polished = running.config.polish_share > 0 and champion.network.n_connections > 0 and stopped != INTERRUPTED
    network, weight, steps, stopped = _weighted(running, champion.network, stopped, is_polished)
    bare = Controller(task.name, network, weight, *sides_of(task), task.rate_hz, **more_of(task))
    stage(f"scoring in {running.config.scored_episodes} fresh episodes")
    asked = judged(task)
    episodes = available(asked, running.config.scored_episodes)
    starts = starts_of(asked, episode_seeds(Purpose.TEST, seed, episodes))
    played = play_controller(asked, bare, starts, running.threads)
    _check_lockstep(running, bare, starts, played)
    score = Score.of_episodes(asked, played)
    provenance = {
        "created_by": f"wann_rt {__version__}",
        **origin(task),
        "preset": running.config.preset,
        "seed": seed,
        "config_digest": running.config.digest,
        "generation": champion.generation,
        "generations": running.generation,
        "env_steps": running.env_steps + steps,
        **({"stopped": stopped} if stopped not in ("", INTERRUPTED) else {}),
        "score": score.short(),
    }
    return replace(with_vectors(task, bare, seed), provenance=provenance)


def _weighted(running: Search, network: Network, stopped: str, is_polished: bool) -> tuple[Network, Weight, int, str]:
    """Returns the network that ships, its weight or weights, the steps it took to find them, and what ended that."""
    if not is_polished:
        return network, Weight.shared(_best_weight(running, network)), 0, stopped
    found = polishing.polished(running)
    why = "interrupted while individual weights were tuned" if found.interrupted else stopped
    return found.network, Weight("connections", found.weights), found.env_steps, why


def _best_weight(running: Search, network: Network) -> float:
    """Returns the shared weight that a sweep finds best; that of the search itself where there shall be none."""
    config = running.config
    if config.sweep_weights == 1:
        return 1.0 if config.drawn_weights else float(np.float32(config.weights[0]))
    episodes, weights = config.sweep_episodes or None, evenly(config.sweep_weights)
    return tuned_weight(running.played, network, episodes=episodes, threads=running.threads, weights=weights).best


def _check_lockstep(running: Search, controller: Controller, starts: NDArray[Any], played: Episodes) -> None:
    """Raises TaskError unless the search kernel gives the controller's episodes: what was searched is what ships."""
    task = judged(running.task)
    if not isinstance(task, Task):
        return
    rows = np.repeat(controller.weight.array[:, np.newaxis], starts.shape[1], axis=1)
    weights = rows if controller.weight.kind == "connections" else rows[0]
    searched = play(task, controller.network, weights, starts, running.threads)
    if not np.array_equal(searched.returns, played.returns, equal_nan=True):
        raise TaskError(
            f"task {task.name}: the compiled episodes differ from those of the controller in numpy, so what was "
            "searched is not what would be exported; observe and step must compute float32 with the primitives of "
            "wann_rt.core.arithmetic (of a task that comes with wann_rt, please report this)"
        )
