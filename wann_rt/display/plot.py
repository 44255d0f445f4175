"""``wr.plot``: one function for all drawings, by what is to be drawn."""

import os
from collections.abc import Sequence

from wann_rt.core.controller import Controller
from wann_rt.core.errors import TaskError
from wann_rt.display.network import draw_network
from wann_rt.display.plots import plot_episode, plot_progress, plot_weight_profile
from wann_rt.evaluation.conditions import Evaluation
from wann_rt.evaluation.sweep import Sweep
from wann_rt.evolution.journal import read_generations
from wann_rt.evolution.run_settings import read_settings
from wann_rt.evolution.search import Generation
from wann_rt.play.task_of import task_of
from wann_rt.tasks.any_task import AnyTask
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tasks.task import Task

Path = str | os.PathLike[str]
Subject = Controller | Evaluation | Sweep | Sequence[Generation] | str | os.PathLike[str]


def plot(
    subject: Subject,
    out: Path,
    *,
    episode: int | None = None,
    task: AnyTask | str | None = None,
    own: float | None = None,
) -> None:
    """Draws something into a file: .svg, .png or .pdf.

    Args:
        subject: a controller: its network; an evaluation or a sweep: the mean return over the shared weight; a run
            folder, or the generations that were reported of a search: its progress.
        out: file to write.
        episode: of a controller: draw the episode of this seed instead of the network.
        task: of that episode; by default the one that the controller was searched for.
        own: of an evaluation or a sweep: the controller's own shared weight, to be marked too.

    Raises:
        MissingExtraError: matplotlib is not installed.
        FileError: the suffix is another, or the file cannot be written; or there is no such run folder.
        TaskError: the controller does not fit the task, or an environment plays it.
    """
    if isinstance(subject, Controller):
        _plot_controller(subject, out, episode, task)
    elif isinstance(subject, Evaluation):
        plot_weight_profile(subject.sweep, out, own=own, title=subject.task)
    elif isinstance(subject, Sweep):
        plot_weight_profile(subject, out, own=own)
    else:
        plot_search(subject, out)


def plot_search(subject: str | os.PathLike[str] | Sequence[Generation], out: Path) -> None:
    """Draws the progress of a search: of a run folder with its title and its limit of connections."""
    if not isinstance(subject, (str, os.PathLike)):
        return plot_progress(list(subject), out)
    settings = read_settings(subject)
    config = settings.get("config", {})
    title = f"{settings.get('task', 'search')}, preset {config.get('preset')}, seed {config.get('seed')}"
    plot_progress(read_generations(subject), out, title=title, cap=config.get("most_connections") or None)


def _plot_controller(controller: Controller, out: Path, seed: int | None, task: AnyTask | str | None) -> None:
    if seed is None:
        return draw_network(controller, out)
    played = task_of(controller, task)
    if not isinstance(played, Task):
        raise TaskError(f"task {played.name} is played by an environment: `wann-rt play` makes a film of its episodes")
    if isinstance(played, DataTask):
        raise TaskError(
            f"task {played.name} is a data set, whose episodes are single samples: there is nothing to draw"
        )
    plot_episode(played, controller, out, seed=seed)
