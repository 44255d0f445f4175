"""Presets as files: what is shipped, what each is for, and what it says."""

import itertools
import tomllib
from importlib import resources
from typing import Any

from wann_rt.tasks.any_task import AnyTask
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tasks.environment.task import EnvironmentTask

OF_ENVIRONMENTS = "environment"  # the preset of their searches for which nobody names one


def presets() -> list[str]:
    """Returns the names of the presets that are shipped."""
    files = resources.files("wann_rt.evolution").joinpath("presets").iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def default_preset(task: AnyTask) -> str:
    """Returns the preset of a search for which nobody names one."""
    if isinstance(task, DataTask):
        return "dataset"
    return OF_ENVIRONMENTS if isinstance(task, EnvironmentTask) else "robust"


def text_of(name: str) -> str:
    """Returns the text of a preset's file."""
    return resources.files("wann_rt.evolution").joinpath("presets", f"{name}.toml").read_text(encoding="utf-8")


def purpose(name: str) -> str:
    """Returns what a preset is for: the comment at the top of its file."""
    lines = itertools.takewhile(lambda line: line.startswith("#"), text_of(name).splitlines())
    return " ".join(line.removeprefix("# ") for line in lines)


def own_settings(name: str) -> dict[str, Any]:
    """Returns the settings in which a preset differs from the defaults, or from the preset that it extends."""
    return tomllib.loads(text_of(name))
