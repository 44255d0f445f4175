"""A champion as a start: its plant has changed, and it learns what it lacks, three ways with equal steps.

    python 05_residual.py [--seeds 5] [--steps 1000000]

The motor of the swing-up is weaker and the pole heavier than those that the champion was searched for. *Residual*: the
champion stays as it is, frozen; CMA-ES finds a law that is added to its force, here one tanh of all readings and a
linear part. *Fine-tuned*: CMA-ES moves the champion's own weights. *From nothing*: CMA-ES moves weights of the same
topology that begin at random. Means over held-out episodes.
"""

import argparse

import numpy as np

import wann_rt as wr
from wann_rt.core.activations import BY_NAME
from wann_rt.core.network import Connection
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks import with_params
from wann_rt.tuning.polish import Arena
from wann_rt.tuning.strategies import Cma, Strategy

CHANGED = {"max_force": 6.0, "pole_mass": 1.0}
EPISODES, POPULATION, HELD_OUT = 16, 16, range(880_000_000, 880_000_256)
STEEP = 0.3  # of the first steps of the weights


def with_residual(network: wr.Network) -> tuple[wr.Network, np.ndarray]:
    """Returns the network with more connections to its output, and which of all connections are new.

    New are a tanh that sees all readings, and what leads from it and from each reading to the output. An output sums
    what it is given, so with 0 as their weights the action is the champion's, bit for bit.
    """
    first, output = network.first, network.n_nodes - 1
    more = output + 1  # given ids need no order: the network puts its nodes into its own
    old = [Connection(c.source, c.target, 1) for c in network.connections]
    inputs = range(first)
    new = [Connection(i, more) for i in inputs] + [Connection(more, output)]
    new += [Connection(i, output) for i in inputs if Connection(i, output) not in old]
    hidden = dict(zip(range(first, output), network.activations[:-1], strict=True)) | {more: BY_NAME["tanh"].id}
    both, order = wr.Network.build(network.n_inputs, hidden, {output: network.activations[-1]}, old + new)
    return both, np.asarray(order)


def improved(
    arena: Arena, network: wr.Network, start: np.ndarray, free: np.ndarray, strategy: Strategy, steps: int
) -> np.ndarray:
    """Returns all weights after so many steps of the plant, of which only the free ones were moved."""
    weights, generation = start.copy(), 0
    while arena.env_steps < steps:
        asked = strategy.ask()
        candidates = np.tile(start, (len(asked), 1))
        candidates[:, free] = asked
        strategy.tell(arena.returns(network, candidates, arena.fresh(EPISODES, generation)).mean(axis=1))
        generation += 1
    weights[free] = strategy.center
    return weights


def start_of(way: str, champion: wr.Controller, seed: int) -> tuple[wr.Network, np.ndarray, np.ndarray]:
    """Returns of one of the ways the network, the weights that it begins with, and which of them are free."""
    own = np.array(champion.weight.values)
    if way != "residual":
        drawn = np.random.default_rng(seed).normal(0, np.sqrt((own**2).mean()), len(own))
        return champion.network, own if way == "fine-tuned" else drawn, np.ones(len(own), bool)
    network, order = with_residual(champion.network)
    free = order >= len(own)
    start = np.where(free, 0.0, np.append(own, np.zeros(free.sum()))[order])
    inner = [k for k, c in enumerate(network.connections) if free[k] and c.target != network.n_nodes - 1]
    start[inner] = np.random.default_rng(seed).normal(0, 0.5, len(inner))  # else nothing would tell it what to do
    return network, start, free


def score(task: wr.Task, network: wr.Network, weights: np.ndarray) -> float:
    """Returns the mean over held-out episodes."""
    starts = starts_of(task, HELD_OUT)
    lanes = np.repeat(weights.astype(np.float32)[:, np.newaxis], starts.shape[1], axis=1)
    return float(play(task, network, lanes, starts).returns.mean())


def main() -> None:
    """Prints what each way reaches, for each seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=1_000_000, help="of the plant, for each way and seed")
    given = parser.parse_args()
    champion = wr.load("zoo:cartpole-swingup")
    task = with_params(wr.task("cartpole-swingup"), **CHANGED)
    before = score(task, champion.network, np.array(champion.weight.values))
    print(f"the champion on the changed plant, as it is: {before:.0f}")
    for way in ("residual", "fine-tuned", "from nothing"):
        found = []
        for seed in range(1, given.seeds + 1):
            network, start, free = start_of(way, champion, seed)
            strategy = Cma(start[free], STEEP, POPULATION, seed)
            weights = improved(Arena(task, seed), network, start, free, strategy, given.steps)
            found.append(score(task, network, weights))
        print(f"{way:13}" + "".join(f"{one:6.0f}" for one in found) + f"   mean {np.mean(found):.0f}", flush=True)


if __name__ == "__main__":
    main()
