"""A population's networks as arrays, one a row: what kernels read."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.network import Network, Program


class Programs(NamedTuple):
    """The networks of a population, one a row; see ``network.Program``.

    Attributes:
        n_inputs: number of inputs.
        n_outputs: number of outputs.
        n_nodes: computed nodes of each network, int32 [networks].
        activations: int32 [networks, most nodes].
        offsets: int32 [networks, most nodes + 1].
        sources: int32 [networks, most connections].
        signs: int8 [networks, most connections].
    """

    n_inputs: int
    n_outputs: int
    n_nodes: NDArray[np.int32]
    activations: NDArray[np.int32]
    offsets: NDArray[np.int32]
    sources: NDArray[np.int32]
    signs: NDArray[np.int8]


def single(network: Network) -> Programs:
    """Returns a population of one."""
    p = network.program
    n_nodes = np.array([len(p.activations)], np.int32)
    rows = p.activations[None], p.offsets[None], p.sources[None], p.signs[None]
    return Programs(p.n_inputs, p.n_outputs, n_nodes, *rows)


def some_of(programs: Programs, networks: NDArray[np.int64]) -> Programs:
    """Returns some networks of a population."""
    return Programs(
        programs.n_inputs,
        programs.n_outputs,
        programs.n_nodes[networks],
        programs.activations[networks],
        programs.offsets[networks],
        programs.sources[networks],
        programs.signs[networks],
    )


def is_row(programs: Programs, k: int, program: Program) -> bool:
    """Returns whether a network of a population computes just what a program does."""
    n_nodes, n_connections = len(program.activations), len(program.sources)
    return (
        int(programs.n_nodes[k]) == n_nodes
        and np.array_equal(programs.activations[k, :n_nodes], program.activations)
        and np.array_equal(programs.offsets[k, : n_nodes + 1], program.offsets)
        and np.array_equal(programs.sources[k, :n_connections], program.sources)
        and np.array_equal(programs.signs[k, :n_connections], program.signs)
    )
