"""What the tasks with two links look like."""

import math
from collections.abc import Sequence
from typing import Any

from wann_rt.tasks.scenes import BLUE, GREY, INK, LIGHT, ORANGE, VERMILLION, Canvas


def two_links(params: Any, state: Sequence[float], torque: float) -> Canvas:
    """Draws both links from the side, the joint of the motor larger, and the torque as an arrow below."""
    shoulder, elbow, torque = (float(v) if math.isfinite(v) else 0.0 for v in (state[0], state[1], torque))
    first, second = float(params.length_1), float(params.length_2)
    whole = first + second
    canvas, thick = Canvas(5.2 * whole), 0.06 * whole
    joint = first * math.sin(shoulder), first * math.cos(shoulder)
    tip = joint[0] + second * math.sin(shoulder + elbow), joint[1] + second * math.cos(shoulder + elbow)
    canvas.line((0.0, -whole), (0.0, whole), thick / 6, LIGHT)
    canvas.line((-whole / 4, 0.0), (whole / 4, 0.0), thick / 4, GREY)
    canvas.line((0.0, 0.0), joint, thick, BLUE)
    canvas.line(joint, tip, 0.8 * thick, ORANGE)
    driven = params.shoulder_torque > params.elbow_torque
    canvas.disc((0.0, 0.0), thick * (1.2 if driven else 0.6), INK)
    canvas.disc(joint, thick * (0.6 if driven else 1.2), INK)
    push = min(max(torque, -1.0), 1.0) * whole / 2
    if push:
        canvas.arrow((0.0, -1.1 * whole), (push, -1.1 * whole), thick * 0.6, VERMILLION)
    return canvas
