"""A simulator: an environment that is reset and stepped; whatever it does wrong is a TaskError that says where.

An episode must depend on its seed and the actions alone. Some environments keep something of one episode for the next:
gymnasium 1.4's BipedalWalker reuses its Box2D world, and 26 of 40 seeds then differ from a fresh object's. Those that
are known are mended (``MENDS``); of the others each is tried out when it is made, and if a used one differs from a
fresh one, it is made anew for each episode. What the short trial does not see, a search finds by playing some of its
episodes again in a fresh process; see ``play.backends``.
"""

import contextlib
import random
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from numpy.typing import NDArray

from wann_rt.core.errors import TaskError
from wann_rt.tasks.environment.encoding import MisfitError, first_greatest, reader, writer
from wann_rt.tasks.environment.task import EnvironmentTask
from wann_rt.tasks.environment.wrappers import fold

TRIAL_STEPS = 64
TRIAL_SEEDS = (1, 2)
MASK = "action_mask"  # in what reset and step tell besides, as Gymnasium's own environments call it
SLACK = 1e-5  # of a bound, relative: what rounding to float32 may add


def told(error: BaseException) -> str:
    """Returns what an exception says, or where it was raised if it says nothing."""
    text = str(error)
    if not text:
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"in line {place.lineno} of {place.filename}"
    return f"{type(error).__name__}: {text}"


def has_mask(environment: gymnasium.Env[Any, Any]) -> bool:
    """Returns whether an environment with discrete actions says which of them are allowed; resets it."""
    try:
        came = environment.reset(seed=TRIAL_SEEDS[0])
    except Exception:  # whoever plays it will say what is wrong
        return False
    return isinstance(came, tuple) and len(came) == 2 and isinstance(came[1], Mapping) and MASK in came[1]


