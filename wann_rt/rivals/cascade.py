"""The cascade by which small quadrotors fly: a loop for the place asks for a tilt, a loop for the attitude gives it.

As in the firmware of the Crazyflie and every textbook (R. Mahony, V. Kumar and P. Corke, "Multirotor aerial vehicles",
2012), with PD loops, small angles, and limits on the tilt that is asked for. It has one gain for both horizontal axes.
"""

from typing import Any, NamedTuple

from wann_rt.core.arithmetic import ONE, ZERO, clip
from wann_rt.rivals.law import Law
from wann_rt.tasks.compiled.quadrotor import HOVER
from wann_rt.tasks.task import Task


class Rest(NamedTuple):
    """A state in which a plant stays, and the actions that keep it there."""

    state: tuple[float, ...]
    actions: tuple[float, ...]


_ACTION = 2.0 * HOVER - 1.0
HOVERING = Rest((0.0,) * 3 + (1.0,) + (0.0,) * 9 + (HOVER,) * 4 + (_ACTION,) * 4, (_ACTION,) * 4)
GAINS = {
    "place": 0.15, "speed": 0.15, "most_tilt": 0.35, "tilt": 1.0, "tilt_rate": 0.1, "yaw": 0.5, "yaw_rate": 0.2,
    "height": 1.0, "climb": 0.7, "hover": _ACTION, "lead": 0.2,
}  # fmt: skip


def hover(task: Task, rest: tuple[float, ...]) -> Law:
    """Returns the cascade for a task that observes what ``quadrotor`` does."""

    def act(g: Any, memory: Any, o: Any) -> Any:
        place, speed, most, tilt, tilt_rate, yaw, yaw_rate, height, climb, base, lead = g
        x, y, z, _, qx, qy, qz, vx, vy, vz, wx, wy, wz, *was = o
        # Half the sine of the tilt that is wanted: nose down to go forward, left side down to go left.
        pitch = clip(-place * x - speed * vx, -most, most, ZERO)
        roll = clip(place * y + speed * vy, -most, most, ZERO)
        about_x = tilt * (roll - qx) - tilt_rate * wx
        about_y = tilt * (pitch - qy) - tilt_rate * wy
        about_z = -yaw * qz - yaw_rate * wz
        all_ = base - height * z - climb * vz
        # What each rotor gives to the three torques, with the signs of its place.
        wanted = (
            all_ - about_x - about_y - about_z,
            all_ - about_x + about_y + about_z,
            all_ + about_x + about_y - about_z,
            all_ + about_x - about_y + about_z,
        )
        # A rotor lags: it is asked for more of what was not asked for before.
        return tuple(u + lead * (clip(u, -ONE, ONE, ZERO) - w) for u, w in zip(wanted, was, strict=True)), ()

    start = tuple(GAINS.values())
    return Law("cascaded PD", tuple(GAINS), start, tuple(map(abs, start)), act)
