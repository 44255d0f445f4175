"""Monitors that are calibrated: what their rate is worth, what they find, and what is refused."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from wann_rt import tasks, zoo
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.derived import LARGEST
from wann_rt.core.errors import ConfigError, TaskError
from wann_rt.core.levels import Level, Mean
from wann_rt.core.monitor import Monitor
from wann_rt.core.program import computed, program_of
from wann_rt.core.symbols import Symbol
from wann_rt.monitoring import make
from wann_rt.monitoring.calibrate import (
    Calibrated,
    calibrated,
    excesses,
    recorded_excesses,
)
from wann_rt.monitoring.choice import feature_scores
from wann_rt.monitoring.decouple import couplings, decoupled
from wann_rt.monitoring.environments import Machines
from wann_rt.monitoring.faults import FAULTS, Fault
from wann_rt.monitoring.kinds import RECIPES, Given
from wann_rt.monitoring.machines import Record, machines, motor_of, record, usual_spread
from wann_rt.monitoring.make import MOST_RECORDED_BYTES, check_recordable, fail_safe_of, monitor
from wann_rt.monitoring.predictor import predicted

PENDULUM = tasks.get("pendulum")


@cache
def nominal(first: int, episodes: int = 200) -> Record:
    return record(zoo.load("pendulum"), machines(PENDULUM), range(first, first + episodes))


@cache
def made(kind: str) -> Calibrated:
    given = Given(PENDULUM, nominal(0), 3, 1)
    return calibrated(given, RECIPES[kind], 1e-3, 40_000, (0.0,), recorded_excesses(nominal(0), 1))


def alarmed(monitor: Monitor, played: Record) -> NDArray[np.int64]:
    """Returns the alarm of each episode after each step, [steps, lanes], by the monitor's own step."""
    state, alarms = monitor.start(played.seen.shape[2]), []
    for t in range(1, len(played.seen)):
        alarm, state = monitor.step(state, played.seen[t].T, played.done[t - 1].T)
        alarms.append(np.where(played.alive[t], alarm, 0))
    return np.array(alarms)


@pytest.mark.parametrize("name", ["acrobot", "cartpole", "cartpole-swingup", "furuta", "mountain-car", "pendulum"])
def test_a_step_predicts_the_readings_where_they_say_the_state(name: str) -> None:
    task = tasks.get(name)
    n, m, rng = len(task.observations), len(task.actions), np.random.default_rng(0)
    program, results = program_of(predicted(task), [f"b{k}" for k in range(n)] + [f"a{k}" for k in range(m)])
    state = np.stack([task.start(seed) for seed in range(16)], axis=1)
    for _ in range(20):
        actions = rng.uniform(-1, 1, (m, 16)).astype(np.float32)
        values = computed(program, [*(np.broadcast_to(o, 16) for o in task.observe(*state)), *actions])
        *after, _, _ = task.step(task.params, *state, *actions)
        for k, seen in zip(results, task.observe(*after), strict=True):
            np.testing.assert_allclose(values[k], seen, atol=2e-5)
        state = np.stack(after)


@pytest.mark.parametrize("kind", RECIPES)
def test_an_alarm_comes_as_often_as_calibrated(kind: str) -> None:
    found = made(kind)
    assert found.alarms == 40  # 1e-3 of 40,000 steps
    assert np.count_nonzero(alarmed(found.monitor, nominal(0))[-1]) == found.alarms
    assert np.count_nonzero(alarmed(found.monitor, nominal(10_000))[-1]) < 4 * found.alarms


def test_a_plant_monitor_finds_most_faults_and_blames_the_sensor() -> None:
    controller, monitor, found = zoo.load("pendulum"), made("plant").monitor, []
    for fault in FAULTS[2::2]:
        played = record(controller, machines(PENDULUM), range(500, 520), fault, 10)
        alarms = alarmed(monitor, played)
        found.append(np.count_nonzero(alarms[-1] > 0) / 20)
        if fault.name == "one channel stuck":
            assert set(np.unique(alarms[-1])) <= set(range(8))
    assert np.mean(found) > 0.85