class Simulator:
    """Plays a task's environment.

    Attributes:
        task: what it plays.
        repeats: whether an episode depends on its seed and the actions alone.
        fresh: whether it is made anew for each episode.
        outside: what is odd about the first observation outside of its declared bounds; empty: all were inside.
        failure: how the first episode failed that was ended by it; empty: none was.
    """

    def __init__(
        self,
        task: EnvironmentTask,
        beat: Callable[[], None] = lambda: None,
        fresh: bool | None = None,
        making: Callable[[], None] = lambda: None,
    ) -> None:
        """Makes the environment and tries it out, unless ``fresh`` or the task says already what that would find.

        Args:
            task: what to play.
            beat: called once the environment is made, and between the steps of the trial.
            fresh: whether to make it anew for each episode.
            making: called before it is made anew; then comes ``beat``.

        Raises:
            TaskError: that fails.
        """
        self.task, self._channels = task, task.plain
        self._beat, self._making = beat, making
        self._seed, self._steps = 0, 0
        self._mask: Any = None
        self.outside = self.failure = ""
        if task.params.fresh or not task.params.trial:
            fresh = task.params.fresh
        self.fresh, self.repeats = bool(fresh), True
        self._environment: gymnasium.Env[Any, Any] = self._attempt("making it", self._opened)
        self._beat()  # it is made: what takes long from here on is a step or a reset
        self._read = reader(self._environment.observation_space, len(self._channels.observations))
        self._write = writer(self._environment.action_space)
        space = self._environment.action_space
        self._first = int(space.start) if isinstance(space, gymnasium.spaces.Discrete) else None
        self._low, self._high = self._bounds()
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

    def reset(self, seed: int, generation: int | None = None) -> NDArray[np.float32]:
        """Begins an episode; returns the first observation, [observations].

        Args:
            seed: what the episode depends on.
            generation: of a search, for environments with a curriculum.
        """
        self._seed, self._steps = seed, 0
        if self.fresh:
            self.renew()
        inner = self._environment.unwrapped
        mend = MENDS.get(type(inner).__name__)
        if mend is not None:
            self._attempt("mending it", lambda: mend(inner))
        # Some environments draw from Python's or numpy's global generator, or from their own before they seed it: seed
        # those, too, so that episodes repeat.
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002  # these are the numbers that such environments draw
        inner._np_random, inner._np_random_seed = seeding.np_random(seed)
        options = {} if generation is None else {"options": {"generation": generation}}
        came = self._attempt("reset()", lambda: self._environment.reset(seed=seed, **options))
        if not isinstance(came, tuple) or len(came) != 2:
            self.fail("reset() must return (observation, info)")
        self._note_mask(came[1])
        return self._observed(came[0])

    def renew(self) -> None:
        """Makes the environment anew."""
        with contextlib.suppress(Exception):  # what is thrown away need not close well
            self._environment.close()
        self._making()
        self._environment = self._attempt("making it", self._opened)
        self._beat()

    def step(self, action: NDArray[np.float32], choice: int) -> tuple[NDArray[np.float32], float, bool]:
        """Goes on by one step.

        Args:
            action: the controller's actions, [actions].
            choice: the number of the greatest; what counts where the action is one choice.

        Returns:
            Observation [observations], reward, and whether the environment ended the episode.
        """
        self._steps += 1
        given = self._given(action, choice)
        came = self._attempt("step()", lambda: self._environment.step(given))
        if not isinstance(came, tuple) or len(came) != 5:
            self.fail("step() must return (observation, reward, terminated, truncated, info)")
        observation, reward, terminated, truncated, info = came
        self._note_mask(info)
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
        return fold(self.task.maker.make(self.task.kwargs)).environment

    def _attempt(self, where: str, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except (Exception, SystemExit) as error:  # the environment is somebody else's code: it may raise anything
            self.fail(f"{where} raised {told(error)}")

    def _trial(self, seed: int) -> list[bytes]:
        """Returns the bits of what an episode of random actions gives, up to a failure if it may end episodes."""
        seen: list[bytes] = []
        try:
            self._try(seed, seen)
        except TaskError:
            if self.task.params.failures == "stop":
                raise
            self.renew()
        return seen

    def _try(self, seed: int, seen: list[bytes]) -> None:
        generator = np.random.default_rng(seed)
        seen.append(self.reset(seed).tobytes())
        for _ in range(TRIAL_STEPS):
            self._beat()
            outputs = generator.uniform(-1, 1, len(self._channels.actions)).astype(np.float32)
            action = [channel.condition_action(y) for channel, y in zip(self._channels.actions, outputs, strict=True)]
            observation, reward, over = self.step(np.array(action, np.float32), int(outputs.argmax()))
            seen.append(observation.tobytes() + np.float64(reward).tobytes())
            if over:
                break

    def _observed(self, observation: Any) -> NDArray[np.float32]:
        try:
            values = self._read(observation)
        except MisfitError as error:
            self.fail(str(error))
        if self._low is not None and not self.outside:
            wrong = (values < self._low) | (values > self._high)
            if wrong.any():
                self._note_outside(values, int(wrong.argmax()))
        return values

    def _bounds(self) -> tuple[Any, Any]:
        """Returns the declared bounds of the observations with some slack, open where the controller clips."""
        limits = [(-np.inf, np.inf) if c.clip else (c.low, c.high) for c in self._channels.observations]
        if not np.isfinite(limits).any():
            return None, None
        low, high = np.array(limits).T
        return low - SLACK * np.maximum(1, np.abs(low)), high + SLACK * np.maximum(1, np.abs(high))

    def _note_outside(self, values: NDArray[np.float32], k: int) -> None:
        channel = self._channels.observations[k]
        self.outside = (
            f"observation {k} ({channel.name}) is {values[k]:g} (seed {self._seed}, step {self._steps}), outside of "
            f"[{channel.low:g}, {channel.high:g}], which its space declares and every export repeats: mend the space, "
            "or say low and high in --channels FILE"
        )

    def _number(self, reward: Any) -> float:
        weights = self.task.params.reward_weights
        try:
            parts = np.asarray(reward).astype(np.float64, casting="same_kind")
            return float(parts.item() if not weights else np.dot(parts.reshape(len(weights)), weights))
        except (TypeError, ValueError):
            wanted = f"{len(weights)} numbers" if weights else "a number"
            self.fail(
                f"a reward must be {wanted}; {reward!r} came (gymnasium.wrappers.TransformReward makes it a number, "
                "reward_weights=[...] weighs several)"
            )

    def _note_mask(self, info: Any) -> None:
        if self.task.masked and self.task.params.action_mask:
            self._mask = info.get(MASK) if isinstance(info, Mapping) else None

    def _given(self, action: NDArray[np.float32], choice: int) -> Any:
        if self._first is None:
            return self._write(action)
        if self._mask is not None:
            choice = self._allowed(action)
        return np.int64(choice + self._first)

    def _allowed(self, action: NDArray[np.float32]) -> int:
        """Returns the number of the greatest output whose choice is allowed."""
        mask = np.asarray(self._mask)
        if mask.shape != action.shape or not mask.astype(bool).any():
            self.fail(f'info["{MASK}"] must say of {len(action)} choices which are allowed; {self._mask!r} came')
        allowed = np.flatnonzero(mask)
        return int(allowed[first_greatest(action[allowed])])


def _new_world(environment: Any) -> None:
    """Gives a BipedalWalker a world of its own for the coming episode, as a fresh object has."""
    import Box2D

    environment.world.contactListener = None
    environment.world = Box2D.b2World()
    environment.terrain, environment.hull, environment.legs, environment.joints = [], None, [], []


MENDS: Mapping[str, Callable[[Any], None]] = {"BipedalWalker": _new_world}
