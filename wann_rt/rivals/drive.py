"""The cascade by which electric drives run: a loop for the speed asks for a current, a loop for the current gives it.

As in every textbook on drives (N. Mohan, "Electric Drives", 2003; W. Leonhard, "Control of Electrical Drives", 2001):
two PI loops, a limit on the current that is asked for, the voltage that the turning motor induces fed forward, and
integrals that wait while what they would add to is at its limit.
"""

from typing import Any

from wann_rt.core.arithmetic import ONE, ZERO, absolute, clip, select
from wann_rt.rivals.law import Law
from wann_rt.tasks.task import Task

CURRENT_LOOP, SPEED_LOOP = 2000.0, 200.0  # rad/s: a fifth of the rate of the steps, and a tenth of that
RESET = 0.1  # how much slower than its loop the integral of the speed is
MARGIN = 0.8  # of the current that ends an episode


def drive(task: Task, rest: tuple[float, ...]) -> Law:
    """Returns the cascade for a task that observes what ``dc_motor`` does."""
    p = task.params
    volts, dt = float(p.max_voltage), 1.0 / task.rate_hz
    stiff = float(p.inertia) * SPEED_LOOP / float(p.flux)
    gains = {
        "speed_p": stiff,
        "speed_i": stiff * SPEED_LOOP * RESET * dt,
        "most_current": MARGIN * float(p.most_current),
        "current_p": float(p.inductance) * CURRENT_LOOP / volts,
        "current_i": float(p.resistance) * CURRENT_LOOP / volts * dt,
        "induced": float(p.flux) / volts,
    }

    def act(g: Any, memory: Any, o: Any) -> Any:
        speed_p, speed_i, most, current_p, current_i, induced = g
        kept, held = memory
        current, speed, _, error = o
        free = speed_p * error + kept
        asked = clip(free, -most, most, ZERO)
        lacking = asked - current
        voltage = current_p * lacking + held + induced * speed
        kept = select(absolute(free) < most, kept + speed_i * error, kept)
        held = select(absolute(voltage) < ONE, held + current_i * lacking, held)
        return (voltage,), (kept, held)

    start = tuple(gains.values())
    return Law("cascaded PI", tuple(gains), start, start, act, lambda seed: (0.0, 0.0))
