"""Compiled scoring of data sets: a block of samples stays in the value rows, and networks write only what is above.

The rows of the inputs are filled once a block and not once a network: a network of 500 connections is computed in less
time than 256 inputs are copied in. Scores are the twins of ``core/sample_scores.py``, equal bit for bit.
"""

from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from wann_rt.core.arithmetic import ONE, ZERO, Number, absolute, both, is_number, maximum
from wann_rt.core.arithmetic import select as choose
from wann_rt.core.exponential import exponential, logarithm
from wann_rt.core.sample_scores import FARTHEST, HUNDRED, LEAST
from wann_rt.kernels.block import Width, full, widen
from wann_rt.kernels.counter import draw
from wann_rt.kernels.forward import forward, program_at, scratch
from wann_rt.kernels.jit import inlined, jit
from wann_rt.kernels.programs import Programs
from wann_rt.kernels.rows import load, store_rows

WIDTH = Width(64)
ROWS_PER_CALL = 512  # a call cannot be interrupted, and fills its first block anew
ACCURACY, LIKELIHOOD, ENTROPY, CLOSENESS = 0, 1, 2, 3  # kinds of scores

for _function in (exponential, logarithm):
    register_jitable(_function)


class Samples(NamedTuple):
    """A data set, and what it is scored by.

    Attributes:
        inputs: what enters the network, conditioned, [samples, inputs].
        targets: the label of each sample, [samples, 1], or the wanted outputs, [samples, outputs].
        kind: of score.
        sharpness: see ``sample_scores.sharpness``.
        per_logarithm: see ``sample_scores.per_logarithm``.
    """

    inputs: NDArray[np.float32]
    targets: NDArray[np.float32]
    kind: int
    sharpness: np.float32
    per_logarithm: np.float32


@jit
def score_samples(
    width: Width,
    programs: Programs,
    samples: Samples,
    rows: NDArray[np.int64],
    weights: NDArray[np.float32],
    per_connection: bool,
    taken: NDArray[np.int64],
    scores: NDArray[np.float64],
) -> None:
    """Scores networks on blocks of samples until the counter says that all are taken, or many are scored.

    Args:
        width: how many lanes.
        programs: the networks.
        samples: the data.
        rows: the sample of each lane, [blocks, lanes].
        weights: [blocks, 1, lanes] or [blocks, connections, lanes]; see ``forward``.
        per_connection: which of the two.
        taken: counter of the rows of ``scores`` that are taken; see ``counter.draw``.
        scores: written, row ``block * networks + network``, [rows, lanes].
    """
    networks = len(programs.n_nodes)
    values = scratch(width, 1 + programs.n_inputs + programs.activations.shape[1])
    wanted = scratch(width, samples.targets.shape[1])
    values[0] = ONE
    held = -1
    for _ in range(ROWS_PER_CALL):
        row = draw(taken)
        if row >= networks * len(rows):
            return
        block, network = row // networks, row % networks
        if block != held:
            fill(samples.inputs, rows[block], values[1:])
            fill(samples.targets, rows[block], wanted)
            held = block
        program = program_at(programs, network)
        forward(width, program, weights[block], per_connection, values)
        first = 1 + program.n_inputs + program.activations.shape[0] - program.n_outputs
        store_rows(width, scores, row, (widen(score(width, samples, values, first, program.n_outputs, wanted)),))


@inlined
def fill(data: NDArray[np.float32], rows: NDArray[np.int64], values: NDArray[np.float32]) -> None:
    """Copies samples into lanes."""
    for lane in range(len(rows)):
        for k in range(data.shape[1]):
            values[k, lane] = data[rows[lane], k]


@inlined
def score(
    width: Any, samples: Samples, values: NDArray[np.float32], first: int, n: int, wanted: NDArray[np.float32]
) -> Number:
    """Returns the score of each lane, whose outputs are the ``n`` rows of ``values`` from ``first`` on."""
    result = full(width, ZERO)
    if samples.kind == ACCURACY:
        result = accuracy(width, values, first, n, load(width, wanted, 0))
    elif samples.kind == LIKELIHOOD or samples.kind == ENTROPY:
        result = likelihood(width, samples, values, first, n, load(width, wanted, 0))
    else:
        result = closeness(width, values, first, n, wanted)
    return result


@inlined
def accuracy(width: Any, values: NDArray[np.float32], first: int, n: int, label: Number) -> Number:
    """The twin of ``sample_scores.accuracy``."""
    best, chosen, place = load(width, values, first), full(width, ZERO), ZERO
    for k in range(1, n):
        place = place + ONE
        output = load(width, values, first + k)
        greater = output > best
        best, chosen = choose(greater, output, best), choose(greater, full(width, place), chosen)
    return choose(both(chosen >= label, chosen <= label), full(width, HUNDRED), full(width, ZERO))


@inlined
def likelihood(width: Any, samples: Samples, values: NDArray[np.float32], first: int, n: int, label: Number) -> Number:
    """The twin of ``sample_scores.likelihood``, and of ``entropy`` where that is the kind."""
    total = top = load(width, values, first)
    for k in range(1, n):
        output = load(width, values, first + k)
        total, top = total + output, maximum(output, top)
    mean = total * np.float32(1.0 / n)
    spread = absolute(load(width, values, first) - mean)
    for k in range(1, n):
        spread = spread + absolute(load(width, values, first + k) - mean)
    factor = choose(spread > ZERO, samples.sharpness / spread, full(width, ZERO))
    summed, wanted, chosen, place = full(width, ZERO), full(width, ZERO), full(width, ZERO), ZERO
    for k in range(n):
        logit = (load(width, values, first + k) - top) * factor
        power, is_label = exponential(logit), both(label >= place, label <= place)
        summed, wanted, chosen = summed + power, choose(is_label, power, wanted), choose(is_label, logit, chosen)
        place = place + ONE
    result, otherwise = HUNDRED * wanted / summed, full(width, ZERO)
    if samples.kind == ENTROPY:
        result, otherwise = HUNDRED - samples.per_logarithm * (logarithm(summed) - chosen), full(width, LEAST)
    return choose(is_number(result), result, otherwise)


@inlined
def closeness(width: Any, values: NDArray[np.float32], first: int, n: int, wanted: NDArray[np.float32]) -> Number:
    """The twin of ``sample_scores.closeness``."""
    error = load(width, values, first) - load(width, wanted, 0)
    total = error * error
    for k in range(1, n):
        error = load(width, values, first + k) - load(width, wanted, k)
        total = total + error * error
    farthest = full(width, FARTHEST)
    return choose(is_number(total), maximum(-total, farthest), farthest)
