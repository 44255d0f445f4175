"""Laws of the Furuta pendulum: its equations keep what physics keeps."""

import numpy as np
import pytest
from numpy.typing import NDArray

from wann_rt.tasks.compiled import furuta
from wann_rt.tasks.compiled.furuta import Params, accelerations, start, step

f32 = np.float32
FREE = Params(motor_constant=f32(1e-12), arm_friction=f32(0), rod_friction=f32(0), limit=f32(1e9), dt=f32(1e-4))


def energy(p: Params, state: list[float]) -> float:
    """Kinetic energy of two thin rods, summed over 1,000 pieces of the second one, and the potential of that."""
    arm, arm_dot, rod, rod_dot = state
    s = (np.arange(1000) + 0.5) / 1000 * float(p.rod_length)

    def place(arm: float, rod: float) -> NDArray[np.float64]:
        out, across = np.array([np.cos(arm), np.sin(arm), 0]), np.array([-np.sin(arm), np.cos(arm), 0])
        up = np.array([0, 0, 1])
        places: NDArray[np.float64] = float(p.arm_length) * out + s[:, None] * (np.sin(rod) * across + np.cos(rod) * up)
        return places

    h = 1e-6
    velocity = (place(arm + h * arm_dot, rod + h * rod_dot) - place(arm - h * arm_dot, rod - h * rod_dot)) / (2 * h)
    kinetic = float(p.rod_mass) / 2 * (velocity**2).sum(axis=1).mean()
    kinetic += float(p.arm_mass) * float(p.arm_length) ** 2 / 6 * arm_dot**2
    return float(kinetic + float(p.rod_mass) * float(p.gravity) * place(arm, rod)[:, 2].mean())


def test_without_motor_and_friction_the_energy_stays() -> None:
    arm, arm_dot, rod, rod_dot = map(f32, (0.0, 3.0, 2.5, 1.0))
    before = energy(FREE, [float(arm), float(arm_dot), float(rod), float(rod_dot)])
    for _ in range(2000):
        arm, arm_dot, rod, rod_dot, _, _ = map(f32, step(FREE, arm, arm_dot, rod, rod_dot, f32(0.0)))
    after = energy(FREE, [float(arm), float(arm_dot), float(rod), float(rod_dot)])
    assert after == pytest.approx(before, rel=0.01)


def test_a_hanging_rod_swings_with_the_frequency_of_a_rod_on_a_free_arm() -> None:
    p = Params()
    j, k = float(p.rod_mass) * float(p.rod_length) ** 2 / 3, float(p.rod_mass) * float(p.rod_length) / 2
    a = (float(p.arm_mass) / 3 + float(p.rod_mass)) * float(p.arm_length) ** 2
    b = k * float(p.arm_length)
    stiffness = k * float(p.gravity) * a / (a * j - b * b)  # of small angles from hanging, by hand
    tilt = f32(1e-3)
    _, found = accelerations(FREE, f32(0), f32(np.pi) + tilt, f32(0), f32(0))
    assert float(found) == pytest.approx(-stiffness * float(tilt), rel=1e-3)


def test_a_positive_voltage_turns_the_arm_forward_and_leaves_the_rod_behind() -> None:
    arm, rod = accelerations(Params(), f32(0), f32(np.pi), f32(0), f32(5.0))
    assert float(arm) > 0
    assert float(rod) > 0  # hanging, the rod's tip stays behind where its angle from upright grows


def test_rewards_are_at_most_1_and_the_arm_s_limit_ends_an_episode() -> None:
    *_, reward, over = step(Params(), f32(0), f32(0), f32(0), f32(0), f32(0))
    assert (float(reward), bool(over)) == (1.0, False)
    *_, reward, over = step(Params(), f32(2.01), f32(0), f32(np.pi), f32(0), f32(0))
    assert bool(over)
    assert float(reward) < 0
    assert np.allclose(start(3), furuta.MIDDLE, atol=0.2)
