"""Laws of the tasks taken from Gymnasium's classic control: they start, move, reward and end as the originals do."""

from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import pytest
from helpers import builders
from numpy.typing import NDArray

from wann_rt import tasks
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.network import Connection, Network
from wann_rt.play.plain import play_controller, returns
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.compiled import classic_control
from wann_rt.tasks.task import Task
from wann_rt.tuning.tune import tune

f32 = np.float32
COUNT = 10_000
Floats = NDArray[np.float32]


class Case(NamedTuple):
    """A task, the environment it copies, the states to compare in, and a policy that plays passably.

    Attributes:
        task: its name.
        env: id of the environment.
        states: lowest and highest value of each state variable; float32 in the environment where ``single``.
        single: whether the environment computes in float32.
        errors: greatest error of each observation and of the reward after one step.
        policy: observations [observations, lanes] -> what the task's step takes [actions, lanes].
    """

    task: str
    env: str
    states: tuple[tuple[float, ...], tuple[float, ...]]
    single: bool
    errors: tuple[float, ...]
    policy: Callable[[Floats], Floats]


def scores(chosen: Any, count: int) -> Floats:
    """Returns the outputs [count, lanes] of which the chosen one is the greatest."""
    outputs: Floats = np.eye(count, dtype=f32)[np.asarray(chosen, int)].T
    return outputs


PI = float(np.pi)
CASES = (
    # The rounding of float32 apart, sin and cos err by 3e-7 and 9e-7; a speed gains dt * 15 of that.
    Case("pendulum", "Pendulum-v1", ((-PI, -8), (PI, 8)), False, (1.5e-6, 1.5e-6, 1e-6, 4e-6),
         lambda o: np.clip(-4 * o[1:2] - o[2:3], -2, 2)),
    Case("mountain-car-continuous", "MountainCarContinuous-v0", ((-1.2, -0.07), (0.6, 0.07)), True, (2e-7, 2e-8, 5e-6),
         lambda o: np.sign(o[1:2]) * f32(0.9)),
    Case("cartpole", "CartPole-v1", ((-2.5, -3, -0.25, -4), (2.5, 3, 0.25, 4)), False, (5e-7, 5e-7, 1e-7, 1e-6, 0),
         lambda o: scores(o[2] + f32(0.3) * o[3] > 0, 2)),
    Case("acrobot", "Acrobot-v1", ((-PI, -PI, -6, -9), (PI, PI, 6, 9)), False,
         (2e-6, 2e-6, 3e-6, 3e-6, 6e-6, 1e-5, 0), lambda o: scores(2 * (o[5] > 0), 3)),
)  # fmt: skip
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.task)


def original(case: Case) -> Any:
    return gymnasium.make(case.env)


@every_case
def test_the_constants_of_length_and_limits_are_gymnasium_s(case: Case) -> None:
    task, env = tasks.get(case.task), original(case)
    assert task.max_steps == env.spec.max_episode_steps
    space = env.observation_space
    assert np.array_equal(np.array([c.low for c in task.observations], f32), space.low)
    assert np.array_equal(np.array([c.high for c in task.observations], f32), space.high)
    if isinstance(env.action_space, gymnasium.spaces.Discrete):
        assert len(task.actions) == env.action_space.n
    else:
        assert [(c.low, c.high) for c in task.actions] == [(env.action_space.low[0], env.action_space.high[0])]


@every_case
def test_a_seed_starts_the_episode_that_gymnasium_starts(case: Case) -> None:
    task, env = tasks.get(case.task), original(case)
    for seed in (0, 1, 2, 12345, 2**31, 2**53 - 1):
        observation, _ = env.reset(seed=seed)
        state = task.start(seed)
        assert (state == np.asarray(env.unwrapped.state).astype(f32)).all()
        assert np.abs(observation - np.array(task.observe(*state))).max() < 1.5e-6


@pytest.mark.slow
@every_case
def test_one_step_is_gymnasium_s(case: Case) -> None:
    task, env, rng = tasks.get(case.task), original(case).unwrapped, np.random.default_rng(5)
    low, high = (np.array(side, f32)[:, np.newaxis] for side in case.states)
    states = rng.uniform(low, high, (len(low), COUNT)).astype(f32)
    if env.action_space.shape:
        actions = rng.uniform(env.action_space.low[:, None], env.action_space.high[:, None], (1, COUNT)).astype(f32)
    else:
        actions = scores(rng.integers(0, env.action_space.n, COUNT), int(env.action_space.n))
    *after, reward, ended = task.step(task.params, *states, *actions)
    observations = np.stack(task.observe(*after))
    env.reset(seed=0)
    wanted = np.array([one_step(case, env, states[:, i], env_action(env, actions[:, i])) for i in range(COUNT)]).T
    errors = np.abs(np.vstack([observations, reward]) - wanted[:-1]).max(axis=1)
    assert (errors <= case.errors).all(), errors
    # Where a limit is missed by less than rounding, either answer is right; none of these states is such a one.
    assert (ended == wanted[-1]).all()
    assert ended.any() == (case.task != "pendulum")


