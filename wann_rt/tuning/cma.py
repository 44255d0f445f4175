"""CMA-ES whose candidates are the same bits on every machine.

N. Hansen, "The CMA evolution strategy: a tutorial", arXiv 1604.00772 (2016), with its default constants; numbers of
equations are those of the tutorial. Where it leaves open what to do, this does what the library ``cmaes`` does, with
which a test compares it: there a matrix product and an eigenvector are those of the BLAS and LAPACK at hand, whose last
bits differ between processors, and with fewer candidates than dimensions so do all digits. Here sums have one order
(``kernels/linear.py``), and logarithm and exponential are polynomials.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.exact import exponential, logarithm
from wann_rt.kernels.linear import eigen, products

Vectors = NDArray[np.float64]
LEAST = 1e-8  # stands for a variance that rounding has made negative; keeps a division finite
LONGEST = 1e32  # a step is never longer, whether anybody asks if it has exploded or not
COLLAPSED, EXPLODED = 1e-12, 1e4  # the step, as a multiple of the first; and the longest axis
FLAT, CONDITION = 1e-12, 1e14  # the range of scores; the longest axis by the shortest


class Rates(NamedTuple):
    """The constants of a strategy, table 1 of the tutorial.

    Attributes:
        parents: candidates of positive weight, mu.
        weights: of the candidates, best first, [candidates].
        mass: the variance-effective number of parents.
        path: of the evolution path, c_c.
        one: of the rank-one update, c_1.
        many: of the rank-mu update, c_mu.
        step: of the path for the step size, c_sigma.
        damping: of the step size, d_sigma.
        length: the expected length of a standard normal vector.
    """

    parents: int
    weights: Vectors
    mass: float
    path: float
    one: float
    many: float
    step: float
    damping: float
    length: float


def rates(n: int, population: int) -> Rates:
    """Returns the default constants for n dimensions."""
    raw = logarithm(np.array([(population + 1) / 2])) - logarithm(np.arange(1.0, population + 1))
    parents = population // 2
    mass, against = (float(part.sum() ** 2 / (part**2).sum()) for part in (raw[:parents], raw[parents:]))
    one = 2 / ((n + 1.3) ** 2 + mass)
    many = min(1 - one - 1e-8, 2 * (mass - 2 + 1 / mass) / ((n + 2) ** 2 + mass))
    most = min(1 + one / many, 1 + 2 * against / (mass + 2), (1 - one - many) / (n * many))  # equations 50 to 52
    positive, negative = raw[raw > 0].sum(), np.abs(raw[raw < 0]).sum()
    weights = np.where(raw >= 0, 1 / positive * raw, most / negative * raw)  # equation 53
    step = (mass + 2) / (n + mass + 5)
    damping = 1 + 2 * max(0.0, float(np.sqrt((mass - 1) / (n + 1))) - 1) + step  # equation 55
    path = (4 + mass / n) / (n + 4 + 2 * mass / n)  # equation 56
    length = float(np.sqrt(n)) * (1 - 1 / (4 * n) + 1 / (21 * n**2))
    return Rates(parents, weights, mass, path, one, many, step, damping, length)


class Normals:
    """Standard normal numbers by the polar method (G. Marsaglia, 1964), from the Mersenne Twister of numpy."""

    def __init__(self, seed: int) -> None:
        """Begins the stream of a seed of 32 bits."""
        self._source = np.random.RandomState(seed)
        self._left = np.empty(0)

    def take(self, count: int) -> Vectors:
        """Returns the next numbers of the stream."""
        while len(self._left) < count:
            pairs = 2.0 * self._source.random_sample((count, 2)) - 1.0
            square = pairs[:, 0] * pairs[:, 0] + pairs[:, 1] * pairs[:, 1]
            inside = (square > 0.0) & (square < 1.0)
            scale = np.sqrt(-2.0 * logarithm(square[inside]) / square[inside])
            self._left = np.append(self._left, (scale[:, None] * pairs[inside][:, ::-1]).ravel())
        taken, self._left = self._left[:count], self._left[count:]
        return taken


class Covariance:
    """The distribution that CMA-ES adapts: N(mean, step^2 C).

    Attributes:
        mean: the middle, [n].
        step: the step size, sigma.
        generation: how often it has been told scores.
    """

    def __init__(self, mean: Vectors, step: float, population: int, seed: int) -> None:
        """Begins with C = I.

        Args:
            mean: the first middle, [n], n >= 2.
            step: the first step size.
            population: candidates in a generation.
            seed: of 32 bits.
        """
        n = len(mean)
        self.mean, self.step, self.generation = mean.copy(), step, 0
        self._population, self._rates, self._normals = population, rates(n, population), Normals(seed)
        self._c, self._first = np.eye(n), step
        self._step_path, self._path = np.zeros(n), np.zeros(n)
        self._memory = 10 + -(-30 * n // population)  # generations in which the scores have to differ
        self._seen = np.zeros((self._memory, 2))
        self._decompose()

    def ask(self) -> Vectors:
        """Returns candidates, [population, n]."""
        z = self._normals.take(self._population * len(self.mean)).reshape(self._population, -1)
        scaled = np.ascontiguousarray(self._axes.T * self._lengths)
        asked: Vectors = self.mean + self.step * products(z, scaled)
        return asked

    def tell(self, candidates: Vectors, costs: Vectors) -> None:
        """Moves mean, step size and C.

        Args:
            candidates: as asked for.
            costs: lower is better, [population].
        """
        r = self._rates
        self.generation += 1
        order = np.argsort(costs, kind="stable")
        self._seen[self.generation % self._memory] = costs[order[0]], costs[order[-1]]
        y = (candidates[order] - self.mean) / self.step
        moved = (y[: r.parents].T * r.weights[: r.parents]).sum(axis=1)  # equation 41
        self.mean = self.mean + self.step * moved
        whitened = self._whitened(np.vstack([moved, y]))
        on = self._stretched(whitened[0])
        self._path = (1 - r.path) * self._path + on * np.sqrt(r.path * (2 - r.path) * r.mass) * moved  # equation 45
        self._turned(y, (whitened[1:] ** 2).sum(axis=1), on)

    def _stretched(self, moved: Vectors) -> float:
        """Adapts the step size by a whitened move of the mean; returns 0 where it grew so fast that C has to wait."""
        r, n = self._rates, len(self.mean)
        self._step_path = (1 - r.step) * self._step_path + np.sqrt(r.step * (2 - r.step) * r.mass) * moved
        norm = float(np.sqrt((self._step_path**2).sum()))
        self.step = min(LONGEST, self.step * exponential((r.step / r.damping) * (norm / r.length - 1)))
        left = norm / np.sqrt(1 - _power(1 - r.step, 2 * (self.generation + 1)))
        return 1.0 if left < (1.4 + 2 / (n + 1)) * r.length else 0.0

    def _turned(self, y: Vectors, lengths: Vectors, on: float) -> None:
        """Adapts C by the candidates, best first, and the squares of their whitened lengths."""
        r = self._rates
        weights = r.weights * np.where(r.weights >= 0, 1.0, len(self.mean) / (lengths + LEAST))  # equation 46
        kept = 1 + r.one * (1 - on) * r.path * (2 - r.path) - r.one - r.many * r.weights.sum()
        many = products(np.ascontiguousarray((weights[:, None] * y).T), np.ascontiguousarray(y.T))
        self._c = kept * self._c + r.one * self._path[:, None] * self._path + r.many * many  # equation 47
        self._decompose()

    @property
    def collapsed(self) -> bool:
        """Whether nothing more can come of it: it has become a point, endless, or too long for its width."""
        spread, lengths = self.step * self._c.diagonal(), self._lengths
        axis = self.generation % len(self.mean)
        moved = self.mean + 0.1 * self.step * lengths[axis] * self._axes[axis]
        return bool(
            (self.generation > self._memory and np.ptp(self._seen) < FLAT)
            or ((spread < COLLAPSED * self._first).all() and (self.step * self._path < COLLAPSED * self._first).all())
            or self.step * lengths.max() > EXPLODED
            or (self.mean == self.mean + 0.2 * self.step * np.sqrt(self._c.diagonal())).any()
            or (self.mean == moved).all()
            or lengths.max() / lengths.min() > CONDITION
        )

    def _decompose(self) -> None:
        """Finds the axes of C, a row each, and their lengths; makes C what these say."""
        values, self._axes = eigen((self._c + self._c.T) / 2)
        self._lengths = np.sqrt(np.where(values <= 0, LEAST, values))
        scaled = np.ascontiguousarray(self._axes.T * self._lengths**2)
        self._c = products(scaled, np.ascontiguousarray(self._axes.T))

    def _whitened(self, rows: Vectors) -> Vectors:
        """Returns C^(-1/2) times each row."""
        along = products(rows, self._axes) / self._lengths
        back: Vectors = products(along, np.ascontiguousarray(self._axes.T))
        return back


def _power(base: float, exponent: int) -> float:
    """Returns a whole power by squaring: libm's last bit may differ between machines."""
    result = 1.0
    while exponent:
        result, base, exponent = result * base if exponent & 1 else result, base * base, exponent >> 1
    return result
