"""Writes the networks that the champions ``dc-motor`` and ``dc-motor-robust`` were tuned from.

    python tests/zoo/dc_motor_start.py FOLDER

Both are the textbook's cascade, written as a network by hand: the error asks for a current, softly limited, and
the voltage is what the turning motor induces and a share of the current that is lacking.

start.json has no more than that, in 4 connections. remembers.json has a recurrent node besides, which the lacking
current feeds: an integral that leaks, by which little current is lacking where resistance or flux are not the usual
ones. 7 connections. The gains are the textbook's, by the plant's constants; how soft the limit is, is not.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

import wann_rt as wr
from wann_rt.core import files
from wann_rt.core.activations import BY_NAME
from wann_rt.core.controller import Controller
from wann_rt.core.network import Connection, Network
from wann_rt.core.version import __version__
from wann_rt.core.weight import Weight
from wann_rt.play.plain import with_vectors
from wann_rt.tasks.any_task import more_of, origin, sides_of
from wann_rt.tasks.compiled.dc_motor import Params

PLANT, RATE_HZ = Params(), 10_000.0
LOOP = 2000.0  # rad/s: how fast the current follows
STIFF = float(PLANT.inductance) * LOOP / float(PLANT.max_voltage)  # of the greatest voltage, per ampere that is lacking
INDUCED = float(PLANT.flux / PLANT.max_voltage)
OHMIC = float(PLANT.resistance / PLANT.max_voltage)
FILTER = 0.002  # of the recurrent node: it forgets in 500 steps
INTEGRAL = OHMIC * LOOP / RATE_HZ / FILTER
CURRENT, SPEED, ERROR = 1, 2, 4


class Start(NamedTuple):
    """A network: what it derives, where its hidden node stands, and the weights of its connections."""

    derive: Mapping[str, str]
    hidden: int
    weights: Mapping[tuple[int, int], float]


def cascade(most: float, steep: float, voltage: int, hidden: int, share: float) -> dict[tuple[int, int], float]:
    """Returns the weights of the cascade.

    Args:
        most: the current that it asks for at most, A.
        steep: of the tanh, per rad/s.
        voltage: the output.
        hidden: the node of the tanh.
        share: of the greatest voltage, per ampere that is asked for.
    """
    return {
        (ERROR, hidden): steep,
        (hidden, voltage): most * share,
        (CURRENT, voltage): -STIFF,
        (SPEED, voltage): INDUCED,
    }


def starts() -> Mapping[str, Start]:
    """Returns both, by name; genes number outputs before hidden nodes."""
    recurrent, voltage, fed, hidden = 5, 6, 7, 8
    remembered = {(recurrent, voltage): 1.0, (CURRENT, fed): -INTEGRAL, (hidden, fed): 200.0 * INTEGRAL}
    return {
        "start": Start({}, 6, cascade(170.0, 0.3, 5, 6, STIFF + OHMIC)),
        "remembers": Start(
            {"lacking": f"recurrent,filter:{FILTER}"}, hidden, cascade(200.0, 0.5, voltage, hidden, STIFF) | remembered
        ),
    }


def made(name: str) -> Controller:
    """Returns one of them."""
    start = starts()[name]
    task = wr.task("dc-motor", derive=start.derive or None)
    inputs = len(task.observations)
    outputs = {1 + inputs + k: BY_NAME["linear"].id for k in range(len(task.actions))}
    connections = [Connection(a, b, 1) for a, b in start.weights]
    network, order = Network.build(inputs, {start.hidden: BY_NAME["tanh"].id}, outputs, connections)
    given = list(start.weights.values())
    values = tuple(float(np.float32(given[k])) for k in order)
    provenance = {"created_by": f"wann_rt {__version__}", **origin(task)}
    controller = Controller(task.name, network, Weight("connections", values), *sides_of(task), task.rate_hz,
                            provenance=provenance, **more_of(task))  # fmt: skip
    return with_vectors(task, controller, 0)


if __name__ == "__main__":
    for name in starts():
        files.save(made(name), Path(sys.argv[1]) / f"{name}.json")
