"""What a Python user calls for something that takes long: it runs, and shows what it does to whoever looks on."""

import os
from collections.abc import Sequence
from functools import partial
from typing import Any

from wann_rt.core.controller import Controller
from wann_rt.display.evaluation import EvaluationProgress
from wann_rt.display.live import is_watched
from wann_rt.display.search import SearchProgress
from wann_rt.display.tuning import TuningProgress
from wann_rt.evaluation import conditions
from wann_rt.evaluation.conditions import Evaluation
from wann_rt.evolution.callbacks import Callback
from wann_rt.evolution.run import OnGeneration, configured, run_search
from wann_rt.evolution.search import Generation
from wann_rt.evolution.stopping import LIMITS, Stopping
from wann_rt.play.progress import listening
from wann_rt.tasks.any_task import AnyTask, as_task, refuse_moved
from wann_rt.tuning import tune as tuning
from wann_rt.tuning.polish import OnProgress, TuningReport
from wann_rt.tuning.tune import Method, Tuned


def search(
    task: AnyTask | str,
    *,
    preset: str | None = None,
    start: Controller | None = None,
    out: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    on_generation: OnGeneration | None = None,
    callbacks: Sequence[Callback] = (),
    **settings: Any,
) -> Controller:
    """Searches a controller for a task.

    Ctrl-C ends the search early and returns the best controller so far.

    Args:
        task: ``wr.task(...)``, ``wr.environment(...)``, a ``wr.Task`` of your own, or the name of a compiled task.
        preset: named settings to start from: "robust", "minimal", "tuned", "agnostic", "paper" or "environment"; by
            default "robust", or "environment" for an environment, see ``config.load``.
        start: a controller whose network the first generation copies, instead of random ones.
        out: run folder to write: settings, one JSON line a generation, the champion. An unfinished run of the same
            task and settings in it is resumed, and gives the champion that it would have given uninterrupted. With more
            ``generations`` a finished one goes on, too, as if it had been to have so many from the start.
        overwrite: whether ``out`` may already hold another or a finished run, which is removed.
        threads: how many to use, or processes, all processors by default; the result does not depend on it.
        on_generation: called after each generation; returning True ends the search.
        callbacks: objects that see the search as it goes, and may end it; see ``Callback``.
        **settings: settings that replace those of the preset, e.g. ``seed=1, generations=100``; see ``Config``. And
            when to end before the last generation: ``target``, a fitness of the champion that is enough; ``patience``,
            generations without a better champion; ``budget``, what may be spent: "10min", "500 episodes". And
            ``progress``: whether to show what is done; by default where somebody looks on, in a terminal and in a
            notebook; ``changed_code``: whether a run is resumed although the code of its environment, or wann_rt, has
            changed since: the champion is then tested anew, and run folder and champion say so.

    Returns:
        The champion, with test vectors and its score; preset "robust" gives each connection a weight, the others give
        all of them the shared weight that a fine sweep finds best.

    Raises:
        WannError: unknown task or setting, an environment that fails, or a run folder that cannot be written.
        KeyboardInterrupt: on Ctrl-C before the first generation is scored.
    """
    refuse_moved(settings)
    progress, changed_code = settings.pop("progress", None), settings.pop("changed_code", False)
    stopping = Stopping.of(**{name: settings.pop(name) for name in LIMITS if name in settings})
    searched = as_task(task)
    config, network = configured(searched, preset, start, settings)
    said = [] if on_generation is None else [on_generation]
    with SearchProgress(config.generations, quiet=not _is_shown(progress)) as shown:
        return run_search(
            searched, config, network, out=out, overwrite=overwrite, changed_code=changed_code, threads=threads,
            on_generation=partial(_told, [shown.update, *said]), callbacks=callbacks, stopping=stopping,
        )  # fmt: skip


def _is_shown(progress: bool | None) -> bool:
    return is_watched() if progress is None else progress


def _told(listeners: Sequence[OnGeneration], report: Generation) -> bool:
    """Tells all of a generation; returns whether one of them wants the search to end."""
    answers = [listener(report) for listener in listeners]
    return any(answer is True for answer in answers)


def evaluate(
    controller: Controller,
    task: AnyTask | str | None = None,
    *,
    episodes: int = 100,
    seed: int = 0,
    threads: int | None = None,
    sweep_weights: int = 0,
    sweep_episodes: int = 0,
    progress: bool | None = None,
) -> Evaluation:
    """Scores a controller in the paper's conditions; see ``evaluation.conditions.evaluate``.

    Args:
        controller: what to score.
        task: what to play; by default the task that the controller was searched for, see ``wr.task_of``.
        episodes: fresh episodes per condition (per weight, for the six).
        seed: of the episodes.
        threads: how many to use, or processes, all processors by default; the result does not depend on it.
        sweep_weights: shared weights that the sweep for the tuned one tries; 0: 401, or 41 for an environment.
        sweep_episodes: episodes with each of them; 0: 32, or 8 for an environment.
        progress: see ``search``.

    Raises:
        TaskError: the task is unknown, or does not have the controller's channels.
        ConfigError: a sweep of that size is none.
    """
    with EvaluationProgress(None, quiet=not _is_shown(progress)) as shown, listening(shown.update):
        return conditions.evaluate(
            controller, task, episodes=episodes, seed=seed, threads=threads, sweep_weights=sweep_weights,
            sweep_episodes=sweep_episodes,
        )  # fmt: skip


def tune(
    controller: Controller,
    task: AnyTask | str | None = None,
    *,
    method: Method = "cma",
    prune: bool = False,
    seed: int = 0,
    threads: int | None = None,
    on_progress: OnProgress | None = None,
    progress: bool | None = None,
    **settings: Any,
) -> Tuned:
    """Tunes a controller; Ctrl-C ends it early and keeps the best so far; see ``tuning.tune.tune``.

    Args:
        controller: what to start from; it stays as it is.
        task: what to play; by default the task that the controller was searched for, see ``wr.task_of``.
        method: "sweep": the one shared weight; "cma" or "pepg": individual weights.
        prune: also remove connections one by one.
        seed: all random numbers follow from it.
        threads: how many to use, all processors by default; the result does not depend on it.
        on_progress: called now and then.
        progress: see ``search``.
        **settings: see ``TuneSettings``.

    Raises:
        WannError: a controller or settings that do not fit.
    """
    with TuningProgress(quiet=not _is_shown(progress)) as shown:

        def told(report: TuningReport) -> None:
            shown.update(report)
            if on_progress is not None:
                on_progress(report)

        return tuning.tune(
            controller, task, method=method, prune=prune, seed=seed, threads=threads, on_progress=told, **settings
        )
