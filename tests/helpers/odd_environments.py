"""Environments for tests: a short good one, and each way in which somebody's environment may be bad."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces


class Glider(gymnasium.Env[Any, Any]):
    """Keep a point near the middle by pushing it; ``push`` is a flat box, or discrete."""

    metadata = {"render_modes": [], "render_fps": 25}  # noqa: RUF012  # the base class declares it so

    def __init__(self, discrete: bool = False, low: float = -1.0, high: float = 1.0) -> None:
        self.observation_space = spaces.Box(-np.inf, np.inf, (2,), np.float64)
        self.action_space = spaces.Discrete(3, start=-1) if discrete else spaces.Box(low, high, (1,), np.float64)
        self.state = np.zeros(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begins."""
        super().reset(seed=seed)
        self.state = self.np_random.normal(size=2)
        return self.state.copy(), {}

    def step(self, action: Any) -> Any:
        """Goes on."""
        assert self.action_space.contains(action), action
        push = float(np.ravel(action)[0])
        self.state = self.state + 0.1 * np.array([self.state[1], push])
        return self.state.copy(), -float(abs(self.state[0])), bool(abs(self.state[0]) > 3), False, {}


class Leaky(Glider):
    """Keeps something of one episode for the next."""

    used = 0.0

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begins."""
        _, info = super().reset(seed=seed)
        self.used += 0.25
        self.state = self.state + self.used
        return self.state.copy(), info


class GlobalDice(Glider):
    """Draws from numpy's global generator."""

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begins."""
        self.state = np.random.normal(size=2)  # noqa: NPY002  # what the test is about
        return self.state.copy(), {}


class Unrepeatable(Glider):
    """Ignores every seed."""

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begins."""
        self.state = np.random.default_rng().normal(size=2)
        return self.state.copy(), {}


class Slow(Glider):
    """Takes its time."""

    def step(self, action: Any) -> Any:
        """Goes on."""
        time.sleep(0.001)
        return super().step(action)


class Moody(Glider):
    """Is good until a file exists, then bad in the way that the file names."""

    def __init__(self, flag: str) -> None:
        super().__init__()
        self.flag = Path(flag)

    def step(self, action: Any) -> Any:
        """Goes on."""
        observation, reward, *rest = super().step(action)
        how = self.flag.read_text() if self.flag.exists() else ""
        if how == "raises":
            raise RuntimeError("out of order")
        if how == "fails":
            raise AssertionError
        if how == "exits":
            sys.exit("no licence")
        if how == "hangs":
            time.sleep(3600)
        if how == "dies":
            os._exit(7)
        if how == "nan":
            observation[1] = np.nan
        if how == "infinite":
            observation[1] = np.inf
        if how == "nan reward":
            reward = np.nan
        if how == "no reward":
            reward = None
        if how == "two rewards":
            reward = np.ones(2)
        if how == "shape":
            observation = np.zeros(3)
        if how == "words":
            observation = "seven"
        if how == "four":
            return observation, reward, False, {}
        return observation, reward, *rest


class Deadly(Glider):
    """Once a file exists, and then once only, kills an ancestor of its process: 1 for the parent, 2 for its parent."""

    def __init__(self, flag: str) -> None:
        super().__init__()
        self.flag = Path(flag)

    def step(self, action: Any) -> Any:
        """Goes on."""
        try:
            mine = self.flag.rename(self.flag.with_suffix(f".{os.getpid()}"))  # of many processes, one gets it
        except FileNotFoundError:
            return super().step(action)
        victim = os.getpid()
        for _ in range(int(mine.read_text())):
            victim = int(Path(f"/proc/{victim}/stat").read_text().split()[3])
        os.kill(victim, signal.SIGKILL)
        return time.sleep(60)  # whoever would hear of this step is dead


