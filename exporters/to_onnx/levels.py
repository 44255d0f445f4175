"""A network as levels of groups, for exporters that compute many nodes with one operation."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from wann_rt.core.activations import BY_ID, Activation
from wann_rt.core.controller import Controller

# What a node sums: (source, coefficient); a coefficient is a sign or a weight of its own.
Terms = tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Group:
    """Nodes of one level that share an activation.

    Attributes:
        activation: what they apply.
        nodes: their numbers in the network.
        terms: what each of them sums, from left to right.
    """

    activation: Activation
    nodes: tuple[int, ...]
    terms: tuple[Terms, ...]


@dataclass(frozen=True)
class Level:
    """Nodes that need nothing but the levels before theirs.

    Attributes:
        name: "level_1" for the first.
        groups: by ascending activation id.
    """

    name: str
    groups: tuple[Group, ...]

    @property
    def nodes(self) -> list[int]:
        """The numbers of all its nodes, group by group."""
        return [node for group in self.groups for node in group.nodes]

    @property
    def terms(self) -> list[Terms]:
        """What each of its nodes sums."""
        return [terms for group in self.groups for terms in group.terms]


def levels_of(controller: Controller) -> list[Level]:
    """Returns the levels in the order in which they are computed; the last holds the outputs."""
    network = controller.network
    terms = terms_of(controller)
    # Hidden nodes are in this order already; outputs are in that of the actions.
    order = sorted(range(len(terms)), key=lambda k: (network.levels[k], network.activations[k]))
    return [
        Level(
            f"level_{number}",
            tuple(
                _group(activation, [network.first + k for k in group], [terms[k] for k in group])
                for activation, group in _runs(nodes, network.activations)
            ),
        )
        for number, nodes in _runs(order, network.levels)
    ]


def _runs(nodes: list[int], key: Sequence[int]) -> list[tuple[int, list[int]]]:
    return [(value, list(run)) for value, run in groupby(nodes, lambda k: key[k])]


def _group(activation: int, nodes: list[int], terms: list[Terms]) -> Group:
    return Group(BY_ID[activation], tuple(nodes), tuple(terms))


def terms_of(controller: Controller) -> list[Terms]:
    """Returns what each computed node sums."""
    network = controller.network
    if controller.weight.kind == "connections":
        coefficients = iter(controller.weight.values)
    else:
        coefficients = iter([float(sign) for signs in network.signs for sign in signs])
    return [tuple((source, next(coefficients)) for source in sources) for sources in network.sources]
