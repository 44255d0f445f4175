"""Laws of disturbances: none changes nothing, each does what it says, kernels and numpy agree, a report covers all."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import builders, compiled

import wann_rt as wr
from wann_rt import tasks
from wann_rt.core.errors import TaskError
from wann_rt.evaluation.robustness import ALL
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks import conditions
from wann_rt.tasks.composed.sensing import FACTOR, MODULUS, following
from wann_rt.tasks.task import Task

f32 = np.float32
SWING = tasks.get("swingup")
TESTED = dict(SWING.tested)
CHAMPION = Path(__file__).parents[2] / "docs" / "pareto" / "11.json"
N_PHYSICS, N_READINGS = 4, 5
READINGS = slice(N_PHYSICS, N_PHYSICS + N_READINGS)
NOTHING = dict.fromkeys(TESTED, 1e-30)  # strengths that round away


def disturbed(**changes: float) -> Task:
    """Returns the form with all that is tested even where nothing is disturbed."""
    return tasks.with_params(SWING, **NOTHING | changes)


def drawn(task: Task, seed: int, name: str) -> np.float32:
    """Returns what an episode drew."""
    return np.float32(task.start(seed)[task.variables.index(name)])


def run(task: Task, seed: int, actions: list[float]) -> list[Any]:
    """Returns the states after each action."""
    state, states = list(task.start(seed)), []
    for action in actions:
        *state, _, _ = task.step(task.params, *state, f32(action))
        states.append(state)
    return states


# Of states, readings and rewards, from the module of its own that the disturbed swing-up was before.
FORMER = "23cc1818a8ba294ee7dc107d5e189f1d127f4f886f33b03006568c3dc71f3ff7"
ACTIONS = np.random.default_rng(0).uniform(-1.5, 1.5, 200).tolist()


def test_without_disturbance_states_rewards_and_readings_are_those_of_the_plain_task() -> None:
    task = disturbed()
    plain, state = list(SWING.start(3)), list(task.start(3))
    assert list(task.observe(*state)) == list(SWING.observe(*plain))
    for action in ACTIONS:
        *plain, reward, failed = SWING.step(SWING.params, *plain, f32(action))
        *state, charged, ended = task.step(task.params, *state, f32(action))
        assert (*state[:N_PHYSICS], charged, ended) == (*plain, reward, failed)
        assert list(task.observe(*state)) == list(SWING.observe(*plain))


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_an_action_comes_as_late_as_the_episode_drew(steps: int) -> None:
    task, seen = disturbed(delay=steps), set()
    for seed in range(40):
        late = int(drawn(task, seed, "drawn_late") * f32(steps + 1))
        after = run(task, seed, [0.0] * late + [0.0, 0.0])
        pushed = run(task, seed, [1.0] + [0.0] * (late + 1))
        velocities = [(a[1], b[1]) for a, b in zip(after, pushed, strict=True)]
        assert [a == b for a, b in velocities] == [True] * late + [False] * 2
        seen.add(late)
    assert seen == set(range(steps + 1))


def test_gain_and_offset_bend_readings_only_and_stay_within_their_limits() -> None:
    task, plain = disturbed(observation_gain=0.1, observation_offset=0.05), disturbed()
    for seed in range(20):
        bent, straight = (np.array(run(t, seed, ACTIONS[:50])) for t in (task, plain))
        assert (bent[:, :N_PHYSICS] == straight[:, :N_PHYSICS]).all()
        allowed = 0.1001 * np.abs(straight[:, READINGS]) + 0.0501 * np.array([1, 2, 1, 1, 5])
        error = np.abs(bent[:, READINGS] - straight[:, READINGS])
        assert (error <= allowed).all()
        assert error.max() > 0


@pytest.mark.slow
def test_noise_is_white_and_as_strong_as_it_says() -> None:
    task, plain = disturbed(observation_noise=0.1), disturbed()
    errors = []
    for seed in range(20):
        noisy, exact = (np.array(run(t, seed, ACTIONS)) for t in (task, plain))
        errors.append((noisy - exact)[:, READINGS] / np.array([1, 2, 1, 1, 5]))
    all_of_them = np.concatenate(errors)
    assert np.abs(all_of_them.mean(axis=0)).max() < 0.01
    np.testing.assert_allclose(all_of_them.std(axis=0), 0.1, rtol=0.05)
    assert np.abs(np.corrcoef(all_of_them.T) - np.eye(N_READINGS)).max() < 0.06
    assert abs(np.corrcoef(all_of_them[1:, 0], all_of_them[:-1, 0])[0, 1]) < 0.06


def test_the_generator_of_noise_visits_each_residue_but_0_once() -> None:
    modulus = int(MODULUS)
    states = (np.arange(1, modulus) - modulus // 2 - 1).astype(f32)
    states = states[states != 0]
    exact = [(int(s) * int(FACTOR)) % modulus for s in states]
    found = [int(following(s)) for s in states]
    assert [s % modulus for s in found] == exact
    assert max(map(abs, found)) <= modulus // 2 + 1
    state, seen = f32(1), set()
    while int(state) not in seen:
        seen.add(int(state))
        state = following(state)
    assert len(seen) == modulus - 1


@pytest.mark.parametrize(
    ("name", "param"),
    [("pole_length_spread", "pole_length"), ("pole_mass_spread", "pole_mass"), ("cart_mass_spread", "cart_mass"),
     ("friction_spread", "friction"), ("actuator_gain", "max_force")],
)  # fmt: skip
def test_a_spread_plant_is_the_plain_one_with_another_param(name: str, param: str) -> None:
    task = disturbed(**{name: 0.5})
    number = drawn(task, 7, "drawn_actuator_0" if name == "actuator_gain" else name)
    value = getattr(SWING.params, param) * (f32(1) + f32(0.5) * number)
    assert -1 <= number <= 1
    assert number != 0
    other = SWING.params._replace(**{param: value})
    plain, state = list(SWING.start(7)), list(task.start(7))
    for action in ACTIONS:
        *plain, _, _ = SWING.step(other, *plain, f32(action))
        *state, _, _ = task.step(task.params, *state, f32(action))
        assert state[:N_PHYSICS] == plain


@pytest.mark.slow
def test_numba_steps_with_the_bits_of_numpy() -> None:
    task = tasks.with_params(SWING, effort_penalty=0.3, **TESTED)
    state = starts_of(task, range(512))
    actions = builders.inputs(np.random.default_rng(1), 1, 512)
    with np.errstate(all="ignore"):
        *after, reward, _ = task.step(task.params, *state, *actions)
    got = compiled.stepped(task, state, actions)
    assert builders.same_bits(got.state, after)
    assert builders.same_bits(got.rewards, reward)


@pytest.mark.slow
def test_compiled_episodes_equal_those_of_the_whole_controller() -> None:
    controller = wr.load(CHAMPION)
    task = tasks.with_params(SWING, **TESTED)
    starts = starts_of(task, range(16))
    weights = np.repeat(controller.weight.array[:, np.newaxis], 16, axis=1)
    compiled = play(task, controller.network, weights, starts)
    plain = play_controller(task, controller, starts)
    assert (compiled.returns == plain.returns).all()


@pytest.mark.slow
def test_a_report_covers_each_disturbance_and_all_together() -> None:
    controller = wr.load(CHAMPION)
    report = wr.robustness(controller, episodes=8)
    assert list(report.scores) == [f"{name} = {level:g}" for name, level in TESTED.items()] + [ALL]
    assert report.scores[ALL].mean < report.plain.mean
    assert report.plain.mean > 900
    assert set(report.to_dict()["disturbances"]) == set(report.scores)


@pytest.mark.slow
def test_a_champion_that_was_tuned_under_disturbances_is_judged_from_the_plain_task() -> None:
    controller = wr.load("zoo:cartpole-swingup-robust")
    recorded = wr.task_of(controller)
    assert isinstance(recorded, Task)
    assert TESTED.keys() - {"observation_noise"} <= tasks.conditions_of(recorded).keys()
    report = wr.robustness(controller, episodes=8)
    assert len({score.mean for score in report.scores.values()}) == len(report.scores)
    kept = wr.robustness(controller, wr.task("swingup", delay=2), episodes=8)
    assert kept.scores["delay = 2"].mean == kept.plain.mean


def test_the_disturbed_swingup_has_the_bits_that_it_always_had() -> None:
    priced = tasks.with_params(SWING, effort_penalty=0.1, smoothness_penalty=0.05, **TESTED)
    digest = hashlib.sha256()
    for seed in range(8):
        state = list(priced.start(seed))
        for action in ACTIONS:
            *state, reward, _ = priced.step(priced.params, *state, f32(action))
            digest.update(np.array([*state[:N_PHYSICS], *priced.observe(*state), reward], f32).tobytes())
    assert digest.hexdigest() == FORMER


@pytest.mark.parametrize("task", tasks.TASKS, ids=lambda task: task.name)
def test_every_task_is_tested_under_disturbances_that_do_something(task: Task) -> None:
    levels = conditions.tested(task)
    assert set(levels) <= set(conditions.names(task))
    changed, actions = tasks.with_params(task, **levels), np.random.default_rng(3).normal(size=(40, len(task.actions)))
    plain, state = list(task.start(1)), list(changed.start(1))
    for action in actions.astype(f32):
        *plain, _, _ = task.step(task.params, *plain, *action)
        *state, _, _ = changed.step(changed.params, *state, *action)
    assert state[: len(plain)] != plain
    assert list(changed.observe(*state)) != list(task.observe(*plain))


def test_a_price_on_actions_of_which_only_the_greatest_counts_is_refused() -> None:
    with pytest.raises(TaskError, match="task cartpole has no param 'effort_penalty'"):
        tasks.with_params(tasks.get("cartpole"), effort_penalty=0.1)


@pytest.mark.parametrize(("name", "value"), [("delay", 17), ("pole_length_spread", 1.0), ("observation_gain", 1.5)])
def test_a_disturbance_beyond_sense_is_refused(name: str, value: float) -> None:
    with pytest.raises(TaskError, match=f"{name} is .*; expected a number of at most"):
        tasks.with_params(SWING, **{name: value})
