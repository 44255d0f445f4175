"""``wr.plot``: all pictures, each as a figure of matplotlib, in axes of yours, or as a file.

``wr.plot(subject)`` chooses the picture by what is to be drawn; ``wr.plot.network``, ``wr.plot.weights`` and their
like name it.
"""

import os
from collections.abc import Sequence
from pathlib import Path as Folder
from typing import TYPE_CHECKING

from wann_rt.core.controller import Controller
from wann_rt.core.errors import FileError, TaskError, WannError
from wann_rt.core.files import load
from wann_rt.display.comparisons import plot_conditions, plot_disturbed, plot_front, plot_runs
from wann_rt.display.network import draw_network
from wann_rt.display.plots import plot_episode, plot_progress, plot_weight_profile, titled
from wann_rt.display.stencils import plot_stencils
from wann_rt.evaluation.conditions import Evaluation, evaluate
from wann_rt.evaluation.robustness import Robustness, robustness
from wann_rt.evaluation.sweep import Sweep, sweep, tuned_weight
from wann_rt.evolution.comparison import Comparison
from wann_rt.evolution.journal import read_generations
from wann_rt.evolution.run_settings import read_settings
from wann_rt.evolution.search import Generation
from wann_rt.play.task_of import task_of
from wann_rt.tasks.any_task import AnyTask
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tasks.task import Task

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Path = str | os.PathLike[str]
Named = AnyTask | str | None
Subject = Controller | Evaluation | Sweep | Robustness | Comparison | Sequence[Generation] | Path


