"""Laws of the Gymnasium environments: they follow Gymnasium's interface and step exactly like the compiled tasks."""

import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from helpers import builders

from wann_rt import tasks
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.network import Network
from wann_rt.play.rollouts import play, starts_of
from wann_rt.rivals.textbook import laws
from wann_rt.tasks import TASKS, gym_env
from wann_rt.tasks.task import Task

f32 = np.float32
every_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
quickly_compiled = pytest.mark.parametrize("task", [t for t in TASKS if t.name != "double-pole"], ids=lambda t: t.name)
LAW = np.array((-0.21, -0.37, -6.44, -1.69, 4.48, 0.37), f32)  # which balances the two poles


@pytest.fixture
def env(task: Task) -> Iterator[Any]:
    made = gymnasium.make(task.env_id)
    yield made
    made.close()


@every_task
@pytest.mark.filterwarnings("ignore:.*recommend using a symmetric and normalized space")  # the pendulum's is in N m
def test_the_environment_passes_gymnasium_s_checker_without_a_warning(env: Any) -> None:
    check_env(env.unwrapped)  # pytest turns warnings into errors


def episode(env: Any, policy: Controller, seed: int) -> tuple[float, int, bool, bool]:
    """Returns an episode's sum of rewards, its length, and how it ended."""
    observation, _ = env.reset(seed=seed)
    total, steps = 0.0, 0
    while True:
        observation, reward, terminated, truncated, _ = env.step(policy.decide(observation))
        total, steps = total + reward, steps + 1
        if terminated or truncated:
            return total, steps, terminated, truncated


@pytest.mark.slow
@quickly_compiled  # the kernel of the two poles takes a quarter of a minute
def test_episodes_equal_those_of_the_compiled_rollout(task: Task, env: Any) -> None:
    rng = np.random.default_rng(3)
    seeds = range(4)
    for _ in range(2):
        network = matching_network(task, rng)
        interface = task.observations, task.actions
        policy = Controller("p", network, Weight.shared(-0.7), *interface, decision=task.decision)
        compiled = play(task, network, np.full(len(seeds), -0.7, f32), starts_of(task, seeds))
        for k, seed in enumerate(seeds):
            total, steps, terminated, truncated = episode(env, policy, seed)
            assert (total, steps) == (compiled.returns[0, k], compiled.lengths[0, k])
            assert truncated == (steps == task.max_steps)
            assert terminated or truncated


def matching_network(task: Task, rng: np.random.Generator) -> Network:
    """Returns a random network with the task's interface."""
    shape = (len(task.observations), len(task.actions))
    return Network.build(shape[0], *builders.parts(rng, *shape, 5, 0.5, True), prune=True)[0]


def idle(task: Task) -> Any:
    """Returns an action of the task's environment."""
    return np.zeros(len(task.actions), f32) if task.decision == "values" else 0


BALANCED = {"quadrotor": "cascaded PD", "balancing-robot": "LQR"}  # by which rival, with its gains by theory
RIVALS = {task: next(law for law in laws(tasks.get(task)) if law.name == law_of) for task, law_of in BALANCED.items()}


def balancing(task: Task, observation: Any) -> Any:
    """Returns an action that, if need be, keeps an episode going."""
    if task.name == "double-pole":
        return np.clip(LAW @ observation, -1, 1).astype(f32).reshape(1)
    if task.name in RIVALS:
        law = RIVALS[task.name]
        return np.clip(np.array(law.act(tuple(map(f32, law.start)), (), tuple(observation))[0], f32), -1, 1)
    return int(observation[2] + 0.3 * observation[3] > 0) if task.name == "cartpole" else idle(task)


@every_task
def test_an_episode_is_truncated_at_the_tasks_length(task: Task, env: Any) -> None:
    for seed in range(20):
        observation, _ = env.reset(seed=seed)
        ends: list[tuple[bool, bool]] = []
        while not ends or not any(ends[-1]):
            observation, _, *ended = env.step(balancing(task, observation))[:4]
            ends.append(tuple(ended))
        if ends[-1][1]:
            assert len(ends) == task.max_steps
            return
    pytest.fail("each of 20 episodes failed")


