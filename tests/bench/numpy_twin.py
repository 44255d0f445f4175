"""The two Python competitors of the kernel: the paper's algorithm in plain numpy, and neat-python's own networks.

Both play the same episodes as ``scalar.c``, the swing-up in plain Python floats. The first evaluates a network as the
published code does: node by node, each the dot product of all values with a column of a dense matrix.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.network import Program

Act = Callable[[Sequence[float]], float]


def episode(act: Act, start: Sequence[float], max_steps: int, track: float) -> tuple[float, int]:
    """Returns the sum of rewards and the steps of an episode with this controller."""
    x, x_dot, theta, theta_dot = start
    score, steps = 0.0, 0
    while steps < max_steps:
        s, c = math.sin(theta), math.cos(theta)
        force = 10.0 * max(-1.0, min(1.0, act((x, x_dot, c, s, theta_dot))))
        swing, push, lever = 0.3 * theta_dot * theta_dot * s, force - 0.1 * x_dot, 4.0 - 1.5 * c * c
        x_acc = (1.5 * 9.82 * s * c + 4.0 * push - 2.0 * swing) / lever
        theta_acc = 3.0 * (2.0 * 9.82 * s + 2.0 * push * c - swing * c) / (0.6 * lever)
        x, theta = x + x_dot * 0.01, theta + theta_dot * 0.01
        x_dot, theta_dot = x_dot + x_acc * 0.01, theta_dot + theta_acc * 0.01
        score += (math.cos(theta) + 1.0) * 0.5 * math.cos(0.5 * math.pi * x / track)
        steps += 1
        if abs(x) > track:
            break
    return score, steps


def _apply(activation: int, x: float) -> float:
    """Applies an activation by its id, a chain of ifs as in the published code."""
    if activation == 3:
        return float(np.sin(np.pi * x))
    if activation == 4:
        return float(np.exp(-x * x / 2.0))
    if activation == 5:
        return float(np.tanh(x))
    if activation == 6:
        return float((np.tanh(x / 2.0) + 1.0) / 2.0)
    if activation == 8:
        return abs(x)
    if activation == 9:
        return max(0.0, x)
    return x


def dense(program: Program, weight: float) -> Act:
    """Returns the network as the published code evaluates it."""
    first, n = 1 + program.n_inputs, len(program.activations)
    matrix: NDArray[np.float64] = np.zeros((first + n, first + n))
    for k in range(n):
        for e in range(program.offsets[k], program.offsets[k + 1]):
            matrix[program.sources[e], first + k] = weight * program.signs[e]
    activations = program.activations.tolist()
    values = np.zeros(first + n)

    def act(observation: Sequence[float]) -> float:
        values[:] = 0.0
        values[0] = 1.0
        values[1:first] = observation
        for k in range(n):
            values[first + k] = _apply(activations[k], float(np.dot(values, matrix[:, first + k])))
        return float(values[-1])

    return act


# Leaner than neat-python's own, which clamp and scale their arguments: so much to its advantage.
_FUNCTIONS: dict[int, Callable[[float], float]] = {
    1: lambda x: x,
    3: lambda x: math.sin(math.pi * x),
    4: lambda x: math.exp(-0.5 * x * x),
    5: math.tanh,
    6: lambda x: 0.5 * math.tanh(0.5 * x) + 0.5,
    8: abs,
    9: lambda x: x if x > 0.0 else 0.0,
}


def neat_network(feed_forward: Any, program: Program, weight: float) -> Act:
    """Returns the network as neat-python evaluates it; ``feed_forward`` is its class FeedForwardNetwork."""
    first, n = 1 + program.n_inputs, len(program.activations)
    nodes = []
    for k in range(n):
        edges = range(program.offsets[k], program.offsets[k + 1])
        links = [(int(program.sources[e]), weight * int(program.signs[e])) for e in edges]
        nodes.append((first + k, _FUNCTIONS[int(program.activations[k])], sum, 0.0, 1.0, links))
    network = feed_forward(list(range(first)), [first + n - 1], nodes)
    return lambda observation: float(network.activate((1.0, *observation))[0])
