"""Compares our range of a node with that of Marabou, a complete solver: the figures of docs/analysis.md.

    .venv/bin/pip install maraboupy && .venv/bin/python tests/bench/marabou.py

What it solves is linear, relu or an absolute value, so it is given ``pendulum-robust`` without its clip. By bisection
it finds which outputs can be reached, and beyond which none can, over the box of the channels.
"""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import wann_rt as wr
from wann_rt.analysis.certificate import certify
from wann_rt.core.controller import Controller
from wann_rt.exporters import export

NAME, SAMPLES = "pendulum-robust", 1_000_000
FARTHEST, NEAR = 4000.0, 0.05  # where the bisection begins, and the width at which it ends


def main() -> None:
    """Prints the least and the greatest output: reached and unreachable, drawn, and stated by us."""
    champion = wr.load(f"zoo:{NAME}")
    (action,) = champion.actions
    controller = replace(champion, actions=(replace(action, low=-np.inf, high=np.inf, clip=False),), vectors=())
    output = controller.network.first + controller.network.n_hidden
    (ours,) = [node for node in certify(controller).nodes if node.node == output]
    low, high = np.array([(channel.low, channel.high) for channel in controller.observations]).T
    drawn = controller(np.random.default_rng(1).uniform(low, high, (SAMPLES, len(low))).astype(np.float32))
    for sign, said, sampled in ((1, ours.high, drawn.max()), (-1, ours.low, drawn.min())):
        reached, never = reachable(controller, sign)
        print(f"{'greatest' if sign > 0 else 'least'}: reached {reached:.2f}, never beyond {never:.2f}; "
              f"{SAMPLES:,} drawn {sampled:.2f}; stated here {said:.1f}")  # fmt: skip


def reachable(controller: Controller, sign: int) -> tuple[float, float]:
    """Returns an output that is reached in the direction of the sign, and one beyond which none is."""
    marabou: Any = solver()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "controller.onnx")
        path.write_bytes(bytes(export(controller, "onnx")))
        reached, never = 0.0, sign * FARTHEST
        while abs(never - reached) > NEAR:
            middle = (reached + never) / 2
            network = marabou.read_onnx(str(path))
            for variable, channel in zip(network.inputVars[0].flatten(), controller.observations, strict=True):
                network.setLowerBound(variable, channel.low)
                network.setUpperBound(variable, channel.high)
            output = network.outputVars[0].flatten()[0]
            (network.setLowerBound if sign > 0 else network.setUpperBound)(output, middle)
            answer = network.solve(options=marabou.createOptions(verbosity=0), verbose=False)[0]
            reached, never = (middle, never) if answer == "sat" else (reached, middle)
    return reached, never


def solver() -> Any:
    """Returns Marabou's module, or ends with how to install it."""
    try:
        from maraboupy import Marabou
    except ImportError:
        sys.exit("maraboupy is not installed: .venv/bin/pip install maraboupy")
    return Marabou


if __name__ == "__main__":
    main()
