"""A classifier of images as pictures: a row an output, in it the stencils of the nodes that it is made of.

Blue pixels are added by a node and orange ones subtracted; a frame says whether the output adds the node or subtracts
it. Each node is drawn with as many pixels as the network observes, which must be a square.
"""

import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.errors import TaskError
from wann_rt.core.network import Network, unsigned
from wann_rt.display.figure import BLUE, LIGHT, ORANGE, canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Image = NDArray[np.float64]
CELL = 0.22  # inches of a stencil
MARGIN = 1  # pixels around it, its frame


def plot_stencils(
    controller: Controller, out: str | os.PathLike[str] | None = None, *, axes: "Axes | None" = None
) -> "Figure":
    """Draws each output of a controller as the stencils of its nodes.

    Raises:
        TaskError: the observations are no square image, or no output has a node that reads them.
        MissingExtraError: matplotlib is not installed.
        FileError: the file cannot be written.
    """
    side = math.isqrt(controller.network.n_inputs)
    if side * side != controller.network.n_inputs:
        raise TaskError(f"{controller.network.n_inputs} observations are no square image, so there are no stencils")
    rows = [stencils_of(controller, output, side) for output in range(controller.network.n_outputs)]
    most = max(map(len, rows))
    if most == 0:
        raise TaskError("no output is made of nodes that read the image, so there are no stencils")
    pixels = side + 2 * MARGIN
    image = np.ones((pixels * len(rows), pixels * most, 3))
    for r, row in enumerate(rows):
        for c, stencil in enumerate(row):
            image[r * pixels : (r + 1) * pixels, c * pixels : (c + 1) * pixels] = stencil
    with canvas(out, axes, (max(4.0, 1.2 + CELL * most), max(1.5, 0.6 + CELL * len(rows)))) as sheet:
        axes = sheet.axes()
        axes.imshow(image, interpolation="nearest", aspect="equal")
        axes.set_yticks([pixels * (r + 0.5) for r in range(len(rows))], [one.name for one in controller.actions])
        axes.set_xticks([])
        axes.grid(False)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.set_title(f"{controller.name}: nodes of each output; blue is added, orange subtracted")
    return sheet.figure


def stencils_of(controller: Controller, output: int, side: int) -> list[Image]:
    """Returns the stencils [side + 2, side + 2, 3] of the nodes that an output is made of, those it adds first."""
    network, weights = unsigned(controller.network), signed(controller)
    first, node = network.first, network.first + network.n_hidden + output
    above = incoming(network, weights, node)
    if len(above) == 1 and above[0][0] >= first:  # a node for the class alone, see ``tuning.mask``
        above = incoming(network, weights, above[0][0])
    parts = sorted((one for one in above if one[0] >= first), key=lambda one: (one[1] < 0, one[0]))
    return [framed(stencil(network, weights, source, side), weight) for source, weight in parts]


def signed(controller: Controller) -> NDArray[np.float64]:
    """Returns a number for each connection whose sign says whether it adds or subtracts."""
    if controller.weight.kind == "connections":
        return controller.weight.array.astype(np.float64)
    return controller.network.program.signs.astype(np.float64)


def incoming(network: Network, weights: NDArray[np.float64], node: int) -> list[tuple[int, float]]:
    """Returns the sources of a node, and what they are added with."""
    k = node - network.first
    begin = int(network.program.offsets[k])
    return [(source, float(weights[begin + i])) for i, source in enumerate(network.sources[k])]


def stencil(network: Network, weights: NDArray[np.float64], node: int, side: int) -> NDArray[np.float64]:
    """Returns what a node adds of each pixel, [side, side], from -1 to 1."""
    pixels = np.zeros(side * side)
    for source, weight in incoming(network, weights, node):
        if 0 < source < network.first:
            pixels[source - 1] = weight
    scaled: NDArray[np.float64] = pixels / max(float(np.abs(pixels).max()), 1e-30)
    return scaled.reshape(side, side)


def framed(pixels: NDArray[np.float64], weight: float) -> Image:
    """Returns a stencil in colours, in a frame of the colour of what is done with it."""
    size = len(pixels) + 2 * MARGIN
    image = np.empty((size, size, 3))
    image[:] = 0.5 + 0.5 * rgb(BLUE if weight > 0 else ORANGE)
    grey = rgb(LIGHT)
    colour = np.where(pixels[..., None] > 0, rgb(BLUE), rgb(ORANGE))
    strength = np.abs(pixels)[..., None]
    image[MARGIN:-MARGIN, MARGIN:-MARGIN] = (1 - strength) * (0.5 + 0.5 * grey) + strength * colour
    return image


def rgb(colour: str) -> Any:
    """Returns a colour "#rrggbb" as numbers from 0 to 1."""
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255.0
