"""Find, round and measure the float32 coefficients of the activations tanh, sigmoid, gauss, sin and cos.

It prints each coefficient vector (highest power first, as shortest float32 decimals) and what the
float32 evaluation really does over every float32 input of the range that matters.
Each formula below is written once. With float64 coefficients it is the model that is fitted, with
float32 coefficients it is the arithmetic that ships: + - * /, compare and select only, in this order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from scipy.optimize import linprog

Array = Any  # float32 or float64, an array or one number
Formula = Callable[[Any, Array], Any]  # (coefficients, inputs) -> outputs
Truth = Callable[[Array], Any]  # float64 inputs -> float64 outputs
f4 = np.float32

TANH_LIMIT = 7.25  # beyond it tanh is a constant just below 1
TANH_UNIT = 2.0**18  # P(0) = Q(0); a power of two, so that tiny x pass through unchanged
GAUSS_LIMIT = 32.0  # exp(-32 / 2) = 1.1e-7
GAUSS_SQUARINGS = 4
EVEN_MAGIC = f4(1.5 * 2**24)  # adding and subtracting it rounds to the nearest even integer


def horner(s: Array, coefs: Any, last: float) -> Array:
    """Polynomial in s, highest power first, `last` being the constant term."""
    acc = coefs[0] * s
    for c in coefs[1:]:
        acc = (acc + c) * s
    return acc + type(coefs[0])(last)


def tanh(c: Any, x: Array) -> Array:
    """Returns x * P(x^2) / Q(x^2) with a monic cubic P (one product less) and a cubic Q."""
    limit, unit = type(c[0])(TANH_LIMIT), type(c[0])(TANH_UNIT)
    x = np.maximum(-limit, np.minimum(limit, x))
    s = x * x
    return x * (((s + c[0]) * s + c[1]) * s + unit) / horner(s, c[2:], unit)


def sigmoid(c: Any, x: Array) -> Array:
    """The logistic function from tanh's coefficients."""
    half = type(c[0])(0.5)
    return tanh(c, x * half) * half + half


def gauss(c: Any, x: Array) -> Array:
    """exp(-x^2 / 2) as a quartic P(x^2) ~ exp(-x^2 / 32), squared four times."""
    y = horner(np.minimum(type(c[0])(GAUSS_LIMIT), x * x), c, 1.0)
    for _ in range(GAUSS_SQUARINGS):
        y = y * y
    return y


def sin_pi(c: Any, d: Array) -> Array:
    """sin(pi d), d in [-1, 1], from the parabola y = d (1 - |d|): exact zeros at 0 and at +-1."""
    y = d * (type(c[0])(1) - np.abs(d))
    return y * horner(np.abs(y), c[:-1], c[-1])


def cos_pi(c: Any, d: Array) -> Array:
    """cos(pi d) = sin(pi (0.5 - |d|)), d in [-1, 1]: an exact zero at +-0.5."""
    e = type(c[0])(0.5) - np.abs(d)
    return e * horner(e * e, c[:-1], c[-1])


def reduce(x: Array) -> Array:
    """Returns x minus the nearest even integer, exactly; 0 where |x| >= 2^23, infinities included."""
    with np.errstate(invalid="ignore"):
        d = x - ((x + EVEN_MAGIC) - EVEN_MAGIC)
    return np.where(np.abs(x) < f4(2**23), d, f4(0))


def jacobian(model: Formula, theta: Array, x: Array) -> Array:
    """Central differences of the model with respect to its coefficients."""
    steps = np.diag(1e-6 * np.maximum(np.abs(theta), 1e-9))
    return np.array([(model(theta + h, x) - model(theta - h, x)) / (2 * h.max()) for h in steps]).T


def minimax(model: Formula, truth: Truth, theta: Array, x: Array, cap: float = np.inf) -> tuple[Array, float]:
    """Least greatest absolute error with model <= cap: a linear program per step, steps halved if worse."""

    def merit(t: Array) -> float:
        y = model(t, x)
        return float(np.max(np.abs(y - truth(x))) + 10 * max(0.0, np.max(y) - cap))

    best = merit(theta)
    for _ in range(60):
        y, before = model(theta, x), best
        step = best_step(y - truth(x), cap - y, jacobian(model, theta, x))
        while merit(theta + step) >= best and np.any(np.abs(step) > 1e-12 * np.abs(theta)):
            step = step / 2
        if merit(theta + step) < best:
            theta, best = theta + step, merit(theta + step)
        if before - best <= 1e-6 * before:
            break
    return theta, best


def best_step(error: Array, room: Array, jac: Array) -> Array:
    """The coefficient change that minimises the linearised greatest error, keeping within `room`."""
    scale, unit = np.abs(jac).max(axis=0), np.abs(error).max()
    jac, bound = jac / scale, np.ones((len(error), 1))
    rows, sides = [np.hstack([jac, -bound]), np.hstack([-jac, -bound])], [-error / unit, error / unit]
    if np.all(np.isfinite(room)):
        rows, sides = [*rows, np.hstack([jac, 0 * bound])], [*sides, room / unit]
    cost = np.eye(jac.shape[1] + 1)[-1]
    found = linprog(cost, np.vstack(rows), np.concatenate(sides), bounds=(None, None), method="highs")
    return found.x[:-1] * unit / scale


