"""The Python interface to a whole search: from the name of a task to a controller."""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import WannError
from wann_rt.core.random import Purpose
from wann_rt.core.version import __version__
from wann_rt.evaluation.conditions import Evaluation
from wann_rt.evaluation.conditions import evaluate as evaluate_on
from wann_rt.evaluation.score import Score
from wann_rt.evaluation.sweep import sweep
from wann_rt.evolution import config
from wann_rt.evolution.config import default_preset
from wann_rt.evolution.journal import Journal
from wann_rt.evolution.search import Generation, Search
from wann_rt.evolution.warm_start import start_from
from wann_rt.play.choose import STEP_TIMEOUT, Selection, selected, task_of
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.plain import play_controller, record_vectors
from wann_rt.play.rollouts import starts_of
from wann_rt.tasks.any_task import identity, judged
from wann_rt.tasks.environment.task import BackendName

SCORED_EPISODES = 100


def search(
    task: str | None = None,
    *,
    env: str | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
    channels: Mapping[str, Any] | None = None,
    backend: BackendName | None = None,
    address: str | None = None,
    step_timeout: float = STEP_TIMEOUT,
    task_params: Mapping[str, Any] | None = None,
    preset: str | None = None,
    start: Controller | None = None,
    out: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    on_generation: Callable[[Generation], None] | None = None,
    **settings: Any,
) -> Controller:
    """Searches a controller for a compiled task, or for an environment.

    Ctrl-C ends the search early and returns the best controller so far.

    Args:
        task: name of a compiled task; see ``wann-rt tasks``.
        env: instead of it, an environment: an id that Gymnasium knows, "module:Id-v0" or "module:Class".
        env_kwargs: arguments of the environment's constructor, JSON values.
        channels: names, units and conditioning of its channels, see ``tasks.environment.channels``.
        backend: who plays it: "processes", the default; "ray", the same on a cluster; or "envpool": faster, with other
            episodes than Gymnasium's.
        address: of the Ray cluster: "local" to start one on this machine, "host:port" or "auto" where this machine is
            a node of it, or "ray://host:10001". By default what the variable ``RAY_ADDRESS`` says, else "local".
        step_timeout: seconds that one of its steps or resets may take.
        task_params: what differs from the task's own params, see ``tasks.with_params``, e.g. a longer pole; or from
            an environment's options, see ``environment.task.Options``.
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
    searched = selected(Selection(task, env, env_kwargs, channels, backend, step_timeout, task_params, address))
    chosen, network = config.load(preset or default_preset(searched), settings), None
    if start is not None:
        network, chosen = start_from(start, chosen)
    running = Search(searched, chosen, threads, network)
    with ExitStack() as stack:
        journal = None
        if out is not None:
            journal = stack.enter_context(Journal(out, running.task, running.config, overwrite=overwrite))
            journal.resume(running)
        return run(running, journal, on_generation)


def evaluate(
    controller: Controller,
    task: str | None = None,
    *,
    env: str | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
    backend: BackendName | None = None,
    address: str | None = None,
    step_timeout: float = STEP_TIMEOUT,
    task_params: Mapping[str, Any] | None = None,
    episodes: int = 100,
    seed: int = 0,
    threads: int | None = None,
) -> Evaluation:
    """Scores a controller in the paper's conditions; task and params are by default those it was searched for.

    An environment is played by Gymnasium, also where it was searched in EnvPool, unless ``backend`` says otherwise;
    for the arguments see ``search``.

    Raises:
        TaskError: the task or a param is unknown, or the task does not have the controller's channels.
    """
    played = task_of(controller, Selection(task, env, env_kwargs, None, backend, step_timeout, task_params, address))
    return evaluate_on(played, controller, episodes=episodes, seed=seed, threads=threads)


def run(
    running: Search, journal: Journal | None = None, on_generation: Callable[[Generation], None] | None = None
) -> Controller:
    """Runs a search to its end, or to Ctrl-C once there is a champion, and returns the champion's controller.

    Whatever ends the run, its state up to the last whole generation is saved.
    """
    try:
        for report in running.run():
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
    if journal is not None:
        journal.champion(controller)
        if running.generation == running.config.generations:
            journal.finish()
    return controller


def controller_of(running: Search) -> Controller:
    """Returns the champion as a controller: shared weight tuned by a sweep, scored, with recorded test vectors."""
    task, champion, seed = running.task, running.champion, running.config.seed
    if champion is None:
        raise WannError("the search has no champion yet: run at least one generation")
    weight = Weight.shared(sweep(task, champion.network, seed=seed, threads=running.threads).best)
    sides = task.observations, task.actions
    bare = Controller(task.name, champion.network, weight, *sides, task.rate_hz, decision=task.decision)
    starts = starts_of(task, episode_seeds(Purpose.TEST, seed, SCORED_EPISODES))
    score = Score.of(play_controller(judged(task), bare, starts, running.threads).returns)
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
