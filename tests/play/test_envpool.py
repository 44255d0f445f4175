"""Laws of the back end EnvPool: each episode is that of its seed, and what it does not have is refused."""

from typing import Any

import numpy as np
import pytest
from helpers import needs
from helpers.playing import CHEAP, controller_of, network_of, task_of

from wann_rt.core.errors import TaskError
from wann_rt.play.backends import envpool_engine
from wann_rt.play.environment import environment
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import play, starts_of

pytestmark = [pytest.mark.xdist_group("backends"), pytest.mark.slow]


@needs.envpool
@pytest.mark.parametrize("env_id", CHEAP)
def test_envpool_plays_each_episode_by_its_seed_however_chunks_and_threads_are_cut(
    env_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_of(env_id, "envpool")
    weights, starts = np.linspace(-2, 2, 12).astype(np.float32), starts_of(task, range(30, 42))
    wanted = play(task, network_of(task), weights, starts, 1, watched=True)
    monkeypatch.setattr(envpool_engine, "SLOTS", 5)
    found = play(task, network_of(task), weights, starts, 2, watched=True)
    alone = play(task, network_of(task), weights[7:8], starts[:, 7:8], 1)
    assert (found.returns == wanted.returns).all()
    assert (found.lengths == wanted.lengths).all()
    assert alone.returns[0, 0] == wanted.returns[0, 7]


@needs.envpool
@pytest.mark.filterwarnings("ignore:.*precision lowered")  # of EnvPool's own spaces
def test_envpool_plays_the_episodes_of_a_plain_loop() -> None:
    import envpool

    task = task_of("MountainCarContinuous-v0", "envpool")
    controller = controller_of(task)
    played = play_controller(task, controller, starts_of(task, range(3, 6)), 2)
    for k, seed in enumerate(range(3, 6)):
        pool = envpool.make("MountainCarContinuous-v0", "gymnasium", num_envs=1, seed=seed)
        observation, total = pool.reset()[0], 0.0
        for _ in range(task.max_steps):
            observation, reward, terminated, _, _ = pool.step(controller.decide(observation))
            total += float(reward[0])
            if terminated[0]:
                break
        assert played.returns[0, k] == total


@needs.envpool
def test_envpool_and_gymnasium_score_a_controller_alike() -> None:
    engines = [task_of("Pendulum-v1", backend) for backend in ("processes", "envpool")]
    returns = [play_controller(task, controller_of(task), starts_of(task, range(200)), 2).returns for task in engines]
    error = np.hypot(*(r.std() / 200**0.5 for r in returns))
    assert abs(returns[0].mean() - returns[1].mean()) < 4 * error


@needs.envpool
@pytest.mark.parametrize(
    ("env_id", "kwargs", "says"),
    [
        ("helpers.odd_environments:Glider", {}, "EnvPool does not have .*Glider: use --backend processes"),
        ("Pendulum-v1", {"g": 9.0}, "cannot be given the arguments"),
    ],
)
def test_what_envpool_does_not_have_is_refused(env_id: str, kwargs: dict[str, Any], says: str) -> None:
    with pytest.raises(TaskError, match=says):
        environment(env_id, kwargs=kwargs, backend="envpool")
