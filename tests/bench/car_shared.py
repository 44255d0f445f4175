"""``make car-shared``: a racing car with one shared weight, from the linear law that imitates a driver.

A law's number becomes a sum of powers of the weight w with signs: what stands k nodes before an output counts w^k, so a
chain of linear nodes gives as many sizes as it has nodes. Of all such terms the greedy choice takes the one that brings
the law most nearer for a connection. The weight is the best of a few on tracks on which nothing is scored.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core import files
from wann_rt.core.activations import BY_NAME
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.network import Connection, Network
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
CONNECTIONS, LONGEST = 60, 6
# How much an error at each output matters; the brake's numbers are small, and it needs the constant and the speed only.
MATTERS = np.array([1.0, 1.0, 15.0])
BRAKE, BRAKE_READS = 2, (0, 17)
Law = NDArray[np.float64]


class Term(NamedTuple):
    """A connection of a law: what a node gives to an output, times the weight to a power."""

    output: int
    source: int
    power: int
    sign: int


def law_of(controller: Controller) -> Law:
    """Returns the numbers of a linear controller, [outputs, 1 + inputs]."""
    network = controller.network
    law = np.zeros((network.n_outputs, network.first))
    for connection, value in zip(network.connections, controller.weight.values, strict=True):
        law[connection.target - network.first, connection.source] = value
    return law


def terms_of(law: Law, weight: float) -> list[Term]:
    """Returns the terms that come near a law, as many as the connections allow."""
    left, terms, used = law.copy(), list[Term](), 0
    left[BRAKE, [k for k in range(law.shape[1]) if k not in BRAKE_READS]] = 0
    while found := [one for one in _gains(left, weight, terms) if used + one[1] <= CONNECTIONS]:
        _, cost, term = max(found, key=lambda one: one[0] / one[1])
        terms.append(term)
        left[term.output, term.source] -= term.sign * weight**term.power
        used += cost
    return terms


def _gains(left: Law, weight: float, terms: list[Term]) -> Iterator[tuple[float, int, Term]]:
    """Yields what each further term takes from the squared error, how many connections it costs, and the term."""
    there = {(term.output, term.source, term.power) for term in terms}
    longest = [max((term.power for term in terms if term.output == output), default=1) for output in range(len(left))]
    for (output, source), lacks in np.ndenumerate(left):
        for power in range(1, LONGEST + 1):
            gain = MATTERS[output] ** 2 * (lacks**2 - (abs(lacks) - weight**power) ** 2)
            if gain > 1e-5 and (output, source, power) not in there:
                cost = 1 + max(0, power - longest[output])
                yield float(gain), cost, Term(int(output), int(source), power, 1 if lacks > 0 else -1)


def network_of(terms: list[Term], inputs: int, outputs: int) -> Network:
    """Returns the network: for each output a chain of linear nodes, as long as its highest power needs."""
    linear, first = BY_NAME["linear"].id, 1 + inputs
    fresh, hidden, connections = count(first + outputs), dict[int, int](), []
    for output in range(outputs):
        mine = [term for term in terms if term.output == output]
        nodes = [first + output]
        for _ in range(1, max((term.power for term in mine), default=1)):
            nodes.append(next(fresh))
            hidden[nodes[-1]] = linear
            connections.append(Connection(nodes[-1], nodes[-2]))
        connections += [Connection(term.source, nodes[term.power - 1], term.sign) for term in mine]
    network, _ = Network.build(inputs, hidden, {first + k: linear for k in range(outputs)}, connections)
    return network


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


def main() -> None:
    """Writes the controller."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--start", type=Path, default=CARS / "tuned.json", help="a linear controller")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    start = files.load(args.start)
    network, weight = best(start)
    told = {"created_by": f"wann_rt {__version__}", "command": "make car-shared", "from": files.digest(start)}
    kept = {key: start.provenance[key] for key in ("task", "task_version", "environment")}
    made = replace(start, network=network, weight=Weight.shared(weight), vectors=(), provenance=told | kept)
    files.save(replace(made, vectors=record_vectors(environment_of(made), made, FIRST)), args.out)
    print(f"{args.out}: {network.n_connections} connections, weight {weight}", file=sys.stderr)


if __name__ == "__main__":
    main()
