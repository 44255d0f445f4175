"""Laws of the two poles on a cart: their equations keep what physics keeps, and the literature's numbers are there."""

from typing import Any

import numpy as np
import pytest

from wann_rt.tasks.compiled import double_pole
from wann_rt.tasks.compiled.double_pole import Params, start

f32 = np.float32
step: Any = double_pole.step
FREE = Params(cart_friction=f32(0), joint_friction=f32(0), max_angle=f32(1e9), dt=f32(0.002))


def energy(p: Params, state: list[Any]) -> float:
    """Kinetic and potential energy of a cart and two thin rods."""
    x_dot = float(state[1])
    total = float(p.cart_mass) / 2 * x_dot**2
    poles = (p.long_mass, p.long_half, *state[2:4]), (p.short_mass, p.short_half, *state[4:6])
    for mass, half, theta, theta_dot in poles:
        across, down = x_dot + half * theta_dot * np.cos(theta), half * theta_dot * np.sin(theta)
        total += mass / 2 * (across**2 + down**2) + mass * half**2 / 6 * theta_dot**2
        total += mass * p.gravity * half * np.cos(theta)
    return float(total)


def test_without_force_and_friction_the_energy_stays() -> None:
    state: list[Any] = [f32(v) for v in (0.0, 0.5, 0.3, -0.4, -0.2, 1.0)]
    before, ended = energy(FREE, state), False
    for _ in range(40):
        *state, _, ended = step(FREE, *state, f32(0.0))
    assert not ended
    assert energy(FREE, state) == pytest.approx(before, rel=1e-5)
    assert abs(state[5] - 1.0) > 1.0  # the short pole has turned back


def test_a_push_to_the_right_tilts_both_poles_to_the_left_and_the_short_one_faster() -> None:
    rest: list[Any] = [f32(0.0)] * 6
    _, x_dot, _, long, _, short, _, _ = step(Params(), *rest, f32(1.0))
    assert x_dot > 0 > long > short


def test_episodes_begin_as_in_the_literature_and_end_at_36_degrees() -> None:
    state: list[Any] = list(start(3))
    assert np.rad2deg(state[2]) == pytest.approx(4.5)
    steps, ended = 0, False
    while not ended:
        *state, _, ended = step(Params(), *state, f32(0.0))
        steps += 1
    assert 10 < steps < 50
    assert max(abs(state[2]), abs(state[4])) > np.deg2rad(36)
