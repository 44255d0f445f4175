"""Hypothesis strategies: random controllers of any shape, weight kind and conditioning."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from helpers import builders
from wann_rt.core.controller import Channel, Controller, WeightKind

KINDS: tuple[WeightKind, ...] = ("shared", "ensemble", "connections")
# Names that C, C++ or a preprocessor would not take, and ones that become equal once they would.
NAMES = (
    "int",
    "θ dot",
    "2x",
    "x",
    "X",
    "x ",
    "n7",
    "weight",
    "obs",
    "*/",
    "a__b",
    "",
    "é",
    "u1",
    "m1",
    "名",
    "\\",
    "and",
)


@st.composite
def random_controllers(draw: st.DrawFn, kind: WeightKind | None = None, most: int = 12) -> Controller:
    """Draws a controller with up to ``most`` inputs and hidden nodes, all activations, without vectors."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.integers(2, most))
    controller = builders.controller(rng, kind or draw(st.sampled_from(KINDS)), size)
    return replace(controller, vectors=(), name=draw(st.sampled_from(NAMES)) or "unnamed")


@st.composite
def oddly_named(draw: st.DrawFn) -> Controller:
    """Draws a controller whose channels have names that are no identifiers."""
    controller = draw(random_controllers())
    return replace(
        controller,
        observations=_renamed(draw, controller.observations),
        actions=_renamed(draw, controller.actions),
    )


def _renamed(draw: st.DrawFn, channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    text = st.one_of(st.sampled_from([name for name in NAMES if name]), st.text(min_size=1, max_size=60))
    names = draw(st.lists(text, min_size=len(channels), max_size=len(channels), unique=True))
    return tuple(replace(channel, name=name) for channel, name in zip(channels, names, strict=True))
