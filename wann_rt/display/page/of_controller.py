"""From a controller alone to its page: finds its task, plays what the page shows."""

import numpy as np

from wann_rt.core.controller import Controller
from wann_rt.core.errors import TaskError, WannError
from wann_rt.display.page.page import Episode, page
from wann_rt.evaluation.sweep import grid, sweep
from wann_rt.play import backends
from wann_rt.play.rollouts import starts_of
from wann_rt.play.task_of import compiled_task_of, task_of
from wann_rt.tasks.any_task import check_fits
from wann_rt.tasks.environment.task import EnvironmentTask
from wann_rt.tasks.task import Task

CURVE_STEP = 0.02  # of the shared weight: finer than a page can show
CURVE_EPISODES = 32
MOST_RECORDED = 400  # steps of an episode: some 30 kB of a page


def page_of(controller: Controller, *, task: str | None = None, curve: bool = True, threads: int | None = None) -> str:
    """Returns the page of a controller, see ``page``.

    The task is the compiled one that the controller was searched for. A controller of an environment that is installed
    here is shown with an episode of it, another with the observations of its test vectors.

    Args:
        controller: what to show.
        task: the compiled task that it plays, if not the one that it was searched for.
        curve: whether to play the curve of the shared weight.
        threads: how many to play with.
    """
    known = compiled_task(controller) if task is None else compiled_task_of(controller, task)
    if known is None:
        return page(controller, episode=recorded(controller))
    if not curve:
        return page(controller, known)
    check_fits(known, controller)
    weights, episodes = grid(step=CURVE_STEP), CURVE_EPISODES
    swept = sweep(known, controller.network, episodes=episodes, weights=weights, threads=threads)
    return page(controller, known, sweep=swept)


def recorded(controller: Controller) -> Episode | None:
    """Returns what was observed in an episode of the controller's environment, None where it cannot be played here."""
    try:
        task = task_of(controller)
        if not isinstance(task, EnvironmentTask):
            return None
        played = backends.record(task, controller, starts_of(task, range(1)))
    except WannError:
        return None
    return np.array([vector.observation for vector in played[:MOST_RECORDED]], np.float32)


def compiled_task(controller: Controller) -> Task | None:
    """Returns the compiled task that a controller was searched for, None where there is none that fits it."""
    if "environment" in controller.provenance:
        return None
    try:
        task = compiled_task_of(controller)
        check_fits(task, controller)
    except TaskError:
        return None
    return task
