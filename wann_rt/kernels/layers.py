"""Gradients of a network of two layers, inputs -> ``abs`` nodes -> classes, by kernels whose sums have one order.

A matrix product of a library adds in an order of its own, which differs between machines, versions and numbers of
threads. These loops add in the order in which they are written, with blocks of lanes for the nodes of a layer, so a
training gives the same bits everywhere. Inputs that are 0, most of an image, are skipped, which makes up for the rest.
"""

from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from wann_rt.core.arithmetic import ONE, ZERO, absolute
from wann_rt.core.arithmetic import select as choose
from wann_rt.core.exponential import exponential
from wann_rt.kernels.block import Width, full
from wann_rt.kernels.forward import scratch
from wann_rt.kernels.jit import inlined, jit
from wann_rt.kernels.rows import load, store_rows

register_jitable(exponential)
CLASSES = Width(16)  # lanes for the classes; so many at most


@jit
def gradients(
    width: Any,
    inputs: NDArray[np.float32],
    labels: NDArray[np.int64],
    rows: NDArray[np.int64],
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    n_classes: int,
    to_first: NDArray[np.float32],
    to_second: NDArray[np.float32],
    hits: NDArray[np.int64],
) -> None:
    """Adds the gradient of the summed cross-entropy of some samples to ``to_first`` and ``to_second``.

    Args:
        width: how many hidden nodes, in lanes.
        inputs: [samples, inputs]; the bias is one of them.
        labels: class of each sample.
        rows: which samples.
        first: weights [inputs, hidden].
        second: weights [hidden, lanes of the classes].
        n_classes: how many of those lanes are classes.
        to_first: written.
        to_second: written.
        hits: how many samples are classified rightly is added to its only item.
    """
    turned = scratch(width, CLASSES.lanes)
    for j in range(second.shape[0]):
        for c in range(CLASSES.lanes):
            turned[c, j] = second[j, c]
    hidden, out = scratch(width, 1), scratch(CLASSES, 1)
    for row in rows:
        total = full(width, ZERO)
        for k in range(inputs.shape[1]):
            x = inputs[row, k]
            if x != ZERO:
                total = total + load(width, first, k) * x
        store_rows(width, hidden, 0, (absolute(total),))
        logits = full(CLASSES, ZERO)
        for j in range(second.shape[0]):
            logits = logits + load(CLASSES, second, j) * hidden[0, j]
        store_rows(CLASSES, out, 0, (logits,))
        hits[0] += errors_of(out[0], n_classes, labels[row])
        error = load(CLASSES, out, 0)
        back = full(width, ZERO)
        for c in range(n_classes):
            back = back + load(width, turned, c) * out[0, c]
        for j in range(second.shape[0]):
            store_rows(CLASSES, to_second, j, (load(CLASSES, to_second, j) + error * hidden[0, j],))
        back = choose(total < ZERO, -back, back)
        for k in range(inputs.shape[1]):
            x = inputs[row, k]
            if x != ZERO:
                store_rows(width, to_first, k, (load(width, to_first, k) + back * x,))


@inlined
def errors_of(out: NDArray[np.float32], n_classes: int, label: int) -> int:
    """Replaces logits by the softmax less the wanted class; returns 1 where the greatest was the wanted one, else 0."""
    best = 0
    for c in range(1, n_classes):
        if out[c] > out[best]:
            best = c
    top, total = out[best], ZERO
    for c in range(n_classes):
        out[c] = exponential(out[c] - top)
        total += out[c]
    for c in range(n_classes):
        out[c] = out[c] / total
    out[label] -= ONE
    for c in range(n_classes, out.shape[0]):
        out[c] = ZERO
    return 1 if best == label else 0