class Spaces(Glider):
    """Has the given kind of spaces."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        flat = spaces.Box(-1.0, 1.0, (2,))
        if kind in OBSERVATIONS:
            self.observation_space = OBSERVATIONS[kind]
        if kind == "nan bounds":
            self.observation_space = flat
            flat.low[1] = np.nan
        if kind in ACTIONS:
            self.action_space = ACTIONS[kind]


class Box:
    """A space of another library, such as the older gym."""


OBSERVATIONS: dict[str, spaces.Space[Any]] = {
    "dict": spaces.Dict({"speed": spaces.Box(-1.0, 1.0, (1,)), "at": spaces.Box(-2.0, 2.0, (2,))}),
    "tuple": spaces.Tuple((spaces.Discrete(3, start=1), spaces.Box(-1.0, 1.0, (2,)))),
    "nested": spaces.Dict({"arm": spaces.Dict({"tip": spaces.Box(-1.0, 1.0, (2,)), "on": spaces.Discrete(2)})}),
    "image": spaces.Box(0, 255, (96, 96, 3), np.uint8),
    "image of fractions": spaces.Box(0.0, 1.0, (3, 84, 84)),
    "images": spaces.Box(0, 255, (4, 84, 84, 3), np.uint8),
    "image inside": spaces.Dict({"camera": spaces.Box(0, 255, (96, 96, 3), np.uint8)}),
    "text": spaces.Dict({"order": spaces.Text(8)}),
    "many": spaces.Discrete(5000),
    "large": spaces.Box(-1.0, 1.0, (100, 100)),
    "nothing": spaces.Box(-1.0, 1.0, (0,)),
    "matrix": spaces.Box(-1.0, 1.0, (2, 2)),
    "scalar": spaces.Box(-1.0, 1.0, ()),
    "discrete": spaces.Discrete(16),
    "bits": spaces.MultiBinary(3),
    "choices": spaces.MultiDiscrete([2, 3]),
    "twice": spaces.Dict({"a_0": spaces.Box(-1.0, 1.0, (1,)), "a": spaces.Box(-1.0, 1.0, (2,))}),
    "foreign": Box(),  # type: ignore[dict-item]  # what it is about
}
ACTIONS: dict[str, spaces.Space[Any]] = {
    "multi-discrete": spaces.MultiDiscrete([2, 3], start=[0, -1]),
    "mixed": spaces.Dict({"gear": spaces.Discrete(3, start=-1), "push": spaces.Box(-2.0, 2.0, (2,))}),
    "action tuple": spaces.Tuple((spaces.Discrete(2), spaces.Box(0.0, 1.0, (1,)), spaces.MultiBinary(2))),
    "action bits": spaces.MultiBinary([2, 2]),
    "integers": spaces.Box(0, 5, (2,), np.int64),
    "no vector": spaces.Box(-1.0, 1.0, ()),
    "action matrix": spaces.Box(-1.0, 3.0, (2, 2), np.float64),
    "unbounded": spaces.Box(-np.inf, np.inf, (1,)),
    "unbounded part": spaces.Dict({"push": spaces.Box(-np.inf, np.inf, (1,))}),
    "many integers": spaces.Box(0, 5000, (1,), np.int64),
    "sequence": spaces.Sequence(spaces.Discrete(2)),
}


class Parts(gymnasium.Env[Any, Any]):
    """Observes and acts in the given spaces: what is observed is drawn, and what is done must be in its space."""

    def __init__(self, observed: str = "matrix", acted: str = "no vector") -> None:
        self.observation_space, self.action_space = OBSERVATIONS[observed], ACTIONS[acted]

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begins."""
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        return self.observation_space.sample(), {}

    def step(self, action: Any) -> Any:
        """Goes on."""
        assert self.action_space.contains(action), action
        return self.observation_space.sample(), 1.0, False, False, {}


def wrapped() -> gymnasium.Env[Any, Any]:
    """A function that makes an environment."""
    return gymnasium.wrappers.FlattenObservation(Glider())


def broken() -> gymnasium.Env[Any, Any]:
    """A function that fails to."""
    raise ValueError("no licence")


def nothing() -> None:
    """A function that makes none."""


class Untidy(Glider):
    """Cannot be closed."""

    def close(self) -> None:
        """Fails."""
        raise RuntimeError("stuck")


class Bare(gymnasium.Env[Any, Any]):
    """Does not say its spaces."""


class Foreign:
    """Has spaces, but is no environment of Gymnasium's."""

    observation_space, action_space = spaces.Box(-1.0, 1.0, (2,)), spaces.Discrete(2)

    def close(self) -> None:
        """Is asked of any."""


gymnasium.register("odd/Glider-v0", "helpers.odd_environments:Glider", max_episode_steps=70)


class Masked(Glider):
    """Allows two of its three choices, and rewards with the number of the choice."""

    def __init__(self) -> None:
        super().__init__()
        self.action_space = spaces.Discrete(3)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begins."""
        observation, _ = super().reset(seed=seed)
        return observation, {"action_mask": np.array([1, 0, 1], np.int8)}

    def step(self, action: Any) -> Any:
        """Goes on."""
        assert action != 1, "this choice is forbidden"
        return self.state.copy(), float(action), False, False, {"action_mask": np.array([1, 0, 1], np.int8)}


class Curriculum(Glider):
    """Gets harder every tenth episode: of an object, or with ``shared`` of all objects of a process."""

    played = 0

    def __init__(self, shared: bool = False) -> None:
        super().__init__()
        self.shared = shared

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begins."""
        if self.shared:
            Curriculum.played += 1
        else:
            self.played += 1
        return super().reset(seed=seed)

    def step(self, action: Any) -> Any:
        """Goes on."""
        observation, reward, *rest = super().step(action)
        return observation, reward - self.played // 10, *rest


class Generations(Glider):
    """Rewards with the generation that ``reset`` is told; -1 where it is told none."""

    generation = -1

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begins."""
        self.generation = -1 if options is None else options["generation"]
        return super().reset(seed=seed)

    def step(self, action: Any) -> Any:
        """Goes on."""
        return self.state.copy(), float(self.generation), False, False, {}


class DrawsFirst(Glider):
    """Draws from its own generator before it seeds it."""

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begins."""
        drawn = self.np_random.normal(size=2)
        super().reset(seed=seed)
        self.state = drawn
        return self.state.copy(), {}


class Sudden(Glider):
    """Fails in each episode with an even seed, at its third step."""

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begins."""
        self.seed_given, self.steps = seed or 0, 0
        return super().reset(seed=seed)

    def step(self, action: Any) -> Any:
        """Goes on."""
        self.steps += 1
        if self.steps == 3 and self.seed_given % 2 == 0:
            raise RuntimeError("the gripper is stuck")
        return self.state.copy(), 1.0, False, False, {}


class Rich(Glider):
    """Rewards with the greatest number there is."""

    def step(self, action: Any) -> Any:
        """Goes on."""
        return self.state.copy(), sys.float_info.max, False, False, {}


class Outside(Glider):
    """Observes what its space does not hold."""

    def __init__(self) -> None:
        super().__init__()
        self.observation_space = spaces.Box(-1.0, 1.0, (2,), np.float64)

    def step(self, action: Any) -> Any:
        """Goes on."""
        return np.array([0.5, 1e300]), 1.0, False, False, {}


class Several(Glider):
    """Gives a reward of two parts."""

    def step(self, action: Any) -> Any:
        """Goes on."""
        return self.state.copy(), np.array([1.0, 10.0]), False, False, {}
