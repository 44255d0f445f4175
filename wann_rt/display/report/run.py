"""What a run folder tells: settings, generations, champion, and the command that repeats it."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from wann_rt.core import files
from wann_rt.core.controller import Controller
from wann_rt.core.errors import ConfigError, FileError
from wann_rt.evolution import config as configs
from wann_rt.evolution.ancestors import Ancestor, read_ancestors
from wann_rt.evolution.journal import champion_file, read_generations
from wann_rt.evolution.run_settings import read_settings
from wann_rt.evolution.search import Generation


@dataclass(frozen=True)
class Run:
    """A run folder, read.

    Attributes:
        folder: where it is.
        settings: what it says of task and settings.
        generations: what it says of each generation.
        champion: its controller; None while the search goes on.
        ancestors: the champions so far, one after another; none of a run of wann_rt 0.1.
    """

    folder: Path
    settings: Mapping[str, Any]
    generations: tuple[Generation, ...]
    champion: Controller | None
    ancestors: tuple[Ancestor, ...] = ()

    @classmethod
    def read(cls, folder: str | os.PathLike[str]) -> "Run":
        """Reads a run folder.

        Raises:
            FileError: it is none, or a file in it is damaged.
        """
        path = Path(folder)
        champion = champion_file(path)
        if not path.is_dir():
            raise FileError(f"{path}: is no run folder; `wann-rt search` makes one (--out)")
        return cls(
            path,
            read_settings(path),
            tuple(read_generations(path)),
            files.load(champion) if champion.exists() else None,
            tuple(read_ancestors(path)),
        )

    @property
    def config(self) -> Mapping[str, Any]:
        """The settings of the search."""
        found: Mapping[str, Any] = self.settings["config"]
        return found

    @property
    def title(self) -> str:
        """Task, preset and seed."""
        return f"{self.settings.get('task')}, preset {self.config.get('preset')}, seed {self.config.get('seed')}"

    @cached_property
    def changed(self) -> dict[str, Any]:
        """The settings that differ from those of the preset, without the seed."""
        try:
            plain = asdict(configs.load(str(self.config.get("preset"))))
        except ConfigError:
            plain = {}
        known = configs.unsaid() | dict(self.config)
        values = {name: value for name, value in known.items() if name not in ("preset", "seed")}
        return {name: value for name, value in values.items() if _listed(plain.get(name)) != _listed(value)}

    @property
    def command(self) -> str:
        """The command that repeats the run."""
        environment = self.settings.get("environment")
        words = ["wann-rt", "search"]
        if isinstance(environment, Mapping):
            words += ["--env", str(environment.get("id"))]
            words += [w for k, v in environment.get("kwargs", {}).items() for w in ("--env-set", f"{k}={_toml(v)}")]
        else:
            words.append(str(self.settings.get("task")))
        words += ["--preset", str(self.config.get("preset")), "--seed", str(self.config.get("seed"))]
        for name, value in dict(self.settings.get("task_params") or {}).items():
            words += ["--task-set", f"{name}={_toml(value)}"]
        for name, value in self.changed.items():
            words += ["--set", f"{name}={_toml(value)}"]
        return shlex.join([*words, "--out", str(self.folder)])


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _toml(value: Any) -> str:
    """Returns a value as ``--set`` reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_toml(v) if not isinstance(v, str) else repr(v) for v in value)}]"
    return str(value)
