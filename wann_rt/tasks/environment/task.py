"""A Gymnasium environment as a task: all that a search needs to know of it, and nothing that imports Gymnasium.

An episode of a compiled task begins with a state; one of an environment with a seed, which ``reset(seed=...)`` takes.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Channel, Decision
from wann_rt.core.derived import Derived
from wann_rt.core.errors import TaskError
from wann_rt.core.guess import near
from wann_rt.tasks.environment.maker import Maker
from wann_rt.tasks.seen import Seen

BackendName = Literal["processes", "envpool", "ray"]
# Which code computes the episodes. It changes results, so it identifies the task; on which machine it runs does not.
ENGINES: Mapping[BackendName, str] = {"processes": "gymnasium", "envpool": "envpool", "ray": "gymnasium"}
DEFAULT_BACKEND: BackendName = "processes"
STEP_TIMEOUT = 60.0
SEEDS = 2**31  # EnvPool takes seeds of 31 bits, and so do environments that seed numpy's old generator
FALLS = ("BipedalWalker-v3", "BipedalWalkerHardcore-v3")  # whose last reward is -100 after a fall
FALL_REWARD = -100.0


class Options(NamedTuple):
    """What may be changed about an environment's episodes; each is recorded, because each may change the fitness.

    Attributes:
        max_steps: an episode's greatest length; 0: the environment's own, or 1000 where it has none.
        stall_steps: while searching and tuning, an episode ends, and keeps its return, after so many steps without a
            new maximum of the rewards summed so far; 0: never. Scores that are reported are played without.
        stall_reward: by how much a new maximum must exceed the one before to count.
        fall_penalty: whether the reward of -100 for a fall counts, in the environments that have it. If not, the last
            step of an episode that ends with it counts 0.
        failures: what an exception or NaN of the environment ends: "stop": the search, with an error; "end": the
            episode, which keeps its return and gets ``failure_reward``. Such episodes are counted and reported.
        failure_reward: see ``failures``.
        fresh: whether the environment is made anew for each episode; it is anyway where a short trial says so.
        trial: whether each process that plays first tries out, in three short episodes, whether they repeat.
        leaks: what is done once an episode is found to depend on earlier ones: "fresh": the search begins again with
            a fresh environment for each episode, if it has only begun, else it stops; "stop": it stops.
        curriculum: whether, while searching, ``reset`` gets ``options={"generation": number}``. Scores that are
            reported, and the retests that choose a champion, are played without.
        action_mask: whether the choices that ``info["action_mask"]`` forbids are left out.
        wrappers: "fold": wrappers that a controller cannot carry are refused; "plant": they are part of what is
            controlled, and whoever runs the controller has the like of them.
        reward_weights: of the parts of a reward that has several, whose weighted sum counts.
    """

    max_steps: int = 0
    stall_steps: int = 0
    stall_reward: float = 0.0
    fall_penalty: bool = True
    failures: str = "stop"
    failure_reward: float = 0.0
    fresh: bool = False
    trial: bool = True
    leaks: str = "fresh"
    curriculum: bool = False
    action_mask: bool = True
    wrappers: str = "fold"
    reward_weights: tuple[float, ...] = ()


DEFAULTS = Options()


@dataclass(frozen=True)
class EnvironmentTask(Seen):
    """An episode to be scored, played by an environment.

    Attributes:
        name: in files: the id without the module that brings it.
        env_id: "Pendulum-v1", "module:Id-v0" for an id that a module registers, or "module:Class".
        kwargs: arguments of the environment's constructor, JSON values.
        maker: what makes it.
        version: of what computes the episodes, e.g. "gymnasium 1.4.0"; the same actions score alike under the same.
        source: digest of its code, as far as no package brought it; None: packages brought all.
        observations: channels in order.
        actions: channels in order.
        decision: how the network's outputs become an action, see ``Controller``.
        masked: whether the environment says which choices are allowed.
        wrappers: names of the wrappers around it, the outermost first.
        lost: why its wrappers cannot be part of a controller.
        rate_hz: steps per simulated second; None where the environment does not say.
        own_steps: an episode's greatest length, unless an option says otherwise.
        own_wrappers: names of those that compute what no channel can.
        limited: whether ``own_steps`` is the environment's own limit.
        params: the options.
        backend: who plays the episodes; see ``play.backends``.
        step_timeout: seconds after which a step or a reset that does not return is an error.
        address: of the cluster, where the back end has one; None: see ``backends.ray_connection``.
        generation: what ``reset`` is told, see ``Options.curriculum``.
        own_channels: digest of the channels as they are where nobody says otherwise; empty: unknown.
        derived: the last of the observations, which a controller computes from the others, with memory.
        whole: what the environment observes, where a controller sees only some of it or something derived; else empty.
        places: of the observations that a controller is fed, among the whole.
        stacked: how many observations, one after another, its wrappers stack, which derived channels stand for.
    """

    name: str
    env_id: str
    kwargs: Mapping[str, Any]
    maker: Maker = field(compare=False, repr=False)
    version: str
    observations: tuple[Channel, ...]
    actions: tuple[Channel, ...]
    decision: Decision
    rate_hz: float | None
    own_steps: int
    source: str | None = None
    masked: bool = False
    wrappers: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    own_wrappers: tuple[str, ...] = ()
    limited: bool = True
    params: Options = DEFAULTS
    backend: BackendName = field(default=DEFAULT_BACKEND, compare=False)
    step_timeout: float = field(default=STEP_TIMEOUT, compare=False)
    address: str | None = field(default=None, compare=False)
    generation: int | None = field(default=None, compare=False)
    own_channels: str = field(default="", compare=False)
    derived: tuple[Derived, ...] = ()
    whole: tuple[Channel, ...] = ()
    places: tuple[int, ...] = ()
    stacked: int = field(default=1, compare=False)

    @property
    def plain(self) -> "EnvironmentTask":
        """The environment as it is, whatever a controller sees of it."""
        return replace(
            self, observations=self.whole or self.observations, actions=self.acts, derived=(), whole=(), places=()
        )

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


def channels_digest(task: EnvironmentTask) -> str:
    """Returns "sha256:..." of the names, units, bounds and conditioning of all channels, and of the rate."""
    rows = [[*asdict(channel).items()] for channel in (*task.observations, *task.actions)]
    return "sha256:" + hashlib.sha256(repr([task.rate_hz, rows]).encode()).hexdigest()


def stated_channels(task: EnvironmentTask) -> str:
    """Returns the digest of the channels where they are not those that the environment has by itself; else nothing."""
    now = channels_digest(task.plain)
    return now if task.own_channels not in ("", now) else ""


def played_alike(task: EnvironmentTask) -> EnvironmentTask:
    """Returns the task without what chunks say of it: all tasks with the same result share worker processes."""
    plain = {name: getattr(DEFAULTS, name) for name in ("max_steps", "stall_steps", "stall_reward", "fall_penalty")}
    return replace(task, params=task.params._replace(**plain), generation=None)


def notes(task: EnvironmentTask) -> list[str]:
    """Returns what a user should know before the task is played, one line each."""
    said = []
    if task.own_wrappers:
        names = ", ".join(dict.fromkeys(task.own_wrappers))
        said.append(
            f"environment {task.env_id}: what its wrapper {names} computes is no part of the controller: whoever runs "
            "the controller must compute the same"
        )
    if not task.limited and not task.params.max_steps:
        said.append(
            f"environment {task.env_id} says no greatest length of its episodes: wann_rt ends them after "
            f"{task.max_steps} steps (max_steps changes that)"
        )
    if task.rate_hz is None:
        said.append(
            f"environment {task.env_id} does not say how much time a step takes, so the controller's rate is unknown: "
            "rate_hz in --channels FILE, or channels={'rate_hz': 50}, states it"
        )
    return said


def check_wrappers(task: EnvironmentTask) -> None:
    """Raises TaskError where a wrapper would be searched with and then be lost, and no option allows it."""
    if task.lost and task.params.wrappers == "fold":
        raise TaskError(
            f"environment {task.env_id}: its wrapper {task.lost[0]}; what is searched with it would not be what ships. "
            "Take it off, or say that it is part of what is controlled (wrappers=plant)"
        )


def with_options(task: EnvironmentTask, **changes: Any) -> EnvironmentTask:
    """Returns the task with other options, see ``Options``.

    Raises:
        TaskError: an unknown option, or a value out of range.
    """
    known = Options._fields
    for name, value in changes.items():
        if name not in known:
            listed = ", ".join(known) + near(name, known)
            raise TaskError(f"environment {task.name} has no option {name!r}; options: {listed}")
        expected, fits = _EXPECTED[name]
        value = changes[name] = value.item() if isinstance(value, np.generic) else value
        if isinstance(value, (list, np.ndarray)):  # as a file or a command line says it
            value = changes[name] = tuple(value.tolist() if isinstance(value, np.ndarray) else value)
        if not fits(value):
            raise TaskError(f"environment {task.name}: {name} is {value!r}; expected {expected}")
    if changes.get("fall_penalty") is False and task.env_id not in FALLS:
        raise TaskError(f"environment {task.name} has no penalty for a fall that wann_rt knows; {', '.join(FALLS)} do")
    return replace(task, params=task.params._replace(**changes))


def changed_options(task: EnvironmentTask) -> dict[str, Any]:
    """Returns the options that differ from the defaults."""
    changed = {name: value for name, value in task.params._asdict().items() if value != getattr(DEFAULTS, name)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in changed.items()}


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000_000


def _is_one_of(*words: str) -> Callable[[Any], bool]:
    return lambda value: value in words


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e12


def _is_amount(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < float("inf")


_EXPECTED = {
    "max_steps": ("a number of steps, 0 for the environment's own", _is_count),
    "stall_steps": ("a number of steps, 0 for no cut", _is_count),
    "stall_reward": ("a number of at least 0", _is_amount),
    "fall_penalty": ("true or false", _is_truth),
    "failures": ("stop or end", _is_one_of("stop", "end")),
    "failure_reward": ("a finite number", _is_number),
    "fresh": ("true or false", _is_truth),
    "trial": ("true or false", _is_truth),
    "leaks": ("fresh or stop", _is_one_of("fresh", "stop")),
    "curriculum": ("true or false", _is_truth),
    "action_mask": ("true or false", _is_truth),
    "reward_weights": ("a list of finite numbers", lambda v: isinstance(v, tuple) and all(map(_is_number, v))),
    "wrappers": ("fold or plant", _is_one_of("fold", "plant")),
}
