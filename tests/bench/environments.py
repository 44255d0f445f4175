"""Speed of the search loop on an environment, beside the raw rates of Gymnasium and EnvPool, all in one run.

    python tests/bench/environments.py [ENVIRONMENT] [--steps N]

Prints JSON: steps per second of each, and what part of EnvPool's raw rate is left within a search.
"""

import argparse
import json
import time
import warnings
from collections.abc import Callable

import gymnasium
import numpy as np

from wann_rt import config, scoring
from wann_rt.environments import environment_task
from wann_rt.evolution import Search
from wann_rt.random import Purpose
from wann_rt.rollouts import default_threads
from wann_rt.tasks.environment import EnvironmentTask

SLOTS = 512


def raw_gymnasium(task: EnvironmentTask, steps: int) -> int:
    """Takes random actions in one environment; returns the steps."""
    environment = gymnasium.make(task.env_id)
    environment.reset(seed=0)
    for _ in range(steps):
        *_, terminated, truncated, _ = environment.step(environment.action_space.sample())
        if terminated or truncated:
            environment.reset()
    return steps


def raw_envpool(task: EnvironmentTask, steps: int) -> int:
    """Takes random actions in every environment of one pool, as a batch, until enough; returns the steps."""
    import envpool

    settings = {"num_envs": SLOTS, "num_threads": default_threads(), "seed": 0, "max_episode_steps": task.max_steps}
    pool = envpool.make(task.env_id, "gymnasium", **settings)
    pool.reset()
    space, rng, taken = pool.action_space, np.random.default_rng(0), 0
    while taken < steps:
        if task.decision == "argmax":
            actions = rng.integers(space.n, size=SLOTS, dtype=np.int32)
        else:
            actions = rng.uniform(space.low, space.high, (SLOTS, *space.shape)).astype(space.dtype)
        pool.step(actions, np.arange(SLOTS, dtype=np.int32))
        taken += SLOTS
    return taken


def search(task: EnvironmentTask, steps: int) -> int:
    """Runs generations of a search until enough; returns the steps."""
    running = Search(task, config.load(overlay={"population": 64, "generations": 10**6, "retest_episodes": 1}))
    for report in running.run():
        if report.env_steps >= steps:
            return report.env_steps
    return 0


def rate(play: Callable[[EnvironmentTask, int], int], task: EnvironmentTask, steps: int) -> dict[str, float]:
    """Returns steps per second of wall time and of processor time."""
    wall, processor = time.perf_counter(), time.process_time()
    taken = play(task, steps)
    return {
        "steps": taken,
        "per_second": round(taken / (time.perf_counter() - wall)),
        "per_cpu_second": round(taken / (time.process_time() - processor)),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("environment", nargs="?", default="BipedalWalker-v3")
    parser.add_argument("--steps", type=int, default=200_000)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    task = environment_task(arguments.environment, backend="envpool")
    small = Search(task, config.load(overlay={"population": 2, "retest_episodes": 1}))
    scoring.scores(task, small.ask(), scoring.lanes(task, small.config, Purpose.EPISODE, 1), 1)  # compiles
    rates = {
        "gymnasium": rate(raw_gymnasium, task, arguments.steps // 20),
        "envpool": rate(raw_envpool, task, arguments.steps),
        "search": rate(search, task, arguments.steps),
    }
    share = rates["search"]["per_cpu_second"] / rates["envpool"]["per_cpu_second"]
    print(json.dumps({"environment": task.env_id, **rates, "search_per_envpool": round(share, 3)}, indent=2))


if __name__ == "__main__":
    main()
