"""``make car-shared``: a racing car with one shared weight, from the linear law that imitates a driver.

A law's number becomes a sum of powers of the weight with signs, see ``powers``. The weight is the best of a few on
tracks on which nothing is scored.
"""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import powers
from powers import Law, Term, network_of

from wann_rt.core import files
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.network import Network
from wann_rt.core.random import Purpose
from wann_rt.core.version import __version__
from wann_rt.play.backends.processes import session
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.plain import record_vectors
from wann_rt.play.rollouts import play, starts_of
from wann_rt.play.task_of import environment_of

CARS = Path(__file__).parents[2] / "examples/car"
SEED, TRACKS, FIRST, FINALISTS = 6, 12, 20_000, 3  # finalists drive five times as many tracks
WEIGHTS = (0.4, 0.425, 0.45, 0.475, 0.5, 0.525, 0.55, 0.575, 0.6)
CONNECTIONS = 60
# How much an error at each output matters; the brake's numbers are small, and it needs the constant and the speed only.
MATTERS = np.array([[1.0], [1.0], [15.0]])
BRAKE, BRAKE_READS = 2, (0, 17)


def law_of(controller: Controller) -> Law:
    """Returns the numbers of a linear controller, [outputs, 1 + inputs]."""
    network = controller.network
    law = np.zeros((network.n_outputs, network.first))
    for connection, value in zip(network.connections, controller.weight.values, strict=True):
        law[connection.target - network.first, connection.source] = value
    return law


def terms_of(law: Law, weight: float) -> list[Term]:
    """Returns the terms of the car's law; of the brake's numbers only those that it needs."""
    wanted = law.copy()
    wanted[BRAKE, [k for k in range(law.shape[1]) if k not in BRAKE_READS]] = 0
    return powers.terms_of(wanted, weight, CONNECTIONS, MATTERS)


@session()
def best(start: Controller) -> tuple[Network, float]:
    """Returns the best network and its weight."""
    task, law = environment_of(start), law_of(start)
    networks = {weight: network_of(terms_of(law, weight), len(start.observations), len(law)) for weight in WEIGHTS}

    def mean(weight: float, tracks: int) -> float:
        starts = starts_of(task, episode_seeds(Purpose.TUNE_EPISODE, SEED, tracks))
        returns = play(task, networks[weight], np.full(tracks, weight, np.float32), starts, 1).returns
        print(f"weight {weight}: {returns.mean():.1f} on {tracks} tracks", file=sys.stderr)
        return float(returns.mean())

    finalists = sorted(WEIGHTS, key=lambda weight: -mean(weight, TRACKS))[:FINALISTS]
    weight = max(finalists, key=lambda weight: mean(weight, 5 * TRACKS))
    return networks[weight], weight


def write(command: str, about: str | None, make: Callable[[Controller], tuple[Network, float]]) -> None:
    """Writes the controller that a command makes of a linear one: its network, and its shared weight."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--start", type=Path, default=CARS / "tuned.json", help="a linear controller")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    start = files.load(args.start)
    network, weight = make(start)
    told = {"created_by": f"wann_rt {__version__}", "command": command, "from": files.digest(start)}
    kept = {key: start.provenance[key] for key in ("task", "task_version", "environment")}
    made = replace(start, network=network, weight=Weight.shared(weight), vectors=(), provenance=told | kept)
    files.save(replace(made, vectors=record_vectors(environment_of(made), made, FIRST)), args.out)
    size, used = network.n_connections, sum(os.times()[:4])
    print(f"{args.out}: {size} connections, weight {weight}, {used:.0f} CPU-seconds", file=sys.stderr)


if __name__ == "__main__":
    write("make car-shared", __doc__, best)
