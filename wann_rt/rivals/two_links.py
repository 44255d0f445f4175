"""The textbook's law for two links of which one joint is driven: pump energy, then hold.

Away from the top the motor acts as collocated partial feedback linearisation has it act in its simplest form, a spring
and a damper on the driven joint, and pushes in the free joint's way until the energy is that of both links upright
(M. Spong, "The swing up control problem for the acrobot", IEEE Control Systems, 1995). Near the top, linear feedback.
"""

from typing import Any

import numpy as np

from wann_rt.core.arithmetic import both, select
from wann_rt.rivals.law import Law, asked
from wann_rt.rivals.lqr import feedback
from wann_rt.tasks.task import Task

f32 = np.float32
HALF = f32(0.5)


def swing_links(task: Task, rest: tuple[float, ...]) -> Law:
    """Returns energy shaping and linear feedback for the links of ``tasks.compiled.two_links``."""
    hold = feedback(task, rest)
    p = {name: f32(value) for name, value in task.params._asdict().items()}
    shoulder = bool(p["shoulder_torque"] > p["elbow_torque"])
    whirl = p["mass_2"] * p["length_1"] * p["centre_2"]
    weight_1 = (p["mass_1"] * p["centre_1"] + p["mass_2"] * p["length_1"]) * p["gravity"]
    weight_2 = p["mass_2"] * p["centre_2"] * p["gravity"]
    first = p["inertia_1"] + p["mass_2"] * p["length_1"] * p["length_1"]

    def act(g: Any, memory: Any, o: Any) -> Any:
        c1, s1, c2, s2, a, b = o
        whole = c1 * c2 - s1 * s2  # the second link's cosine
        speed = a + b
        kinetic = HALF * (first * a * a + p["inertia_2"] * speed * speed) + whirl * c2 * a * speed
        lacking = weight_1 + weight_2 - kinetic - weight_1 * c1 - weight_2 * whole
        held = g[0] * s1 + g[1] * s2 + g[2] * a + g[3] * b
        sine, rate, free = (s1, a, b) if shoulder else (s2, b, a)
        swung = g[5] * lacking * free - g[6] * sine - g[7] * rate
        return asked(select(both(c1 > g[4], whole > g[4]), held, swung), task), ()

    names = ("sin_shoulder", "sin_elbow", "shoulder_dot", "elbow_dot")
    start = {f"hold_{name}": float(hold[k]) for name, k in zip(names, (1, 3, 4, 5), strict=True)}
    start |= {"near": 0.95, "pump": -0.1 if shoulder else 0.1, "spring": 1.0, "damper": 0.1}
    values = tuple(start.values())
    return Law("energy shaping + LQR", tuple(start), values, tuple(map(abs, values)), act)
