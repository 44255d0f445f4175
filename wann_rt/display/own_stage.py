"""A stage for a task of a user's own: its episodes are played here, where its code has been run already."""

from types import SimpleNamespace
from typing import Any, NoReturn

from wann_rt.core.errors import TaskError
from wann_rt.tasks.gym_env import CompiledTaskEnv
from wann_rt.tasks.task import Task


class OwnStage:
    """What ``watch.episode`` needs of a simulator, for a compiled task itself.

    Attributes:
        task: greatest length of an episode and name, as of an environment's task.
        environment: plays and shows it.
    """

    def __init__(self, task: Task, mode: str, max_steps: int | None) -> None:
        """Makes the environment, seen in that mode."""
        params = SimpleNamespace(fall_penalty=True)  # no reward is waived
        self.task: Any = SimpleNamespace(max_steps=max_steps or task.max_steps, params=params, env_id=task.name)
        self.environment: Any = CompiledTaskEnv(task, render_mode=mode)
        self._argmax = task.decision == "argmax"

    def reset(self, seed: int) -> Any:
        """Begins the episode of that seed; returns the observation."""
        return self.environment.reset(seed=seed)[0]

    def step(self, actions: Any, chosen: int) -> tuple[Any, float, bool]:
        """Takes a step; returns observation, reward and whether the episode is over."""
        observation, reward, over, _, _ = self.environment.step(chosen if self._argmax else actions)
        return observation, reward, over

    def picture(self) -> Any:
        """Returns the picture of the moment."""
        return self.environment.render()

    def close(self) -> None:
        """Closes the window, if there is one."""
        self.environment.close()

    def fail(self, what: str) -> NoReturn:
        """Raises TaskError."""
        raise TaskError(f"task {self.task.env_id}: {what}")
