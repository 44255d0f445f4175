"""The zoo: controllers for well-known tasks, found by wann_rt's own commands, to be loaded by name.

``recipes.toml`` has a row for each; the controllers lie beside it. ``NAME.json`` is the champion. Where its weights
were tuned one by one, ``NAME.shared.json`` is the network that the search found, with its one shared weight.
``scores.json`` is what ``make zoo-check`` scored them in plain Gymnasium.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from wann_rt.core import files
from wann_rt.core.controller import Controller
from wann_rt.core.errors import FileError
from wann_rt.core.guess import near

_FOLDER = resources.files("wann_rt.zoo")


@dataclass(frozen=True)
class Recipe:
    """How a champion came about and what it is for; one table of ``recipes.toml``.

    Attributes:
        name: of the champion.
        env: id of the Gymnasium environment that scores it.
        commands: what found it, run one after the other in an empty folder.
        champion: the file they write that became ``NAME.json``.
        shared: the file they write that became ``NAME.shared.json``; empty where the champion has a shared weight.
        given: files that the commands read and that have to be brought along, with where they come from.
        uncharged_falls: whether the scores leave out the reward of -100 for a fall, as the paper's do; both are kept.
        episodes: of the record, per condition.
        bar: mean return that it must reach.
        anchors: what others score, and with how much, for comparison.
    """

    name: str
    env: str
    commands: tuple[str, ...]
    champion: str
    episodes: int
    bar: float
    anchors: str
    shared: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    uncharged_falls: bool = False


def recipes() -> dict[str, Recipe]:
    """Returns the recipe of each champion, by name."""
    table = tomllib.loads(_text("recipes.toml"))
    return {name: Recipe(name, **row | {"commands": tuple(row["commands"])}) for name, row in table.items()}


def scores() -> Mapping[str, Any]:
    """Returns the scores of each champion in plain Gymnasium, by name and condition, as JSON values."""
    found: Mapping[str, Any] = json.loads(_text("scores.json"))
    return found


def names() -> tuple[str, ...]:
    """Returns the names of all champions."""
    return tuple(recipes())


def load(name: str) -> Controller:
    """Loads a controller of the zoo.

    Args:
        name: of a champion, e.g. "pendulum"; "pendulum.shared" is the network it was tuned from.

    Raises:
        FileError: the zoo has no such controller.
    """
    known = [file.name.removesuffix(".json") for file in _FOLDER.iterdir() if file.name.endswith(".json")]
    if name not in known or name == "scores":
        raise FileError(f"the zoo has no controller {name!r}; it has {', '.join(names())}{near(name, known)}")
    return files.from_text(_text(f"{name}.json"), f"zoo:{name}")


def shared(name: str) -> Controller:
    """Loads the champion's network with its shared weight: the champion itself where it kept that."""
    return load(f"{name}.shared" if recipes()[name].shared else name)


def _text(file: str) -> str:
    return _FOLDER.joinpath(file).read_text(encoding="utf-8")
