"""Laws of the compiled tasks: the reference's physics, and the same bits from numpy and from numba."""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from helpers import builders, compiled, reference_data
from numpy.typing import NDArray

from wann_rt import tasks
from wann_rt.core import symbols as trace
from wann_rt.core.errors import TableError, TaskError
from wann_rt.tasks import TASKS, rows
from wann_rt.tasks.compiled import cartpole_swingup
from wann_rt.tasks.task import Task

f32 = np.float32
SWING = tasks.get("cartpole-swingup")
every_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)


def run(params: Any, state: Any, actions: Any) -> NDArray[np.float64]:
    """Returns x, x_dot, theta, theta_dot, reward, failed after each action."""
    rows = []
    for action in actions:
        *state, reward, failed = SWING.step(params, *state, f32(action))
        rows.append([*state, reward, failed])
    return np.array(rows, np.float64)


def test_transitions_are_those_of_the_reference() -> None:
    for case in reference_data.golden()["cartpole"]:
        wanted = np.array(case["x_xdot_theta_thetadot_reward_done"], np.float64)
        before = np.vstack([case["init"], wanted[:-1, :4]]).astype(f32)
        got = np.vstack([run(SWING.params, state, [a]) for state, a in zip(before, case["actions"], strict=True)])
        # One step from the reference's own state: velocities gain dt * acceleration, in which sin and cos err by 3e-6.
        assert np.abs(got[:, :4] - wanted[:, :4]).max() < 3e-6
        assert np.abs(got[:, 4] - wanted[:, 4]).max() < 1e-5
        assert (got[:, 5] == wanted[:, 5]).all()


def test_trajectories_stay_with_those_of_the_reference() -> None:
    for case in reference_data.golden()["cartpole"]:
        wanted = np.array(case["x_xdot_theta_thetadot_reward_done"], np.float64)
        got = run(SWING.params, np.array(case["init"], f32), case["actions"])
        assert np.abs(got - wanted).max() < 1e-4  # 60 steps: the errors above add up and are carried along


def test_episodes_start_hanging_at_rest_with_the_reference_s_spread() -> None:
    starts = np.array([SWING.start(seed) for seed in range(2000)])
    z = (starts - [0, 0, np.pi, 0]) / 0.2
    error = 5 / np.sqrt(len(z))  # five standard errors
    assert starts.dtype == f32
    assert np.abs(z.mean(axis=0)).max() < error
    assert np.abs((z**2).mean(axis=0) - 1).max() < error * np.sqrt(2)
    assert np.abs(np.corrcoef(z.T) - np.eye(4)).max() < error


def test_an_episode_s_start_never_changes() -> None:
    assert [x.hex() for x in SWING.start(0).tolist()] == [
        "-0x1.7edf600000000p-5", "-0x1.a044520000000p-3", "0x1.7515400000000p+1", "0x1.02f9ce0000000p-5",
    ]  # fmt: skip


def test_the_end_of_the_track_fails_and_scores_at_most_nothing() -> None:
    state = (f32(2.39), f32(3.0), f32(0.0), f32(0.0))
    *_, reward, failed = SWING.step(SWING.params, *state, f32(0))
    assert failed
    assert -0.05 < reward <= 0


def test_upright_in_the_middle_scores_one_and_hanging_nothing() -> None:
    scores = [SWING.step(SWING.params, f32(0), f32(0), f32(angle), f32(0), f32(0))[4] for angle in (0, np.pi)]
    assert scores == pytest.approx([1, 0], abs=1e-5)


def test_forces_are_limited_and_nan_is_none() -> None:
    def after(force: float) -> tuple[Any, ...]:
        return tuple(SWING.step(SWING.params, f32(0.1), f32(0.2), f32(0.3), f32(0.4), f32(force)))

    assert after(7.0) == after(1.0) != after(0.9)
    assert after(-np.inf) == after(-1.0)
    assert after(np.nan) == after(0.0)


@pytest.mark.parametrize("name", cartpole_swingup.Params._fields)
def test_each_physical_constant_matters(name: str) -> None:
    changed = SWING.params._replace(**{name: getattr(SWING.params, name) * f32(1.1)})
    state = np.array([2.3, 0.5, 3.0, 1.0], f32)
    actions = np.tile([1.0, 0.5], 10)
    assert (run(changed, state, actions) != run(SWING.params, state, actions)).any()


def random_states(task: Task, lanes: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Returns states around the starts, and some of every magnitude, infinite and NaN."""
    states = np.stack([task.start(seed) for seed in range(lanes)], axis=1)
    states *= rng.choice([1, 10], states.shape)
    wild = builders.inputs(rng, *states.shape)
    return np.where(rng.random(states.shape) < 0.1, wild, states).astype(f32)


@pytest.mark.slow
@every_task
def test_numba_steps_and_observes_with_the_bits_of_numpy(task: Task) -> None:
    rng = np.random.default_rng(1)
    state = random_states(task, 4096, rng)
    actions = builders.inputs(rng, len(task.actions), 4096)
    with np.errstate(all="ignore"):
        *after, reward, failure = task.step(task.params, *state, *actions)
        observations = task.observe(*after)
    got = compiled.stepped(task, state, actions)
    assert builders.same_bits(got.state, after)
    assert builders.same_bits(got.rewards, np.broadcast_to(reward, 4096))
    assert builders.same_bits(got.observations, observations)
    assert (got.failed == failure).all()


@every_task
def test_scalars_step_with_the_bits_of_arrays(task: Task) -> None:
    rng = np.random.default_rng(2)
    state, actions = random_states(task, 64, rng), builders.inputs(rng, len(task.actions), 64)
    with np.errstate(all="ignore"):
        together = np.array(task.step(task.params, *state, *actions), f32)
        one_by_one = [task.step(task.params, *state[:, i], *actions[:, i]) for i in range(64)]
    assert builders.same_bits(np.array(one_by_one, f32).T, together)


@every_task
def test_tasks_trace_so_that_exporters_can_print_them(task: Task) -> None:
    def symbols(names: list[str]) -> list[trace.Symbol]:
        return [trace.Symbol("input", name=name) for name in names]

    state = symbols([f"s{i}" for i in range(len(task.start(0)))])
    results: Callable[..., Any] = task.step
    traced = [*results(task.params, *state, *symbols([c.name for c in task.actions])), *task.observe(*state)]
    assert len(task.observe(*state)) == len(task.observations)
    assert len(traced) == len(state) + 2 + len(task.observations)
    assert trace.schedule(map(trace.lift, traced))


@every_task
def test_tasks_answer_to_their_names(task: Task) -> None:
    assert all(tasks.get(name) is task for name in (task.name, *task.aliases))
    assert type(task.params) not in [type(other.params) for other in TASKS if other is not task]


def test_an_unknown_task_is_named_with_the_known_ones() -> None:
    with pytest.raises(TaskError, match=r"no task 'chess'; known tasks: .*cartpole-swingup"):
        tasks.get("chess")


def test_a_module_that_lacks_a_part_is_named_with_the_part() -> None:
    module = ModuleType("crane")
    module.__file__ = "wann_rt/tasks/compiled/crane.py"
    with pytest.raises(TableError, match=r"crane\.py defines no OBSERVATIONS, ACTIONS, .*: add it"):
        rows.row_of(module)


def test_two_tasks_of_one_name_are_refused() -> None:
    with pytest.raises(TableError, match="gives swing, swingup to two tasks"):
        rows.check_names((TASKS[0], replace(TASKS[1], aliases=("swingup", "swing"))))
