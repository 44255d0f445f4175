"""Strategies that tune real numbers by asking for scores: CMA-ES and the population-based REINFORCE of the paper.

A strategy is asked for a population [candidates, dimensions] and told its scores, higher is better. Both are
invariant to shifting and scaling the scores, so neither needs to know the range of a task's returns.
"""

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.random import Purpose, normals, stream
from wann_rt.tuning.cma import Covariance

Vectors = NDArray[np.float64]
StrategyName = Literal["cma", "pepg"]


class Strategy(Protocol):
    """What a tuner needs of a strategy."""

    @property
    def center(self) -> Vectors:
        """The middle of the distribution."""

    @property
    def exhausted(self) -> bool:
        """Whether the distribution has collapsed."""

    def ask(self) -> Vectors:
        """Returns the candidates to score, [candidates, dimensions]."""

    def tell(self, scores: Vectors) -> None:
        """Takes the score of each candidate of the last ``ask``."""


class Cma:
    """CMA-ES, see ``wann_rt.tuning.cma``."""

    def __init__(self, start: Vectors, sigma: float, population: int, seed: int) -> None:
        """Begins around ``start``, with one standard deviation for all dimensions."""
        self._padding = max(0, 2 - len(start))  # in one dimension nothing can be correlated
        drawn = int(stream(seed, Purpose.TUNE_NOISE) % np.uint64(2**32))
        self._distribution = Covariance(np.append(start, np.zeros(self._padding)), sigma, population, drawn)
        self._asked = np.empty((0, len(start) + self._padding))

    @property
    def center(self) -> Vectors:
        """The middle of the distribution."""
        return self._distribution.mean[: len(self._distribution.mean) - self._padding].copy()

    @property
    def exhausted(self) -> bool:
        """Whether the distribution has collapsed."""
        return self._distribution.collapsed

    def ask(self) -> Vectors:
        """Samples the normal distribution."""
        self._asked = self._distribution.ask()
        return self._asked[:, : self._asked.shape[1] - self._padding]

    def tell(self, scores: Vectors) -> None:
        """Moves mean, step size and covariance."""
        self._distribution.tell(self._asked, -scores)


class Pepg:
    """Parameter-exploring policy gradients, the "population-based REINFORCE" of the paper.

    Symmetric sampling and a standard deviation per weight, after F. Sehnke et al., "Parameter-exploring policy
    gradients", Neural Networks 23(4), 2010, equations 14 to 16; steps are natural-gradient steps on standardised
    scores, so the learning rates have no unit.
    """

    MEAN_RATE, SIGMA_RATE, LARGEST_CHANGE = 1.0, 0.15, 0.2

    def __init__(self, start: Vectors, sigma: float, population: int, seed: int) -> None:
        self.center = np.array(start, np.float64)
        self.sigma = np.full(len(start), sigma)
        self._smallest = 1e-4 * sigma
        self._pairs = max(2, population // 2)
        self._seed = seed
        self._generation = 0
        self._noise = np.empty((0, len(start)))

    @property
    def exhausted(self) -> bool:
        """Whether no weight is explored any more."""
        return bool((self.sigma <= self._smallest).all())

    def ask(self) -> Vectors:
        """Samples pairs that lie symmetrically around the centre."""
        key = stream(self._seed, Purpose.TUNE_NOISE, self._generation)
        drawn = normals(key, self._pairs * len(self.center)).reshape(self._pairs, -1)
        self._noise = drawn * self.sigma
        self._generation += 1
        return np.vstack([self.center + self._noise, self.center - self._noise])

    def tell(self, scores: Vectors) -> None:
        """Moves the centre along the differences within pairs, the deviations along the means of pairs."""
        spread = scores.std()
        if spread == 0:
            return
        plus, minus = (scores - scores.mean()).reshape(2, self._pairs) / spread
        # Sums over the pairs, one after the other: a matrix product of a library has an order of its own.
        along = (((plus - minus) / 2)[:, np.newaxis] * self._noise).sum(axis=0)
        self.center = self.center + self.MEAN_RATE * along / self._pairs
        excess = self._noise**2 / self.sigma - self.sigma
        change = self.SIGMA_RATE * (((plus + minus) / 2)[:, np.newaxis] * excess).sum(axis=0) / self._pairs
        limit = self.LARGEST_CHANGE * self.sigma
        self.sigma = np.maximum(self._smallest, self.sigma + np.clip(change, -limit, limit))


STRATEGIES: Mapping[StrategyName, Callable[[Vectors, float, int, int], Strategy]] = {"cma": Cma, "pepg": Pepg}