def env_action(env: Any, outputs: Floats) -> Any:
    """Returns what the environment takes for a network's outputs."""
    return outputs if env.action_space.shape else int(np.argmax(outputs))


def one_step(case: Case, env: Any, state: Floats, action: Any) -> tuple[float, ...]:
    """Returns observations, reward and end of a step of Gymnasium's environment from a state."""
    env.state = state if case.single else state.astype(np.float64)
    env.steps_beyond_terminated = None
    observation, reward, terminated, _, _ = env.step(action)
    return (*map(float, observation), float(reward), float(terminated))


@pytest.mark.slow
@every_case
def test_a_policy_scores_what_it_scores_in_gymnasium(case: Case) -> None:
    task, seeds = tasks.get(case.task), range(100)
    ours = compiled_returns(task, case.policy, starts_of(task, seeds))
    theirs = np.array([gymnasium_return(case, seed) for seed in seeds])
    # Same starts, so the difference has little noise; where a last bit decides an episode, five standard errors do.
    difference = ours - theirs
    assert abs(difference.mean()) <= 5 * difference.std() / 10 + 1e-3
    assert abs(ours.mean() - theirs.mean()) < 0.05 * theirs.std() + 0.05 * abs(theirs.mean())


def compiled_returns(task: Task, policy: Callable[[Floats], Floats], starts: Floats) -> NDArray[np.float64]:
    """Returns the return of each lane under a policy, by the task's own functions."""
    return returns(task, lambda observations: policy(observations.T).T.astype(f32), starts)


def gymnasium_return(case: Case, seed: int) -> float:
    env = original(case)
    observation, _ = env.reset(seed=seed)
    total, over = 0.0, False
    while not over:
        action = env_action(env.unwrapped, case.policy(observation[:, np.newaxis])[:, 0])
        observation, reward, terminated, truncated, _ = env.step(action)
        total, over = total + float(reward), terminated or truncated
    return total


@pytest.mark.slow
@every_case
def test_the_compiled_rollout_is_that_of_the_whole_controller(case: Case) -> None:
    task, rng = tasks.get(case.task), np.random.default_rng(11)
    starts, shape = starts_of(task, range(12)), (len(task.observations), len(task.actions))
    for weight in (-1.7, 0.4):
        network, _ = Network.build(shape[0], *builders.parts(rng, *shape, 5, 0.5, True), prune=True)
        interface = task.observations, task.actions
        controller = Controller("any", network, Weight.shared(weight), *interface, decision=task.decision)
        compiled = play(task, network, np.full(12, weight, f32), starts)
        whole = play_controller(task, controller, starts)
        assert (compiled.returns == whole.returns).all()
        assert (compiled.lengths == whole.lengths).all()


@pytest.mark.parametrize("name", ["cartpole", "acrobot"])
def test_of_equal_outputs_the_first_is_chosen_and_nan_never_beats_a_number(name: str) -> None:
    task = tasks.get(name)
    state, n = task.start(3), len(task.actions)

    def after(*outputs: float) -> tuple[Any, ...]:
        return tuple(task.step(task.params, *state, *(f32(y) for y in outputs)))

    by_choice = [after(*scores([k], n)[:, 0]) for k in range(n)]
    assert len(set(by_choice)) == n
    assert after(*[0.5] * n) == by_choice[0]
    assert after(*[-np.inf] * (n - 1), -3e38) == by_choice[n - 1]
    assert after(*[-1.0] * (n - 1), np.nan) == by_choice[0]
    assert after(-2.0, *[-1.0] * (n - 1)) == by_choice[1]


def test_angles_lose_whole_turns_and_nothing_else() -> None:
    angles = np.linspace(-40, 40, 100_001).astype(f32)
    wrapped = classic_control.wrapped(angles)
    inside = np.abs(angles) < 3.14
    assert (wrapped[inside] == angles[inside]).all()
    assert np.abs(wrapped).max() < np.pi + 1e-5
    turns = (angles.astype(np.float64) - wrapped) / (2 * np.pi)
    assert np.abs(turns - np.round(turns)).max() < 1e-6


def test_negative_seeds_start_an_episode_too() -> None:
    assert (tasks.get("pendulum").start(-1) == tasks.get("pendulum").start(2**64 - 1)).all()


@pytest.mark.long
@pytest.mark.slow
def test_tuning_improves_a_controller_whose_returns_are_negative() -> None:
    pendulum = tasks.get("pendulum")
    network, _ = Network.build(3, {}, {4: 1}, [Connection(2, 4), Connection(3, 4)])
    provenance = {"task": pendulum.name}
    start = Controller(
        "weak", network, Weight.shared(0.1), pendulum.observations, pendulum.actions, provenance=provenance
    )
    tuned = tune(start, steps=1_000_000)
    assert tuned.controller.weight.kind == "connections"
    assert tuned.start.mean < tuned.score.mean < 0
