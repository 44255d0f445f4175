"""Scoring: which episodes genomes play, with which shared weights, and what makes one better than another."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core import random
from wann_rt.core.random import Purpose
from wann_rt.evaluation import risk
from wann_rt.evolution.config import Config
from wann_rt.kernels.programs import Programs
from wann_rt.play.episodes import HIGH, LOW, weights_per_connection
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.any_task import AnyTask

EPISODE_SEEDS = 2**53  # episode seeds are drawn below this bound: exact in every language that reads our files


class RandomWeights(NamedTuple):
    """Episodes in which every connection has a weight of its own, and what is wanted of them.

    Attributes:
        key: of the stream of the weights.
        starts: what begins each, [state, lanes].
        floor: the mean return that is wanted.
        price: points of fitness for each that is missing.
    """

    key: np.uint64
    starts: NDArray[Any]
    floor: float
    price: float


class Trials(NamedTuple):
    """Episodes to be played.

    Attributes:
        weights: shared weight of each, [lanes].
        starts: what begins each, see ``rollouts.starts_of``, [state, lanes].
        n_weights: neighbours are averaged so that this many scores are left.
        random_weights: further episodes, if any.
        cvar: how much which share of the worst episodes counts, see ``risk.valued``.
    """

    weights: NDArray[np.float32]
    starts: NDArray[Any]
    n_weights: int
    random_weights: RandomWeights | None = None
    cvar: tuple[float, float] = (0.0, 1.0)


def trials(task: AnyTask, config: Config, purpose: Purpose, episodes: int, *parts: int) -> Trials:
    """Returns episodes that depend on the seed, the purpose and the parts only.

    The listed weights meet the same start states. Drawn weights are stratified over the range of the paper, and each
    episode has a weight and a start of its own: the least variance that so many episodes can give the mean.
    """
    n_weights = config.drawn_weights or len(config.weights)
    count = n_weights * episodes if config.drawn_weights else episodes
    starts = _starts(task, random.stream(config.seed, purpose, *parts), count)
    own = _random_weights(task, config, purpose, episodes, *parts) if config.random_weights else None
    cvar = config.cvar_weight, config.cvar_share
    if not config.drawn_weights:
        weights = np.repeat(np.array(config.weights, np.float32), episodes)
        return Trials(weights, np.tile(starts, n_weights), n_weights, own, cvar)
    within = random.uniforms(random.stream(config.seed, Purpose.WEIGHTS, int(purpose), *parts), count)
    drawn = LOW + (HIGH - LOW) * (np.arange(count) + within) / count
    return Trials(drawn.astype(np.float32), starts, n_weights, own, cvar)


def _random_weights(task: AnyTask, config: Config, purpose: Purpose, episodes: int, *parts: int) -> RandomWeights:
    count = config.random_weights * episodes
    weights, starts = (random.stream(config.seed, Purpose.RANDOM_WEIGHTS, i, int(purpose), *parts) for i in (0, 1))
    return RandomWeights(
        weights, _starts(task, starts, count), config.random_weights_floor, config.random_weights_price
    )


def _starts(task: AnyTask, key: np.uint64, count: int) -> NDArray[Any]:
    return starts_of(task, (random.uniforms(key, count) * EPISODE_SEEDS).astype(np.int64))


class Scored(NamedTuple):
    """What came of playing: scores [networks, weights], steps taken, and episodes that a failure ended."""

    by_weight: NDArray[np.float64]
    steps: int
    failed: int


def scores(task: AnyTask, programs: Programs, played: Trials, threads: int) -> Scored:
    """Returns the score of each network with each shared weight.

    A score is the mean return, or what ``Config.cvar_weight`` makes of it, less what the network lacks with random
    weights, see ``Config.random_weights``.
    """
    episodes = play(task, programs, played.weights, played.starts, threads)
    by_weight = episodes.returns.reshape(len(programs.n_nodes), played.n_weights, -1)
    returns, steps = risk.valued(by_weight, *played.cvar), 0
    if played.random_weights is not None:
        lacking, steps = _lacking(task, programs, played.random_weights, threads)
        returns -= lacking[:, np.newaxis]
    failed = 0 if episodes.failed is None else int(episodes.failed.sum())
    return Scored(np.where(np.isfinite(returns), returns, -np.inf), int(episodes.lengths.sum()) + steps, failed)


def _lacking(task: AnyTask, programs: Programs, wanted: RandomWeights, threads: int) -> tuple[NDArray[np.float64], int]:
    """Returns what each network lacks with random weights, in points of fitness, and the steps taken.

    All networks get the same weights, connection by connection in the order of their programs.
    """
    weights = weights_per_connection(wanted.key, int(connections(programs).max()), wanted.starts.shape[1])
    episodes = play(task, programs, weights, wanted.starts, threads)
    missing = np.maximum(wanted.floor - episodes.returns.mean(axis=1), 0.0)
    return wanted.price * missing, int(episodes.lengths.sum())


def connections(programs: Programs) -> NDArray[np.int32]:
    """Returns how many connections each network has."""
    return programs.offsets[np.arange(len(programs.n_nodes)), programs.n_nodes]


def fitness(by_weight: NDArray[np.float64], config: Config) -> NDArray[np.float64]:
    """Returns the fitness of each network, from its scores [networks, weights]; -inf where one of them is."""
    mean, best = by_weight.mean(axis=1), by_weight.max(axis=1)
    with np.errstate(invalid="ignore"):  # avoids 0 times infinity, which is NaN
        mixed = (1.0 - config.best_share) * mean + config.best_share * best
    return np.where(np.isfinite(mean), mixed, -np.inf)


def merit(fitness: NDArray[np.float64], n_connections: NDArray[np.int32], config: Config) -> NDArray[np.float64]:
    """Returns fitness minus the price of the connections; -inf where there are too many of them."""
    most = config.most_connections or np.inf
    return np.where(n_connections > most, -np.inf, fitness - config.parsimony * n_connections)


def copies(by_weight: NDArray[np.float64], order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Returns which places in the order are held by genomes that score, bit for bit, as one before them does."""
    _, first = np.unique(by_weight[order], axis=0, return_index=True)
    again = np.ones(len(order), np.bool_)
    again[first] = False
    return again
