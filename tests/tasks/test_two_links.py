"""Laws of the two links: their equations keep what physics keeps, and each task drives its own joint."""

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from wann_rt import tasks, zoo
from wann_rt.tasks.compiled import two_links
from wann_rt.tasks.compiled.two_links import Params, start

f32 = np.float32
step: Any = two_links.step
protocol: Any = import_module("bench.two_links")
FREE = Params(max_rate=f32(1e9), dt=f32(0.002))


def energy(p: Params, state: list[Any]) -> float:
    """Kinetic and potential energy of both links, from the places of their centres of mass."""
    a, b, u, v = map(float, state)
    m, r = (float(p.mass_1), float(p.mass_2)), (float(p.centre_1), float(p.centre_2))
    arm = float(p.length_1)
    joint = np.array([arm * np.cos(a) * u, -arm * np.sin(a) * u])
    second = joint + r[1] * (u + v) * np.array([np.cos(a + b), -np.sin(a + b)])
    own = float(p.inertia_2) - m[1] * r[1] ** 2  # about the centre of mass
    kinetic = 0.5 * float(p.inertia_1) * u**2 + 0.5 * m[1] * second @ second + 0.5 * own * (u + v) ** 2
    heights = r[0] * np.cos(a), arm * np.cos(a) + r[1] * np.cos(a + b)
    return float(kinetic + float(p.gravity) * (m[0] * heights[0] + m[1] * heights[1]))


def test_without_torque_and_friction_the_energy_stays() -> None:
    state: list[Any] = [f32(v) for v in (2.0, -0.7, 1.0, -3.0)]
    before = energy(FREE, state)
    for _ in range(500):
        *state, _, _ = step(FREE, *state, f32(0.0))
    assert energy(FREE, state) == pytest.approx(before, rel=1e-4)


@pytest.mark.parametrize(("name", "driven"), [("pendubot", 0), ("acrobot-torque", 1)])
def test_the_motor_turns_its_own_joint_and_the_other_one_gives_way(name: str, driven: int) -> None:
    rest: list[Any] = [f32(0.0)] * 4
    after = step(tasks.get(name).params, *rest, f32(1.0))
    assert after[2 + driven] > 0 > after[3 - driven]


def test_the_reward_is_greatest_upright_at_rest_and_small_where_it_hangs() -> None:
    p = Params()
    upright: list[Any] = [f32(0.0)] * 4
    assert step(p, *upright, f32(0.0))[4] == pytest.approx(1.0)
    hanging = list(start(3))
    assert abs(abs(hanging[0]) - np.pi) < 0.06
    assert step(p, *hanging, f32(0.0))[4] < 0.1


def test_an_episode_ends_where_a_joint_turns_too_fast() -> None:
    assert step(Params(), *(f32(v) for v in (0.0, 0.0, 0.0, 40.0)), f32(0.0))[5]
    assert not step(Params(), *(f32(v) for v in (0.0, 0.0, 0.0, 20.0)), f32(0.0))[5]


@pytest.mark.parametrize(("name", "driven"), [("pendubot", 0), ("acrobot-torque", 1)])
def test_the_protocol_simulates_the_task_s_plant(name: str, driven: int) -> None:
    task, rng = tasks.get(name), np.random.default_rng(1)
    lanes = protocol.Lanes()
    for _ in range(20):
        lanes.add("model", 0)
    x, torque = rng.normal(size=(20, 4)) * (2.0, 2.0, 5.0, 5.0), rng.uniform(-1.0, 1.0, 20)
    theirs = protocol.plant(lanes, driven)(x, 6.0 * torque)
    angles = (x[:, 0] - np.pi).astype(f32), x[:, 1].astype(f32)
    rates = x[:, 2].astype(f32), x[:, 3].astype(f32)
    ours = np.stack(two_links.accelerations(task.params, angles, rates, torque.astype(f32)), axis=1)
    assert theirs[:, 2:] == pytest.approx(ours, rel=1e-3, abs=1e-2)
    assert len(protocol.protocol().kinds) == 722


def test_the_protocol_asks_a_controller_with_a_state_at_its_own_rate_and_begins_anew() -> None:
    controller = zoo.load("acrobot-torque")
    act, states = protocol.acting(controller), np.random.default_rng(2).normal(size=(11, 3, 4))
    torques = [act(x) for x in states]
    kept = controller.start(3)
    for k, x in enumerate(states):
        if k % 5 == 0:  # 500 Hz against 100 Hz
            actions, kept = controller.step(kept, protocol.observed(x)[:, :4])
        assert np.array_equal(torques[k], actions[:, 0].astype(np.float64))
    assert np.array_equal(protocol.acting(controller)(states[0]), torques[0])
