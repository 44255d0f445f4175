"""What the error of random network distillation measures: distance to the data, tested against it.

A predictor is fitted to a fixed random network on data, by least squares; its error elsewhere is compared with how far
the nearest sample is (Burda et al. 2018 use it as a sign of novelty).
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
INPUTS, HIDDEN, OUTPUTS, DEPTH = 5, 64, 16, 3
FEATURES, SAMPLES, PROBES, RIDGE = 256, 1000, 2000, 1e-6


class Measured(NamedTuple):
    """Where it was looked, and what was found there.

    Attributes:
        distance: to the nearest sample.
        error: root mean square of what the predictor lacks, in units of the target's spread.
    """

    distance: Floats
    error: Floats


def ranked(x: Floats) -> Floats:
    """Returns ranks from 0, of equal values their mean."""
    order = np.argsort(x, kind="stable")
    _, places, counts = np.unique(x[order], return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = np.empty(len(x))
    ranks[order] = ((ends - counts + ends - 1) / 2)[places]
    return ranks


def spearman(a: Floats, b: Floats) -> float:
    """Returns the rank correlation."""
    return float(np.corrcoef(ranked(a), ranked(b))[0, 1])


def data(count: int, rng: np.random.Generator) -> Floats:
    """Returns samples of a closed curve in some dimensions, with a little noise: what a robot that walks would see."""
    phase = rng.uniform(0, 2 * np.pi, count)
    columns = [np.cos(phase), np.sin(phase), np.cos(2 * phase), np.sin(2 * phase), np.cos(3 * phase)]
    return np.stack(columns[:INPUTS], axis=1) + rng.normal(0, 0.05, (count, INPUTS))


def network(
    sigma: float, rng: np.random.Generator, outputs: int, depth: int = DEPTH, inputs: int = INPUTS
) -> list[Floats]:
    """Returns the weights of a random network of tanh; the last layer is linear."""
    sizes = [inputs, *[HIDDEN] * depth]
    hidden = [rng.normal(size=(a, b)) * sigma / np.sqrt(a) for a, b in pairwise(sizes)]
    return [*hidden, rng.normal(size=(sizes[-1], outputs)) / np.sqrt(sizes[-1])]


def computed(weights: list[Floats], x: Floats) -> Floats:
    """Returns the outputs of a network."""
    for layer in weights[:-1]:
        x = np.tanh(x @ layer)
    return np.asarray(x @ weights[-1])


def measured(sigma: float, seed: int) -> Measured:
    """Fits a predictor to a random target with that scale of weights, and looks at rising distances from the data."""
    rng = np.random.default_rng(seed)
    seen = data(SAMPLES, rng)
    target = network(sigma, rng, OUTPUTS)
    inner, bias = rng.normal(size=(INPUTS, FEATURES)), rng.uniform(-1, 1, FEATURES)

    def features(x: Floats) -> Floats:
        return np.column_stack([np.tanh(x @ inner + bias), x, np.ones(len(x))])

    given, wanted = features(seen), computed(target, seen)
    fitted = np.linalg.solve(given.T @ given + RIDGE * SAMPLES * np.eye(given.shape[1]), given.T @ wanted)
    away = rng.normal(size=(PROBES, INPUTS))
    away *= (10 ** rng.uniform(-2, 0.5, PROBES) / np.linalg.norm(away, axis=1))[:, np.newaxis]
    probes = data(PROBES, rng) + away
    lacking = features(probes) @ fitted - computed(target, probes)
    error = np.sqrt((lacking**2).mean(axis=1)) / wanted.std()
    return Measured(nearest(probes, seen), error)


def nearest(probes: Floats, seen: Floats) -> Floats:
    """Returns the distance of each probe to the nearest sample."""
    squares = (probes**2).sum(axis=1)[:, np.newaxis] + (seen**2).sum(axis=1) - 2 * probes @ seen.T
    return np.asarray(np.sqrt(np.maximum(squares.min(axis=1), 0)))