def test_a_slightly_heavier_rod_is_found_by_the_mean_more_often_than_by_single_readings() -> None:
    monitor, controller = made("plant").monitor, zoo.load("pendulum")
    heavier = next(fault for fault in FAULTS if fault.name == "plant x1.15")
    played, found = record(controller, machines(PENDULUM), range(500, 540), heavier, 100), []
    for levels in (monitor.levels[:1], monitor.levels[1:]):
        found.append(np.count_nonzero(alarmed(replace(monitor, levels=levels), played)[-1]))
    assert [type(level) for level in monitor.levels] == [Level, Mean]
    assert found[0] < found[1]


@pytest.mark.long
def test_the_kernel_judges_as_the_monitor_does() -> None:
    controller, seen = zoo.load("pendulum"), machines(PENDULUM)
    found, steps = excesses(controller, seen, 0, 1)(made("plant").monitor, 64 * PENDULUM.max_steps)
    played = record(controller, replace(seen, max_steps=seen.max_steps + 1), range(64))  # its last step is read, too
    expected, _ = recorded_excesses(played)(made("plant").monitor, 0)
    assert steps == 64 * PENDULUM.max_steps
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_an_ensemble_is_judged_by_what_its_members_do_together() -> None:
    ensemble = zoo.load("pendulum.shared").with_weight(Weight("ensemble", (-3.0, 1.03)))
    task = machines(PENDULUM)
    excess, steps = excesses(ensemble, task, 0)(made("plant").monitor, 64)
    played = record(ensemble, replace(task, max_steps=task.max_steps + 1), range(64))  # its last step is read, too
    own, _ = recorded_excesses(played)(made("plant").monitor, 0)
    assert steps == 64 * PENDULUM.max_steps
    np.testing.assert_allclose(excess, own, rtol=1e-6)


def test_a_pole_s_residual_is_freed_of_the_motor_by_the_cart_s() -> None:
    task, controller = tasks.get("cartpole-swingup"), zoo.load("cartpole-swingup")
    differing = record(controller, machines(task, {"max_force_spread": 0.9}), range(32))
    names = [f"o{k}" for k in range(5)], [f"b{k}" for k in range(5)], ["a0"]
    plain = [Symbol("input", name=f"o{k}") - e for k, e in enumerate(predicted(task))]
    best = min(couplings(plain, differing))
    assert (best.of, best.by, best.times) == (4, 1, 2)  # theta_dot by x_dot times cos_theta
    assert best.factor == pytest.approx(1.5 / float(task.params.pole_length), rel=0.05)  # as the plant's equations say
    free = decoupled(plain, differing)
    assert [k for k in range(5) if free[k] is not plain[k]] == [4]
    weak = record(controller, task, range(8), Fault("weak", actuator=0.5), 0)
    program, numbers = program_of([plain[4], free[4]], [name for each in names for name in each])
    sides = (weak.seen[1:], weak.seen[:-1], weak.done[:-1])
    values = computed(program, [side[:, k][weak.alive[1:]] for side in sides for k in range(side.shape[1])])
    before, after = (float(np.std(values[number])) for number in numbers)
    assert after < 0.1 * before


def test_motors_that_do_not_differ_are_not_freed_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make, "MOTOR_STEPS", 0)
    played: list[Any] = []
    monkeypatch.setattr(make, "record", lambda controller, task, seeds: played.append(task))
    swingup, controller = tasks.get("cartpole-swingup"), zoo.load("cartpole-swingup")
    for spread, times in (({"max_force_spread": 0.0}, 0), ({"pole_mass_spread": 0.0}, 1), (None, 2)):
        make._motors(swingup, controller, spread)
        assert len(played) == times
    assert make._motors(PENDULUM, zoo.load("pendulum"), {motor_of(PENDULUM) or "": 0.0}) is None
    assert len(played) == 2


def test_what_overflows_explains_nothing() -> None:
    """Where residuals overflow, a proportion is no number; one times a reading that is 0 there still is one."""
    rng = np.random.default_rng(0)
    a, reading = rng.normal(size=(2, 50, 1)).astype(np.float32)
    b = a * reading
    a[7], b[7], reading[7] = np.inf, 2, 0
    seen = np.stack([b, a, reading], axis=1)
    played = Record(seen, np.zeros((50, 1, 1), np.float32), np.ones((50, 1), np.bool_))
    found = {(one.of, one.by): one for one in couplings([Symbol("input", name=f"o{k}") for k in range(2)], played)}
    assert not any(np.isnan(one.left) for one in found.values())
    assert found[0, 1].times == 2
    assert found[0, 1].factor == pytest.approx(1)
    assert 0 < found[0, 1].left < 0.5


