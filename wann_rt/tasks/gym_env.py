"""The compiled tasks as Gymnasium environments: import this module and ``gymnasium.make`` knows them.

``gymnasium.make("wann_rt.tasks.gym_env:wann_rt/CartPoleSwingUp-v0")`` imports it by itself. An environment runs the
task's own functions on float32 scalars, so an episode equals the compiled rollout bit for bit.
"""

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from wann_rt import tasks
from wann_rt.core.controller import Channel
from wann_rt.tasks.any_task import named
from wann_rt.tasks.scenes import Canvas, Window, pixels, traces
from wann_rt.tasks.task import Task

Array = NDArray[np.float32]
ANY = "wann_rt/Task-v0"  # of a task that is named by its kwargs
# Gymnasium's racing car behind an encoder, with speed and yaw rate, and without: see ``tasks.car``.
CARS: Mapping[str, bool] = {"wann_rt/CarRacing-v0": True, "wann_rt/CarRacingLatents-v0": False}
CAR_STEPS = 1000


class CompiledTaskEnv(gymnasium.Env[Array, Any]):
    """A compiled task, one step at a time.

    ``reset(seed=s)`` starts the episode that ``task.start(s)`` starts; ``reset()`` draws the seed of the next one from
    ``np_random`` and tells it in ``info["seed"]``. An episode terminates where the task fails; the length limit is the
    ``TimeLimit`` wrapper's, which ``gymnasium.make`` adds. A task that acts on the greatest of its actions has discrete
    ones here: its number, as ``Controller.decide`` gives it.

    Args:
        task: the task or its name; of one of your own, "my_plant.py:task", whose code is run.
        params: physical constants, if not the task's own: all of them, or those that differ by name, see
            ``tasks.with_params``.
        render_mode: "human" for a window, "rgb_array" for pictures: the task's own scene, else traces of its values.
    """

    metadata = {"render_modes": ["human", "rgb_array"]}  # noqa: RUF012  # the base class declares it so

    def __init__(self, task: Task | str, params: Any = None, render_mode: str | None = None) -> None:
        self.task = named(task) if isinstance(task, str) else task
        if isinstance(params, Mapping):
            self.task, params = tasks.with_params(self.task, **params), None
        self.params = self.task.params if params is None else params
        modes = ["human", "rgb_array"]
        self.metadata = {"render_modes": modes, "render_fps": self.task.rate_hz}
        if render_mode is not None and render_mode not in modes:
            raise gymnasium.error.UnsupportedMode(f"{self.task.env_id} has the render modes {modes}, not {render_mode}")
        self.render_mode = render_mode
        self._window: Window | None = None
        self._force = 0.0  # the action last taken, as its scene shows it
        self._moments: list[list[float]] = []  # what traces show
        self.observation_space = _space(self.task.observations)
        self.action_space = _action_space(self.task)
        self._state: tuple[Any, ...] | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        """Starts an episode; the task has no options."""
        super().reset(seed=seed)
        episode = int(self.np_random.integers(2**31)) if seed is None else seed
        self._state, self._force = tuple(self.task.start(episode)), 0.0
        self._moments = []
        self._note([0.0] * len(self.task.actions))
        self._show()
        return self._observation(), {"seed": episode}

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Advances one step; actions beyond their limits are clipped, NaN counts as 0."""
        if self._state is None:
            raise gymnasium.error.ResetNeeded("call reset() before step()")
        outputs = self._outputs(action)
        with np.errstate(all="ignore"):  # infinities and NaN are defined results, here as in the kernels
            *state, reward, failed = self.task.step(self.params, *self._state, *outputs)
        self._state, self._force = tuple(state), float(outputs[0])
        self._note(outputs)
        self._show()
        return self._observation(), float(reward), bool(failed), False, {}

    def render(self) -> Any:
        """Returns the picture, uint8 [height, width, 3], in mode "rgb_array"; a window shows itself."""
        return pixels(self._canvas()) if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Closes the window, if there is one."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def _canvas(self) -> Canvas:
        if self._state is None:
            raise gymnasium.error.ResetNeeded("call reset() before render()")
        if self.task.scene is not None:
            canvas: Canvas = self.task.scene(self.params, self._state, self._force)
            return canvas
        return traces([c.name for c in (*self.task.observations, *self.task.actions)], self._moments)

    def _note(self, outputs: Any) -> None:
        """Keeps what traces show of a moment, where they are shown."""
        if self.render_mode is not None and self.task.scene is None:
            self._moments.append([*map(float, self._observation()), *map(float, outputs)])

    def _show(self) -> None:
        if self.render_mode != "human":
            return
        if self._window is None:
            self._window = Window(self.task.env_id)
        self._window.show(self._canvas(), self.metadata["render_fps"])

    def _outputs(self, action: Any) -> Array:
        """Returns what the task's ``step`` takes for an action of the environment."""
        if self.task.decision == "argmax":
            n = len(self.task.actions)
            if not self.action_space.contains(action):
                raise gymnasium.error.InvalidAction(f"an action is a whole number from 0 to {n - 1}; {action!r} came")
            chosen: Array = np.eye(n, dtype=np.float32)[int(action)]
            return chosen
        values = np.asarray(action, np.float32)
        if values.shape != self.action_space.shape:
            raise gymnasium.error.InvalidAction(f"an action has shape {self.action_space.shape}; {values.shape} came")
        limited = [c.limit_action(v) if c.clip else v for c, v in zip(self.task.actions, values, strict=True)]
        return np.array(limited, np.float32)

    def _observation(self) -> Array:
        assert self._state is not None
        with np.errstate(all="ignore"):
            return np.array(self.task.observe(*self._state), np.float32)


