"""Writes pendubot.json, from which tests/bench/pendubot.json was tuned, and soft.json, from which zoo:pendubot was.

    python tests/zoo/two_links_start.py FOLDER [pendubot] [soft] [acrobot-torque]

acrobot-torque.json is the network of zoo:acrobot-torque tuned in the same way, beside which acrobot_start.py is judged.

Linear feedback that holds the links near the top, and six hidden nodes with random weights beside it, so that
individual weights can be tuned from there: on episodes of which half begin anywhere and half hang. Who begins only
hanging has to find the top before there is anything to hold, and loses it again. 55 connections.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt import tasks
from wann_rt.core import files
from wann_rt.core.activations import BY_NAME
from wann_rt.core.controller import Controller
from wann_rt.core.network import Connection, Network
from wann_rt.core.version import __version__
from wann_rt.core.weight import Weight
from wann_rt.play.plain import with_vectors
from wann_rt.tasks.any_task import origin
from wann_rt.tasks.compiled.classic_control import first_state
from wann_rt.tasks.compiled.two_links import HANGING, START
from wann_rt.tasks.task import Task
from wann_rt.tuning.tune import tune

HIDDEN, INPUTS, OUTPUT = 6, 6, 7
ANYWHERE = np.array([np.pi, np.pi, 8.0, 10.0])
FEEDBACK = {"pendubot": (6.63, 6.19, 7.69, 5.48), "acrobot-torque": (5.55, 2.35, 5.87, 2.71)}  # of sines and rates
BEGINNINGS, KEPT = 8, 3
HARD, SOFT, SOFTER = Path(__file__).parents[1] / "bench" / "pendubot.json", 0.03, 0.001  # times hidden, output weights
FIRST: dict[str, Any] = {"method": "cma", "steps": 150_000_000, "episodes": 16, "population": 48}
SECOND: dict[str, Any] = {"method": "pepg", "steps": 300_000_000, "episodes": 32, "population": 48, "sigma": 0.2}
THIRD: dict[str, Any] = {"method": "pepg", "steps": 500_000_000, "episodes": 32, "population": 64, "sigma": 0.1}


def anywhere(seed: int) -> NDArray[np.float32]:
    """Returns a state in which an episode begins: of odd seeds anywhere, of even ones hanging."""
    if seed % 2:
        return first_state(seed, -ANYWHERE, ANYWHERE)
    return first_state(seed, HANGING - START, HANGING + START)


def made(task: Task, seed: int) -> Controller:
    """Returns the controller before its weights are tuned."""
    rng = np.random.default_rng(seed)
    weights: dict[tuple[int, int], float] = {}
    for node in range(OUTPUT + 1, OUTPUT + 1 + HIDDEN):
        weights |= {(source, node): rng.normal() for source in range(1 + INPUTS)}
        weights[node, OUTPUT] = (0.3, 1.0)[seed % 2] * rng.normal()
    weights |= {(source, OUTPUT): 0.01 * rng.normal() for source in range(1 + INPUTS)}
    weights |= {(s, OUTPUT): gain for s, gain in zip((2, 4, 5, 6), FEEDBACK[task.name], strict=True)}
    hidden = dict.fromkeys(range(OUTPUT + 1, OUTPUT + 1 + HIDDEN), BY_NAME["tanh"].id)
    output = {OUTPUT: BY_NAME["linear"].id}
    network, _ = Network.build(INPUTS, hidden, output, [Connection(a, b, 1) for a, b in weights])
    # Genes number outputs before hidden nodes, controllers number them behind.
    place = {node: node for node in range(OUTPUT)} | {OUTPUT: OUTPUT + HIDDEN} | {node: node - 1 for node in hidden}
    of = {(place[a], place[b]): float(np.float32(value)) for (a, b), value in weights.items()}
    values = tuple(of[c.source, c.target] for c in network.connections)
    provenance = {"created_by": f"wann_rt {__version__}", **origin(task)}
    sides = task.observations, task.actions
    return with_vectors(
        task,
        Controller(task.name, network, Weight("connections", values), *sides, task.rate_hz, provenance=provenance),
        0,
    )


def tuned(name: str) -> Controller:
    """Returns the best of several beginnings, tuned longer and longer."""
    task = tasks.get(name)
    wide = replace(task, start=anywhere, max_steps=500)
    begun = [tune(made(task, seed), wide, seed=seed, threads=1, sigma=0.3 * (1 + seed // 2 % 2), **FIRST)
             for seed in range(1, 1 + BEGINNINGS)]  # fmt: skip
    print(name, [round(one.score.mean, 1) for one in begun], flush=True)
    best = sorted(begun, key=lambda one: -one.score.mean)[:KEPT]
    longer = [tune(one.controller, wide, seed=1, threads=1, **SECOND) for one in best]
    print(name, [round(one.score.mean, 1) for one in longer], flush=True)
    found = tune(max(longer, key=lambda one: one.score.mean).controller, wide, seed=1, threads=1, **THIRD)
    print(name, round(found.score.mean, 1), flush=True)
    controller = replace(found.controller, provenance={"created_by": f"wann_rt {__version__}", **origin(task)})
    return with_vectors(task, controller, 0)


def softened(controller: Controller) -> Controller:
    """Returns a controller with small weights."""
    task, output = tasks.get(controller.name), controller.network.n_nodes - 1
    shares = np.array([SOFTER if c.target == output else SOFT for c in controller.network.connections])
    values = tuple((controller.weight.array * shares).astype(np.float32).tolist())
    return with_vectors(task, replace(controller, weight=Weight("connections", values), vectors=()), 0)


def main() -> None:
    """Makes, tunes and writes them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", default=["pendubot"], metavar="NAME")
    given = parser.parse_args()
    for name in given.names:
        files.save(softened(files.load(HARD)) if name == "soft" else tuned(name), given.folder / f"{name}.json")


if __name__ == "__main__":
    main()
