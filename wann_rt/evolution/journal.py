"""Journal: the run folder of a search - settings, one JSON line a generation, state to resume from, champion."""

import json
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import wann_rt
from wann_rt.core import files
from wann_rt.core.controller import Controller
from wann_rt.core.errors import FileError
from wann_rt.evolution import checkpoint
from wann_rt.evolution.config import Config
from wann_rt.evolution.resume import restore, state_of
from wann_rt.evolution.search import Generation, Search
from wann_rt.tasks.any_task import AnyTask, identity

SETTINGS, GENERATIONS, CHAMPION, STATE = "config.json", "generations.jsonl", "champion.json", "state.checkpoint"
SECONDS_PER_CHECKPOINT = 2.0


class Journal:
    """Writes a run folder; use as a context manager.

    A folder that holds an unfinished run of the same task and settings is taken up where it stopped: call ``resume``.

    Attributes:
        folder: the run folder.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        task: AnyTask,
        config: Config,
        *,
        overwrite: bool = False,
        seconds_per_checkpoint: float = SECONDS_PER_CHECKPOINT,
    ) -> None:
        """Opens the folder, which is made if need be.

        Raises:
            FileError: the folder cannot be written, or it holds another or a finished run and ``overwrite`` is off.
        """
        self.folder = Path(folder)
        self._interval = seconds_per_checkpoint
        self._last = time.monotonic()
        self._settings = _settings(task, config)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._clear() if overwrite else self._check()
            self._generations: TextIO = (self.folder / GENERATIONS).open("a", encoding="utf-8")
        except OSError as error:
            raise FileError(f"{self.folder}: cannot be written: {error.strerror}") from None
        files.write_atomic(self.folder / SETTINGS, (json.dumps(self._settings, indent=2) + "\n").encode())

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._generations.close()

    @property
    def champion_path(self) -> Path:
        """Where the champion's controller file is."""
        return champion_file(self.folder)

    def resume(self, running: Search) -> bool:
        """Puts the search where the folder's unfinished run stopped; returns whether there was one.

        Raises:
            FileError: neither the newest checkpoint nor the one before it is whole.
        """
        path = self.folder / STATE
        if not self._has_state():
            return False
        restore(running, checkpoint.load(path), str(path))
        lines = self._lines()[: running.generation]  # generations after the checkpoint will be played again
        self._generations.close()
        files.write_atomic(self.folder / GENERATIONS, "".join(lines).encode())
        self._generations = (self.folder / GENERATIONS).open("a", encoding="utf-8")
        return True

    def generation(self, report: Generation, running: Search) -> None:
        """Appends a generation's line, and now and then saves the state of the search."""
        try:
            self._generations.write(json.dumps(report._asdict()) + "\n")
            self._generations.flush()
        except OSError as error:
            raise FileError(f"{self.folder / GENERATIONS}: cannot be written: {error.strerror}") from None
        if time.monotonic() - self._last >= self._interval:
            self.save_state(running)

    def save_state(self, running: Search) -> None:
        """Saves the state of the search, from which ``resume`` goes on."""
        checkpoint.save(self.folder / STATE, state_of(running))
        self._last = time.monotonic()

    def champion(self, controller: Controller) -> None:
        """Replaces the champion's controller file."""
        files.save(controller, self.champion_path)

    def finish(self) -> None:
        """Removes the state: the run is done, there is nothing to resume."""
        checkpoint.remove(self.folder / STATE)

    def _has_state(self) -> bool:
        return any(path.exists() for path in checkpoint.places(self.folder / STATE))

    def _lines(self) -> list[str]:
        """Returns the generations written so far, one line each."""
        path = self.folder / GENERATIONS
        return files.read_text(path).splitlines(keepends=True) if path.exists() else []

    def _clear(self) -> None:
        """Removes an earlier run; files that are not ours stay."""
        for name in (SETTINGS, GENERATIONS, CHAMPION):
            (self.folder / name).unlink(missing_ok=True)
        checkpoint.remove(self.folder / STATE)

    def _check(self) -> None:
        """Refuses a folder with another or a finished run; sweeps up what a killed process left half-written."""
        for leftover in self.folder.glob(".*.tmp"):
            leftover.unlink()
        path = self.folder / SETTINGS
        if not path.exists():
            return
        choose = "choose another folder, or allow overwriting it (--overwrite, overwrite=True)"
        if json.loads(files.read_text(path)) != json.loads(json.dumps(self._settings)):
            raise FileError(f"{self.folder}: already holds a run with other settings; {choose}")
        if not self._has_state() and self._lines():
            raise FileError(f"{self.folder}: already holds a run, and nothing in it to resume; {choose}")


def champion_file(folder: str | os.PathLike[str]) -> Path:
    """Returns where a run folder has its champion's controller file."""
    return Path(folder) / CHAMPION


def _settings(task: AnyTask, config: Config) -> dict[str, Any]:
    """Returns what determines a run, and with what it was made."""
    return {
        **identity(task),
        "config": asdict(config),
        "config_digest": config.digest,
        "wann_rt": wann_rt.__version__,
    }


def read_settings(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Reads what a run folder says of its task and settings.

    Raises:
        FileError: there is no such file, or it is damaged.
    """
    path = Path(folder) / SETTINGS
    try:
        settings = json.loads(files.read_text(path))
    except ValueError as error:
        raise FileError(f"{path}: is not the settings of a run: {error}") from None
    if not isinstance(settings, dict) or not isinstance(settings.get("config"), dict):
        raise FileError(f"{path}: is not the settings of a run: an object with the key config was expected")
    return settings


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
