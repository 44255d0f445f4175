"""A network as a tape: one number for each node and one for each connection, in the order of their computation.

A rollout computes one network up to a thousand times. Its offsets, sources and signs are therefore read once and
written down as what the loop over connections needs: where the source's row begins, whether to subtract, whether to
stop. Looking that up anew in each step took more than half as long as all activations.

What is computed has the bits of ``forward``: a sum begins with -0.0, because -0.0 + x is x for every x.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.arithmetic import ZERO
from wann_rt.kernels.block import full
from wann_rt.kernels.forward import activated
from wann_rt.kernels.jit import inlined
from wann_rt.kernels.programs import Programs
from wann_rt.kernels.rows import load_at, pointer, store_at

EMPTY, WEIGHTED = 1, 2  # bits of a node: it has no source; its connections have weights of their own
NEGATIVE, LAST = 1, 2  # bits of a connection: its source is subtracted; it is the node's last
BITS = 2  # above them: of a node the activation, of a connection the first number of its source's row
END = -1
MINUS_ZERO = np.float32(-0.0)


class Tape(NamedTuple):
    """A network on a tape.

    Attributes:
        numbers: of each node one, then of each of its connections one; ``END`` after the last node.
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
        per_connection: whether each connection has a weight of its own.
        numbers: memory for it; written.
    """
    at, nodes = 0, programs.n_nodes[network]
    for k in range(nodes):
        begin, end = programs.offsets[network, k], programs.offsets[network, k + 1]
        bits = (EMPTY if begin == end else 0) + (WEIGHTED if per_connection else 0)
        numbers[at] = (programs.activations[network, k] << BITS) + bits
        at += 1
        for c in range(begin, end):
            bits = (NEGATIVE if programs.signs[network, c] < 0 else 0) + (LAST if c == end - 1 else 0)
            numbers[at] = (programs.sources[network, c] * width.lanes << BITS) + bits
            at += 1
    numbers[at] = END
    first = 1 + programs.n_inputs
    return Tape(numbers, first, first + nodes - programs.n_outputs, programs.n_outputs)


@inlined
def compute(width: Any, tape: Tape, weights: NDArray[np.float32], values: NDArray[np.float32]) -> None:
    """Computes every node of every lane; arguments as of ``forward``.

    Whether connections have weights stands on the tape: of an argument LLVM would make two loops, each with all
    activations, and the kernel would take longer to compile.
    """
    numbers, rows, factors = pointer(tape.numbers), pointer(values), pointer(weights)
    target, at, factor = tape.first * width.lanes, 0, 0
    node = numbers[0]
    while node != END:
        total = full(width, MINUS_ZERO)
        if node & EMPTY:
            total = full(width, ZERO)
        elif node & WEIGHTED:
            connection = 0
            while not connection & LAST:
                at += 1
                connection = numbers[at]
                total = total + load_at(width, rows, connection >> BITS) * load_at(width, factors, factor)
                factor += width.lanes
        else:
            connection = 0
            while not connection & LAST:
                at += 1
                connection = numbers[at]
                value = load_at(width, rows, connection >> BITS)
                total = total - value if connection & NEGATIVE else total + value
        if not node & WEIGHTED:
            total = total * load_at(width, factors, 0)
        store_at(width, rows, target, activated(node >> BITS, total))
        target += width.lanes
        at += 1
        node = numbers[at]
