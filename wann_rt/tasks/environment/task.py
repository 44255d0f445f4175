"""A Gymnasium environment as a task: all that a search needs to know of it, and nothing that imports Gymnasium.

An episode of a compiled task begins with a state; one of an environment with a seed, which ``reset(seed=...)`` takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Channel, Decision
from wann_rt.core.errors import TaskError

BackendName = Literal["processes", "envpool", "ray"]
# Which code computes the episodes. It changes results, so it identifies the task; on which machine it runs does not.
ENGINES: Mapping[BackendName, str] = {"processes": "gymnasium", "envpool": "envpool", "ray": "gymnasium"}
DEFAULT_BACKEND: BackendName = "processes"
STEP_TIMEOUT = 60.0
SEEDS = 2**31  # EnvPool takes seeds of 31 bits, and so do environments that seed numpy's old generator
FALLS = ("BipedalWalker-v3", "BipedalWalkerHardcore-v3")  # whose last reward is -100 after a fall
FALL_REWARD = -100.0


class Options(NamedTuple):
    """What may be changed about an environment's episodes; each is recorded, because each changes the fitness.

    Attributes:
        max_steps: an episode's greatest length; 0: the environment's own, or 1000 where it has none.
        stall_steps: while searching and tuning, an episode ends, and keeps its return, after so many steps without a
            new maximum of the rewards summed so far; 0: never. Scores that are reported are played without.
        stall_reward: by how much a new maximum must exceed the one before to count.
        fall_penalty: whether the reward of -100 for a fall counts, in the environments that have it. If not, the last
            step of an episode that ends with it counts 0.
    """

    max_steps: int = 0
    stall_steps: int = 0
    stall_reward: float = 0.0
    fall_penalty: bool = True


DEFAULTS = Options()


@dataclass(frozen=True)
class EnvironmentTask:
    """An episode to be scored, played by an environment.

    Attributes:
        name: in files: the id without the module that brings it.
        env_id: "Pendulum-v1", "module:Id-v0" for an id that a module registers, or "module:Class".
        kwargs: arguments of the environment's constructor, JSON values.
        version: of what computes the episodes, e.g. "gymnasium 1.4.0"; the same actions score alike under the same.
        observations: channels in order.
        actions: channels in order.
        decision: how the network's outputs become an action, see ``Controller``.
        first_action: what the environment calls the first of its discrete actions.
        rate_hz: steps per simulated second; None where the environment does not say.
        own_steps: an episode's greatest length, unless an option says otherwise.
        params: the options.
        backend: who plays the episodes; see ``play.backends``.
        step_timeout: seconds after which a step or a reset that does not return is an error.
        address: of the cluster, where the back end has one; None: see ``backends.ray_connection``.
    """

    name: str
    env_id: str
    kwargs: Mapping[str, Any]
    version: str
    observations: tuple[Channel, ...]
    actions: tuple[Channel, ...]
    decision: Decision
    first_action: int
    rate_hz: float | None
    own_steps: int
    params: Options = DEFAULTS
    backend: BackendName = field(default=DEFAULT_BACKEND, compare=False)
    step_timeout: float = field(default=STEP_TIMEOUT, compare=False)
    address: str | None = field(default=None, compare=False)

    @property
    def max_steps(self) -> int:
        """An episode's greatest length."""
        return self.params.max_steps or self.own_steps

    @property
    def engine(self) -> str:
        """Which code computes the episodes."""
        return ENGINES[self.backend]

    def start(self, seed: int) -> NDArray[np.int64]:
        """Returns what begins the episode of this seed: the seed that ``reset`` is given, int64 [1]."""
        return np.array([seed % SEEDS], np.int64)


def with_options(task: EnvironmentTask, **changes: Any) -> EnvironmentTask:
    """Returns the task with other options, see ``Options``.

    Raises:
        TaskError: an unknown option, or a value out of range.
    """
    known = Options._fields
    for name, value in changes.items():
        if name not in known:
            raise TaskError(f"environment {task.name} has no option {name!r}; options: {', '.join(known)}")
        expected, fits = _EXPECTED[name]
        if not fits(value):
            raise TaskError(f"environment {task.name}: {name} is {value!r}; expected {expected}")
    if changes.get("fall_penalty") is False and task.env_id not in FALLS:
        raise TaskError(f"environment {task.name} has no penalty for a fall that wann_rt knows; {', '.join(FALLS)} do")
    return replace(task, params=task.params._replace(**changes))


def changed_options(task: EnvironmentTask) -> dict[str, Any]:
    """Returns the options that differ from the defaults."""
    return {name: value for name, value in task.params._asdict().items() if value != getattr(DEFAULTS, name)}


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000_000


def _is_amount(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < float("inf")


_EXPECTED = {
    "max_steps": ("a number of steps, 0 for the environment's own", _is_count),
    "stall_steps": ("a number of steps, 0 for no cut", _is_count),
    "stall_reward": ("a number of at least 0", _is_amount),
    "fall_penalty": ("true or false", lambda value: isinstance(value, bool)),
}
