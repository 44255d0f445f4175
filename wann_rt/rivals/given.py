"""Rivals that a user brings: gains that were changed by hand, and a controller that is a Python function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import isclass
from pathlib import Path
from traceback import extract_tb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.disk import read_text
from wann_rt.core.errors import FileError, TaskError
from wann_rt.core.guess import near
from wann_rt.core.strict_json import value_of
from wann_rt.play.plain import LaneAct
from wann_rt.rivals.mpc import HOLDING
from wann_rt.rivals.textbook import laws
from wann_rt.tasks import conditions
from wann_rt.tasks.own import thing
from wann_rt.tasks.task import Task

MOST = float(np.finfo(np.float32).max)
Known = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Own:
    """A user's own controller.

    Attributes:
        name: in tables.
        made: a function of an observation that returns the actions, or a class of which each episode gets an instance
            that is called so; it may remember.
    """

    name: str
    made: Callable[..., Any]

    def fresh(self, task: Task, lanes: int) -> "OwnAct":
        """Returns it at the beginning of so many episodes."""
        try:
            each: list[Any] = [self.made() for _ in range(lanes)] if isclass(self.made) else [self.made] * lanes
        except Exception as error:
            raise TaskError(_caught(self, error)) from None
        return OwnAct(self, task, each)


def own(name: str) -> Own:
    """Returns the controller that FILE.py:NAME or MODULE:NAME is, and runs that code to get it.

    Raises:
        TaskError: there is none, or its code fails; the message says in which line.
    """
    given, made = thing(name, "control")
    if not callable(made):
        raise TaskError(f"{given} is {type(made).__name__}; expected a function of an observation, or a class of such")
    return Own(given, made)


class OwnAct(LaneAct):
    """A user's own controller in many episodes."""

    def __init__(self, given: Own, task: Task, each: list[Callable[..., Any]]) -> None:
        """Takes the function of each episode."""
        self._given, self._task, self._each, self._step = given, task, each, 0

    def act(self, observations: NDArray[np.float32], alive: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Returns the actions of episodes that are not over, limited as the task's channels say; 0 of others."""
        actions = np.zeros((len(alive), len(self._task.actions)), np.float32)
        for lane in np.flatnonzero(alive):
            actions[lane] = self._asked(self._each[lane], observations[lane])
        self._step += 1
        limited = [
            np.broadcast_to(c.limit_action(a), a.shape) for c, a in zip(self._task.actions, actions.T, strict=True)
        ]
        return np.stack(limited, axis=1).astype(np.float32)

    def _asked(self, function: Callable[..., Any], observation: NDArray[np.float32]) -> NDArray[np.float32]:
        count = len(self._task.actions)
        try:
            asked = np.array(function(observation.copy()), np.float32).reshape(-1)
        except Exception as error:
            raise TaskError(f"{_caught(self._given, error)}, in step {self._step} of an episode") from None
        if len(asked) != count:
            wanted = f"{count} action{'s' * (count > 1)}: {', '.join(c.name for c in self._task.actions)}"
            raise TaskError(f"{self._given.name}: returned {len(asked)} numbers; expected {wanted}")
        return asked


def _caught(given: Own, error: Exception) -> str:
    places = [f"{frame.filename}, line {frame.lineno}" for frame in extract_tb(error.__traceback__)]
    theirs = [place for place in places if not place.startswith(__file__)]
    where = theirs[-1] if theirs else ""
    return f"{where or given.name}: {type(error).__name__}: {error}"


def disturbing(task: Task, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns disturbances that a user mixed, of a plain task.

    Raises:
        TaskError: one of them is none.
    """
    known = [name for name in conditions.names(task) if name not in conditions.PENALTIES]
    for name in asked:
        if name not in known:
            raise TaskError(
                f"--disturb: {name!r} is no disturbance of {task.name}; there are {', '.join(known)}{near(name, known)}"
            )
    return asked


def names_of(task: Task) -> Mapping[str, tuple[str, ...]]:
    """Returns the rivals of a plain task, and the names of their gains."""
    planned = {"MPC": tuple(f"price_{channel.name}" for channel in task.observations)}
    return {law.name: law.gains for law in laws(task)} | (planned if task.name in HOLDING else {})


def gains_in(path: Path, task: Task) -> Known:
    """Reads gains of rivals from what ``wann-rt rival --json`` printed, or from docs/rivals.json.

    Raises:
        FileError: it is no such file, or has other gains than the rivals of the plain task.
    """
    gains = {name: known for name, known in names_of(task).items() if known}
    document = value_of(read_text(path), str(path))
    rows = document.get("entries", document.get(task.name)) if isinstance(document, dict) else None
    if not isinstance(rows, dict) or not all(isinstance(row, dict) for row in rows.values()):
        raise FileError(
            f"{path}: has no rivals of {task.name}; expected what  wann-rt rival {task.name} --json  prints, or {{"
            f'"entries": {{"LQR": {{"gains": {{...}}}}}}}}'
        )
    found = {name: row["gains"] for name, row in rows.items() if name in gains and isinstance(row.get("gains"), dict)}
    for name, values in found.items():
        if sorted(values) != sorted(gains[name]):
            raise FileError(f"{path}: {name} has the gains {', '.join(gains[name])}; {', '.join(values)} came")
        for gain, value in values.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MOST:
                raise FileError(f"{path}: {name}, {gain}: expected a finite number of 32 bits, {value!r} came")
    if not found:
        raise FileError(f"{path}: none of {', '.join(gains)} has gains in it")
    return found