@every_task
def test_a_seed_starts_the_tasks_own_episode(task: Task, env: Any) -> None:
    observation, info = env.reset(seed=7)
    assert info["seed"] == 7
    assert builders.same_bits(observation, task.observe(*task.start(7)))
    assert (observation.dtype, observation.shape) == (f32, (len(task.observations),))


@every_task
def test_without_a_seed_episodes_differ_but_follow_from_the_last_seed(env: Any) -> None:
    def drawn() -> list[int]:
        env.reset(seed=11)
        return [env.reset()[1]["seed"] for _ in range(5)]

    first = drawn()
    assert len(set(first)) == 5
    assert drawn() == first


@pytest.mark.parametrize("task", [t for t in TASKS if t.decision == "values"], ids=lambda task: task.name)
def test_actions_beyond_the_limits_are_clipped_and_wrong_shapes_refused(task: Task) -> None:
    def first_step(action: Any) -> Any:
        env = gym_env.CompiledTaskEnv(task)
        env.reset(seed=0)
        return env.step(action)[0]

    ones = np.ones(len(task.actions), f32)
    assert builders.same_bits(first_step(9 * task_high(task)), first_step(task_high(task)))
    assert builders.same_bits(first_step(np.nan * ones), first_step(0 * ones))
    with pytest.raises(gymnasium.error.InvalidAction, match="an action has shape"):
        first_step(np.ones(len(task.actions) + 1, f32))


@pytest.mark.parametrize("task", [t for t in TASKS if t.decision == "argmax"], ids=lambda task: task.name)
@pytest.mark.parametrize("action", [-1, 3, 0.5, np.nan, None, [0]])
def test_an_action_that_is_no_number_of_one_is_refused(task: Task, action: Any) -> None:
    env = gym_env.CompiledTaskEnv(task)
    env.reset(seed=0)
    with pytest.raises(gymnasium.error.InvalidAction, match="an action is a whole number from 0 to"):
        env.step(action)


@every_task
def test_a_step_before_the_first_reset_is_refused(task: Task) -> None:
    with pytest.raises(gymnasium.error.ResetNeeded):
        gym_env.CompiledTaskEnv(task).step(idle(task))


def task_high(task: Task) -> Any:
    return np.array([channel.high for channel in task.actions], f32)


@every_task
def test_physical_constants_can_be_replaced(task: Task) -> None:
    name = task.params._fields[0]
    changed = task.params._replace(**{name: getattr(task.params, name) * f32(2)})
    plain, other = gym_env.CompiledTaskEnv(task.name), gym_env.CompiledTaskEnv(task.name, params=changed)
    assert (plain.reset(seed=1)[0] == other.reset(seed=1)[0]).all()
    assert (plain.step(idle(task))[0] != other.step(idle(task))[0]).any()


@every_task
def test_registering_again_changes_nothing(task: Task) -> None:
    spec = gymnasium.spec(task.env_id)
    gym_env.register()
    assert gymnasium.spec(task.env_id) is spec
    assert spec.max_episode_steps == task.max_steps
    assert json.loads(spec.to_json())["kwargs"] == {"task": task.name}
    assert pickle.loads(pickle.dumps(spec)) == spec


def test_make_finds_the_environments_by_their_module() -> None:
    name = f"wann_rt.tasks.gym_env:{TASKS[0].env_id}"
    code = f"import gymnasium; print(gymnasium.make({name!r}).unwrapped.task.name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == TASKS[0].name


def test_environments_run_side_by_side() -> None:
    with_three = gymnasium.make_vec(TASKS[0].env_id, num_envs=3, vectorization_mode="sync")
    observations, _ = with_three.reset(seed=5)
    singles = [gym_env.CompiledTaskEnv(TASKS[0]).reset(seed=5 + k)[0] for k in range(3)]
    with_three.close()
    assert builders.same_bits(observations, singles)
