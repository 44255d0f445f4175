"""A swing-up from positions, seen through every kind of derived channel, and a controller that uses them all."""

import numpy as np

from wann_rt.core.controller import Controller, Weight
from wann_rt.core.network import Connection, Network
from wann_rt.tasks.task import Task

POSITIONS = ["x", "cos_theta", "sin_theta"]
DERIVE = {
    "x_dot": "rate_of:x,filter:0.5",
    "theta_dot": "rate_of:cos_theta/sin_theta",
    "last": "previous:force",
    "slow": "filtered:x_dot,filter:0.25",
    "late": "delayed:x,steps:2",
    "sum": "integral:x,limit:0.5",
    "wave": "sine,hz:2",
    "late_node": "recurrent",
    "leaky_node": "recurrent,filter:0.25",
}


def subject(task: Task) -> Controller:
    """Returns a controller of a task that reads all it observes, with random weights."""
    n, outputs = len(task.observations), len(task.actions)
    pairs = [*((k, n + 1) for k in range(n + 1)), *((k, n + 2) for k in range(1, n + 2))]
    pairs += [(k, n + 2 + feed) for feed in range(1, outputs) for k in (feed, n + 1)]
    ends = dict.fromkeys(range(n + 2, n + 2 + outputs), 1)
    network, _ = Network.build(n, {n + 1: 5}, ends, [Connection(*pair) for pair in pairs])
    weight = Weight("connections", tuple(np.random.default_rng(0).normal(size=len(pairs))))
    return Controller("c", network, weight, task.sensors, task.acts, task.rate_hz, derived=task.derived)
