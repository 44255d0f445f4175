"""How many steps an environment takes in a simulated second, where it says so.

``render_fps`` is the speed of drawing and says nothing about the physics: environments that step at 1 Hz draw at 60.
A time step counts only where it is that of a step, not of some finer one inside of it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

SECONDS = ("dt", "tau", "control_dt", "policy_dt", "control_timestep", "CTRL_TIMESTEP")
HERTZ = ("policy_frequency", "control_frequency", "control_freq", "control_hz", "CTRL_FREQ")
FINER = ("frame_skip", "n_substeps", "substeps", "sim_steps_per_step", "n_frames")  # steps of physics in a step
LONGEST, MOST = 1e6, 1e6


def rate_of(environment: Any) -> float | None:
    """Returns steps per simulated second; None where the environment does not say."""
    inner = environment.unwrapped
    metadata = environment.metadata if isinstance(environment.metadata, Mapping) else {}
    config = getattr(inner, "config", None)
    places = [_attributes(inner), metadata, config if isinstance(config, Mapping) else {}]
    for place in places:
        for name in HERTZ:
            if (rate := _positive(place.get(name))) is not None:
                return rate
        for name in SECONDS:
            seconds = _positive(place.get(name))
            if seconds is not None and (name not in ("dt", "tau") or _is_of_a_step(inner)):
                return round(1 / seconds, 9)
    return None


def _attributes(inner: Any) -> dict[str, Any]:
    return {name: getattr(inner, name, None) for name in (*SECONDS, *HERTZ)}


def _is_of_a_step(inner: Any) -> bool:
    """Returns whether ``dt`` is the time of a whole step: MuJoCo's is; beside a number of finer steps it may not be."""
    if hasattr(inner, "model") and hasattr(getattr(inner.model, "opt", None), "timestep"):
        return True
    return all(getattr(inner, name, None) in (None, 1) for name in FINER)


def _positive(value: Any) -> float | None:
    """Returns a number that can be a time or a rate; a function without arguments is asked for it."""
    if callable(value) and not isinstance(value, type):
        try:
            value = value()
        except Exception:  # somebody else's code: then it does not say
            return None
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        return None
    return float(value) if 1 / LONGEST < value < MOST else None
