"""wann_rt: minimal controllers by Weight Agnostic Neural Network search, and the proof that firmware computes them.

What this module names is the public interface, described in ``docs/api.md``; everything below may change.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wann_rt.core.version import __version__ as __version__

# In a clone without symbolic links (core.symlinks=false, usual on Windows) git writes each link as a text file.
# The packages that they stand for are then found where the links would lead: at the top of the repository.
if Path(__file__).with_name("exporters").is_file():
    __path__.append(str(Path(__file__).parents[1]))

# Loaded on first use: the search compiles with numba, which takes seconds to import, and most uses need none of it.
_PUBLIC = {
    "Callback": "evolution.callbacks",
    "Certificate": "analysis.certificate",
    "Channel": "core.controller",
    "Controller": "core.controller",
    "EnvironmentTask": "tasks.environment.task",
    "Evaluation": "evaluation.conditions",
    "KeepBest": "evolution.callbacks",
    "Knob": "tuning.knob",
    "Knockout": "evaluation.knockout",
    "Monitored": "monitoring.make",
    "Network": "core.network",
    "Report": "exporters.parity.report",
    "Robustness": "evaluation.robustness",
    "SearchProgress": "display.search",
    "Sweep": "evaluation.sweep",
    "Task": "tasks.task",
    "TensorBoard": "evolution.callbacks",
    "TuneSettings": "tuning.settings",
    "Tuned": "tuning.tune",
    "WannError": "core.errors",
    "Weight": "core.controller",
    "WeightsAndBiases": "evolution.callbacks",
    "certify": "analysis.certificate",
    "check_task": "play.check",
    "dataset_task": "tasks.dataset.task",
    "environment": "play.environment",
    "evaluate": "display.searching",
    "export": "exporters",
    "knockout": "evaluation.knockout",
    "load": "zoo.sources",
    "monitor": "monitoring.make",
    "package": "exporters.packages",
    "plot": "display.plot",
    "propose": "tuning.proposed",
    "robustness": "evaluation.robustness",
    "save": "core.files",
    "search": "display.searching",
    "show": "display.show",
    "sight": "tasks.car.sight",
    "task": "tasks.any_task",
    "task_of": "play.task_of",
    "tune": "display.searching",
    "verify": "exporters.parity.verify",
}
__all__ = [
    "Callback",
    "Certificate",
    "Channel",
    "Controller",
    "EnvironmentTask",
    "Evaluation",
    "KeepBest",
    "Knob",
    "Knockout",
    "Monitored",
    "Network",
    "Report",
    "Robustness",
    "SearchProgress",
    "Sweep",
    "Task",
    "TensorBoard",
    "TuneSettings",
    "Tuned",
    "WannError",
    "Weight",
    "WeightsAndBiases",
    "certify",
    "check_task",
    "dataset_task",
    "environment",
    "evaluate",
    "export",
    "knockout",
    "load",
    "monitor",
    "package",
    "plot",
    "propose",
    "robustness",
    "save",
    "search",
    "show",
    "sight",
    "task",
    "task_of",
    "tune",
    "verify",
    "zoo",
]

if TYPE_CHECKING:
    from wann_rt import zoo
    from wann_rt.analysis.certificate import Certificate, certify
    from wann_rt.core.controller import Channel, Controller, Weight
    from wann_rt.core.errors import WannError
    from wann_rt.core.files import save
    from wann_rt.core.network import Network
    from wann_rt.display.plot import plot
    from wann_rt.display.search import SearchProgress
    from wann_rt.display.searching import evaluate, search, tune
    from wann_rt.display.show import show
    from wann_rt.evaluation.conditions import Evaluation
    from wann_rt.evaluation.knockout import Knockout, knockout
    from wann_rt.evaluation.robustness import Robustness, robustness
    from wann_rt.evaluation.sweep import Sweep
    from wann_rt.evolution.callbacks import Callback, KeepBest, TensorBoard, WeightsAndBiases
    from wann_rt.exporters import export
    from wann_rt.exporters.packages import package
    from wann_rt.exporters.parity.report import Report
    from wann_rt.exporters.parity.verify import verify
    from wann_rt.monitoring.make import Monitored, monitor
    from wann_rt.play.check import check_task
    from wann_rt.play.environment import environment
    from wann_rt.play.task_of import task_of
    from wann_rt.tasks.any_task import task
    from wann_rt.tasks.car.sight import sight
    from wann_rt.tasks.dataset.task import dataset_task
    from wann_rt.tasks.environment.task import EnvironmentTask
    from wann_rt.tasks.task import Task
    from wann_rt.tuning.knob import Knob
    from wann_rt.tuning.proposed import propose
    from wann_rt.tuning.settings import TuneSettings
    from wann_rt.tuning.tune import Tuned
    from wann_rt.zoo.sources import load


def __getattr__(name: str) -> Any:
    """Imports a public name on first use."""
    if name == "zoo":
        return import_module("wann_rt.zoo")
    if name not in _PUBLIC:
        raise AttributeError(f"module 'wann_rt' has no attribute {name!r}")
    return getattr(import_module(f"wann_rt.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


if sys.modules.get("gymnasium") is not None:  # registers our environments, if gymnasium (slow to import) is in use
    import_module("wann_rt.tasks.gym_env")
