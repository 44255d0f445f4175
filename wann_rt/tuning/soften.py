"""Softening: steps become steep sigmoids, so that tuning can make an action change gradually where that is calmer.

No weight makes a step less abrupt: an actuator behind one flips as long as what it weighs is noisy. A sigmoid of a
large weight is almost a step, and a strategy that pays for sign changes finds how steep it need be.
"""

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import BY_NAME
from wann_rt.core.network import Network

STEP, SIGMOID = BY_NAME["step"].id, BY_NAME["sigmoid"].id
STEEP = 4.0  # times the weights that lead into a step


def softened(network: Network, weights: NDArray[np.float64]) -> tuple[Network, NDArray[np.float64]]:
    """Returns the network with sigmoids for its hidden steps, and its weights in the order of its connections.

    Args:
        network: without signs; see ``network.unsigned``.
        weights: one per connection, in canonical order.
    """
    first, n_hidden = network.first, network.n_hidden
    activation = {first + k: a for k, a in enumerate(network.activations)}
    hidden = {i: a for i, a in activation.items() if i < first + n_hidden}
    steep = np.array([STEEP if hidden.get(c.target) == STEP else 1.0 for c in network.connections])
    outputs = {i: a for i, a in activation.items() if i not in hidden}
    soft = {i: SIGMOID if a == STEP else a for i, a in hidden.items()}
    made, order = Network.build(network.n_inputs, soft, outputs, network.connections)
    return made, (weights * steep)[order]
