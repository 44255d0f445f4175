"""wann_rt: minimal controllers by Weight Agnostic Neural Network search, and the proof that firmware computes them."""

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
    "Channel": "core.controller",
    "Controller": "core.controller",
    "Weight": "core.controller",
    "Evaluation": "evaluation.conditions",
    "Network": "core.network",
    "Sweep": "evaluation.sweep",
    "WannError": "core.errors",
    "load": "core.files",
    "save": "core.files",
    "search": "evolution.run",
    "evaluate": "evolution.run",
    "tune": "tuning.tune",
    "Tuned": "tuning.tune",
    "Robustness": "evaluation.robustness",
    "robustness": "evaluation.robustness",
}
__all__ = [
    "Channel",
    "Controller",
    "Evaluation",
    "Network",
    "Robustness",
    "Sweep",
    "Tuned",
    "WannError",
    "Weight",
    "evaluate",
    "load",
    "robustness",
    "save",
    "search",
    "tune",
    "zoo",
]

if TYPE_CHECKING:
    from wann_rt import zoo
    from wann_rt.core.controller import Channel, Controller, Weight
    from wann_rt.core.errors import WannError
    from wann_rt.core.files import load, save
    from wann_rt.core.network import Network
    from wann_rt.evaluation.conditions import Evaluation
    from wann_rt.evaluation.robustness import Robustness, robustness
    from wann_rt.evaluation.sweep import Sweep
    from wann_rt.evolution.run import evaluate, search
    from wann_rt.tuning.tune import Tuned, tune


def __getattr__(name: str) -> Any:
    """Imports a public name on first use."""
    if name == "zoo":
        return import_module("wann_rt.zoo")
    if name not in _PUBLIC:
        raise AttributeError(f"module 'wann_rt' has no attribute {name!r}")
    return getattr(import_module(f"wann_rt.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


if "gymnasium" in sys.modules:  # registers our environments, if gymnasium (slow to import) is in use
    import_module("wann_rt.tasks.gym_env")
