"""Laws of the quadrotor: rotors turn it the way that they should, and its motion is that of fine steps in float64."""

import numpy as np
import pytest
from numpy.typing import NDArray

from wann_rt.tasks.compiled.quadrotor import HOVER, Params, observe, start, step

f32 = np.float32
STILL = (2.0 * HOVER - 1.0,) * 4
HOVERING = (0.0, 0.0, 0.0, 1.0, *([0.0] * 9), *([HOVER] * 4), *STILL)
P = {name: float(value) for name, value in Params()._asdict().items()}


def after(state: tuple[float, ...], actions: tuple[float, ...], steps: int = 1, p: Params | None = None) -> list[float]:
    now = [f32(v) for v in state]
    for _ in range(steps):
        now = list(step(p or Params(), *now, *map(f32, actions)))[:21]
    return [float(v) for v in now]


def slopes(state: NDArray[np.float64], wanted: float) -> NDArray[np.float64]:
    """The equations, written with matrices: place, rotation matrix, velocity, angular velocity, rotors."""
    r, v, w, speeds = state[3:12].reshape(3, 3), state[12:15], state[15:18], state[18:22]
    places = P["arm"] * np.array([[1, -1, 0], [-1, -1, 0], [-1, 1, 0], [1, 1, 0]])
    thrusts = P["max_thrust"] * speeds**2
    torque = np.sum([np.cross(place, [0, 0, f]) for place, f in zip(places, thrusts, strict=True)], axis=0)
    torque[2] += P["drag"] * (thrusts @ [-1, 1, -1, 1])
    inertia = np.diag([P["inertia"], P["inertia"], P["inertia_z"]])
    cross = np.array([[0, -w[2], w[1]], [w[2], 0, -w[0]], [-w[1], w[0], 0]])
    falling = r @ [0, 0, thrusts.sum() / P["mass"]] - [0, 0, P["gravity"]]
    spin = np.linalg.solve(inertia, torque - cross @ inertia @ w)
    return np.concatenate([v, (r @ cross).ravel(), falling, spin, (wanted - speeds) / P["lag"]])


def test_at_the_speed_of_hovering_it_stays_where_it_is() -> None:
    now = after(HOVERING, STILL, 100)
    assert now == pytest.approx(list(HOVERING), abs=1e-4)
    *_, reward, over = step(Params(), *map(f32, HOVERING), *map(f32, STILL))
    assert float(reward) == pytest.approx(1.0, abs=1e-6)
    assert not over


@pytest.mark.parametrize(
    ("more", "axis", "sign"),
    [((2, 3), 10, 1), ((1, 2), 11, 1), ((1, 3), 12, 1), ((0, 1), 10, -1), ((0, 3), 11, -1), ((0, 2), 12, -1)],
)
def test_rotors_turn_it_about_the_axis_that_their_places_say(more: tuple[int, int], axis: int, sign: int) -> None:
    actions = tuple(u + 0.1 if k in more else u - 0.1 for k, u in enumerate(STILL))
    now = after(HOVERING, actions, 10)
    assert sign * now[axis] > 0.1
    assert max(abs(now[k]) for k in (10, 11, 12) if k != axis) < 0.01


def test_a_throw_moves_as_fine_steps_in_float64_say() -> None:
    first = start(5)
    x, qw, qx, qy, qz = first[:3], *(float(v) for v in first[3:7])
    rotation = np.array([
        [1 - 2 * (qy**2 + qz**2), 2 * (qx * qy - qw * qz), 2 * (qx * qz + qw * qy)],
        [2 * (qx * qy + qw * qz), 1 - 2 * (qx**2 + qz**2), 2 * (qy * qz - qw * qx)],
        [2 * (qx * qz - qw * qy), 2 * (qy * qz + qw * qx), 1 - 2 * (qx**2 + qy**2)],
    ])  # fmt: skip
    fine = np.concatenate([x, rotation.ravel(), first[7:10], first[10:13], first[13:17]]).astype(np.float64)
    for _ in range(2000):
        fine = fine + 1e-4 * slopes(fine + 0.5e-4 * slopes(fine, 0.75), 0.75)
    small = Params(dt=f32(1e-3))
    now = after(tuple(map(float, first)), (0.5,) * 4, 200, small)
    assert now[:3] == pytest.approx(fine[:3].tolist(), abs=0.01)
    assert now[10:13] == pytest.approx(fine[15:18].tolist(), abs=0.02)
    assert sum(q * q for q in now[3:7]) == pytest.approx(1.0, abs=1e-5)


def test_of_the_two_quaternions_of_an_attitude_one_is_seen() -> None:
    state = list(start(3))
    other = [*state[:3], *(-q for q in state[3:7]), *state[7:]]
    assert observe(*other) == pytest.approx(observe(*state))
    assert float(observe(*state)[3]) >= 0


def test_throws_are_within_what_they_should_be() -> None:
    throws = np.array([start(seed) for seed in range(500)], np.float64)
    tilts = 2 * np.degrees(np.arccos(np.minimum(throws[:, 3], 1.0)))
    assert tilts.max() == pytest.approx(90, abs=2)
    assert tilts.mean() == pytest.approx(45, abs=5)
    assert np.allclose((throws[:, 3:7] ** 2).sum(axis=1), 1.0, atol=1e-5)
    assert np.abs(throws[:, 7:10]).max() == pytest.approx(1.0, abs=0.01)
    assert np.abs((throws[:, 4:7]).mean(axis=0)).max() < 0.06


def test_an_episode_ends_far_away_or_tumbling() -> None:
    for k, value in ((0, 2.1), (2, -2.1), (11, 41.0)):
        state = list(HOVERING)
        state[k] = value
        assert step(Params(), *map(f32, state), *map(f32, STILL))[-1]
