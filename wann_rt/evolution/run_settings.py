"""The settings that a run folder holds: what determines the run, so what another run may differ in from it."""

import json
import os
from pathlib import Path
from typing import Any

import wann_rt
from wann_rt.core import files
from wann_rt.core.errors import FileError
from wann_rt.core.strict_json import shown, value_of
from wann_rt.evolution.config import Config
from wann_rt.tasks.any_task import AnyTask, identity

SETTINGS = "config.json"
CODE = ("source", "task_version", "wann_rt")  # what says which code plays, not what it shall play
CHANGED = "changed_code"  # which code played the generations before, where a user went on with other code


def settings_of(task: AnyTask, config: Config) -> dict[str, Any]:
    """Returns what determines a run, and with what it was made, as the file says it."""
    said = {
        **identity(task),
        "config": config.said,
        "config_digest": config.digest,
        "wann_rt": wann_rt.__version__,
    }
    plain: dict[str, Any] = json.loads(json.dumps(said))
    return plain


def _flat(settings: dict[str, Any]) -> dict[str, Any]:
    """Returns settings with those of the environment and of the search at the top; the environment's last."""
    flat = {key: value for key, value in settings.items() if key != "environment"}
    for key in ("config", "environment"):
        if isinstance(settings.get(key), dict):
            flat |= settings[key]
    return flat


def read_settings(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Reads what a run folder says of its task and settings.

    Raises:
        FileError: there is no such file, or it is damaged.
    """
    path = Path(folder) / SETTINGS
    settings = value_of(files.read_text(path), str(path))
    if not isinstance(settings, dict) or not isinstance(settings.get("config"), dict):
        raise FileError(f"{path}: is not the settings of a run: an object with the key config was expected")
    return settings


def is_longer(saved: Any, settings: dict[str, Any]) -> bool:
    """Returns whether settings differ from saved ones in nothing but more generations."""
    if not isinstance(saved, dict) or not isinstance(saved.get("config"), dict):
        return False
    fewer, more = (dict(one["config"]) for one in (saved, settings))
    had, wants = fewer.pop("generations", None), more.pop("generations")
    left = [{k: v for k, v in one.items() if k not in ("config", "config_digest")} for one in (saved, settings)]
    return isinstance(had, int) and had < wants and fewer == more and left[0] == left[1]


def without_code(settings: Any) -> Any:
    """Returns settings without what says which code plays: an environment's, a task's version, wann_rt's."""
    if not isinstance(settings, dict):
        return settings
    left = {key: value for key, value in settings.items() if key not in (*CODE, CHANGED)}
    if isinstance(left.get("environment"), dict):
        left["environment"] = {key: value for key, value in left["environment"].items() if key not in CODE}
    return left


def code_of(settings: dict[str, Any]) -> dict[str, Any]:
    """Returns what settings say of the code that plays."""
    flat = {**settings, **(settings.get("environment") or {})}
    return {key: flat[key] for key in CODE if key in flat}


def difference(saved: Any, settings: dict[str, Any]) -> str:
    """Returns the first setting in which saved ones differ."""
    flat = [_flat(s) if isinstance(s, dict) else {} for s in (saved, settings)]
    for key in (*flat[1], "source", "task_source", "channels"):  # these stand only where there is something to say
        if flat[0].get(key) != flat[1].get(key) and key not in ("config", "config_digest"):
            if key == "source":
                return "the code of the environment was another one; to go on all the same: --changed-code"
            if key == "task_source":
                return "the code of the task was another one"
            if key == "channels":
                return "names, units, bounds or conditioning of the environment's channels were other ones"
            name, there, now = _narrowed(key, flat[0].get(key), flat[1].get(key))
            return f"{name} is {shown(there)} there, {shown(now)} now"
    return "they say more than this wann_rt knows"


def _narrowed(name: str, there: Any, now: Any) -> tuple[str, Any, Any]:
    """Returns the innermost of two settings that differ: of whole tables, only the beginnings would be shown."""
    while isinstance(there, dict) and isinstance(now, dict):
        key = next(key for key in (*now, *there) if there.get(key) != now.get(key))
        name, there, now = f"{name}.{key}", there.get(key), now.get(key)
    return name, there, now
