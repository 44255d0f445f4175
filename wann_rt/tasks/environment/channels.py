"""What an environment does not tell of its channels: names, units and, if wished, conditioning, from TOML.

``rate_hz``, ``observations`` and ``actions`` may be given, the latter two with one entry for each channel: a name, or a
table whose keys are those of a channel in the controller file (``name``, ``unit``, ``low``, ``high``, ``offset``,
``scale``, ``clip``). What is left out stays as the environment says. ``observe``, a list of names, and the table
``derive`` say what a controller sees, as in ``wr.environment``.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from importlib import resources
from typing import Any

from wann_rt.core.controller import Channel
from wann_rt.core.errors import ControllerError, TaskError
from wann_rt.core.files import read_text
from wann_rt.core.guess import near
from wann_rt.tasks.environment.task import EnvironmentTask

Overlay = Mapping[str, Any]
KEYS = ("rate_hz", "observations", "actions")
SEEN = ("observe", "derive")  # which ``split`` has taken out
TYPES: Mapping[str, tuple[type, ...]] = {"name": (str,), "unit": (str,), "clip": (bool,)}


def read(path: str | os.PathLike[str]) -> Overlay:
    """Reads an overlay from a TOML file.

    Raises:
        FileError: the file cannot be read.
        TaskError: it is no TOML.
    """
    try:
        return tomllib.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise TaskError(f"{path}: is not valid TOML: {error}") from None


def split(overlay: Overlay | None) -> tuple[Overlay | None, list[str] | None, dict[str, str]]:
    """Returns what an overlay says of the channels, which of them are observed, and what is derived from them.

    Raises:
        TaskError: it says the latter two in another form.
    """
    if overlay is None:
        return None, None, {}
    rest = {key: value for key, value in overlay.items() if key not in SEEN}
    observe, derive = overlay.get("observe"), overlay.get("derive", {})
    if observe is not None and not (isinstance(observe, list) and all(isinstance(name, str) for name in observe)):
        raise TaskError(f"channels: observe is {observe!r}; expected a list of names")
    if not (isinstance(derive, dict) and all(isinstance(how, str) for how in derive.values())):
        raise TaskError(f"channels: derive is {derive!r}; expected a table of name = how")
    return rest, observe, derive


def named(task: EnvironmentTask, overlay: Overlay | None, inner_id: str | None = None) -> EnvironmentTask:
    """Returns the task with the names and units that are known, then with what the overlay says.

    Args:
        task: the task.
        overlay: what the user says.
        inner_id: the id of what is inside of the task's wrappers, whose names count where no wrapper computes.

    Raises:
        TaskError: the overlay does not fit the environment.
    """
    plain = task.own_wrappers == task.lost == ()
    known = _known().get(task.env_id) or (_known().get(inner_id or "", {}) if plain else {})
    for given in (known, overlay or {}):
        unknown = sorted(set(given) - set(KEYS))
        if unknown:
            keys = (*KEYS, *SEEN)
            raise TaskError(f"channels: unknown key {unknown[0]!r}; keys: {', '.join(keys)}{near(unknown[0], keys)}")
        rate = given.get("rate_hz", task.rate_hz)
        if rate is not None and (type(rate) not in (int, float) or not 0 < rate < 1e9):
            raise TaskError(f"channels: rate_hz is {rate!r}; expected steps per second")
        task = replace(
            task,
            rate_hz=rate if rate is None else float(rate),
            observations=_laid(task.observations, given.get("observations"), "observations"),
            actions=_laid(task.actions, given.get("actions"), "actions"),
        )
    return task


def _laid(channels: tuple[Channel, ...], rows: Any, side: str) -> tuple[Channel, ...]:
    """Returns channels with what the rows say, one row each."""
    if rows is None:
        return channels
    if not isinstance(rows, list) or len(rows) != len(channels):
        came = len(rows) if isinstance(rows, list) else type(rows).__name__
        raise TaskError(f"channels: {side}: expected {len(channels)} entries, one a channel; {came} came")
    pairs = enumerate(zip(channels, rows, strict=True))
    return tuple(_changed(channel, row, f"channels: {side}[{k}]") for k, (channel, row) in pairs)


def _changed(channel: Channel, row: Any, where: str) -> Channel:
    row = {"name": row} if isinstance(row, str) else row
    if not isinstance(row, dict):
        raise TaskError(f"{where}: expected a table or a name, got {row!r}")
    names = [field.name for field in fields(Channel)]
    for key, value in row.items():
        if key not in names:
            raise TaskError(f"{where}: unknown key {key!r}; keys: {', '.join(names)}{near(key, names)}")
        if type(value) not in TYPES.get(key, (int, float)):
            raise TaskError(f"{where}: {key} is {value!r}, which is of the wrong type")
    try:
        return replace(channel, **row)
    except ControllerError as error:
        raise TaskError(f"{where}: {error}") from None


@cache
def _known() -> Mapping[str, Overlay]:
    text = resources.files("wann_rt.tasks").joinpath("channels.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
