"""Pruning: remove the connection whose removal costs least, tune what is left, repeat; the result is a Pareto set.

What a removal costs is raced: all removals play a few episodes at once (a weight of 0 is no connection, so they are
lanes of one call), the best few are tuned briefly, the best of these at length.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from wann_rt.core.network import Network
from wann_rt.tuning.polish import Arena, OnProgress, PolishSettings, polish
from wann_rt.tuning.strategies import Vectors

TRIED = 3  # removals that are tuned briefly
TRIAL_EPISODES = 64
TRIAL_SHARE = 0.2  # share of a stage's budget spent on each brief tuning
TRIAL_FINAL = 128
RETUNE_SIGMA = 0.2  # small, because the weights are good already


class Pruned(NamedTuple):
    """A network with a weight per connection and its held-out score."""

    network: Network
    weights: Vectors
    score: float


def without(network: Network, weights: Vectors, removed: int) -> tuple[Network, Vectors]:
    """Returns the network without one connection, and without the nodes that it kept useful; and its weights."""
    first, n_hidden = network.first, network.n_hidden
    hidden = {first + k: a for k, a in enumerate(network.activations[:n_hidden])}
    outputs = {first + n_hidden + k: a for k, a in enumerate(network.activations[n_hidden:])}
    kept = [k for k in range(network.n_connections) if k != removed]
    connections = network.connections
    smaller, order = Network.build(network.n_inputs, hidden, outputs, [connections[k] for k in kept], prune=True)
    return smaller, weights[[kept[k] for k in order]]


def prune(
    arena: Arena,
    start: Pruned,
    settings: PolishSettings,
    smallest: int = 1,
    on_progress: OnProgress | None = None,
) -> list[Pruned]:
    """Prunes down to ``smallest`` connections, or to Ctrl-C.

    Args:
        arena: where to play; counts the steps.
        start: an unsigned network with weights.
        settings: how to tune after each removal; ``steps`` is the budget of all removals together.
        smallest: connections at which to stop.
        on_progress: see ``polish``.

    Returns:
        The Pareto set, largest first: each has fewer connections than those before it and scores less.
    """
    found, current = [start], start
    steps = settings.steps // max(1, start.network.n_connections - smallest)
    while current.network.n_connections > max(1, smallest) and not arena.interrupted:
        stage = replace(settings, steps=steps, sigma=RETUNE_SIGMA, seed=settings.seed + len(found))
        try:
            smaller = _remove_one(arena, current, stage, on_progress)
        except KeyboardInterrupt:
            arena.interrupted = True
            break
        if smaller is None:
            break
        current = smaller
        found.append(current)
    return pareto(found)


def pareto(found: Sequence[Pruned]) -> list[Pruned]:
    """Returns those that no other one equals or beats in both score and connections, largest first."""
    best: list[Pruned] = []
    for one in sorted(found, key=lambda p: (p.network.n_connections, -p.score)):
        if not best or one.score > best[-1].score:
            best.append(one)
    return best[::-1]


def _remove_one(
    arena: Arena, current: Pruned, settings: PolishSettings, on_progress: OnProgress | None
) -> Pruned | None:
    """Returns the best network with one connection less, or several if a node loses its use; None if all are empty."""
    n = current.network.n_connections
    stage = f"pruning to {n - 1}"
    trials = np.tile(current.weights, (n, 1))
    np.fill_diagonal(trials, 0.0)
    starts = arena.fresh(TRIAL_EPISODES, settings.seed, n)
    cheapest = np.argsort(-arena.returns(current.network, trials, starts).mean(axis=1), kind="stable")[:TRIED]
    brief = replace(settings, steps=int(TRIAL_SHARE * settings.steps), final=TRIAL_FINAL)
    tried = []
    for removed in cheapest:
        network, weights = without(current.network, current.weights, int(removed))
        if network.n_connections > 0:
            tried.append(Pruned(network, *polish(arena, network, weights, brief, None, stage)))
    if not tried:
        return None
    best = max(tried, key=lambda p: p.score)
    rest = replace(settings, steps=int((1 - TRIED * TRIAL_SHARE) * settings.steps), seed=settings.seed + 2**32)
    return Pruned(best.network, *polish(arena, best.network, best.weights, rest, on_progress, stage))
