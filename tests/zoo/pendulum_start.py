"""Writes the networks that the champions ``pendulum-robust`` and ``pendulum-best`` were tuned from.

    python tests/zoo/pendulum_start.py FOLDER

start.json is the textbook's swing-up, written as a network by hand: linear feedback holds; two units that only work
while the pendulum hangs push it the way it turns. Both also see the sine, so that tuning may move the line between the
ways. 12 connections.

sines.json is the topology that an evolution of small networks found, which is no command of ours: connections and
activations changed at random, weights by CMA-ES, the score the mean regret from a grid of starts. Its weights are that
evolution's, rounded, both sides alike; tuning makes the champion's of them. One unit only works while the
pendulum hangs. Two sines of sums of it and of what turns and leans, one taken from the other, are their product.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from wann_rt import tasks
from wann_rt.core import files
from wann_rt.core.activations import BY_NAME
from wann_rt.core.controller import Controller
from wann_rt.core.network import Connection, Network
from wann_rt.core.version import __version__
from wann_rt.core.weight import Weight
from wann_rt.play.plain import with_vectors
from wann_rt.tasks.any_task import origin

BIAS, COSINE, SINE, RATE, TORQUE, FIRST, SECOND, BELOW, TURNING = range(9)
HANGS, EDGE, LEANS, TURNS, PUSHES = -40.0, -7.0, 0.5, 3.0, 6.0


class Start(NamedTuple):
    """A network: the activations of its hidden nodes, and the weights of its connections."""

    hidden: Mapping[int, str]
    weights: Mapping[tuple[int, int], float]


STARTS = {
    "start": Start(
        {FIRST: "relu", SECOND: "relu"},
        {
            (BIAS, FIRST): EDGE, (COSINE, FIRST): HANGS, (SINE, FIRST): LEANS, (RATE, FIRST): TURNS,
            (BIAS, SECOND): EDGE, (COSINE, SECOND): HANGS, (SINE, SECOND): -LEANS, (RATE, SECOND): -TURNS,
            (SINE, TORQUE): -12.8, (RATE, TORQUE): -2.8, (FIRST, TORQUE): PUSHES, (SECOND, TORQUE): -PUSHES,
        },
    ),
    "sines": Start(
        {FIRST: "sin", SECOND: "sin", BELOW: "relu", TURNING: "sin"},
        {
            (COSINE, BELOW): -1.5, (SINE, TURNING): -1.4, (RATE, TURNING): -0.2,
            (BELOW, FIRST): -0.8, (TURNING, FIRST): -0.25, (RATE, FIRST): 0.05,
            (BELOW, SECOND): -0.8, (RATE, SECOND): -0.05,
            (SINE, TORQUE): 35.0, (RATE, TORQUE): 28.0, (FIRST, TORQUE): -135.0, (SECOND, TORQUE): 135.0,
        },
    ),
}  # fmt: skip


def made(name: str) -> Controller:
    """Returns one of them."""
    task, start = tasks.get("pendulum"), STARTS[name]
    connections = [Connection(a, b, 1) for a, b in start.weights]
    hidden = {node: BY_NAME[activation].id for node, activation in start.hidden.items()}
    network, order = Network.build(len(task.observations), hidden, {TORQUE: BY_NAME["linear"].id}, connections)
    given = list(start.weights.values())
    values = tuple(float(np.float32(given[k])) for k in order)
    provenance = {"created_by": f"wann_rt {__version__}", **origin(task)}
    sides = task.observations, task.actions
    return with_vectors(
        task,
        Controller(task.name, network, Weight("connections", values), *sides, task.rate_hz, provenance=provenance),
        0,
    )


if __name__ == "__main__":
    for name in STARTS:
        files.save(made(name), Path(sys.argv[1]) / f"{name}.json")
