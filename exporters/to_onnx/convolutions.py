"""Layers of convolutions before a controller that sees frames: from ``frame`` to latents, in whole numbers.

Each sum of a layer stays below 2^24 (``core.convolutions``), so float32 operators give the same bits in any order.
"""

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.convolutions import ACROSS, COLUMNS, DOWN, ROWS, SHARE, Convolutions, Layer
from wann_rt.core.sight import BYTE
from wann_rt.exporters.to_onnx.graph import Graph


def add_convolutions(graph: Graph, encoder: Convolutions, frame: str) -> str:
    """Adds the latents of frames, float32 [batch, latents]."""
    x = _square(graph, frame)
    for number, layer in enumerate(encoder.layers):
        x = _layer(graph, layer, x, f"sight/layer_{number}")
    shape = graph.constant("sight/flat/shape", np.array([-1, encoder.weights.shape[1]], np.int64))
    flat = graph.add("Reshape", [x, shape], "sight/flat")
    sums = graph.add("MatMul", [flat, _constant(graph, "sight/weights", encoder.weights.T)], "sight/products")
    centred = graph.add("Sub", [sums, _constant(graph, "sight/offsets", encoder.offsets[None])], "sight/centred")
    return graph.add("Mul", [centred, graph.constant("sight/scales", encoder.scales[None])], "sight/latents")


def _constant(graph: Graph, name: str, value: NDArray[np.int64] | NDArray[np.float32]) -> str:
    return graph.constant(name, np.ascontiguousarray(value, np.float32))


def _number(graph: Graph, number: float) -> str:
    return graph.shared(f"const/sight/{number!r}", np.array([number], np.float32))


def _square(graph: Graph, frame: str) -> str:
    """Adds the square of a frame, float32 [batch, colours, 64, 64]."""
    cuts = (("from", (0, 0)), ("to", (ROWS, COLUMNS)), ("axes", (1, 2)))
    limits = [graph.constant(f"sight/seen/{what}", np.array(numbers, np.int64)) for what, numbers in cuts]
    seen = graph.add("Slice", [frame, *limits], "sight/seen")
    numbers = graph.add("Cast", [seen], "sight/numbers_seen", to=int(graph.FLOAT))
    planes = graph.add("Transpose", [numbers], "sight/planes", perm=[0, 3, 1, 2])
    rows = graph.add("MatMul", [_constant(graph, "sight/down", DOWN), planes], "sight/rows")
    parts = graph.add("MatMul", [rows, _constant(graph, "sight/across", ACROSS.T)], "sight/parts")
    shares = graph.add("Mul", [parts, _number(graph, 1.0 / SHARE)], "sight/shares")
    return graph.add("Floor", [shares], "sight/square")


def _layer(graph: Graph, layer: Layer, x: str, name: str) -> str:
    weights = _constant(graph, f"{name}/weights", layer.weights)
    biases = _constant(graph, f"{name}/biases", layer.biases)
    sums = graph.add("Conv", [x, weights, biases], name, strides=[layer.stride] * 2)
    divided = graph.add("Mul", [sums, _constant(graph, f"{name}/shares", layer.shares)], f"{name}/divided")
    floor = graph.add("Floor", [divided], f"{name}/whole")
    least = graph.add("Max", [floor, _number(graph, 0.0)], f"{name}/at_least")
    return graph.add("Min", [least, _number(graph, float(BYTE))], f"{name}/at_most")
