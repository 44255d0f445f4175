"""Callbacks: objects that see a search as it goes, and may end it.

A callback is told of the start, of each generation, and of the end. What it is given - ``running`` - has the task, the
settings, the population, the best network of the generation (``running.best``) and the champion so far as a controller
(``running.controller()``).
"""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wann_rt.core import files
from wann_rt.core.controller import Controller
from wann_rt.core.errors import MissingExtraError
from wann_rt.evolution.search import Generation, Search


class Callback:
    """Does nothing; derive from it and say what shall be done."""

    def on_start(self, running: Search) -> None:
        """Is called before the first generation, of this process if the search is resumed."""

    def on_generation(self, report: Generation, running: Search) -> bool | None:
        """Is called after each generation; returning True ends the search."""

    def on_end(self, controller: Controller, running: Search) -> None:
        """Is called with the champion, once it is tuned and scored."""


class KeepBest(Callback):
    """Writes the best network of each generation as a controller file, ``best-00007.json``.

    Attributes:
        folder: where.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def on_generation(self, report: Generation, running: Search) -> None:
        """Writes a file."""
        if running.best is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            controller = running.controller_of(running.best, {"generation": report.generation, "fitness": report.best})
            files.save(controller, self.folder / f"best-{report.generation:05d}.json")


class TensorBoard(Callback):
    """Writes the figures of each generation where TensorBoard reads them (extra ``track``)."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """Opens the folder.

        Raises:
            MissingExtraError: TensorBoard is not installed.
        """
        try:
            from tensorboard.summary import Writer
        except ImportError:
            raise MissingExtraError("logging to TensorBoard", "tensorboard", "track") from None
        self._writer: Any = Writer(os.fspath(folder))

    def on_generation(self, report: Generation, running: Search) -> None:
        """Writes the figures of one generation."""
        for name, value in report._asdict().items():
            self._writer.add_scalar(f"search/{name}", float(value), report.generation)

    def on_end(self, controller: Controller, running: Search) -> None:
        """Writes the score and closes."""
        self._writer.add_scalar("score/mean", float(controller.provenance["score"]["mean"]), running.generation)
        self._writer.close()


class WeightsAndBiases(Callback):
    """Logs the settings, the figures of each generation and the score to Weights & Biases (extra ``track``)."""

    def __init__(self, **init: Any) -> None:
        """Prepares; ``init`` are arguments of ``wandb.init``.

        Raises:
            MissingExtraError: wandb is not installed.
        """
        try:
            import wandb
        except ImportError:
            raise MissingExtraError("logging to Weights & Biases", "wandb", "track") from None
        self._wandb: Any = wandb
        self._init, self._run = init, None

    def on_start(self, running: Search) -> None:
        """Begins a run."""
        self._run = self._wandb.init(config={"task": running.task.name, **asdict(running.config)}, **self._init)

    def on_generation(self, report: Generation, running: Search) -> None:
        """Logs the figures of one generation."""
        self._wandb.log(report._asdict(), step=report.generation)

    def on_end(self, controller: Controller, running: Search) -> None:
        """Logs the score and ends the run."""
        self._wandb.log({f"score_{name}": value for name, value in controller.provenance["score"].items()})
        self._wandb.finish()
