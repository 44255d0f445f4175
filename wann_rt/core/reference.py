"""The obvious evaluator: plain numpy, no tricks. It is the oracle that every back end must equal bit for bit."""

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import BY_ID
from wann_rt.core.controller import Controller
from wann_rt.core.network import Network

Lanes = NDArray[np.float32]


def forward(network: Network, weights: Lanes, inputs: Lanes) -> Lanes:
    """Computes the network's raw outputs, all lanes at once.

    A node sums its sources from left to right, multiplies once by the shared weight and applies its activation; with
    a weight per connection each product is rounded, then the sum. The sum of no sources is 0.

    Args:
        network: the network.
        weights: the shared weight, shape [] or [lanes]; or a weight per connection, shape [connections, 1 or lanes].
        inputs: conditioned observations, shape [inputs, lanes].

    Returns:
        Outputs before conditioning, shape [outputs, lanes].
    """
    values: list[Lanes] = [np.ones_like(inputs[0]), *inputs]
    per_connection = weights.ndim == 2
    position = 0
    for activation, sources, signs in zip(network.activations, network.sources, network.signs, strict=True):
        total = np.zeros_like(inputs[0])
        for k, (source, sign) in enumerate(zip(sources, signs, strict=True)):
            term = values[source] if sign > 0 else -values[source]
            if per_connection:
                term = term * weights[position]
            total = term if k == 0 else total + term
            position += 1
        if not per_connection:
            total = total * weights
        values.append(BY_ID[activation].function(total))
    return np.array(values[network.n_nodes - network.n_outputs :], np.float32)


def evaluate(controller: Controller, observations: Lanes) -> Lanes:
    """Computes the actions of a controller.

    Args:
        controller: the controller.
        observations: raw observations, float32 [batch, observations].

    Returns:
        Actions, float32 [batch, actions].
    """
    return controller.run(forward, observations)
