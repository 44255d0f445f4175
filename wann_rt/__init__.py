"""wann_rt: minimal controllers by Weight Agnostic Neural Network search, and the proof that firmware computes them."""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Loaded on first use: the search compiles with numba, which takes seconds to import, and most uses need none of it.
_PUBLIC = {
    "Channel": "controller",
    "Controller": "controller",
    "Weight": "controller",
    "Evaluation": "evaluation",
    "Network": "network",
    "Sweep": "tuning",
    "WannError": "errors",
    "load": "files",
    "save": "files",
    "search": "api",
    "evaluate": "api",
    "tune": "refining",
    "Tuned": "refining",
    "Robustness": "disturbances",
    "robustness": "disturbances",
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
    from wann_rt.api import evaluate, search
    from wann_rt.controller import Channel, Controller, Weight
    from wann_rt.disturbances import Robustness, robustness
    from wann_rt.errors import WannError
    from wann_rt.evaluation import Evaluation
    from wann_rt.files import load, save
    from wann_rt.network import Network
    from wann_rt.refining import Tuned, tune
    from wann_rt.tuning import Sweep


def __getattr__(name: str) -> Any:
    """Imports a public name on first use."""
    if name == "zoo":
        return import_module("wann_rt.zoo")
    if name not in _PUBLIC:
        raise AttributeError(f"module 'wann_rt' has no attribute {name!r}")
    return getattr(import_module(f"wann_rt.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


if "gymnasium" in sys.modules:  # whoever uses it gets our environments; who does not need not wait for its import
    import_module("wann_rt.tasks.gym_env")
