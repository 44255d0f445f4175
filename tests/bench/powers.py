"""A linear law in powers of one shared weight w, with signs.

What stands k nodes before an output counts w^k, so a chain of linear nodes gives as many sizes as it has nodes. Of all
such terms the greedy choice takes, for each connection, the one that brings the law most nearer.
"""

from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import BY_NAME
from wann_rt.core.network import Connection, Network

LONGEST = 6
Law = NDArray[np.float64]  # [outputs, sources]


class Term(NamedTuple):
    """A connection of a law: what a node gives to an output, times the weight to a power."""

    output: int
    source: int
    power: int
    sign: int


def terms_of(law: Law, weight: float, connections: int, matters: Law) -> list[Term]:
    """Returns the terms that come near a law, as many as the connections allow.

    Args:
        law: what is wanted.
        weight: the shared weight.
        connections: at most.
        matters: how much an error counts, of the law's shape or one that is broadcast to it.
    """
    left, terms, used = law.copy(), list[Term](), 0
    matters = np.broadcast_to(matters, law.shape)
    while found := [one for one in _gains(left, weight, matters, terms) if used + one[1] <= connections]:
        _, cost, term = max(found, key=lambda one: one[0] / one[1])
        terms.append(term)
        left[term.output, term.source] -= term.sign * weight**term.power
        used += cost
    return terms


def _gains(left: Law, weight: float, matters: Law, terms: list[Term]) -> Iterator[tuple[float, int, Term]]:
    """Yields what each further term takes from the squared error, how many connections it costs, and the term."""
    there = {(term.output, term.source, term.power) for term in terms}
    longest = [max((term.power for term in terms if term.output == output), default=1) for output in range(len(left))]
    for (output, source), lacks in np.ndenumerate(left):
        for power in range(1, LONGEST + 1):
            gain = matters[output, source] ** 2 * (lacks**2 - (abs(lacks) - weight**power) ** 2)
            if gain > 1e-5 and (output, source, power) not in there:
                cost = 1 + max(0, power - longest[output])
                yield float(gain), cost, Term(int(output), int(source), power, 1 if lacks > 0 else -1)


def network_of(terms: list[Term], inputs: int, outputs: int) -> Network:
    """Returns the network: for each output a chain of linear nodes, as long as its highest power needs."""
    linear, first = BY_NAME["linear"].id, 1 + inputs
    fresh, hidden, connections = count(first + outputs), dict[int, int](), []
    for output in range(outputs):
        mine = [term for term in terms if term.output == output]
        nodes = [first + output]
        for _ in range(1, max((term.power for term in mine), default=1)):
            nodes.append(next(fresh))
            hidden[nodes[-1]] = linear
            connections.append(Connection(nodes[-1], nodes[-2]))
        connections += [Connection(term.source, nodes[term.power - 1], term.sign) for term in mine]
    network, _ = Network.build(inputs, hidden, {first + k: linear for k in range(outputs)}, connections)
    return network
