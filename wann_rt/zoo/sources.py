"""Where controllers come from: a file, the folder of a run, or the zoo."""

import os
from pathlib import Path

from wann_rt import zoo
from wann_rt.core import files
from wann_rt.core.controller import Controller
from wann_rt.core.errors import FileError

PREFIX = "zoo:"
CHAMPION, SETTINGS = "champion.json", "config.json"  # of a run folder


def load(source: str | os.PathLike[str]) -> Controller:
    """Loads a controller.

    Args:
        source: path of a controller file, or of a run folder, whose champion it is; or "zoo:NAME" for a champion of
            the zoo, e.g. "zoo:pendulum".

    Raises:
        FileError: there is none, or the file is damaged.
    """
    name = zoo_name(source)
    if name is not None:
        return zoo.load(name)
    path = file_of(source)
    if not path.exists() and (hint := _instead_of(os.fspath(source))):
        raise FileError(f"{source}: there is no such file; {hint}")
    return files.load(path)


def _instead_of(name: str) -> str:
    """Returns what to say where a controller was expected and the name of a task or champion came; else nothing."""
    from wann_rt.tasks import TASKS

    called = {known: task.name for task in TASKS for known in (task.name, *task.aliases)}
    if name not in called and name not in zoo.names():
        return ""
    champion = called.get(name, name)
    made = f"{PREFIX}{champion} is a champion of the zoo" if champion in zoo.names() else ""
    searched = f"`wann-rt search {name}` makes a controller of that task" if name in called else ""
    return ", and ".join(filter(None, (made, searched)))


def file_of(source: str | os.PathLike[str]) -> Path:
    """Returns the controller file that a path means: of a run folder, its champion.

    Raises:
        FileError: it is a folder without a champion.
    """
    path = Path(source)
    if not path.is_dir() or (path / CHAMPION).exists():
        return path / CHAMPION if path.is_dir() else path
    if (path / SETTINGS).exists():
        raise FileError(f"{path}: this run has no champion yet: it is not finished; the same search command goes on")
    raise FileError(f"{path}: is a folder, and no run folder: it has no {CHAMPION}")


def zoo_name(source: str | os.PathLike[str]) -> str | None:
    """Returns the name of the champion that "zoo:NAME" asks for; None for a path."""
    text = os.fspath(source)
    return text.removeprefix(PREFIX) if text.startswith(PREFIX) else None
