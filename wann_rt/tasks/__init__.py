"""The compiled tasks, one file and one table row each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.controller import Channel
from wann_rt.errors import TaskError
from wann_rt.tasks import cartpole_swingup


@dataclass(frozen=True)
class Task:
    """An episode to be scored, compiled: its interface and the functions that kernels call.

    Attributes:
        name: on the command line and in files.
        aliases: other names it answers to.
        title: one line for lists.
        version: raised whenever the same actions would score differently.
        env_id: the same task as a Gymnasium environment.
        observations: channels in order.
        actions: channels in order.
        rate_hz: steps per simulated second.
        max_steps: an episode's greatest length.
        params: physical constants, a NamedTuple of its own type: by it, kernels find the functions below.
        start: seed -> first state, float32 [state].
        observe: state variables -> observations, in ``arithmetic`` primitives.
        step: params, state variables, actions -> state variables, reward, failed; in ``arithmetic`` primitives.
        observe_lanes: params, state, values: ``observe`` over lanes.
        step_lanes: params, state, actions, rewards, failed: ``step`` over lanes.
    """

    name: str
    aliases: tuple[str, ...]
    title: str
    version: int
    env_id: str
    observations: tuple[Channel, ...]
    actions: tuple[Channel, ...]
    rate_hz: float
    max_steps: int
    params: Any
    start: Callable[[int], NDArray[np.float32]]
    observe: Callable[..., Any]
    step: Callable[..., Any]
    observe_lanes: Callable[..., None]
    step_lanes: Callable[..., None]


TASKS: tuple[Task, ...] = (
    Task(
        name="cartpole-swingup",
        aliases=("swingup", "swing"),
        title="swing a hanging pole up by moving its cart, and balance it",
        version=1,
        env_id="wann_rt/CartPoleSwingUp-v0",
        observations=cartpole_swingup.OBSERVATIONS,
        actions=cartpole_swingup.ACTIONS,
        rate_hz=100.0,
        max_steps=cartpole_swingup.MAX_STEPS,
        params=cartpole_swingup.Params(),
        start=cartpole_swingup.start,
        observe=cartpole_swingup.observe,
        step=cartpole_swingup.step,
        observe_lanes=cartpole_swingup.observe_lanes,
        step_lanes=cartpole_swingup.step_lanes,
    ),
)


def get(name: str) -> Task:
    """Returns the task of that name or alias, or raises TaskError naming the known ones."""
    for task in TASKS:
        if name in (task.name, *task.aliases):
            return task
    raise TaskError(f"there is no task {name!r}; known tasks: {', '.join(task.name for task in TASKS)}")