@pytest.mark.slow
def test_noise_of_a_sensor_is_blamed_on_it_and_not_on_the_residual_that_is_freed_by_it() -> None:
    task, controller = replace(tasks.get("cartpole-swingup"), max_steps=300), zoo.load("cartpole-swingup")
    own, differing = record(controller, machines(task), range(256)), machines(task, {"max_force_spread": 0.9})
    given = Given(task, own, 5, 1, motors=record(controller, differing, range(32)))
    found = calibrated(given, RECIPES["plant"], 3e-4, 76_800, (0.0,), recorded_excesses(own)).monitor

    def noisy(b: Any, o: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.where(np.arange(5)[:, np.newaxis] == 1, o + b.sizes * b.rng.normal(0, 0.1, o.shape), o)

    seen, done, alive = record(controller, machines(task), range(500, 540), Fault("noise", readings=noisy), 250)
    late = Record(seen[249:], done[249:], alive[249:])
    first = alarmed(found, late)[:20]
    raised = first[(first > 0).argmax(axis=0), np.arange(40)]
    assert np.count_nonzero(raised == 1 << 1) >= 38  # x_dot
    scores = np.median(feature_scores(found, late)[:20].max(axis=0), axis=1)
    assert found.features[4].channels == (4,)
    assert 0.5 < scores[4] / scores[1] < 1  # theta_dot sees it nearly as well


def test_a_residual_that_no_other_explains_stays_as_it_is() -> None:
    differing = record(zoo.load("pendulum"), machines(PENDULUM, {"max_torque_spread": 0.9}), range(32))
    plain = [Symbol("input", name=f"o{k}") - e for k, e in enumerate(predicted(PENDULUM))]
    assert decoupled(plain, differing) == plain


def test_a_controller_of_other_channels_than_its_plant_has_is_refused() -> None:
    controller = zoo.load("pendulum")
    scaled = tuple(replace(channel, scale=channel.scale * 2) for channel in controller.observations)
    with pytest.raises(TaskError, match="of the same names, but of other units, ranges or scales"):
        monitor(replace(controller, observations=scaled, vectors=()), false_alarms=1e-3)


def test_what_cannot_be_calibrated_is_one_sentence() -> None:
    controller = zoo.load("pendulum")
    with pytest.raises(ConfigError, match=r"take at least 2\.0e\+08 steps"):
        monitor(controller, false_alarms=1e-7, steps=10**6)
    with pytest.raises(ConfigError, match=r"kind 'plan'.*plant"):
        monitor(controller, kind="plan")
    with pytest.raises(ConfigError, match=r"false_alarms is 1\.5"):
        monitor(controller, false_alarms=1.5)
    with pytest.raises(ConfigError, match="there is no action 'force'"):
        monitor(controller, fail_safe={"force": 0.0})
    with pytest.raises(TaskError, match="no condition 'mas_spread'"):
        monitor(controller, false_alarms=1e-3, spread={"mas_spread": 0.1})
    with pytest.raises(ConfigError, match=r"100 episodes.*state a rate below 5\.0e-03"):
        monitor(controller, false_alarms=0.01, steps=20_000)


def test_machines_whose_sensors_are_stuck_by_nature_are_not_calibrated_on() -> None:
    def judge(monitor: Monitor, steps: int) -> tuple[NDArray[np.float64], int]:
        return np.array([float(LARGEST) / level.above for level in monitor.levels for _ in range(50)]), steps

    with pytest.raises(ConfigError, match="--spread observation_noise"):
        calibrated(Given(PENDULUM, nominal(0), 3, 1), RECIPES["plant"], 1e-3, 40_000, (0.0,), judge)


def test_sensors_of_whole_ticks_are_not_taken_for_stuck_where_machines_have_them() -> None:
    ticks = machines(PENDULUM, {"quantisation": 0.02})
    own, others = (record(zoo.load("pendulum"), ticks, range(first, first + 200)) for first in (0, 10_000))
    found = calibrated(Given(PENDULUM, own, 3, 1), RECIPES["plant"], 1e-3, 40_000, (0.0,), recorded_excesses(own))
    assert np.count_nonzero(alarmed(found.monitor, others)[-1]) < 2 * found.alarms
    assert np.count_nonzero(alarmed(made("plant").monitor, others)[-1]) > 4 * found.alarms  # which knows none


def test_a_fail_safe_action_needs_bounds_or_a_word() -> None:
    controller = zoo.load("pendulum")
    free: Controller = replace(
        controller,
        actions=tuple(replace(c, low=-np.inf, high=np.inf, clip=False) for c in controller.actions),
        vectors=(),
    )
    with pytest.raises(ConfigError, match=r"no bounds.*--fail-safe torque=VALUE"):
        fail_safe_of(free, {})
    assert fail_safe_of(free, {"torque": 0.25}) == (0.25,)
    with pytest.raises(ConfigError, match="torque is inf; expected a finite number"):
        fail_safe_of(free, {"torque": float("inf")})
    with pytest.raises(ConfigError, match=r"torque = 99 is out of its range, from -2 to 2"):
        fail_safe_of(controller, {"torque": 99.0})


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"steps": float("inf")}, "steps is inf"),
        ({"steps": float("nan")}, "steps is nan"),
        ({"steps": -5}, "steps is -5"),
        ({"false_alarms": 1e-320}, "cannot be calibrated on 1e\\+09 steps"),
        ({"spread": {"observation_noise": float("inf")}}, "spread observation_noise is inf"),
        ({"spread": {"observation_noise": -1.0}}, "spread observation_noise is -1"),
        ({"spread": {"dropout": "much"}}, "spread dropout is 'much'; expected a finite number"),
        ({"spread": 0.2}, "spread is 0.2; expected numbers by the names of conditions"),
        ({"steps": "many"}, "steps is 'many'; expected a number of steps"),
        ({"false_alarms": "1e-7"}, "false_alarms is '1e-7'; expected a share"),
        ({"false_alarms": True}, "false_alarms is True; expected a share"),
        ({"fail_safe": 0.0}, "fail_safe is 0.0; expected numbers by the names of actions"),
        ({"fail_safe": {"torque": "none"}}, "fail-safe action torque is 'none'; expected a finite number"),
        ({"fail_safe": {"torque": float("nan")}}, "fail-safe action torque is nan; expected a finite number"),
    ],
)
def test_a_number_that_says_nothing_is_one_sentence(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        monitor(zoo.load("pendulum"), **asked)


@pytest.mark.parametrize(("name", "value", "most"), [("dropout", 2.0, "1"), ("length_spread", 3.0, "0.95")])
def test_machines_differ_by_no_more_than_a_condition_can(name: str, value: float, most: str) -> None:
    with pytest.raises(TaskError, match=rf"spread {name} is {value:g}; expected a number of at most {most} "):
        monitor(zoo.load("pendulum"), spread={name: value})


def test_a_plant_whose_state_is_not_seen_predicts_nothing() -> None:
    from wann_rt.tasks.observed import observed

    blind = observed(PENDULUM, ["cos_theta", "sin_theta"], ())
    with pytest.raises(TaskError, match=r"do not say the plant's state \(theta_dot\)"):
        predicted(blind)


def test_machines_differ_in_sensors_motor_and_masses() -> None:
    spread = usual_spread(tasks.get("cartpole-swingup"))
    assert {"observation_noise", "max_force_spread", "pole_mass_spread", "friction_spread"} <= set(spread)
    assert not {"track_spread", "dt_spread", "gravity_spread"} & set(spread)


def test_an_environment_of_one_observation_has_faults_too() -> None:
    varied = Machines.__new__(Machines)
    varied.sizes, varied.controller = np.ones(1, np.float32), zoo.load("pendulum")
    assert varied._broken(np.random.default_rng(0), 4).other.tolist() == [0, 0, 0, 0]


def test_steps_of_an_environment_that_memory_cannot_hold_are_refused_with_the_rate_that_is_possible() -> None:
    walker = zoo.load("bipedal-walker")
    most = MOST_RECORDED_BYTES // (4 * (24 + 4) + 1)
    check_recordable(walker, most)
    with pytest.raises(ConfigError, match=r"at most 1\.9e\+07 .* state a rate from 1\.1e-06 \(--false-alarms\)"):
        check_recordable(walker, most + 1)
