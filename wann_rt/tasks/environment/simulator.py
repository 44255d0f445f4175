"""A simulator: an environment that is reset and stepped; whatever it does wrong is a TaskError that says where.

An episode must depend on its seed and the actions alone. Some environments keep something of one episode for the next:
gymnasium 1.4's BipedalWalker reuses its Box2D world, and 26 of 40 seeds then differ from a fresh object's. Those that
are known are mended (``MENDS``); of the others each is tried out when it is made, and if a used one differs from a
fresh one, it is made anew for each episode.
"""

import importlib
import random
import traceback
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import gymnasium
import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import TaskError
from wann_rt.tasks.environment.task import EnvironmentTask

TRIAL_STEPS = 64
TRIAL_SEEDS = (1, 2)


def opened(env_id: str, kwargs: Mapping[str, Any]) -> gymnasium.Env[Any, Any]:
    """Returns a new environment without a limit of its length; a module in the id is imported.

    Raises:
        Exception: whatever importing or making it raises.
    """
    with warnings.catch_warnings():
        # We cannot mend these warnings, and where warnings are errors, importing Box2D crashes the interpreter.
        warnings.simplefilter("ignore", DeprecationWarning)
        module, _, name = env_id.rpartition(":")
        made = getattr(importlib.import_module(module), name, None) if module else None
        if made is None:
            return gymnasium.make(name, disable_env_checker=True, max_episode_steps=-1, **kwargs)
        environment: gymnasium.Env[Any, Any] = made(**kwargs)
        return environment


def told(error: BaseException) -> str:
    """Returns what an exception says, or where it was raised if it says nothing."""
    text = str(error)
    if not text:
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"in line {place.lineno} of {place.filename}"
    return f"{type(error).__name__}: {text}"


class Simulator:
    """Plays a task's environment.

    Attributes:
        task: what it plays.
        repeats: whether an episode depends on its seed and the actions alone.
        fresh: whether it is made anew for each episode.
    """

    def __init__(
        self, task: EnvironmentTask, beat: Callable[[], None] = lambda: None, fresh: bool | None = None
    ) -> None:
        """Makes the environment and tries it out, unless ``fresh`` says already what that would find.

        Args:
            task: what to play.
            beat: called between the steps of the trial.
            fresh: whether to make it anew for each episode.

        Raises:
            TaskError: that fails.
        """
        self.task = task
        self._beat = beat
        self._seed, self._steps = 0, 0
        self.fresh, self.repeats = bool(fresh), True
        self._environment: gymnasium.Env[Any, Any] = self._attempt("making it", self._opened)
        space = self._environment.action_space
        self._box = space if isinstance(space, gymnasium.spaces.Box) else None
        if fresh is None:
            first, second = TRIAL_SEEDS
            wanted = self._trial(first)
            self._trial(second)
            self.fresh = self._trial(first) != wanted
            self.repeats = not self.fresh or self._trial(first) == wanted

    @property
    def environment(self) -> gymnasium.Env[Any, Any]:
        """The environment that is being played."""
        return self._environment

    def reset(self, seed: int) -> NDArray[np.float32]:
        """Begins an episode; returns the first observation, [observations]."""
        self._seed, self._steps = seed, 0
        if self.fresh:
            self.close()
            self._environment = self._attempt("making it", self._opened)
        mend = MENDS.get(type(self._environment.unwrapped).__name__)
        if mend is not None:
            self._attempt("mending it", lambda: mend(self._environment.unwrapped))
        # Some environments draw from Python's or numpy's global generator: seed those, too, so that episodes repeat.
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002  # these are the numbers that such environments draw
        came = self._attempt("reset()", lambda: self._environment.reset(seed=seed))
        if not isinstance(came, tuple) or len(came) != 2:
            self.fail("reset() must return (observation, info)")
        return self._observed(came[0])

    def step(self, action: NDArray[np.float32], choice: int) -> tuple[NDArray[np.float32], float, bool]:
        """Goes on by one step.

        Args:
            action: the controller's actions, [actions].
            choice: the number of the greatest; what counts where actions are discrete.

        Returns:
            Observation [observations], reward, and whether the environment ended the episode.
        """
        self._steps += 1
        given = self._given(action, choice)
        came = self._attempt("step()", lambda: self._environment.step(given))
        if not isinstance(came, tuple) or len(came) != 5:
            self.fail("step() must return (observation, reward, terminated, truncated, info)")
        observation, reward, terminated, truncated, _ = came
        return self._observed(observation), self._number(reward), bool(terminated or truncated)

    def picture(self) -> NDArray[np.uint8]:
        """Returns what the environment draws of itself, [height, width, 3]; its render mode must be "rgb_array"."""
        frame = np.asarray(self._attempt("render()", self._environment.render))
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
            self.fail(f"render() must give uint8 [height, width, 3]; {frame.dtype} {list(frame.shape)} came")
        return frame

    def close(self) -> None:
        """Closes the environment."""
        self._attempt("close()", self._environment.close)

    def fail(self, what: str) -> NoReturn:
        """Raises TaskError, saying where in which episode."""
        raise TaskError(f"environment {self.task.env_id} (seed {self._seed}, step {self._steps}): {what}")

    def _opened(self) -> gymnasium.Env[Any, Any]:
        return opened(self.task.env_id, self.task.kwargs)

    def _attempt(self, where: str, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except (Exception, SystemExit) as error:  # the environment is somebody else's code: it may raise anything
            self.fail(f"{where} raised {told(error)}")

    def _trial(self, seed: int) -> list[bytes]:
        """Returns the bits of what an episode of random actions gives."""
        generator, seen = np.random.default_rng(seed), [self.reset(seed).tobytes()]
        for _ in range(TRIAL_STEPS):
            self._beat()
            outputs = generator.uniform(-1, 1, len(self.task.actions)).astype(np.float32)
            action = [channel.condition_action(y) for channel, y in zip(self.task.actions, outputs, strict=True)]
            observation, reward, over = self.step(np.array(action, np.float32), int(outputs.argmax()))
            seen.append(observation.tobytes() + np.float64(reward).tobytes())
            if over:
                break
        return seen

    def _observed(self, observation: Any) -> NDArray[np.float32]:
        try:
            values = np.asarray(observation, np.float32)
        except (TypeError, ValueError):
            self.fail(f"an observation must be numbers; {type(observation).__name__} came")
        if values.shape != (len(self.task.observations),):
            self.fail(f"an observation must have shape [{len(self.task.observations)}]; {list(values.shape)} came")
        return values

    def _number(self, reward: Any) -> float:
        try:
            return float(np.asarray(reward).astype(np.float64, casting="same_kind").item())
        except (TypeError, ValueError):
            self.fail(f"a reward must be a number; {reward!r} came (gymnasium.wrappers.TransformReward makes it one)")

    def _given(self, action: NDArray[np.float32], choice: int) -> Any:
        if self._box is None:
            return np.int64(choice + self.task.first_action)
        if self._box.dtype == np.float32:
            return action.copy()
        # Bounds such as 0.1 have no exact float32: rounding the action could put it just outside.
        return np.clip(action.astype(self._box.dtype), self._box.low, self._box.high)


def _new_world(environment: Any) -> None:
    """Gives a BipedalWalker a world of its own for the coming episode, as a fresh object has."""
    import Box2D

    environment.world.contactListener = None
    environment.world = Box2D.b2World()
    environment.terrain, environment.hull, environment.legs, environment.joints = [], None, [], []


MENDS: Mapping[str, Callable[[Any], None]] = {"BipedalWalker": _new_world}
