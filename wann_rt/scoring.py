"""Scoring: which episodes genomes play, with which shared weights, and what makes one better than another."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt import random
from wann_rt.activations import PALETTE
from wann_rt.config import Config
from wann_rt.kernels.rollout import Programs
from wann_rt.random import Purpose
from wann_rt.rollouts import play, starts_of
from wann_rt.tasks.kinds import AnyTask
from wann_rt.trace import schedule, trace
from wann_rt.tuning import HIGH, LOW

EPISODE_SEEDS = 2**53  # episode seeds are drawn below this bound: exact in every language that reads our files


class Lanes(NamedTuple):
    """Episodes to be played.

    Attributes:
        weights: shared weight of each, [lanes].
        starts: what begins each, see ``rollouts.starts_of``, [state, lanes].
        n_weights: neighbours are averaged so that this many scores are left.
    """

    weights: NDArray[np.float32]
    starts: NDArray[Any]
    n_weights: int


def lanes(task: AnyTask, config: Config, purpose: Purpose, episodes: int, *parts: int) -> Lanes:
    """Returns episodes that depend on the seed, the purpose and the parts only.

    The listed weights meet the same start states. Drawn weights are stratified over the range of the paper, and each
    episode has a weight and a start of its own: the least variance that so many episodes can give the mean.
    """
    n_weights = config.drawn_weights or len(config.weights)
    count = n_weights * episodes if config.drawn_weights else episodes
    key = random.stream(config.seed, purpose, *parts)
    starts = starts_of(task, (random.uniforms(key, count) * EPISODE_SEEDS).astype(np.int64))
    if not config.drawn_weights:
        weights = np.repeat(np.array(config.weights, np.float32), episodes)
        return Lanes(weights, np.tile(starts, n_weights), n_weights)
    within = random.uniforms(random.stream(config.seed, Purpose.WEIGHTS, int(purpose), *parts), count)
    drawn = LOW + (HIGH - LOW) * (np.arange(count) + within) / count
    return Lanes(drawn.astype(np.float32), starts, n_weights)


def scores(task: AnyTask, programs: Programs, played: Lanes, threads: int) -> tuple[NDArray[np.float64], int]:
    """Returns the mean return of each network with each shared weight, and the steps taken."""
    episodes = play(task, programs, played.weights, played.starts, threads)
    returns = episodes.returns.reshape(len(programs.n_nodes), played.n_weights, -1).mean(axis=2)
    return np.where(np.isfinite(returns), returns, -np.inf), int(episodes.lengths.sum())


def connections(programs: Programs) -> NDArray[np.int32]:
    """Returns how many connections each network has."""
    return programs.offsets[np.arange(len(programs.n_nodes)), programs.n_nodes]


def fitness(by_weight: NDArray[np.float64], config: Config) -> NDArray[np.float64]:
    """Returns one number for the scores of each network, [networks, weights]."""
    found: NDArray[np.float64] = by_weight.max(axis=1) if config.objective == "best" else by_weight.mean(axis=1)
    return found


def merit(
    fitness: NDArray[np.float64], n_connections: NDArray[np.int32], prices: NDArray[np.float64], config: Config
) -> NDArray[np.float64]:
    """Returns fitness minus the prices; -inf where there are too many connections."""
    most = config.most_connections or np.inf
    return np.where(n_connections > most, -np.inf, fitness - prices)


@cache
def operations() -> NDArray[np.float64]:
    """Returns how many operations each activation takes, by its id."""
    counts = np.zeros(1 + max(activation.id for activation in PALETTE))
    for activation in PALETTE:
        symbols = schedule([trace(activation.function, "x")])
        counts[activation.id] = sum(symbol.op not in ("input", "constant") for symbol in symbols)
    return counts


def prices(programs: Programs, config: Config, generation: int) -> NDArray[np.float64]:
    """Returns what each network pays for its size, in points of fitness."""
    paid: NDArray[np.float64] = connections(programs).astype(np.float64)
    if config.price == "operations":
        exists = np.arange(programs.activations.shape[1]) < programs.n_nodes[:, None]
        paid += np.where(exists, operations()[np.where(exists, programs.activations, 0)], 0).sum(axis=1)
    paid *= config.parsimony * (generation / config.generations if config.anneal else 1.0)
    return paid


def copies(by_weight: NDArray[np.float64], order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Returns which places in the order are held by genomes that score, bit for bit, as one before them does."""
    _, first = np.unique(by_weight[order], axis=0, return_index=True)
    again = np.ones(len(order), np.bool_)
    again[first] = False
    return again
