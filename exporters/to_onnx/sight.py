"""What stands before a controller that sees frames: from ``frame``, bytes, to ``obs``.

Whole numbers are floats here: below 2^24 float32 holds each, so sums of them are exact in any order, and compilers that
know no products of integers, or turn them into floats (OpenVINO), give the same bits. Sums that may grow beyond are
two: of the features' multiples of 128, and of what is left of them.
"""

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.convolutions import Convolutions
from wann_rt.core.errors import ExportError
from wann_rt.core.sight import Bar, Box, Encoder, Sight
from wann_rt.exporters import sighted
from wann_rt.exporters.to_onnx.convolutions import add_convolutions
from wann_rt.exporters.to_onnx.graph import Graph, Value

FRAME, SEEN = "frame", "obs"
EXACT = 2**24  # below it, float32 holds all whole numbers
PART = 128


def value(sight: Sight, batch: int | str) -> Value:
    """Returns the frame as an input."""
    return Value(FRAME, (batch, sight.rows, sight.columns, 3), True, sighted.described(sight), "uint8")


def add_sight(graph: Graph, controller: Controller, sight: Sight) -> None:
    """Adds all from ``frame`` to ``obs``, the observations of a controller in its order.

    Raises:
        ExportError: one of them is not read from frames, or numbers may grow too large.
    """
    wanted = sighted.places(controller, sight)
    red = _colour(graph, 0)
    if isinstance(sight.encoder, Convolutions):
        parts = [add_convolutions(graph, sight.encoder, FRAME)]
    else:
        parts = [_add_latents(graph, sighted.encoder_of_cells(sight), red, _colour(graph, 1))]
    parts += [_add_bar(graph, bar, red) for bar in sight.bars if sight.names.index(bar.name) in wanted]
    kept = [name for name in sight.names if name in sight.latents or sight.names.index(name) in wanted]
    columns = [kept.index(sight.names[place]) for place in wanted]
    seen = graph.gather(graph.concat(parts, "sight/all"), columns, "sight/observations")
    graph.rename(seen, SEEN)


def _exact(what: str, bound: float) -> None:
    if bound >= EXACT:
        raise ExportError(f"{what} may grow to {bound:.0f}: float32 in ONNX holds whole numbers below {EXACT}")


def _colour(graph: Graph, number: int) -> str:
    """Adds the values of one colour, float32 [batch, rows, columns]."""
    name = f"sight/{('red', 'green', 'blue')[number]}"
    plane = graph.constant(f"{name}/number", np.array(number, np.int64))
    chosen = graph.add("Gather", [FRAME, plane], f"{name}/bytes", axis=3)
    return graph.add("Cast", [chosen], name, to=int(graph.FLOAT))


def _number(graph: Graph, number: float) -> str:
    return graph.shared(f"const/sight/{number!r}", np.array([number], np.float32))


def _cut(graph: Graph, x: str, box: Box, name: str) -> str:
    """Adds a part of the rows and columns of a plane."""
    starts, ends, axes = ([box.top, box.left], [box.bottom, box.right], [1, 2])
    numbers = [
        graph.constant(f"{name}/{what}", np.array(values, np.int64))
        for what, values in (("from", starts), ("to", ends), ("axes", axes))
    ]
    return graph.add("Slice", [x, *numbers], name)


def _sum(graph: Graph, x: str, axes: list[int], name: str) -> str:
    which = graph.constant(f"{name}/axes", np.array(axes, np.int64))
    return graph.add("ReduceSum", [x, which], name, keepdims=0)


def _shaped(graph: Graph, x: str, shape: list[int], name: str) -> str:
    return graph.add("Reshape", [x, graph.constant(f"{name}/shape", np.array(shape, np.int64))], name)


def _add_latents(graph: Graph, encoder: Encoder, red: str, green: str) -> str:
    """Adds the latents, float32 [batch, latents]."""
    grid = encoder.grid
    seen = Box(0, grid.side * grid.rows, 0, grid.side * grid.columns)
    planes = [_cut(graph, plane, seen, f"{plane}/seen") for plane in (green, red)]
    pixels = graph.add("Sub", planes, "sight/greener")
    pixels = graph.add("Max", [pixels, _number(graph, 0.0)], "sight/not_less")
    pixels = graph.add("Min", [pixels, _number(graph, float(grid.most))], "sight/green_pixels")
    pixels = _shaped(graph, pixels, [-1, grid.side, grid.rows, grid.side, grid.columns], "sight/in_cells")
    cells = _shaped(graph, _sum(graph, pixels, [2, 4], "sight/sums"), [-1, grid.side**2], "sight/cells")
    features, weights = _add_features(graph, encoder, cells), encoder.weights
    if len(encoder.filters):  # features come place by place here, and filter by filter there
        weights = weights.reshape(len(weights), len(encoder.filters), -1).transpose(0, 2, 1).reshape(len(weights), -1)
    total = _add_products(graph, features, weights, encoder)
    return graph.add("Mul", [total, graph.constant("sight/scales", encoder.scales[None])], "sight/latents")