def polish(formula: Formula, truth: Truth, theta: Array, x: Array, exact: Sequence[float]) -> Array:
    """Seeded walk over neighbouring float32 vectors: within [-1, 1], and the whole numbers due at `exact`."""
    x, at, rng = x.astype(f4), np.array(exact, f4), np.random.default_rng(1)
    wanted, wanted_exact = truth(x.astype(float)), np.round(truth(at.astype(float)))

    def cost(c: Array) -> float:
        y = formula(c, x)
        beyond = max(0.0, float(np.max(np.abs(y))) - 1)
        return float(np.max(np.abs(y - wanted)) + 1e3 * beyond + np.sum(formula(c, at) != wanted_exact))

    best = np.array(theta, f4)
    for _ in range(2000):
        moves = rng.integers(-5, 6, len(best)) * (rng.random(len(best)) < 0.6)
        tried = (best.view(np.int32) + moves.astype(np.int32)).view(f4)
        best = tried if cost(tried) <= cost(best) else best
    return best


def floats(low: float, high: float) -> Iterator[Array]:
    """Every float32 from low to high in ascending chunks that share their end points."""
    first, last = int(f4(low).view(np.int32)), int(f4(high).view(np.int32))
    for start in range(first, last, 1 << 19):
        yield np.arange(start, min(start + (1 << 19), last) + 1, dtype=np.int32).view(f4)


def measure(name: str, formula: Formula, c: Array, truth: Truth, chunks: Iterator[Array], trend: int = 0) -> None:
    """Print the greatest error, the range and the steps against the trend over all the inputs."""
    worst, where, low, high, wrong, drop = 0.0, 0.0, np.inf, -np.inf, 0, 0.0
    for x in chunks:
        y = formula(c, x)
        assert y.dtype == f4
        assert np.isfinite(y).all()
        error = np.abs(y - truth(x.astype(float)))
        worst, where = max((worst, where), (float(error.max()), float(x[error.argmax()])))
        low, high, steps = min(low, float(y.min())), max(high, float(y.max())), trend * np.diff(y)
        wrong, drop = wrong + int(np.sum(steps < 0)), max(drop, float(-steps.min()))
    against = f", {wrong} steps against the trend, the largest {drop:.2g}" if trend else ""
    print(f"  {name}: error {worst:.4g} at {where!r}, range [{low:.9g}, {high:.9g}]{against}", flush=True)


def fit(
    name: str,
    formula: Formula,
    truth: Truth,
    start: Any,
    x: Array,
    cap: float = np.inf,
    exact: Sequence[float] = (),
    tie: Callable[[Array], Array] = lambda t: t,
) -> Array:
    """Fit, round, polish and print one function; `tie` completes coefficients bound by an equality."""
    theta, ideal = minimax(lambda t, v: formula(tie(t), v), truth, np.array(start, float), x, cap)
    end, near = x[-1], np.geomspace(1e-6, 1, 10000)
    spread = [np.linspace(0, end, 50000), np.linspace(0, end / 32, 30000), end * near, end * (1 - near)]
    c = polish(formula, truth, tie(theta), np.concatenate(spread), exact)
    print(f"{name}: {', '.join(str(v) for v in c)}  (minimax error {ideal:.4g})", flush=True)
    return c


def fit_tanh(nodes: Array) -> None:
    """tanh, kept 5e-7 below 1 so that rounding cannot pass it, and sigmoid from its coefficients."""
    pade = np.array([378, 17325, 28, 3150, 62370]) * 1.9
    c = fit("tanh", tanh, np.tanh, pade, TANH_LIMIT * nodes, cap=1 - 5e-7)
    measure("tanh", tanh, c, np.tanh, floats(2**-20, TANH_LIMIT + 0.25), trend=1)

    def logistic(v: Array) -> Array:
        return 1 / (1 + np.exp(-v))

    measure("sigmoid x > 0", sigmoid, c, logistic, floats(2**-20, 20), trend=1)
    measure("sigmoid x < 0", sigmoid, c, logistic, (-v for v in floats(2**-20, 20)), trend=-1)


def fit_gauss(nodes: Array) -> None:
    """gauss, from the Taylor coefficients of exp(-t / 32)."""

    def bell(v: Array) -> Array:
        return np.exp(-v * v / 2)

    taylor = [1 / 24 / 32**4, -1 / 6 / 32**3, 1 / 2 / 32**2, -1 / 32]
    c = fit("gauss", gauss, bell, taylor, np.sqrt(GAUSS_LIMIT) * nodes, exact=[0])
    measure("gauss", gauss, c, bell, floats(2**-13, 6), trend=-1)


def fit_wave(name: str, formula: Formula, truth: Truth, start: Sequence[float], peak: float, nodes: Array) -> None:
    """sin_pi or cos_pi: the last coefficient makes the polynomial `peak` at 0.25, where the wave is 1."""

    def tie(t: Array) -> Array:
        return np.append(t, peak - horner(0.25, t, 0.0))

    c = fit(name, formula, truth, start, nodes, exact=[0, 0.5, 1], tie=tie)
    measure(name, formula, c, truth, floats(2**-30, 1))
    x = np.geomspace(2**-5, 2**23 - 1, 2_000_001).astype(f4)
    measure(name + " with reduction", lambda k, v: formula(k, reduce(v)), c, truth, iter([x, -x]))


def main() -> None:
    """Fit and measure all five functions."""
    nodes = (1 - np.cos(np.linspace(0, np.pi, 801)[1:])) / 2
    fit_tanh(nodes)
    fit_gauss(nodes)
    fit_wave("sin_pi", sin_pi, lambda v: np.sin(np.pi * np.fmod(v, 2)), [0.2, 1.1, 3.1], 4, nodes)
    fit_wave("cos_pi", cos_pi, lambda v: np.cos(np.pi * np.fmod(v, 2)), [-0.6, 2.6, -5.2], 2, nodes)


if __name__ == "__main__":
    main()
