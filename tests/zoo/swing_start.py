"""Writes the network that the champion ``cartpole-swingup-robust`` was tuned from.

    python tests/zoo/swing_start.py FOLDER

Its topology was found by evolve_topology.py, which began with what the default search finds with seed 8 and with the
champion that was before, both tuned under all disturbances. It ran twice, at a high price of changing actions and then
at a low one, and was another in the first of the two runs than it is now, so that no command repeats it. The weights
are what it found, rounded; tuning makes the champion's of them.

The sigmoid weighs where the cart is against how fast all turns; with it, the cosine says whether to push or to hold.
"""

import sys
from pathlib import Path

from genomes import OUTPUTS, Genome, controller_of

from wann_rt import tasks
from wann_rt.core import files
from wann_rt.core.controller import Controller
from wann_rt.core.weight import Weight

BIAS, X, X_DOT, COSINE, SINE, RATE = range(6)
TURNS, SMALL, SIDE, BACK, NEAR = range(6, 11)
HIDDEN = {TURNS: "tanh", SMALL: "sin", SIDE: "sigmoid", BACK: "tanh", NEAR: "cos"}
WEIGHTS = {
    (RATE, TURNS): 0.53, (TURNS, SMALL): 1.09,
    (X, SIDE): -1.48, (X_DOT, SIDE): -0.577, (SINE, SIDE): -0.0344, (RATE, SIDE): 0.435, (SMALL, SIDE): -0.112,
    (X_DOT, BACK): -0.615, (SINE, BACK): 0.189, (SIDE, BACK): 0.365,
    (BIAS, NEAR): 1.14, (SINE, NEAR): -0.761, (SIDE, NEAR): -1.26,
    (X, OUTPUTS): -2.49, (X_DOT, OUTPUTS): -1.3, (SINE, OUTPUTS): 0.941, (BACK, OUTPUTS): -1.24, (NEAR, OUTPUTS): -5.01,
}  # fmt: skip


def made() -> Controller:
    """Returns it."""
    task = tasks.get("cartpole-swingup")
    genome = Genome(len(task.observations), len(task.actions), dict(HIDDEN), dict(WEIGHTS))
    network, _ = genome.built()
    begun = Controller(task.name, network, Weight("shared", (1.0,)), task.observations, task.actions, task.rate_hz)
    return controller_of(task, begun, genome, 0)


if __name__ == "__main__":
    files.save(made(), Path(sys.argv[1]) / "evolved.json")
