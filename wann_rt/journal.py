"""Journal: the run folder of a search - settings, one JSON line a generation, the champion."""

import json
import os
import platform
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import numpy as np

import wann_rt
from wann_rt import files
from wann_rt.config import Config
from wann_rt.controller import Controller
from wann_rt.errors import FileError
from wann_rt.evolution import Generation
from wann_rt.tasks import Task

SETTINGS, GENERATIONS, CHAMPION = "config.json", "generations.jsonl", "champion.json"


class Journal:
    """Writes a run folder; use as a context manager.

    Attributes:
        folder: the run folder.
    """

    def __init__(
        self, folder: str | os.PathLike[str], task: Task, config: Config, *, overwrite: bool = False
    ) -> None:
        """Creates the folder and writes the settings.

        Raises:
            FileError: the folder cannot be made, or it already holds a run and ``overwrite`` is off.
        """
        self.folder = Path(folder)
        if (self.folder / SETTINGS).exists() and not overwrite:
            raise FileError(
                f"{self.folder}: already holds a run; choose another folder, or allow overwriting it "
                "(--overwrite, overwrite=True)"
            )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._generations: TextIO = (self.folder / GENERATIONS).open("w", encoding="utf-8")
        except OSError as error:
            raise FileError(f"{self.folder}: cannot be written: {error.strerror}") from None
        self._write_settings(task, config)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._generations.close()

    @property
    def champion_path(self) -> Path:
        """Where the champion's controller file is."""
        return self.folder / CHAMPION

    def generation(self, report: Generation) -> None:
        """Appends a generation's line."""
        try:
            self._generations.write(json.dumps(report._asdict()) + "\n")
            self._generations.flush()
        except OSError as error:
            raise FileError(f"{self.folder / GENERATIONS}: cannot be written: {error.strerror}") from None

    def champion(self, controller: Controller) -> None:
        """Replaces the champion's controller file."""
        files.save(controller, self.champion_path)

    def _write_settings(self, task: Task, config: Config) -> None:
        document = {
            "task": task.name,
            "task_version": task.version,
            "config": asdict(config),
            "config_digest": config.digest,
            "wann_rt": wann_rt.__version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
        }
        files.write_atomic(self.folder / SETTINGS, (json.dumps(document, indent=2) + "\n").encode())


def read_generations(folder: str | os.PathLike[str]) -> list[Generation]:
    """Reads the generations of a run folder back.

    Raises:
        FileError: there are none, or a line is damaged.
    """
    path = Path(folder) / GENERATIONS
    lines = files.read_text(path).splitlines()
    try:
        return [Generation(**json.loads(line)) for line in lines]
    except (ValueError, TypeError) as error:
        raise FileError(f"{path}: is not a journal of generations: {error}") from None
