"""Network: a validated feed-forward program in canonical order. Start reading here.

Nodes are numbered in the order in which they are computed: 0 is the bias (constant 1), then the inputs, then the
hidden nodes sorted by (level, activation, given id), then the outputs in their own order. A node's sources are
ascending. This canonical order is the same in the JSON file, the C header and the ONNX graph, so the sums run left to
right over the same terms everywhere - which is what makes their bits equal.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import BY_ID
from wann_rt.core.errors import NetworkError

BIAS = 0  # the number of the bias node
MAX_NODES = 65_535  # so that a node number fits 16 bits in every format
MAX_CONNECTIONS = 1_000_000


class Connection(NamedTuple):
    """A directed connection; under a shared weight w it contributes ``sign * w * value(source)``."""

    source: int
    target: int
    sign: int = 1


class Program(NamedTuple):
    """A network as the arrays that compiled kernels read; computed nodes are hidden nodes, then outputs.

    Attributes:
        n_inputs: number of inputs, bias excluded; computed node k is node ``1 + n_inputs + k``.
        n_outputs: number of outputs: the last computed nodes.
        activations: activation id of each computed node, int32 [nodes].
        offsets: node k sums connections ``offsets[k]`` to ``offsets[k + 1] - 1``, int32 [nodes + 1].
        sources: source node of each connection, int32 [connections].
        signs: +1 or -1 of each connection, int8 [connections].
    """

    n_inputs: int
    n_outputs: int
    activations: NDArray[np.int32]
    offsets: NDArray[np.int32]
    sources: NDArray[np.int32]
    signs: NDArray[np.int8]


@dataclass(frozen=True)
class Network:
    """An immutable network in canonical order; make one with ``build``, which validates and orders.

    Attributes:
        n_inputs: number of observations.
        n_outputs: number of actions.
        activations: activation id of each computed node (hidden, then outputs).
        sources: for each computed node its source nodes, ascending.
        signs: +1 or -1 beside each source.
        levels: for each computed node its level: 1 + the highest level of its sources (bias and inputs: 0); all
            outputs share the last level, so that no output precedes a hidden node.
    """

    n_inputs: int
    n_outputs: int
    activations: tuple[int, ...]
    sources: tuple[tuple[int, ...], ...]
    signs: tuple[tuple[int, ...], ...]
    levels: tuple[int, ...]

    @property
    def first(self) -> int:
        """Number of the first computed node: bias and inputs come before it."""
        return 1 + self.n_inputs

    @property
    def n_hidden(self) -> int:
        """Number of hidden nodes."""
        return len(self.activations) - self.n_outputs

    @property
    def n_nodes(self) -> int:
        """Number of all nodes: bias, inputs, hidden, outputs."""
        return self.first + len(self.activations)

    @property
    def n_connections(self) -> int:
        """Number of connections."""
        return sum(map(len, self.sources))

    @property
    def connections(self) -> list[Connection]:
        """All connections in canonical order: by target, then by source."""
        return [
            Connection(source, self.first + k, sign)
            for k, (sources, signs) in enumerate(zip(self.sources, self.signs, strict=True))
            for source, sign in zip(sources, signs, strict=True)
        ]

    @property
    def is_signed(self) -> bool:
        """Whether any connection carries a minus sign."""
        return any(sign < 0 for signs in self.signs for sign in signs)

    @cached_property
    def program(self) -> Program:
        """The network as arrays for the kernels."""
        connections = self.connections
        return Program(
            self.n_inputs,
            self.n_outputs,
            np.array(self.activations, np.int32),
            np.cumsum([0, *map(len, self.sources)]).astype(np.int32),
            np.array([c.source for c in connections], np.int32),
            np.array([c.sign for c in connections], np.int8),
        )

    @classmethod
    def build(
        cls,
        n_inputs: int,
        hidden: Mapping[int, int],
        outputs: Mapping[int, int],
        connections: Sequence[Connection],
        *,
        prune: bool = False,
    ) -> tuple["Network", list[int]]:
        """Validates, prunes and orders.

        Args:
            n_inputs: number of inputs; ids 0 (bias) to n_inputs are taken.
            hidden: id -> activation id of the hidden nodes; any ids above n_inputs.
            outputs: id -> activation id of the outputs, in action order.
            connections: in any order; a pair of nodes at most once.
            prune: drop hidden nodes that reach no output, and their connections, instead of refusing them.

        Returns:
            The network, and for each of its connections the index of the given one it came from.

        Raises:
            NetworkError: naming the node or connection at fault.
        """
        _check_nodes(n_inputs, hidden, outputs)
        _check_connections(n_inputs, hidden, outputs, connections)
        useful = _contributing(hidden, outputs, connections)
        if not prune and len(useful) < len(hidden):
            dangling = min(set(hidden) - useful)
            raise NetworkError(
                f"hidden node {dangling} reaches no output, so it does nothing: connect it, or remove it and its "
                f"connections ({len(hidden) - len(useful)} such node(s))"
            )
        kept = [k for k, c in enumerate(connections) if c.target in useful or c.target in outputs]
        level = _levels(useful, outputs, [connections[k] for k in kept])
        return cls._renumbered(n_inputs, {**hidden, **outputs}, level, connections, kept)

    @classmethod
    def _renumbered(
        cls,
        n_inputs: int,
        activation: Mapping[int, int],
        level: Mapping[int, int],
        connections: Sequence[Connection],
        kept: list[int],
    ) -> tuple["Network", list[int]]:
        """Gives canonical numbers to the nodes in ``level`` (outputs last, in their order)."""
        last = max(level.values())
        hidden = sorted((i for i in level if level[i] < last), key=lambda i: (level[i], activation[i], i))
        nodes = hidden + [i for i in level if level[i] == last]
        number = {i: i for i in range(n_inputs + 1)} | {i: 1 + n_inputs + k for k, i in enumerate(nodes)}
        incoming: dict[int, list[int]] = {i: [] for i in nodes}
        for k in sorted(kept, key=lambda k: number[connections[k].source]):
            incoming[connections[k].target].append(k)
        network = cls(
            n_inputs,
            len(nodes) - len(hidden),
            tuple(activation[i] for i in nodes),
            tuple(tuple(number[connections[k].source] for k in incoming[i]) for i in nodes),
            tuple(tuple(connections[k].sign for k in incoming[i]) for i in nodes),
            tuple(level[i] for i in nodes),
        )
        return network, [k for i in nodes for k in incoming[i]]


def unsigned(network: Network) -> Network:
    """Returns the network without signs; with a weight per connection they belong into the weights."""
    return replace(network, signs=tuple(tuple(1 for _ in signs) for signs in network.signs))


def _check_nodes(n_inputs: int, hidden: Mapping[int, int], outputs: Mapping[int, int]) -> None:
    if n_inputs < 1 or not outputs:
        raise NetworkError(f"a network needs at least one input and one output; it has {n_inputs} and {len(outputs)}")
    if max(n_inputs, 1 + n_inputs + len(hidden) + len(outputs)) > MAX_NODES:
        raise NetworkError(f"a network has at most {MAX_NODES} nodes, inputs included")
    for node, activation in [*hidden.items(), *outputs.items()]:
        if node <= n_inputs:
            raise NetworkError(f"node id {node} is taken: 0 is the bias and 1 to {n_inputs} are the inputs")
        if activation not in BY_ID:
            raise NetworkError(f"node {node} has activation id {activation}; known ids: {', '.join(map(str, BY_ID))}")
    both = set(hidden) & set(outputs)
    if both:
        raise NetworkError(f"node {min(both)} is listed both as a hidden node and as an output")


def _check_connections(
    n_inputs: int, hidden: Mapping[int, int], outputs: Mapping[int, int], connections: Sequence[Connection]
) -> None:
    if len(connections) > MAX_CONNECTIONS:
        raise NetworkError(f"a network has at most {MAX_CONNECTIONS} connections; {len(connections)} came")
    seen: set[tuple[int, int]] = set()
    for source, target, sign in connections:
        where = f"connection {source} -> {target}"
        if not (0 <= source <= n_inputs or source in hidden or source in outputs):
            raise NetworkError(f"{where} is dangling: there is no node {source}")
        if target not in hidden and target not in outputs:
            is_input = 0 <= target <= n_inputs
            raise NetworkError(
                f"{where}: nothing may lead into the bias or an input"
                if is_input
                else f"{where} is dangling: there is no node {target}"
            )
        if source in outputs:
            raise NetworkError(f"{where}: node {source} is an output, and outputs cannot be sources")
        if sign not in (-1, 1):
            raise NetworkError(f"{where} has sign {sign}; a sign is 1 or -1")
        if (source, target) in seen:
            raise NetworkError(f"{where} is listed twice; two nodes have at most one connection")
        seen.add((source, target))


def _contributing(hidden: Mapping[int, int], outputs: Mapping[int, int], connections: Iterable[Connection]) -> set[int]:
    """Returns the hidden nodes from which a path leads to an output."""
    incoming: dict[int, list[int]] = {}
    for c in connections:
        incoming.setdefault(c.target, []).append(c.source)
    useful: set[int] = set()
    to_visit = list(outputs)
    while to_visit:
        new = {s for s in incoming.get(to_visit.pop(), ()) if s in hidden} - useful
        useful |= new
        to_visit.extend(new)
    return useful


def _levels(hidden: set[int], outputs: Iterable[int], connections: Iterable[Connection]) -> dict[int, int]:
    """Returns the level of each hidden node and output (Kahn's algorithm); outputs come last, in their order."""
    outgoing: dict[int, list[int]] = {i: [] for i in hidden}
    missing = dict.fromkeys(hidden, 0)
    for c in connections:
        if c.source in hidden and c.target in hidden:
            outgoing[c.source].append(c.target)
            missing[c.target] += 1
    level = dict.fromkeys((i for i in hidden if missing[i] == 0), 1)
    to_visit = list(level)
    while to_visit:
        node = to_visit.pop()
        for target in outgoing[node]:
            level[target] = max(level.get(target, 0), level[node] + 1)
            missing[target] -= 1
            if missing[target] == 0:
                to_visit.append(target)
    stuck = [i for i in hidden if missing[i] > 0]
    if stuck:
        raise NetworkError(
            f"the network is cyclic: nodes {sorted(stuck)[:8]} lie on or behind a loop; a network must be feed-forward"
        )
    return level | dict.fromkeys(outputs, 1 + max(level.values(), default=0))
