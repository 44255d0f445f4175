"""A proposed network by the paper's own rules: no signs, only nodes that add, and one shared weight.

What is subtracted is added up by a node of its own, an ``inverse`` one, and what is added by a ``linear`` one beside
it, so that every path to an output has as many weights as every other; the factor stays even, so with any shared
weight but 0 the decisions are those of the network with signs, up to the rounding of sums in another order.
"""

from wann_rt.core.activations import BY_NAME
from wann_rt.core.errors import NetworkError
from wann_rt.core.network import Connection, Network

ABS, LINEAR, INVERSE = (BY_NAME[name].id for name in ("abs", "linear", "inverse"))


def signless(network: Network) -> Network:
    """Returns a proposal (see ``tuning.mask``) without signs, and with more connections.

    Raises:
        NetworkError: the network is no such proposal.
    """
    _check(network)
    made = _Rewriting(network)
    for k, activation in enumerate(network.activations[: network.n_hidden]):
        node = network.first + k
        plus, minus = made.halves(network.sources[k], network.signs[k])
        if activation == ABS:
            made.hidden[node] = ABS
            made.connections += [Connection(half, node) for half in (plus, minus) if half]
        else:
            made.of_class[node] = tuple(half for half in (plus, minus) if half)
    for k in range(network.n_hidden, len(network.activations)):
        node = network.first + k
        made.connections += [Connection(half, node) for c in network.sources[k] for half in made.of_class[c]]
    outputs = {network.first + k: LINEAR for k in range(network.n_hidden, len(network.activations))}
    return Network.build(network.n_inputs, made.hidden, outputs, made.connections)[0]


class _Rewriting:
    """What the new network has so far: hidden nodes, connections, and the halves that stand for each class node."""

    def __init__(self, network: Network) -> None:
        self.hidden: dict[int, int] = {}
        self.connections: list[Connection] = []
        self.of_class: dict[int, tuple[int, ...]] = {}
        self._next = network.n_nodes

    def halves(self, sources: tuple[int, ...], signs: tuple[int, ...]) -> tuple[int, int]:
        """Adds a node for what is added and one for what is subtracted; returns their ids, 0 for one that is empty."""
        ids = []
        for sign, activation in ((1, LINEAR), (-1, INVERSE)):
            some = [source for source, own in zip(sources, signs, strict=True) if own == sign]
            ids.append(self._next if some else 0)
            if some:
                self.hidden[self._next] = activation
                self.connections += [Connection(source, self._next) for source in some]
                self._next += 1
        return ids[0], ids[1]


def _check(network: Network) -> None:
    first, n_hidden = network.first, network.n_hidden
    lower = {first + k for k in range(n_hidden) if network.activations[k] == ABS}
    for k, activation in enumerate(network.activations):
        sources, signs = network.sources[k], network.signs[k]
        if k >= n_hidden:
            fits = activation == LINEAR and len(sources) <= 1 and all(sign == 1 for sign in signs)
            fits = fits and all(first <= s < first + n_hidden and s not in lower for s in sources)
        elif activation == ABS:
            fits = all(source < first for source in sources)
        else:
            fits = activation == LINEAR and all(source in lower for source in sources)
        if not fits:
            raise NetworkError(
                f"node {first + k} is not as in a proposal: inputs -> abs -> linear for classes -> outputs"
            )
