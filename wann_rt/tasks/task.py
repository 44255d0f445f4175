"""A compiled task: what it is to the search, the kernels and the exporters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Channel


@dataclass(frozen=True, kw_only=True)
class Task:
    """An episode to be scored, compiled: its interface and the functions that kernels call; your own ones, too.

    Attributes:
        name: on the command line and in files.
        aliases: other names it answers to, if it comes with wann_rt.
        title: one line for lists.
        version: raised whenever the same actions would score differently.
        env_id: the same task as a Gymnasium environment; empty where it is none.
        observations: channels in order.
        actions: channels in order.
        rate_hz: steps per simulated second.
        max_steps: an episode's greatest length.
        params: physical constants, a NamedTuple of its own type: by it, kernels find the functions below.
        start: seed -> first state, float32 [state].
        observe: state variables -> observations, in ``arithmetic`` primitives.
        step: params, state variables, actions -> state variables, reward, failed; in ``arithmetic`` primitives.
            Failed says that the episode ends, be it well.
        decision: what ``step`` does with the actions: "values": takes them as they are; "argmax": acts on which of
            them is the greatest, see ``Controller.decide``.
    """

    name: str
    aliases: tuple[str, ...] = ()
    title: str = ""
    version: int = 1
    env_id: str = ""
    observations: tuple[Channel, ...]
    actions: tuple[Channel, ...]
    rate_hz: float
    max_steps: int
    params: Any
    start: Callable[[int], NDArray[np.float32]]
    observe: Callable[..., Any]
    step: Callable[..., Any]
    decision: Literal["values", "argmax"] = "values"
