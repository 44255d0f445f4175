"""Tasks as users write them, for tests: a file that is right, what makes another wrong, and two as objects."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import wann_rt as wr
from wann_rt.core import elementary
from wann_rt.core.arithmetic import ZERO, Number, absolute, both, either

TEXT = '''"""A cart on a rail."""

from typing import NamedTuple

import numpy as np

import wann_rt as wr
from wann_rt.core.arithmetic import Number, absolute

f32 = np.float32


class Params(NamedTuple):
    """Physical constants."""

    gain: np.float32 = f32(0.5)
    dt: np.float32 = f32(0.1)


def start(seed):
    return np.random.default_rng(seed).uniform(-1, 1, 2).astype(np.float32)


def observe(x: Number, v: Number):
    return x, v


def step(p: Params, x: Number, v: Number, push: Number):
    v = v + p.gain * push * p.dt
    x = x + v * p.dt
    return x, v, f32(1.0) - absolute(x), absolute(x) > f32(3.0)


task = wr.Task(
    name="rail",
    title="bring a cart to the middle",
    observations=(wr.Channel("x", "m"), wr.Channel("v", "m/s")),
    actions=(wr.Channel("push", "N", -1.0, 1.0, clip=True),),
    rate_hz=10.0,
    max_steps=50,
    params=Params(),
    start=start,
    observe=observe,
    step=step,
)
'''


def write(folder: Path, *changes: tuple[str, str], name: str = "rail.py") -> Path:
    """Writes the file with some texts replaced, and returns its path."""
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# Every condition at once, strong.
EVERYTHING = {
    "effort_penalty": 0.1, "smoothness_penalty": 0.2, "chatter_penalty": 0.5, "observation_gain": 0.2,
    "observation_offset": 0.1, "observation_noise": 0.1, "observation_delay": 2.0, "quantisation": 0.01, "dropout": 0.2,
    "delay": 3.0, "dead_zone": 0.1, "rate_limit": 4.0, "actuator_gain": 0.3, "mass_spread": 0.4, "drag_spread": 0.9,
}  # fmt: skip


class _Params(NamedTuple):
    mass: np.float32 = np.float32(1.5)
    drag: np.float32 = np.float32(0.2)


def _start(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(-1, 1, 4).astype(np.float32)


def _observe(x: Number, y: Number, v: Number, w: Number) -> tuple[Number, ...]:
    return x, y, v + w


def _step(p: Any, x: Number, y: Number, v: Number, w: Number, a: Number, b: Number) -> tuple[Number, ...]:
    dt = np.float32(0.05)
    v, w = v + (a / p.mass - p.drag * v) * dt, w + (b / p.mass - p.drag * w) * dt
    x, y = x + v * dt, y + w * dt
    out = either(absolute(x) > np.float32(3.0), both(y > np.float32(2.0), w > ZERO))
    return x, y, v, w, -absolute(x) - absolute(y), out


def _endless(p: Any, *values: Number) -> tuple[Number, ...]:
    return (*_step(p, *values)[:-1], False)


def _outflow(p: Any, x: Number, y: Number, v: Number, w: Number, a: Number, b: Number) -> tuple[Number, ...]:
    dt = np.float32(0.05)
    heading = elementary.arctan2(w, v) + elementary.arctan2(v, p.mass)  # of which one is a constant to a header
    x, y = x - elementary.sqrt(absolute(x)) * dt + a * dt, y + elementary.exp(-p.drag * y) * dt
    return x, y, v + b * dt, w + heading * dt, elementary.log(absolute(y)), y > np.float32(3.0)


def two_motors(**changes: Any) -> wr.Task:
    """Returns a task with two actions of different ranges and three observations, one of them clipped."""
    given: dict[str, Any] = {
        "observations": (wr.Channel("x"), wr.Channel("y", "m", -2.0, 2.0, clip=True), wr.Channel("speed")),
        "actions": (wr.Channel("a", "N", -2.0, 1.0, clip=True), wr.Channel("b", "N", -4.0, 4.0, clip=True)),
        "start": _start, "observe": _observe, "step": _step, "params": _Params(), "rate_hz": 20, "max_steps": 60,
    }  # fmt: skip
    return wr.Task(name="two-motors", **(given | changes))


def never_ending() -> wr.Task:
    """Returns the same task, whose episodes do not fail."""
    return two_motors(step=_endless, names=("x", "y", "v", "w"))


def elementary_functions() -> wr.Task:
    """Returns a task of the same form whose step has a square root, an exponential, a logarithm and an angle.

    Two of its variables are called what generated code calls its own.
    """
    return two_motors(step=_outflow, names=("u1", "u2", "v", "w"))
