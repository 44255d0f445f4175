"""What a controller computes, written out: node by node, term by term. Evaluators and exporters read this list.

A network and a weight together say what is computed. Under a shared weight the terms of a node are its sources with
their signs, and the sum is multiplied once. With a weight per connection the terms are products, and the sum stays as
it is. An ensemble computes the network once for each of its shared weights and averages the actions.
``lowered`` is the one place that tells these kinds apart and the one that pairs weights with connections. Behind it
there is one rule, for every member's ``multiplier`` and every ``node``, in order::

    total = sum of value[term.source] * term.factor, left to right; +0 where there are no terms
    if multiplier is not None: total = total * multiplier
    value[node.number] = activation(total)

Every operation is rounded to float32. A factor of 1 or -1 multiplies exactly, so who prints or compiles such a term may
leave the factor out, and may subtract where it is negative. With more than one action to choose from, see ``averages``.

What is here for a new reader of controllers, from an interpreter to an exporter:

* ``controller.lowered``: the list, made once for each controller;
* ``lowered.nodes``: hidden nodes, then outputs; of each its ``number``, its ``activation`` and its ``terms``;
* ``term.source``, ``term.factor``, and as text needs them ``term.is_negative``, ``term.size`` and ``term.is_weighted``;
* ``lowered.multipliers``: one for each member: the shared weight, or None with a weight per connection;
* ``lowered.averages``: whether the actions of the members are averaged, see ``Controller.run``;
* ``lowered.shared``: the shared weights alone, empty with a weight per connection;
* ``lowered.used``: the bias and the inputs that some node reads.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import ControllerError
from wann_rt.core.network import Network
from wann_rt.core.weight import Weight


class Term(NamedTuple):
    """What one connection adds to the sum of its target.

    Attributes:
        source: number of the node that it comes from; 0 is the bias.
        factor: of the source's value: the connection's own weight, a float32; or its sign, 1 or -1.
        is_weighted: whether the factor is a weight; a sign needs no multiplication.
    """

    source: int
    factor: float
    is_weighted: bool

    @property
    def is_negative(self) -> bool:
        """Whether the term may be subtracted, with ``size`` as its factor: rounding is symmetric."""
        return bool(np.signbit(self.factor))

    @property
    def size(self) -> float:
        """The factor without its sign."""
        return abs(self.factor)


class Node(NamedTuple):
    """A computed node: a hidden one or an output.

    Attributes:
        number: in the network's canonical order.
        activation: its id.
        terms: of its sum, in order.
    """

    number: int
    activation: int
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Lowered:
    """All that is computed between the conditioned observations and the outputs; make one with ``lowered``.

    Attributes:
        network: what it was made from.
        nodes: hidden nodes, then outputs, in the order in which they are computed.
        multipliers: of the sums, one for each member: a shared weight, or None where sums are not multiplied.
        averages: whether the actions are the mean over the members; otherwise there is one member.
    """

    network: Network
    nodes: tuple[Node, ...]
    multipliers: tuple[float | None, ...]
    averages: bool

    @property
    def outputs(self) -> tuple[Node, ...]:
        """The nodes whose values become actions, in the order of the actions."""
        return self.nodes[-self.network.n_outputs :]

    @property
    def shared(self) -> tuple[float, ...]:
        """The members' shared weights; empty with a weight per connection."""
        return tuple(multiplier for multiplier in self.multipliers if multiplier is not None)

    @property
    def used(self) -> set[int]:
        """The numbers of all nodes, bias and inputs included, that some node reads."""
        return {term.source for node in self.nodes for term in node.terms}

    @cached_property
    def factors(self) -> NDArray[np.float32]:
        """Every connection's factor, in canonical order, float32 [connections]: what compiled kernels read."""
        return np.array([term.factor for node in self.nodes for term in node.terms], np.float32)


def lowered(network: Network, weight: Weight) -> Lowered:
    """Returns what a network computes with a weight.

    Raises:
        ControllerError: the two do not fit together.
    """
    check(network, weight)
    is_weighted = weight.kind == "connections"
    factors = iter(weight.values if is_weighted else [float(sign) for signs in network.signs for sign in signs])
    nodes = tuple(
        Node(number, activation, tuple(Term(source, next(factors), is_weighted) for source in sources))
        for number, activation, sources in zip(count(network.first), network.activations, network.sources, strict=False)
    )
    return Lowered(network, nodes, (None,) if is_weighted else weight.values, weight.kind == "ensemble")


def check(network: Network, weight: Weight) -> None:
    """Refuses a weight that does not fit the network.

    Raises:
        ControllerError: weights per connection are more or fewer than connections, or connections have signs too.
    """
    if weight.kind != "connections":
        return
    if len(weight.values) != network.n_connections:
        raise ControllerError(f"{len(weight.values)} connection weights came for {network.n_connections} connections")
    if network.is_signed:
        raise ControllerError("a network with weights per connection carries no signs: put them into the weights")
