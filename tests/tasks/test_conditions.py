"""Laws of conditions around any task: each does what it says, none costs anything, kernels and numpy agree."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from helpers import builders, compiled, plant_files

from wann_rt import tasks
from wann_rt.core.errors import TaskError
from wann_rt.play.rollouts import starts_of
from wann_rt.tasks import conditions
from wann_rt.tasks.task import Task

f32 = np.float32
TWO = plant_files.two_motors()
PENDULUM = tasks.get("pendulum")
N = len(TWO.variables)
SEED = 4  # an episode that draws no delay of 0
rng = np.random.default_rng(5)
ACTIONS = [tuple(f32(a) for a in row) for row in rng.uniform((-2, -4), (1, 4), (60, 2))]


def run(task: Task, seed: int, actions: Any = ACTIONS) -> list[tuple[Any, ...]]:
    """Returns state, reward and observations after each action."""
    state, found = list(task.start(seed)), []
    for action in actions:
        *state, reward, _ = task.step(task.params, *state, *action)
        found.append((tuple(state), reward, np.array(task.observe(*state), f32)))
    return found


@pytest.mark.parametrize("name", conditions.names(TWO))
def test_a_condition_alone_costs_only_its_own_state_and_changes_something(name: str) -> None:
    level = {"delay": 2.0, "observation_delay": 2.0, "rate_limit": 1.0}.get(name, 0.3)
    task = tasks.with_params(TWO, **{name: level})
    assert task.params._fields == (*TWO.params._fields, name)
    assert tasks.with_params(task, **{name: 0.0}) == TWO
    assert tasks.changed_params(task) == {name: pytest.approx(level)}
    plain, other = run(TWO, SEED), run(task, SEED)
    assert any(a[1] != b[1] or (a[2] != b[2]).any() for a, b in zip(plain, other, strict=True))
    price = name.endswith("penalty")
    sensed = name.startswith("observation_") or name in ("dropout", "quantisation")
    if price or sensed:  # the plant is the same
        assert all(a[0] == b[0][:N] for a, b in zip(plain, other, strict=True))
    assert price != all(a[1] == b[1] for a, b in zip(plain, other, strict=True)) or not (price or sensed)


def test_everything_at_once_has_the_same_bits_in_numba_and_in_numpy() -> None:
    task = tasks.with_params(TWO, **plant_files.EVERYTHING)
    state, actions = starts_of(task, range(64)), builders.inputs(np.random.default_rng(1), 2, 64)
    with np.errstate(all="ignore"):
        *after, reward, failed = task.step(task.params, *state, *actions)
        seen = task.observe(*after)
    got = compiled.stepped(task, state, actions)
    assert builders.same_bits(got.state, [np.broadcast_to(v, 64) for v in after])
    assert builders.same_bits(got.rewards, reward)
    assert builders.same_bits(got.observations, seen)
    assert (got.failed == failed).all()


def test_dropout_repeats_the_reading_before_in_its_share_of_the_steps() -> None:
    task, lost = tasks.with_params(TWO, dropout=0.25), 0
    for seed in range(40):
        before = np.array(task.observe(*task.start(seed)), f32)
        for (_, _, read), (_, _, true) in zip(run(task, seed), run(TWO, seed), strict=True):
            assert (read == before).all() or (read == true).all()
            lost, before = lost + int((read == before).all()), read
    assert lost / (40 * len(ACTIONS)) == pytest.approx(0.25, abs=0.03)


def test_an_encoder_reads_the_whole_tick_next_to_the_truth() -> None:
    task = tasks.with_params(TWO, quantisation=0.125)
    ticks = 0.125 * np.array(conditions.sizes(TWO))
    for (_, _, read), (_, _, true) in zip(run(task, 4), run(TWO, 4), strict=True):
        counted = read / ticks
        assert np.abs(counted - np.round(counted)).max() < 1e-5
        assert (np.abs(read - true) <= 0.5001 * ticks).all()
    state = [f32(v) for v in task.start(4)]
    far = [f32(3e38), f32("nan"), *state[2:]]
    with np.errstate(all="ignore"):
        *after, _, _ = task.step(task.params, *far, f32(0), f32(0))
    assert not np.isfinite(after[N + 1])


@pytest.mark.parametrize("steps", [1, 3])
def test_a_late_reading_is_a_true_one_of_as_many_steps_ago_as_the_episode_drew(steps: int) -> None:
    task, seen = tasks.with_params(TWO, observation_delay=steps), set()
    for seed in range(30):
        late = int(f32(task.start(seed)[task.variables.index("drawn_old")]) * f32(steps + 1))
        true = [np.array(TWO.observe(*TWO.start(seed)), f32)] * steps + [row[2] for row in run(TWO, seed)]
        for k, (_, _, read) in enumerate(run(task, seed)):
            assert (read == true[steps + k - late]).all()
        seen.add(late)
    assert seen == set(range(steps + 1))


def test_a_dead_zone_swallows_small_actions_and_no_others() -> None:
    task = tasks.with_params(TWO, dead_zone=0.25)
    small, large = [(f32(0.49), f32(-0.99))] * 5, [(f32(0.51), f32(-1.01))] * 5
    assert [row[0] for row in run(task, 1, small)] == [row[0] for row in run(TWO, 1, [(f32(0), f32(0))] * 5)]
    assert [row[0] for row in run(task, 1, large)] == [row[0] for row in run(TWO, 1, large)]


def test_an_actuator_moves_no_faster_than_its_rate() -> None:
    task = tasks.with_params(TWO, rate_limit=5.0)  # of greatest actions of 2 and 4: 0.5 and 1 a step at 20 Hz
    moved = [(f32(0.5), f32(-1.0)), (f32(1.0), f32(-2.0)), (f32(1.0), f32(-3.0)), (f32(1.0), f32(-4.0))]
    asked = [(f32(1.0), f32(-4.0))] * 4
    assert [row[0][:N] for row in run(task, 2, asked)] == [row[0] for row in run(TWO, 2, moved)]


def test_each_change_of_sign_has_its_price_and_zeros_change_none() -> None:
    task = tasks.with_params(TWO, chatter_penalty=0.5)
    pushes = [1.0, 0.0, 1.0, 0.0, -1.0, -1.0, 1.0]
    actions = [(f32(a), f32(0.0)) for a in pushes]
    paid = [b[1] - a[1] for a, b in zip(run(task, 2, actions), run(TWO, 2, actions), strict=True)]
    assert paid == pytest.approx([0, 0, 0, 0, 0.5, 0, 0.5], abs=1e-6)


def test_an_actuators_gain_is_the_plants_where_it_has_a_param_for_it() -> None:
    plain = tasks.get("swingup")
    task = tasks.with_params(plain, actuator_gain=0.5)
    drawn = task.start(4)[task.variables.index("drawn_actuator_0")]
    strong = plain.params._replace(max_force=plain.params.max_force * (f32(1) + f32(0.5) * drawn))
    state, other = list(task.start(4)), list(plain.start(4))
    for _ in range(20):
        *state, _, _ = task.step(task.params, *state, f32(1.0))
        *other, _, _ = plain.step(strong, *other, f32(1.0))
    assert state[:4] == other


def test_a_param_of_the_tasks_own_goes_before_a_condition_of_its_name() -> None:

    class Late(NamedTuple):
        mass: np.float32 = f32(1.0)
        drag: np.float32 = f32(0.1)
        delay: np.float32 = f32(30.0)

    task = tasks.with_params(plant_files.two_motors(params=Late()), delay=40.0)
    assert task.params.delay == 40.0
    assert task.base is None


def test_conditions_and_params_go_together_in_any_order() -> None:
    one = tasks.with_params(tasks.with_params(PENDULUM, delay=2), gravity=9.0)
    two = tasks.with_params(PENDULUM, gravity=9.0, delay=2)
    assert one == two
    assert tasks.changed_params(one) == {"gravity": 9.0, "delay": 2.0}
    assert tasks.with_params(one, delay=0, gravity=10.0) == PENDULUM
    with pytest.raises(TaskError, match=r"params: gravity, .*, delay, .*gravity_spread"):
        tasks.with_params(one, wind=1.0)
