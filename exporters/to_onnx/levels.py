"""A network as levels of groups, for exporters that compute many nodes with one operation."""

from dataclasses import dataclass
from itertools import groupby

from wann_rt.core.activations import BY_ID, Activation
from wann_rt.core.controller import Controller
from wann_rt.core.terms import Node, Term


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
    terms: tuple[tuple[Term, ...], ...]


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
    def terms(self) -> list[tuple[Term, ...]]:
        """What each of its nodes sums."""
        return [terms for group in self.groups for terms in group.terms]


def levels_of(controller: Controller) -> list[Level]:
    """Returns the levels in the order in which they are computed; the last holds the outputs."""
    lowered = controller.lowered
    level = dict(zip(lowered.nodes, lowered.network.levels, strict=True))
    # Hidden nodes are in this order already; outputs are in that of the actions.
    order = sorted(lowered.nodes, key=lambda node: (level[node], node.activation))
    return [
        Level(f"level_{number}", tuple(_group(list(run)) for _, run in groupby(nodes, lambda node: node.activation)))
        for number, nodes in groupby(order, lambda node: level[node])
    ]


def _group(nodes: list[Node]) -> Group:
    """Returns the group of nodes that share an activation."""
    return Group(BY_ID[nodes[0].activation], tuple(n.number for n in nodes), tuple(n.terms for n in nodes))
