"""Laws of the balancing robot and of the DC motor: what physics keeps, and what can be computed by hand."""

import importlib

import numpy as np
import pytest
from helpers import needs

from wann_rt import tasks
from wann_rt.core.arithmetic import ONE
from wann_rt.rivals.lqr import linearised
from wann_rt.tasks.compiled import balancing_robot as robot
from wann_rt.tasks.compiled import dc_motor as motor

f32 = np.float32


def robot_energy(p: robot.Params, speed: float, pitch: float, rate: float) -> float:
    """Kinetic energy of body, wheels and motors, and the potential of the body, from the velocities of their parts."""
    m, r, body, centre = (float(p._asdict()[n]) for n in ("wheel_mass", "wheel_radius", "body_mass", "body_centre"))
    wheel = speed / r
    forward, up = speed + centre * rate * np.cos(pitch), -centre * rate * np.sin(pitch)
    kinetic = 0.5 * (2 * m * speed**2 + 2 * (m * r**2 / 2) * wheel**2 + body * (forward**2 + up**2))
    kinetic += 0.5 * (body * centre**2 / 3) * rate**2 + float(p.motor_inertia) * (wheel - rate) ** 2
    return float(kinetic + body * float(p.gravity) * centre * np.cos(pitch))


def test_a_robot_without_motors_and_friction_keeps_its_energy() -> None:
    p = robot.Params(torque_constant=f32(0), friction=f32(0), most_pitch=f32(9), limit=f32(99), dt=f32(4e-4))
    place, speed, pitch, rate = f32(0), f32(0.1), f32(0.3), f32(0)
    before = robot_energy(p, float(speed), float(pitch), float(rate))
    for _ in range(1000):
        place, speed, pitch, rate, _, _ = robot.step(p, place, speed, pitch, rate, f32(0))
    assert abs(float(pitch)) > 0.6  # it did fall
    assert robot_energy(p, float(speed), float(pitch), float(rate)) == pytest.approx(before, rel=0.01)


def test_voltage_drives_the_robot_forward_and_leans_it_back() -> None:
    wheels, body = robot.accelerations(robot.Params(), f32(0), f32(0), f32(0), f32(1))
    assert float(wheels) > 0 > float(body)
    *_, reward, over = robot.step(robot.Params(), f32(0), f32(0), f32(0), f32(0), f32(0))
    assert (float(reward), bool(over)) == (1.0, False)
    for fallen in ((0.0, 0.9), (1.1, 0.0)):
        assert robot.step(robot.Params(), f32(fallen[0]), f32(0), f32(fallen[1]), f32(0), f32(0))[-1]


def test_a_rate_that_changes_fast_is_not_taken_for_a_wrapped_angle() -> None:
    """Full voltage turns the robot's body by more than pi rad/s in a step."""
    _, b, _ = linearised(tasks.get("balancing-robot"), (0.0,) * 4)
    p = robot.Params(dt=f32(1e-3))
    _, _, _, rate, _, _ = robot.step(p, f32(0), f32(0), f32(0), f32(0), f32(0.1))
    assert b[3, 0] < -np.pi
    assert np.sign(b[3, 0]) == np.sign(float(rate))


def test_a_motor_at_rest_takes_what_ohm_says_and_a_free_one_turns_as_fast_as_it_induces() -> None:
    p = motor.Params(most_current=f32(1e9), friction=f32(0))
    current, speed = f32(0), f32(0)
    blocked = p._replace(inertia=f32(1e9))
    for _ in range(300):
        current, speed, *_ = motor.step(blocked, current, speed, f32(0), f32(0), ONE)
    assert float(current) == pytest.approx(60 / 16e-3, rel=1e-3)
    current, speed = f32(0), f32(0)
    for _ in range(30000):
        current, speed, *_ = motor.step(p, current, speed, f32(0), f32(0), f32(0.5))
    assert float(speed) == pytest.approx(30 / 0.165, rel=1e-3)
    assert motor.step(motor.Params(), f32(0), f32(0), f32(0), f32(0), ONE)[-1]  # 60 V at rest: too much current


def test_a_motor_that_bears_no_current_is_drawn() -> None:
    task = tasks.with_params(tasks.get("dc-motor"), most_current=0.0)
    assert task.scene is not None
    task.scene(task.params, task.start(0), 0.0)


def test_a_load_slows_the_motor_by_what_newton_says() -> None:
    p = motor.Params(friction=f32(0))
    _, speed, *_ = motor.step(p, f32(0), f32(0), f32(0), ONE, f32(0))
    assert float(speed) == pytest.approx(-8.0 * 1e-4 / 0.025, rel=1e-5)


def test_the_motor_is_that_of_gym_electric_motor() -> None:
    needs.module("gym_electric_motor")
    motors = importlib.import_module("gym_electric_motor.physical_systems.electric_motors")
    theirs, p = motors.DcPermanentlyExcitedMotor(), motor.Params()
    known = theirs.motor_parameter
    assert [known[name] for name in ("psi_e", "r_a", "l_a", "j_rotor")] == pytest.approx(list(p)[:4])
    rng = np.random.default_rng(0)
    for current, speed, share in rng.uniform(-1, 1, (50, 3)) * [200, 200, 1]:
        slope = theirs.electrical_ode(np.array([current]), [60 * share], speed)[0]
        after, turned, *_ = motor.step(p, f32(current), f32(speed), f32(0), f32(0), f32(share))
        assert (float(after) - current) / 1e-4 == pytest.approx(slope, rel=1e-3, abs=2.0)
        torque = theirs.torque(np.array([float(after)])) - 0.01 * speed
        assert (float(turned) - speed) / 1e-4 == pytest.approx(torque / 0.025, rel=1e-2, abs=2.0)
