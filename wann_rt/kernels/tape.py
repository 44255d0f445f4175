"""A network as a tape: one number for each node and one for each connection, in the order of their computation.

A rollout computes one network up to a thousand times. Its offsets, sources and signs are therefore read once and
written down as what the loop over connections needs: where the source's row begins, and whether to subtract it. The
next node's number ends the loop: with a count of connections LLVM would unroll it, which is slower for two or three.

What is computed has the bits of ``forward``.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.arithmetic import ZERO, Number
from wann_rt.kernels.block import full
from wann_rt.kernels.forward import activated
from wann_rt.kernels.jit import inlined
from wann_rt.kernels.programs import Programs
from wann_rt.kernels.rows import load_at, pointer, store_at

NODE = 1 << 30  # from here on a number of the tape is a node's, below it a connection's
EMPTY, WEIGHTED = 1, 2  # bits of a node: it has no source; its connections have weights of their own
BITS = 2  # above them: the activation
END = (1 << 31) - 1


class Tape(NamedTuple):
    """A network on a tape.

    Attributes:
        numbers: of each node one, then of each of its connections one: where the source's row begins, or ~ of that, a
            negative number, where it is subtracted; ``END`` after the last node.
        first: row of the first node.
        actions: row of the first action.
        n_actions: how many there are.
    """

    numbers: NDArray[np.int64]
    first: int
    actions: int
    n_actions: int


@inlined
def blank(programs: Programs) -> NDArray[np.int64]:
    """Returns memory for the tape of any network of a population."""
    return np.empty(programs.activations.shape[1] + programs.sources.shape[1] + 1, np.int64)


@inlined
def written(width: Any, programs: Programs, network: int, per_connection: bool, numbers: NDArray[np.int64]) -> Tape:
    """Writes a network of a population on a tape.

    Args:
        width: how many lanes.
        programs: the population.
        network: which of its networks.
        per_connection: whether each connection has a weight of its own, which carries its sign.
        numbers: memory for it; written.
    """
    at, nodes = 0, programs.n_nodes[network]
    for k in range(nodes):
        begin, end = programs.offsets[network, k], programs.offsets[network, k + 1]
        bits = (EMPTY if begin == end else 0) + (WEIGHTED if per_connection else 0)
        numbers[at] = NODE + (programs.activations[network, k] << BITS) + bits
        at += 1
        for c in range(begin, end):
            row = programs.sources[network, c] * width.lanes
            numbers[at] = ~row if programs.signs[network, c] < 0 and not per_connection else row
            at += 1
    numbers[at] = END
    first = 1 + programs.n_inputs
    return Tape(numbers, first, first + nodes - programs.n_outputs, programs.n_outputs)


@inlined
def compute(width: Any, tape: Tape, weights: NDArray[np.float32], values: NDArray[np.float32]) -> None:
    """Computes every node of every lane; arguments as of ``forward``.

    Whether connections have weights stands on the tape: of an argument LLVM would make two loops, each with all
    activations, and the kernel would take longer to compile. What most nodes are like takes one test.
    """
    numbers, rows, factors = pointer(tape.numbers), pointer(values), pointer(weights)
    target, at, factor = tape.first * width.lanes, 1, 0
    node = numbers[0]
    while node != END:
        if node & (EMPTY | WEIGHTED):
            total, at, factor = rare_sum(width, node, rows, numbers, at, factors, factor)
        else:
            total, at = signed_sum(width, rows, numbers, at)
            total = total * load_at(width, factors, 0)
        activation, node = (node - NODE) >> BITS, numbers[at]
        store_at(width, rows, target, activated(activation, total))
        target += width.lanes
        at += 1


@inlined
def signed_sum(width: Any, rows: Any, numbers: Any, at: int) -> tuple[Number, int]:
    """Returns the signed sum of the sources that stand on a tape from ``at`` on, and where the next node stands."""
    row = numbers[at]
    total = load_at(width, rows, row) if row >= 0 else -load_at(width, rows, ~row)
    at += 1
    row = numbers[at]
    while row < NODE:
        total = total + load_at(width, rows, row) if row >= 0 else total - load_at(width, rows, ~row)
        at += 1
        row = numbers[at]
    return total, at


@inlined
def rare_sum(
    width: Any, node: int, rows: Any, numbers: Any, at: int, factors: Any, factor: int
) -> tuple[Number, int, int]:
    """Returns the sum of a node without sources, or whose connections have weights of their own.

    Args:
        width: how many lanes.
        node: its number on the tape.
        rows: of values.
        numbers: the tape.
        at: where its connections stand.
        factors: the weights.
        factor: where those of its connections begin.

    Returns:
        The sum of products, each rounded, and ``at`` and ``factor`` of the next node.
    """
    if node & EMPTY:
        zero = full(width, ZERO)
        return (zero if node & WEIGHTED else zero * load_at(width, factors, 0)), at, factor
    total = load_at(width, rows, numbers[at]) * load_at(width, factors, factor)
    at += 1
    factor += width.lanes
    row = numbers[at]
    while row < NODE:
        total = total + load_at(width, rows, row) * load_at(width, factors, factor)
        at += 1
        factor += width.lanes
        row = numbers[at]
    return total, at, factor
