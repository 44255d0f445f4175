"""Networks of any density for tests of what is drawn."""

from collections.abc import Callable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wann_rt.core.activations import BY_ID
from wann_rt.core.network import Connection, Network


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Networks of up to 6 inputs, 12 hidden nodes and 3 outputs, of any density, with signs."""
    n_inputs, n_hidden, n_outputs = draw(st.integers(1, 6)), draw(st.integers(0, 12)), draw(st.integers(1, 3))
    return scattered(n_inputs, n_hidden, n_outputs, draw(st.integers(0, 60)), draw(st.integers(0, 2**32)))


def scattered(n_inputs: int, n_hidden: int, n_outputs: int, n_connections: int, seed: int) -> Network:
    """A network of at most so many connections at random places; what reaches no output is pruned."""
    random = np.random.default_rng(seed)
    first, last = 1 + n_inputs, 1 + n_inputs + n_hidden
    targets = random.integers(first, last + n_outputs, n_connections)
    pairs = {(int(random.integers(0, min(t, last))), int(t)) for t in targets}
    connections = [Connection(s, t, int(random.choice([-1, 1]))) for s, t in sorted(pairs)]
    hidden = {node: int(random.choice(list(BY_ID))) for node in range(first, last)}
    outputs = dict.fromkeys(range(last, last + n_outputs), 5)
    return Network.build(n_inputs, hidden, outputs, connections, prune=True)[0]


def every_network(test: Callable[[Network], None]) -> Callable[[], None]:
    """Runs a test on many networks, however slow the machine."""
    return settings(deadline=None)(given(networks())(test))
