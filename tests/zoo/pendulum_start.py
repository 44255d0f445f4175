"""Writes start.json, from which ``pendulum-robust`` was tuned: the textbook's swing-up, written as a network by hand.

    python tests/zoo/pendulum_start.py FOLDER

Linear feedback holds; two units that only work while the pendulum hangs push it the way it turns. Both also see the
sine, so that tuning may move the line between the ways. 12 connections.
"""

import sys
from pathlib import Path

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

BIAS, COSINE, SINE, RATE, FIRST, SECOND, TORQUE = range(7)
HANGS, EDGE, LEANS, TURNS, PUSHES = -40.0, -7.0, 0.5, 3.0, 6.0
WEIGHTS = {
    (BIAS, FIRST): EDGE, (COSINE, FIRST): HANGS, (SINE, FIRST): LEANS, (RATE, FIRST): TURNS,
    (BIAS, SECOND): EDGE, (COSINE, SECOND): HANGS, (SINE, SECOND): -LEANS, (RATE, SECOND): -TURNS,
    (SINE, TORQUE): -12.8, (RATE, TORQUE): -2.8, (FIRST, TORQUE): PUSHES, (SECOND, TORQUE): -PUSHES,
}  # fmt: skip


def made() -> Controller:
    """Returns the controller."""
    task, relu = tasks.get("pendulum"), BY_NAME["relu"].id
    # Genes number outputs before hidden nodes, controllers number them behind.
    genes = {TORQUE: 1 + len(task.observations), FIRST: 5, SECOND: 6}
    connections = [Connection(genes.get(a, a), genes.get(b, b), 1) for a, b in WEIGHTS]
    output = {genes[TORQUE]: BY_NAME["linear"].id}
    network, _ = Network.build(len(task.observations), {5: relu, 6: relu}, output, connections)
    values = tuple(float(np.float32(WEIGHTS[c.source, c.target])) for c in network.connections)
    provenance = {"created_by": f"wann_rt {__version__}", **origin(task)}
    sides = task.observations, task.actions
    return with_vectors(
        task,
        Controller(task.name, network, Weight("connections", values), *sides, task.rate_hz, provenance=provenance),
        0,
    )


if __name__ == "__main__":
    files.save(made(), Path(sys.argv[1]) / "start.json")