class Plot:
    """Draws what wann_rt knows: ``wr.plot``.

    Each picture is returned as a figure of matplotlib, which a notebook shows and ``savefig`` writes. ``out`` writes
    it as a file, .svg, .png or .pdf. With ``axes``, it is drawn in these axes of yours instead, and their figure is
    returned.

    All raise ``MissingExtraError`` without matplotlib, and ``FileError`` where ``out`` has another suffix or cannot be
    written.
    """

    def __call__(
        self,
        subject: Subject,
        out: Path | None = None,
        *,
        axes: "Axes | None" = None,
        episode: int | None = None,
        task: Named = None,
        own: float | None = None,
    ) -> "Figure":
        """Draws a subject as the picture that it usually is.

        Args:
            subject: a controller: its network; an evaluation or a sweep: the mean return over the shared weight; what
                ``wr.robustness`` or ``wr.evolution.compare`` returned: bars; a run folder, or the generations that were
                reported of a search: its progress.
            out: file to write, if any.
            axes: where to draw, instead of on a figure of its own.
            episode: of a controller: draw the episode of this seed instead of the network.
            task: of that episode; by default the one that the controller was searched for.
            own: of an evaluation or a sweep: the controller's own shared weight, to be marked too.

        Raises:
            FileError: there is no such run folder.
            TaskError: the controller does not fit the task, or an environment plays it.
            WannError: the subject is something else, or a search without generations.
        """
        if isinstance(subject, Controller):
            if episode is None:
                return self.network(subject, out, axes=axes)
            return self.episode(subject, out, axes=axes, seed=episode, task=task)
        if isinstance(subject, (Evaluation, Sweep)):
            return self.weights(subject, out, axes=axes, own=own)
        if isinstance(subject, Robustness):
            return self.disturbed(subject, out, axes=axes)
        if isinstance(subject, Comparison):
            return self.runs(subject, out, axes=axes)
        reported = isinstance(subject, Sequence) and all(isinstance(one, Generation) for one in subject)
        if not (reported or isinstance(subject, (str, os.PathLike))):
            kinds = (Controller, Evaluation, Sweep, Robustness, Comparison)
            listed = ", ".join(kind.__name__ for kind in kinds)
            raise WannError(
                f"plot() draws one of {listed}, a run folder or a search's generations; {type(subject).__name__} came"
            )
        return self.search(subject, out, axes=axes)

    def network(self, controller: Controller, out: Path | None = None, *, axes: "Axes | None" = None) -> "Figure":
        """Draws a controller's network, observations on the left, actions on the right."""
        return draw_network(controller, out, axes=axes)

    def weights(
        self,
        subject: Controller | Evaluation | Sweep,
        out: Path | None = None,
        *,
        axes: "Axes | None" = None,
        task: Named = None,
        own: float | None = None,
        seed: int = 0,
        threads: int | None = None,
    ) -> "Figure":
        """Draws the mean return over the shared weight.

        Args:
            subject: an evaluation, a sweep, or a controller, which then plays episodes.
            out: file to write, if any.
            axes: where to draw, instead of on a figure of its own.
            task: that a controller plays; by default the one that it was searched for.
            own: the controller's own shared weight, to be marked too; of a controller it is known.
            seed: of a controller's episodes; 0: those by which a shared weight is tuned.
            threads: of a controller's episodes; by default one per core.
        """
        if isinstance(subject, Evaluation):
            return plot_weight_profile(subject.sweep, out, axes=axes, own=own, title=subject.task)
        if isinstance(subject, Sweep):
            return plot_weight_profile(subject, out, axes=axes, own=own)
        played, network = task_of(subject, task), subject.network
        if seed:
            swept = sweep(played, network, seed=seed, threads=threads)
        else:
            swept = tuned_weight(played, network, threads=threads)
        own = subject.weight.values[0] if subject.weight.kind == "shared" and own is None else own
        return plot_weight_profile(swept, out, axes=axes, own=own, title=titled(subject.name, played.name))

    def episode(
        self,
        controller: Controller,
        out: Path | None = None,
        *,
        axes: "Axes | None" = None,
        seed: int = 0,
        task: Named = None,
    ) -> "Figure":
        """Draws one episode over time: observations, actions, reward.

        Raises:
            TaskError: the controller does not fit the task, or the task is no plant but an environment or data.
        """
        played = task_of(controller, task)
        if not isinstance(played, Task):
            hint = "`wann-rt play` makes a film of its episodes"
            raise TaskError(f"task {played.name} is played by an environment: {hint}")
        if isinstance(played, DataTask):
            hint = "whose episodes are single samples: there is nothing to draw"
            raise TaskError(f"task {played.name} is a data set, {hint}")
        return plot_episode(played, controller, out, axes=axes, seed=seed)

    def search(
        self, subject: Path | Sequence[Generation], out: Path | None = None, *, axes: "Axes | None" = None
    ) -> "Figure":
        """Draws the progress of a search: of a run folder with its title and its limit of connections."""
        if not isinstance(subject, (str, os.PathLike)):
            return plot_progress(list(subject), out, axes=axes)
        settings = read_settings(subject)
        config = settings.get("config", {})
        title = f"{settings.get('task', 'search')}, preset {config.get('preset')}, seed {config.get('seed')}"
        cap = config.get("most_connections") or None
        return plot_progress(read_generations(subject), out, axes=axes, title=title, cap=cap)

    def front(
        self, subject: Path | Sequence[Controller], out: Path | None = None, *, axes: "Axes | None" = None
    ) -> "Figure":
        """Draws connections against score, of controllers or of a folder of them.

        Raises:
            FileError: the folder has no controller.
            WannError: no controller has a score.
        """
        if not isinstance(subject, (str, os.PathLike)):
            return plot_front(subject, out, axes=axes)
        found = sorted(Folder(subject).glob("*.json"))
        if not found:
            hint = "`wann-rt tune --prune` writes one"
            raise FileError(f"{os.fspath(subject)}: is no folder with controller files (*.json); {hint}")
        return plot_front([load(path) for path in found], out, axes=axes)

    def disturbed(
        self,
        subject: Controller | Robustness,
        out: Path | None = None,
        *,
        axes: "Axes | None" = None,
        task: Named = None,
        episodes: int = 100,
        seed: int = 0,
    ) -> "Figure":
        """Draws the mean return under each disturbance; a controller plays its episodes for that."""
        if isinstance(subject, Controller):
            subject = robustness(subject, task, episodes=episodes, seed=seed)
        return plot_disturbed(subject, out, axes=axes)

    def conditions(
        self,
        subject: Controller | Evaluation,
        out: Path | None = None,
        *,
        axes: "Axes | None" = None,
        task: Named = None,
        episodes: int = 100,
        seed: int = 0,
        threads: int | None = None,
    ) -> "Figure":
        """Draws the mean return in each of the paper's conditions; a controller plays its episodes for that."""
        if isinstance(subject, Controller):
            subject = evaluate(subject, task, episodes=episodes, seed=seed, threads=threads)
        return plot_conditions(subject, out, axes=axes)

    def runs(self, result: Comparison, out: Path | None = None, *, axes: "Axes | None" = None) -> "Figure":
        """Draws the score of each run of a comparison, and each preset's interquartile mean."""
        return plot_runs(result, out, axes=axes)

    def stencils(self, controller: Controller, out: Path | None = None, *, axes: "Axes | None" = None) -> "Figure":
        """Draws which pixels each output of a classifier of images adds and subtracts.

        Raises:
            TaskError: the observations are no square image.
        """
        return plot_stencils(controller, out, axes=axes)


plot = Plot()
