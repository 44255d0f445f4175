"""A network that grows node by node, with something said of each connection: a sign, or what its weight is made of."""

from collections.abc import Mapping
from itertools import count
from typing import Generic, TypeVar

from wann_rt.core.activations import BY_NAME
from wann_rt.core.network import Connection, Network

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


class Signed(Draft[int]):
    """A network of linear outputs that grows, and the sign of each connection."""

    def __init__(self, inputs: int, outputs: int) -> None:
        """Begins with neither hidden nodes nor connections."""
        super().__init__(1 + inputs + outputs)
        self._inputs, self._outputs = inputs, outputs

    def sums(self, counts: Mapping[int, int]) -> list[int]:
        """Adds linear nodes that are, together, each source so many times; returns them."""
        most = max(map(abs, counts.values()))
        signs = {source: 1 if times > 0 else -1 for source, times in counts.items()}
        return [
            self.node("linear", {source: signs[source] for source, times in counts.items() if abs(times) > k})
            for k in range(most)
        ]

    def signed(self) -> Network:
        """Returns the network with the signs, for a shared weight."""
        outputs = {1 + self._inputs + k: BY_NAME["linear"].id for k in range(self._outputs)}
        pairs = [Connection(*pair, sign) for pair, sign in self.said.items()]
        return Network.build(self._inputs, self.hidden, outputs, pairs)[0]
