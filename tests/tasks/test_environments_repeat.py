"""Laws of episodes: an environment that was used gives the bits of a fresh one, or it is noticed and said."""

from pathlib import Path

import gymnasium
import numpy as np
import pytest
from helpers import needs

from wann_rt.core.errors import TaskError
from wann_rt.play.environment import environment
from wann_rt.tasks.environment.simulator import Simulator


def trajectory(simulator: Simulator, seed: int, steps: int) -> list[float]:
    """Returns all that an episode of random actions tells."""
    rng = np.random.default_rng(seed)
    seen: list[float] = simulator.reset(seed).tolist()
    for _ in range(steps):
        action = rng.uniform(-1, 1, len(simulator.task.actions)).astype(np.float32)
        observation, reward, over = simulator.step(action, int(action.argmax()))
        seen += [*observation.tolist(), reward]
        if over:
            break
    return seen


def fresh_trajectory(env_id: str, seed: int, steps: int) -> list[float]:
    """Returns the same from a new plain environment, without any code of ours."""
    environment, rng = gymnasium.make(env_id), np.random.default_rng(seed)
    seen: list[float] = environment.reset(seed=seed)[0].tolist()
    for _ in range(steps):
        action = rng.uniform(-1, 1, environment.action_space.shape or ()).astype(np.float32)
        observation, reward, terminated, truncated, _ = environment.step(action)
        seen += [*observation.tolist(), float(reward)]
        if terminated or truncated:
            break
    environment.close()
    return seen


@pytest.mark.slow
@needs.box2d
def test_a_used_walker_gives_the_bits_of_a_fresh_one() -> None:
    simulator = Simulator(environment("BipedalWalker-v3"))
    for seed in range(40):
        assert trajectory(simulator, seed, 50) == fresh_trajectory("BipedalWalker-v3", seed, 50)


@pytest.mark.slow
def test_an_environment_that_leaks_is_made_anew_for_each_episode() -> None:
    task = environment("helpers.odd_environments:Leaky")
    simulator = Simulator(task)
    used = [trajectory(simulator, seed, 20) for seed in (5, 6, 5)]
    assert used[0] == used[2] == trajectory(Simulator(task), 5, 20)
    assert simulator.repeats


def test_an_environment_that_uses_the_global_generator_repeats_too() -> None:
    simulator = Simulator(environment("helpers.odd_environments:GlobalDice"))
    assert trajectory(simulator, 5, 20) == trajectory(simulator, 5, 20) != trajectory(simulator, 6, 20)


@pytest.mark.slow
def test_an_environment_that_cannot_repeat_is_noticed() -> None:
    assert not Simulator(environment("helpers.odd_environments:Unrepeatable")).repeats
    assert Simulator(environment("helpers.odd_environments:Glider")).repeats


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("raises", r"step\(\) raised RuntimeError: out of order"),
        ("shape", r"must have shape \[2\]; \[3\] came"),
        ("fails", r"step\(\) raised AssertionError: in line \d+ of .*odd_environments.py"),
        ("exits", r"step\(\) raised SystemExit: no licence"),
        ("words", "an observation must be numbers"),
        ("no reward", "a reward must be a number; None came"),
        ("two rewards", r"a reward must be a number; array.* came .gymnasium.wrappers.TransformReward"),
        ("four", "must return .observation, reward, terminated, truncated, info."),
    ],
)
def test_what_an_environment_does_wrong_is_said_with_seed_and_step(how: str, says: str, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    simulator = Simulator(environment("helpers.odd_environments:Moody", kwargs={"flag": str(flag)}))
    simulator.reset(17)
    flag.write_text(how)
    with pytest.raises(TaskError, match=rf"helpers.odd_environments:Moody \(seed 17, step 1\): .*{says}"):
        simulator.step(np.zeros(1, np.float32), 0)
