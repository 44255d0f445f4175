"""What moves the numbers of a proposal along their gradients, one operation after the other; see ``mask``."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wann_rt.core import activations

Floats = NDArray[np.float32]
Pair = tuple[Floats, Floats]  # of the first layer [1 + inputs, hidden] and of the second [hidden, lanes of the classes]


class Adam:
    """The optimiser of D. P. Kingma and J. Ba, 2014, with a rate that falls along half a cosine."""

    def __init__(self, parameters: Pair, rate: float, steps: int) -> None:
        self.parameters, self.rate, self.steps, self.step = parameters, rate, steps, 0
        self.first, self.second = (tuple(map(np.zeros_like, parameters)) for _ in range(2))
        self.power_1 = self.power_2 = 1.0

    def update(self, slopes: Pair) -> None:
        """Moves the parameters against their mean gradients."""
        share = np.float32(self.step / self.steps)
        rate = np.float32(self.rate * 0.5) * (np.float32(1.0) + np.float32(activations.cos(share)))
        self.step += 1
        self.power_1, self.power_2 = self.power_1 * 0.9, self.power_2 * 0.999
        whole_1, whole_2 = np.float32(1.0 / (1.0 - self.power_1)), np.float32(1.0 / (1.0 - self.power_2))
        for p, g, m, v in zip(self.parameters, slopes, self.first, self.second, strict=True):
            m += np.float32(0.1) * (g - m)
            v += np.float32(0.001) * (g * g - v)
            p -= rate * (m * whole_1) / (np.sqrt(v * whole_2) + np.float32(1e-8))


@dataclass
class Scale:
    """The factor of the upper layer's signs: what sharpens the softmax, and no shared weight can change a decision by.

    Its gradient needs no pass of its own: outputs are proportional to it.
    """

    rate: float = 0.01
    value: float = 0.0
    first: float = 0.0
    second: float = 0.0
    power_1: float = 1.0
    power_2: float = 1.0

    def of(self, layer: Floats) -> Floats:
        """Returns the layer with this mean size; at first with its own."""
        mean = mean_size(layer)
        self.value = self.value or mean
        return layer * np.float32(self.value / mean)

    def update(self, layer: Floats, slopes: Floats) -> None:
        """Moves the factor against its gradient, by Adam on its logarithm."""
        slope = float(np.cumsum((layer * slopes).ravel(), dtype=np.float64)[-1])
        self.power_1, self.power_2 = self.power_1 * 0.9, self.power_2 * 0.999
        self.first += 0.1 * (slope - self.first)
        self.second += 0.001 * (slope * slope - self.second)
        size = float(np.sqrt(self.second / (1.0 - self.power_2))) + 1e-8
        self.value *= 1.0 - self.rate * (self.first / (1.0 - self.power_1)) / size


def mean_size(layer: Floats) -> float:
    """Returns the mean size of what is not 0; a sum from left to right, which numpy's own need not be."""
    sizes = np.abs(layer[layer != 0])
    return float(np.cumsum(sizes, dtype=np.float64)[-1] / len(sizes))
