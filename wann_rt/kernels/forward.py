"""The compiled evaluator: one network, many lanes side by side, so that every inner loop becomes SIMD code.

Its twin is ``reference.forward``; the two are equal bit for bit (``tests/test_kernels.py``).
"""

import numpy as np
from numpy.typing import NDArray

from wann_rt import activations
from wann_rt.arithmetic import absolute
from wann_rt.kernels.jit import jit
from wann_rt.network import Network, Program

CHUNK = 256  # lanes per call: the values of a few hundred nodes stay in the second-level cache


@jit
def forward_lanes(
    program: Program, weights: NDArray[np.float32], per_connection: bool, values: NDArray[np.float32]
) -> None:
    """Computes every node of every lane.

    Args:
        program: the network.
        weights: the shared weight of each lane, [1, lanes]; or of each connection, [connections, lanes].
        per_connection: which of the two.
        values: [nodes, lanes]; rows 0 (bias) to n_inputs are given, the others are written.
    """
    lanes = values.shape[1]
    first = 1 + program.n_inputs
    for k in range(program.activations.shape[0]):
        node = first + k
        begin, end = program.offsets[k], program.offsets[k + 1]
        if per_connection:
            _sum_products(program, weights, values, node, begin, end)
        else:
            _sum_shared(program, values, node, begin, end)
            for i in range(lanes):
                values[node, i] *= weights[0, i]
        activate(program.activations[k], values, node)


@jit
def _sum_shared(program: Program, values: NDArray[np.float32], node: int, begin: int, end: int) -> None:
    """Writes the signed sum of the sources, left to right; 0 where there are none."""
    lanes = values.shape[1]
    if begin == end:
        values[node, :] = np.float32(0.0)
        return
    source = program.sources[begin]
    if program.signs[begin] > 0:
        for i in range(lanes):
            values[node, i] = values[source, i]
    else:
        for i in range(lanes):
            values[node, i] = -values[source, i]
    for c in range(begin + 1, end):
        source = program.sources[c]
        if program.signs[c] > 0:
            for i in range(lanes):
                values[node, i] += values[source, i]
        else:
            for i in range(lanes):
                values[node, i] -= values[source, i]


@jit
def _sum_products(
    program: Program, weights: NDArray[np.float32], values: NDArray[np.float32], node: int, begin: int, end: int
) -> None:
    """Writes the sum of value times weight, each product rounded, left to right; 0 where there are none."""
    lanes = values.shape[1]
    if begin == end:
        values[node, :] = np.float32(0.0)
        return
    source = program.sources[begin]
    for i in range(lanes):
        values[node, i] = values[source, i] * weights[begin, i]
    for c in range(begin + 1, end):
        source = program.sources[c]
        for i in range(lanes):
            values[node, i] += values[source, i] * weights[c, i]


@jit
def activate(activation: int, values: NDArray[np.float32], node: int) -> None:
    """Applies an activation to a row in place: the table of the palette, one vectorised loop per entry.

    A chain of ifs, because numba's dispatch over a tuple of functions ran at 70 % of its speed.
    """
    lanes = values.shape[1]
    if activation == 1:
        return
    if activation == 2:
        for i in range(lanes):
            values[node, i] = activations.step(values[node, i])
    elif activation == 3:
        for i in range(lanes):
            values[node, i] = activations.sin(values[node, i])
    elif activation == 4:
        for i in range(lanes):
            values[node, i] = activations.gauss(values[node, i])
    elif activation == 5:
        for i in range(lanes):
            values[node, i] = activations.tanh(values[node, i])
    elif activation == 6:
        for i in range(lanes):
            values[node, i] = activations.sigmoid(values[node, i])
    elif activation == 7:
        for i in range(lanes):
            values[node, i] = activations.inverse(values[node, i])
    elif activation == 8:
        for i in range(lanes):
            values[node, i] = absolute(values[node, i])
    elif activation == 9:
        for i in range(lanes):
            values[node, i] = activations.relu(values[node, i])
    elif activation == 10:
        for i in range(lanes):
            values[node, i] = activations.cos(values[node, i])
    elif activation == 11:
        for i in range(lanes):
            values[node, i] = activations.square(values[node, i])


def forward_batch(
    network: Network, weights: NDArray[np.float32], inputs: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Computes the network's raw outputs; arguments and result as in ``reference.forward``."""
    n_batch = inputs.shape[1]
    outputs = np.empty((network.n_outputs, n_batch), np.float32)
    values = np.empty((network.n_nodes, min(n_batch, CHUNK)), np.float32)
    values[0] = 1.0
    rows = np.atleast_2d(weights)
    rows = np.broadcast_to(rows, (len(rows), n_batch))
    for begin in range(0, n_batch, CHUNK):
        chunk = inputs[:, begin : begin + CHUNK]
        lanes = np.ascontiguousarray(values[:, : chunk.shape[1]])
        lanes[network.first - network.n_inputs : network.first] = chunk
        columns = np.ascontiguousarray(rows[:, begin : begin + CHUNK])
        forward_lanes(network.program, columns, weights.ndim == 2, lanes)
        outputs[:, begin : begin + CHUNK] = lanes[-network.n_outputs :]
    return outputs
