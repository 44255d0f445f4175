"""How much memory a large population takes: genomes of so many nodes are expressed and bred once; prints it as JSON."""

import argparse
import json
import resource

import numpy as np

from wann_rt import tasks
from wann_rt.core.activations import BY_NAME
from wann_rt.core.network import Connection, Network
from wann_rt.evolution import config
from wann_rt.evolution.search import Search
from wann_rt.kernels.genome import LINEAR

TASK = tasks.get("cartpole-swingup")


def wide(nodes: int) -> Network:
    """Returns a network with so many hidden nodes, each fed by one observation and feeding the output."""
    first = 1 + len(TASK.observations)
    hidden = {first + k: BY_NAME["tanh"].id for k in range(nodes)}
    connections = [Connection(1 + k % len(TASK.observations), node) for k, node in enumerate(hidden)]
    connections += [Connection(node, first + nodes) for node in hidden]
    return Network.build(len(TASK.observations), hidden, {first + nodes: LINEAR}, connections)[0]


def main() -> None:
    """Prints the greatest memory in GB."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--population", type=int, default=100_000)
    parser.add_argument("--nodes", type=int, default=500)
    chosen = parser.parse_args()
    changes = {"population": chosen.population, "start_digest": "some", "generations": 2}
    running = Search(TASK, config.load("minimal", changes), 1, wide(chosen.nodes))
    programs = running.ask()
    running.population = running._children(np.arange(chosen.population))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"genomes": len(programs.n_nodes), "nodes": chosen.nodes, "gigabytes": round(peak, 2)}))


if __name__ == "__main__":
    main()
