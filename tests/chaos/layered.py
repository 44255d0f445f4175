"""Random networks in layers: how much each layer stretches a small difference, and what becomes of a large one.

Weights are normal with variance sigma^2 / fan-in and there is no bias, as in Poole et al. 2016 and Schoenholz et al.
2017. Where a layer shrinks small differences, a network is ordered; where it stretches them, chaotic.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TINY = 1e-6  # of the difference between two inputs, relative
WIDTH, CHANNELS, KERNEL, PLACES = 64, 16, 3, 16


class Law(NamedTuple):
    """An activation and its slope."""

    value: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]


def _bell(x: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * x * x))


def _logistic(x: Floats) -> Floats:
    return np.asarray(0.5 * np.tanh(0.5 * x) + 0.5)


LAWS: Mapping[str, Law] = {
    "tanh": Law(np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "relu": Law(lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(np.float64)),
    "abs": Law(np.abs, np.sign),
    "sin": Law(lambda x: np.sin(np.pi * x), lambda x: np.pi * np.cos(np.pi * x)),
    "gauss": Law(_bell, lambda x: -x * _bell(x)),
    "sigmoid": Law(_logistic, lambda x: _logistic(x) * (1 - _logistic(x))),
}


def stretches(name: str, sigma: float, depth: int, seed: int, *, convolved: bool = False, nets: int = 20) -> Floats:
    """Returns by how much each layer stretches a direction of the inputs, [nets, depth].

    Args:
        name: of the activation.
        sigma: scale of the weights.
        depth: how many layers.
        seed: of inputs and weights.
        convolved: whether the layers are convolutions on a ring; else all units are connected.
        nets: how many networks.
    """
    law, found = LAWS[name], np.empty((nets, depth))
    for k in range(nets):
        rng = np.random.default_rng([seed, k])
        shape = (CHANNELS, PLACES) if convolved else (WIDTH, 1)
        x, along = rng.normal(size=shape), rng.normal(size=shape)
        along /= np.linalg.norm(along)
        for layer in range(depth):
            apply = _layer(rng, sigma, convolved)
            z, change = apply(x), apply(along)
            x, change = law.value(z), law.slope(z) * change
            length = float(np.linalg.norm(change))
            found[k, layer] = length
            along = change / length if length > 0 else along
    return found


def _layer(rng: np.random.Generator, sigma: float, convolved: bool) -> Callable[[Floats], Floats]:
    """Returns a linear layer of random weights."""
    if not convolved:
        dense = rng.normal(size=(WIDTH, WIDTH)) * sigma / np.sqrt(WIDTH)
        return lambda x: np.asarray(dense @ x)
    kernels = rng.normal(size=(KERNEL, CHANNELS, CHANNELS)) * sigma / np.sqrt(KERNEL * CHANNELS)
    return lambda x: np.asarray(sum(kernels[k] @ np.roll(x, k - 1, axis=1) for k in range(KERNEL)))


def agreement(name: str, sigma: float, depth: int, seed: int, nets: int = 20) -> float:
    """Returns the mean cosine between what two inputs, drawn apart from each other, have become after some layers."""
    law, found = LAWS[name], []
    for k in range(nets):
        rng = np.random.default_rng([seed, k])
        pair = rng.normal(size=(WIDTH, 2))
        for _ in range(depth):
            pair = law.value(rng.normal(size=(WIDTH, WIDTH)) @ pair * sigma / np.sqrt(WIDTH))
        lengths = np.linalg.norm(pair, axis=0)
        found.append(float(pair[:, 0] @ pair[:, 1] / max(lengths.prod(), 1e-300)))
    return float(np.mean(found))


def expected(name: str, sigma: float) -> float:
    """Returns by how much a very wide layer stretches, deep in a network: the root of chi in Poole et al. 2016."""
    nodes = np.linspace(-8, 8, 4001)  # even and fine: some slopes have steps
    weights = np.exp(-0.5 * nodes * nodes)
    weights /= weights.sum()
    law, q = LAWS[name], 1.0
    for _ in range(400):  # the variance of what activations are given settles
        q = min(sigma**2 * float(weights @ law.value(np.sqrt(q) * nodes) ** 2), 1e12)
    return float(sigma * np.sqrt(weights @ law.slope(np.sqrt(q) * nodes) ** 2))


def crossing(name: str, low: float = 0.2, high: float = 6.0) -> float | None:
    """Returns the least scale of weights at which a very wide layer stretches by 1; None where there is none."""
    grid = np.linspace(low, high, 59)
    values = np.array([expected(name, float(sigma)) for sigma in grid])
    above = np.flatnonzero((values[1:] >= 1) & (values[:-1] < 1))
    if not len(above):
        return None
    k = int(above[0])
    a, b = values[k], values[k + 1]
    return float(grid[k] + (1 - a) / (b - a) * (grid[k + 1] - grid[k]))