def _add_products(graph: Graph, features: str, weights: NDArray[np.int64], encoder: Encoder) -> str:
    """Adds the sums of the latents less the offsets, each rounded once."""
    if encoder.bound < EXACT:
        return _centred(graph, features, weights, encoder.offsets, "sight/products")
    rows = int(np.abs(weights).sum(axis=1).max())
    parts = rows * PART, encoder.bound // PART + rows  # the greatest sums of what is left, and of the multiples
    _exact(f"a sum of encoder {encoder.name!r}", float(max(parts) + PART))
    share = graph.add("Mul", [features, _number(graph, 1.0 / PART)], "sight/shares")
    high = graph.add("Floor", [share], "sight/multiples")
    low = graph.add(
        "Sub", [features, graph.add("Mul", [high, _number(graph, float(PART))], "sight/even")], "sight/rest"
    )
    offsets, rest = np.divmod(encoder.offsets, PART)
    multiples = _centred(graph, high, weights, offsets, "sight/products_of_multiples")
    multiples = graph.add("Mul", [multiples, _number(graph, float(PART))], "sight/high")
    return graph.add("Add", [multiples, _centred(graph, low, weights, rest, "sight/products_of_rest")], "sight/numbers")


def _centred(graph: Graph, x: str, weights: NDArray[np.int64], offsets: NDArray[np.int64], name: str) -> str:
    matrix = graph.constant(f"{name}/weights", np.ascontiguousarray(weights.T, np.float32))
    row = graph.constant(f"{name}/offsets", offsets.astype(np.float32)[None])
    return graph.add("Sub", [graph.add("MatMul", [x, matrix], name), row], f"{name}/centred")


def _add_features(graph: Graph, encoder: Encoder, cells: str) -> str:
    """Adds what the weights are multiplied with, float32 [batch, features]."""
    if not len(encoder.filters):
        return cells
    side, size, steps = encoder.grid.side, encoder.size, range(encoder.places)
    corners = [(r * side + c) * encoder.stride for r in steps for c in steps]
    windows = [corner + i * side + j for corner in corners for i in range(size) for j in range(size)]
    seen = _shaped(graph, graph.gather(cells, windows, "sight/windows"), [-1, len(corners), size**2], "sight/places")
    _exact("a filter's sum", encoder.grid.full * int(np.abs(encoder.filters).sum(axis=(1, 2)).max()))
    filters = np.ascontiguousarray(encoder.filters.reshape(-1, size**2).T, np.float32)
    found = graph.add("MatMul", [seen, graph.constant("sight/filters", filters)], "sight/filtered")
    found = graph.add("Max", [found, _number(graph, 0.0)], "sight/features")
    return _shaped(graph, found, [-1, filters.shape[1] * len(corners)], "sight/in_a_row")


def _add_bar(graph: Graph, bar: Bar, red: str) -> str:
    """Adds what a bar shows, float32 [batch, 1].

    A half more in the numerator keeps the quotient of whole numbers away from whole numbers, so that rounding it down
    does not hang on the last bit of a division, nor on a product with a reciprocal in its place.
    """
    name = f"sight/{bar.name}"
    most = bar.gain * (bar.plus.most + (bar.minus.most if bar.minus else 0)) + abs(bar.shift) + 1
    _exact(f"the bar {bar.name!r}", 4.0 * most)  # so the error of a quotient is less than a half of 1 / per
    sums = [
        _sum(graph, _cut(graph, red, box, f"{name}/{which}/pixels"), [1, 2], f"{name}/{which}")
        for which, box in (("plus", bar.plus), ("minus", bar.minus))
        if box is not None
    ]
    length = sums[0] if len(sums) == 1 else graph.add("Sub", sums, f"{name}/difference")
    length = graph.add("Mul", [length, _number(graph, float(bar.gain))], f"{name}/gain")
    length = graph.add("Add", [length, _number(graph, bar.shift + 0.5)], f"{name}/shifted")
    length = graph.add("Div", [length, _number(graph, float(bar.per))], f"{name}/quotient")
    length = graph.add("Floor", [length], f"{name}/length")
    if bar.least is not None:
        length = graph.add("Max", [length, _number(graph, float(bar.least))], f"{name}/at_least")
    length = graph.add("Mul", [length, _number(graph, float(bar.times))], f"{name}/times")
    length = graph.add("Div", [length, _number(graph, float(bar.by))], f"{name}/ratio")
    return _shaped(graph, length, [-1, 1], name)
