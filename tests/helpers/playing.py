"""Tasks with short episodes, networks and controllers for them, and a plain loop that plays them."""

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from helpers import builders
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.network import Network
from wann_rt.kernels.decide import Rules
from wann_rt.play.environment import environment
from wann_rt.tasks.environment.task import BackendName, EnvironmentTask, with_options

CHEAP = ("Pendulum-v1", "CartPole-v1", "MountainCarContinuous-v0")
TINY: dict[str, Any] = {"population": 8, "generations": 3, "drawn_weights": 2, "retest_episodes": 1, "retest_every": 1}
RULES = Rules(max_steps=60, stall_steps=0, stall_reward=0.0, waived=np.nan)


def task_of(env_id: str, backend: BackendName = "processes") -> EnvironmentTask:
    """Returns a task whose episodes are short."""
    return with_options(environment(env_id, backend=backend), max_steps=60)


def network_of(task: EnvironmentTask, seed: int = 0) -> Network:
    """Returns a random network for a task."""
    rng = np.random.default_rng(seed)
    pieces = builders.parts(rng, len(task.observations), len(task.actions), 4, 0.6, True)
    return Network.build(len(task.observations), *pieces, prune=True)[0]


def controller_of(task: EnvironmentTask, weight: Weight | None = None) -> Controller:
    network, sides = network_of(task), (task.observations, task.actions)
    return Controller(task.name, network, weight or Weight.shared(-1.5), *sides, task.rate_hz, decision=task.decision)


def plain_returns(task: EnvironmentTask, controller: Controller, seeds: NDArray[np.int64]) -> list[float]:
    """Returns what the controller earns in Gymnasium, called as a user would call it."""
    returns = []
    for seed in seeds.tolist():
        environment = gymnasium.make(task.env_id)
        observation, _ = environment.reset(seed=seed)
        total = 0.0
        for _ in range(task.max_steps):
            observation, reward, terminated, truncated, _ = environment.step(controller.decide(observation))
            total += float(reward)
            if terminated or truncated:
                break
        returns.append(total)
        environment.close()
    return returns
