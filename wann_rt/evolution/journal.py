"""Journal: the run folder of a search - settings, one JSON line a generation, state to resume from, champion.

The state holds the lines that were written before it, too. So whatever becomes of the file of lines - cut by a power
loss, edited, lost - a resumed run has it again as it was.
"""

import contextlib
import json
import os
import time
import warnings
from pathlib import Path
from typing import Any, BinaryIO

from wann_rt.core import files
from wann_rt.core.controller import Controller
from wann_rt.core.disk import is_temporary, read_bytes, write_atomic
from wann_rt.core.errors import FileError
from wann_rt.core.strict_json import value_of
from wann_rt.evolution import checkpoint
from wann_rt.evolution.ancestors import CHAMPIONS, Ancestors
from wann_rt.evolution.checkpoint import Checkpoint
from wann_rt.evolution.config import Config
from wann_rt.evolution.lines import GENERATIONS as GENERATIONS
from wann_rt.evolution.lines import MOST_BYTES, packed, saved_lines
from wann_rt.evolution.lines import read_generations as read_generations
from wann_rt.evolution.lock import Lock
from wann_rt.evolution.resume import restore, state_of
from wann_rt.evolution.run_settings import CHANGED, SETTINGS, code_of, difference, is_longer, settings_of, without_code
from wann_rt.evolution.search import Generation, Search
from wann_rt.tasks.any_task import AnyTask

CHAMPION, STATE = "champion.json", "state.checkpoint"
FINISHED = "finished.checkpoint"  # the state before the last generation of a finished run: from it one can go on
SECONDS_PER_CHECKPOINT = 2.0
SHARE_OF_TIME = 0.05  # that saving states may take: on a slow disk they are saved less often
CHOOSE = "choose another folder, or allow overwriting it (--overwrite, overwrite=True)"


