"""Where controllers come from: a file, or the zoo."""

import os

from wann_rt import zoo
from wann_rt.core import files
from wann_rt.core.controller import Controller

PREFIX = "zoo:"


def load(source: str | os.PathLike[str]) -> Controller:
    """Loads a controller.

    Args:
        source: path of a controller file, or "zoo:NAME" for a champion of the zoo, e.g. "zoo:pendulum".

    Raises:
        FileError: there is none, or the file is damaged.
    """
    name = zoo_name(source)
    return files.load(source) if name is None else zoo.load(name)


def zoo_name(source: str | os.PathLike[str]) -> str | None:
    """Returns the name of the champion that "zoo:NAME" asks for; None for a path."""
    text = os.fspath(source)
    return text.removeprefix(PREFIX) if text.startswith(PREFIX) else None
