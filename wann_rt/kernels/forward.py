"""The compiled evaluator: one network, many lanes side by side.

Its twin is ``reference.forward``; the two are equal bit for bit (``tests/kernels/test_kernels.py``).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core import activations
from wann_rt.core.arithmetic import ONE, ZERO, Number
from wann_rt.core.network import Program
from wann_rt.core.terms import Lowered
from wann_rt.kernels.block import Width, full
from wann_rt.kernels.jit import inlined, jit
from wann_rt.kernels.programs import Programs
from wann_rt.kernels.rows import load, store_rows

BATCH = Width(16)  # width of ``forward_batch``: narrow, because a controller is mostly called with one observation
ALIGNMENT = 64  # bytes; keeps each vector load within one cache line


@jit
def scratch(width: Any, rows: int) -> NDArray[np.float32]:
    """Returns an array [rows, lanes] whose rows are aligned."""
    size, item = rows * width.lanes, 4
    memory = np.empty(size + ALIGNMENT // item, np.float32)
    skip = -memory.ctypes.data % ALIGNMENT // item
    return memory[skip : skip + size].reshape(rows, width.lanes)


@inlined
def program_at(programs: Programs, network: int) -> Program:
    """Returns one network of a population."""
    n = programs.n_nodes[network]
    return Program(
        programs.n_inputs,
        programs.n_outputs,
        programs.activations[network, :n],
        programs.offsets[network, : n + 1],
        programs.sources[network],
        programs.signs[network],
    )


@inlined
def forward(
    width: Any, program: Program, weights: NDArray[np.float32], per_connection: bool, values: NDArray[np.float32]
) -> None:
    """Computes every node of every lane.

    Args:
        width: how many lanes.
        program: the network.
        weights: the shared weight of each lane, [1, lanes]; or of each connection, [connections, lanes].
        per_connection: which of the two.
        values: [nodes, lanes]; rows 0 (bias) to n_inputs are given, the others are written.
    """
    first = 1 + program.n_inputs
    for k in range(program.activations.shape[0]):
        begin, end = program.offsets[k], program.offsets[k + 1]
        if per_connection:
            total = sum_of_products(width, program, weights, values, begin, end)
        else:
            total = signed_sum(width, program, values, begin, end) * load(width, weights, 0)
        store_rows(width, values, first + k, (activated(program.activations[k], total),))


@inlined
def signed_sum(width: Any, program: Program, values: NDArray[np.float32], begin: int, end: int) -> Number:
    """Returns the signed sum of the sources, left to right; 0 where there are none."""
    if begin == end:
        return full(width, ZERO)
    total = load(width, values, program.sources[begin])
    if program.signs[begin] < 0:
        total = -total
    for c in range(begin + 1, end):
        value = load(width, values, program.sources[c])
        total = total - value if program.signs[c] < 0 else total + value
    return total


@inlined
def sum_of_products(
    width: Any, program: Program, weights: NDArray[np.float32], values: NDArray[np.float32], begin: int, end: int
) -> Number:
    """Returns the sum of value times weight, each product rounded, left to right; 0 where there are none."""
    if begin == end:
        return full(width, ZERO)
    total = load(width, values, program.sources[begin]) * load(width, weights, begin)
    for c in range(begin + 1, end):
        total = total + load(width, values, program.sources[c]) * load(width, weights, c)
    return total


NAN = np.float32(np.nan)


def chain(palette: Sequence[activations.Activation]) -> Any:
    """Compiles "if the activation is this one, its value; else ask the rest of the chain" for each row of the palette.

    What comes out is one chain of ifs, which LLVM makes a switch; dispatch over a tuple of functions ran at 70 % of
    its speed. An id that the palette lacks gives NaN, which no score and no comparison with the oracle overlooks.
    """
    if not palette:
        return inlined(lambda activation, x: x * NAN)
    identity, function, rest = palette[0].id, palette[0].function, chain(palette[1:])

    def link(activation: int, x: Number) -> Number:
        if activation == identity:
            return function(x)
        return rest(activation, x)

    return inlined(link)


activated = chain(activations.PALETTE)  # an activation's value, for a block or a float32


def forward_batch(lowered: Lowered, multiplier: float | None, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Computes the network's raw outputs; arguments and result as in ``reference.forward``."""
    outputs = np.empty((lowered.network.n_outputs, inputs.shape[1]), np.float32)
    is_weighted = multiplier is None
    weights = lowered.factors[:, np.newaxis] if is_weighted else np.array([[multiplier]], np.float32)
    rows = np.array(inputs, np.float32, order="C")
    forward_range(BATCH, lowered.network.program, weights, is_weighted, rows, outputs)
    return outputs


@jit
def forward_range(
    width: Any,
    program: Program,
    weights: NDArray[np.float32],
    per_connection: bool,
    inputs: NDArray[np.float32],
    outputs: NDArray[np.float32],
) -> None:
    """Writes the outputs [outputs, batch], a block of lanes at a time.

    Args:
        width: how many lanes.
        program: the network.
        weights: see ``forward``; [rows, batch], or [rows, 1] for the same in each lane.
        per_connection: see ``forward``.
        inputs: [inputs, batch].
        outputs: written.
    """
    values = scratch(width, 1 + program.n_inputs + program.activations.shape[0])
    columns = scratch(width, weights.shape[0])
    values[:], columns[:] = ONE, ONE  # the bias, and defined values in lanes beyond the batch, which nobody reads
    last = values.shape[0] - program.n_outputs
    each = weights.shape[1] > 1
    for begin in range(0, inputs.shape[1], width.lanes):
        n = min(width.lanes, inputs.shape[1] - begin)
        for i in range(n):
            for k in range(program.n_inputs):
                values[1 + k, i] = inputs[k, begin + i]
            for k in range(weights.shape[0]):
                columns[k, i] = weights[k, (begin + i) * each]
        forward(width, program, columns, per_connection, values)
        for k in range(program.n_outputs):
            outputs[k, begin : begin + n] = values[last + k, :n]