class Journal:
    """Writes a run folder; use as a context manager. One process at a time does.

    A folder that holds an unfinished run of the same task and settings is taken up where it stopped: call ``resume``.
    Where a run was killed before its first state was saved, it begins again.

    Attributes:
        folder: the run folder.
        repeated: how many generations that the folder told of are played again, because they came after its state.
        changed_code: which code played the generations before some generation, where the user went on with other code.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        task: AnyTask,
        config: Config,
        *,
        overwrite: bool = False,
        changed_code: bool = False,
        seconds_per_checkpoint: float = SECONDS_PER_CHECKPOINT,
    ) -> None:
        """Opens the folder, which is made if need be.

        Raises:
            FileError: the folder cannot be written, another process writes it, or it holds another or a finished run
                and ``overwrite`` is off.
        """
        self.folder = Path(folder)
        self.repeated = 0
        self.changed_code: list[dict[str, Any]] = []
        self._may_change = changed_code
        self._interval = seconds_per_checkpoint
        self._last, self._cost = time.monotonic(), 0.0
        self._whole: tuple[Checkpoint, int] | None = None
        self._settings = settings_of(task, config)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = Lock(self.folder)
            try:
                self._open(overwrite)
            except BaseException:
                self._lock.release()
                raise
        except OSError as error:
            raise FileError(f"{self.folder}: cannot be written: {error.strerror}") from None

    def _open(self, overwrite: bool) -> None:
        self._sweep()
        self._clear() if overwrite else self._check()
        self._write_settings()
        self._begin(b"")
        self._ancestors = Ancestors(self.folder, 2**63 if self._has_state() else 0)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._lock.release()

    @property
    def champion_path(self) -> Path:
        """Where the champion's controller file is."""
        return champion_file(self.folder)

    def resume(self, running: Search) -> bool:
        """Puts the search where the folder's unfinished run stopped; returns whether there was one.

        The lines of the generations become again what they were when the state was saved; if they were damaged, a
        warning says so and the damaged file stays beside them.

        Raises:
            FileError: neither the newest checkpoint nor the one before it is whole, or it is of no such search.
        """
        if not self._has_state():
            return False
        where = str(self.folder / STATE)
        state = checkpoint.load(self.folder / STATE)
        changed = restore(running, state, where, self._may_change)
        path, found = self.folder / GENERATIONS, self._found()
        lines = saved_lines(state, found, running, where)
        if found.startswith(lines):
            self.repeated = found.count(b"\n", len(lines))
        else:
            self._set_aside(path, len(lines))
        self._begin(lines)
        self._ancestors = Ancestors(self.folder, running.generation)
        self._whole = state, len(lines)
        if changed:
            self._go_on_with_other_code(running, state)
        return True

    def _go_on_with_other_code(self, running: Search, state: Checkpoint) -> None:
        """Tests the champion with the code that plays now, and records that there was other code before."""
        running.retest_champion()
        before = {"until_generation": running.generation, **code_of(state.values)}
        if before not in self.changed_code:  # a kill before the next state makes the user say it again
            self.changed_code.append(before)
        self._settings[CHANGED] = self.changed_code
        self._write_settings()

    def generation(self, report: Generation, running: Search) -> None:
        """Appends a generation's line, and now and then saves the state of the search."""
        line = json.dumps(report._asdict()).encode() + b"\n"
        try:
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            raise FileError(f"{self.folder / GENERATIONS}: cannot be written: {error.strerror}") from None
        self._lines += line
        self._ancestors.told(running)
        # Ctrl-C may come at any moment; one assignment keeps the state and the lines that belong to it together.
        if running.generation == running.config.generations:
            self._keep_before_last()
        self._whole = state_of(running), len(self._lines)
        if time.monotonic() - self._last >= max(self._interval, self._cost / SHARE_OF_TIME):
            self.save_state(running)

    def save_state(self, running: Search) -> None:
        """Saves the state of the search after the last generation that was told, from which ``resume`` goes on."""
        if self._whole is None:
            return  # what is in the folder, if anything, is the state that the search has been resumed from
        begin = time.monotonic()
        state, length = self._whole
        state.arrays["journal"] = packed(bytes(self._lines[:length]))
        with contextlib.suppress(OSError):  # the state has the lines too; what matters is that it can be saved
            os.fsync(self._file.fileno())
        checkpoint.save(self.folder / STATE, state)
        self._last = time.monotonic()
        self._cost = self._last - begin if self._interval else 0.0

    def champion(self, controller: Controller) -> None:
        """Replaces the champion's controller file."""
        files.save(controller, self.champion_path)

    def finish(self) -> None:
        """Removes the state: the run is done. That before its last generation stays, for those who want more."""
        checkpoint.remove(self.folder / STATE)

    def _keep_before_last(self) -> None:
        """Saves the state before the last generation, which a longer run plays again: it may have no retest there."""
        checkpoint.remove(self.folder / FINISHED)
        if self._whole is not None:
            state, length = self._whole
            state.arrays["journal"] = packed(bytes(self._lines[:length]))
            checkpoint.save(self.folder / FINISHED, state)

    def _has_state(self) -> bool:
        return any(path.exists() for path in checkpoint.places(self.folder / STATE))

    def _found(self) -> bytes:
        """Returns the lines of the generations as they are in the folder; none where they cannot be read."""
        try:
            return read_bytes(self.folder / GENERATIONS, MOST_BYTES)
        except FileError:
            return b""

    def _begin(self, lines: bytes) -> None:
        """Opens the file of lines for more of them; it holds these, and as long as there is a state, also others."""
        path = self.folder / GENERATIONS
        if hasattr(self, "_file"):
            self._file.close()
        if not (lines == b"" and self._has_state()) and not (path.exists() and self._found() == lines):
            write_atomic(path, lines)
        self._lines = bytearray(lines)
        self._file: BinaryIO = path.open("ab")

    def _set_aside(self, path: Path, wanted: int) -> None:
        """Keeps a damaged file of lines under another name, and says so."""
        what = "was empty or missing"
        if path.stat().st_size:
            aside = path.with_suffix(".damaged.jsonl")
            path.replace(aside)
            what = f"was damaged (now {aside.name})"
        warnings.warn(
            f"{path}: {what}; it is written again as it was when the state was saved, {wanted} bytes",
            RuntimeWarning,
            stacklevel=4,
        )

    def _sweep(self) -> None:
        """Removes what a killed process left half-written of our files; hidden files of the user's stay."""
        states = [place.name for name in (STATE, FINISHED) for place in checkpoint.places(Path(name))]
        ours = (SETTINGS, GENERATIONS, CHAMPIONS, CHAMPION, *states)
        for path in self.folder.glob(".*.tmp"):
            if any(is_temporary(path.name, name) for name in ours):
                path.unlink(missing_ok=True)

    def _clear(self) -> None:
        """Removes an earlier run, the settings last: what is left by a kill is still a run. Other files stay."""
        checkpoint.remove(self.folder / STATE)
        checkpoint.remove(self.folder / FINISHED)
        for name in (CHAMPION, CHAMPIONS, GENERATIONS, SETTINGS):
            (self.folder / name).unlink(missing_ok=True)

    def _write_settings(self) -> None:
        write_atomic(self.folder / SETTINGS, (json.dumps(self._settings, indent=2) + "\n").encode())

    def _taken_over(self, saved: Any) -> Any:
        """Returns saved settings as this run would have them, as far as only code differs that may differ.

        What they say of code before that is kept; a state that is not of this code says so when it is resumed.
        """
        if not isinstance(saved, dict):
            return saved
        if isinstance(saved.get(CHANGED), list):
            self.changed_code = saved[CHANGED]
            self._settings[CHANGED] = self.changed_code
        if self._may_change and without_code(saved) == without_code(self._settings):
            return self._settings
        return saved

    def _check(self) -> None:
        """Refuses a folder with another or a finished run, or with files that are of no run."""
        path = self.folder / SETTINGS
        saved = self._taken_over(self._saved_settings()) if path.exists() else None
        if saved is not None and saved != self._settings and is_longer(saved, self._settings) and self._go_on():
            return
        if saved is not None and saved != self._settings:
            raise FileError(
                f"{self.folder}: already holds a run with other settings: {difference(saved, self._settings)}; {CHOOSE}"
            )
        if self._has_state():
            if saved is None:  # the state says itself what it is of
                warnings.warn(f"{path}: was damaged or missing; it is written again", RuntimeWarning, stacklevel=5)
            return
        if self.champion_path.exists():
            more = "nothing in it to resume: more generations go on with it; or"
            raise FileError(f"{self.folder}: already holds a run, and {more} {CHOOSE}")
        if saved is None and (path.exists() or (self.folder / GENERATIONS).exists()):
            kept = SETTINGS if path.exists() else GENERATIONS
            raise FileError(f"{self.folder}: holds a {kept} that is of no run which could be resumed; {CHOOSE}")

    def _go_on(self) -> bool:
        """Makes the state of a run that was to have fewer generations one of this run; returns whether there is one.

        Whatever comes between, the same call does it again: the folder keeps what it needs until it is done.
        """
        found = [path for name in (FINISHED, STATE) for path in checkpoint.places(self.folder / name) if path.exists()]
        if not found:
            return False
        state = checkpoint.load(found[0].with_suffix(".checkpoint"))
        fewer = self._saved_settings()["config"]["generations"]
        if state.values.get("generation") == fewer and found[0].name != FINISHED:
            return False  # its last generation had a retest of its own: the run must be finished first
        state.values["config_digest"] = self._settings["config_digest"]
        checkpoint.save(self.folder / STATE, state)
        return True

    def _saved_settings(self) -> Any:
        """Returns what config.json says; None if it is damaged."""
        try:
            return value_of(files.read_text(self.folder / SETTINGS), SETTINGS)
        except FileError:
            return None


def champion_file(folder: str | os.PathLike[str]) -> Path:
    """Returns where a run folder has its champion's controller file."""
    return Path(folder) / CHAMPION