def made(task: Task | str, **kwargs: Any) -> gymnasium.Env[Array, Any]:
    """Returns the environment of any compiled task, also of your own, with its limit of steps; see ``CompiledTaskEnv``.

    ``gymnasium.make("wann_rt.tasks.gym_env:wann_rt/Task-v0", task="my_plant.py:task")`` calls it.
    """
    environment = CompiledTaskEnv(task, **kwargs)
    return gymnasium.wrappers.TimeLimit(environment, environment.task.max_steps)


def register() -> None:
    """Registers every compiled task under its ``env_id``; once is enough, twice does no harm."""
    if ANY not in gymnasium.registry:
        gymnasium.register(id=ANY, entry_point="wann_rt.tasks.gym_env:made")
    for name, indicators in CARS.items():
        if name not in gymnasium.registry:
            gymnasium.register(
                id=name,
                entry_point="wann_rt.tasks.car.racing:CarRacing",
                max_episode_steps=CAR_STEPS,
                kwargs={"indicators": indicators},
            )
    for task in tasks.TASKS:
        if task.env_id not in gymnasium.registry:
            gymnasium.register(
                id=task.env_id,
                entry_point="wann_rt.tasks.gym_env:CompiledTaskEnv",
                max_episode_steps=task.max_steps,
                kwargs={"task": task.name},
            )


def _action_space(task: Task) -> gymnasium.Space[Any]:
    """Returns the box of a task's actions, or their numbers where the greatest is acted on."""
    return _space(task.actions) if task.decision == "values" else gymnasium.spaces.Discrete(len(task.actions))


def _space(channels: tuple[Channel, ...]) -> gymnasium.Space[Array]:
    """Returns the box of some channels; an open bound becomes the greatest float32.

    Gymnasium's checker warns of infinite bounds, and each float32 lies within these.
    """
    greatest = np.finfo(np.float32).max
    low, high = (np.array([getattr(c, side) for c in channels], np.float32) for side in ("low", "high"))
    box: gymnasium.Space[Any] = gymnasium.spaces.Box(  # gymnasium types it as a box of any number
        np.maximum(low, -greatest), np.minimum(high, greatest), dtype=np.float32
    )
    return box


register()
