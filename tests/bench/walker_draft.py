"""A network that grows node by node, with something said of each connection: a sign, or what its weight is made of."""

from collections.abc import Mapping
from itertools import count
from typing import Generic, TypeVar

from wann_rt.core.activations import BY_NAME

Said = TypeVar("Said")


class Draft(Generic[Said]):
    """A network that grows.

    Attributes:
        hidden: the activation of each hidden node.
        said: of each connection, (source, target).
    """

    def __init__(self, first: int) -> None:
        """Begins without hidden nodes; the first will have this number."""
        self.hidden: dict[int, int] = {}
        self.said: dict[tuple[int, int], Said] = {}
        self._fresh = count(first)

    def node(self, activation: str, sources: Mapping[int, Said]) -> int:
        """Adds a hidden node; returns its number."""
        made = next(self._fresh)
        self.hidden[made] = BY_NAME[activation].id
        self.feed(made, sources)
        return made

    def feed(self, target: int, sources: Mapping[int, Said]) -> None:
        """Adds what a node reads."""
        self.said |= {(source, target): said for source, said in sources.items()}
