"""What stands before a controller that sees frames: from ``frame``, bytes, to ``obs``, in whole numbers but the last.

Each operator on whole numbers is exact, so no runtime has a choice in it.
"""

import numpy as np

from wann_rt.core.controller import Controller
from wann_rt.core.sight import Bar, Box, Encoder, Sight
from wann_rt.exporters import sighted
from wann_rt.exporters.to_onnx.graph import Graph, Value

FRAME, SEEN = "frame", "obs"


def value(sight: Sight, batch: int | str) -> Value:
    """Returns the frame as an input."""
    return Value(FRAME, (batch, sight.rows, sight.columns, 3), True, sighted.described(sight), "uint8")


def add_sight(graph: Graph, controller: Controller, sight: Sight) -> None:
    """Adds all from ``frame`` to ``obs``, the observations of a controller in its order."""
    wanted = sighted.places(controller, sight)
    red = _colour(graph, 0)
    parts = [_add_latents(graph, sight.encoder, red, _colour(graph, 1))]
    parts += [_add_bar(graph, bar, red) for bar in sight.bars if sight.names.index(bar.name) in wanted]
    kept = [name for name in sight.names if name in sight.latents or sight.names.index(name) in wanted]
    columns = [kept.index(sight.names[place]) for place in wanted]
    seen = graph.gather(graph.concat(parts, "sight/all"), columns, "sight/observations")
    graph.rename(seen, SEEN)


def _colour(graph: Graph, number: int) -> str:
    """Adds the values of one colour, int32 [batch, rows, columns]."""
    name = f"sight/{('red', 'green', 'blue')[number]}"
    plane = graph.constant(f"{name}/number", np.array(number, np.int64))
    chosen = graph.add("Gather", [FRAME, plane], f"{name}/bytes", axis=3)
    return graph.add("Cast", [chosen], name, to=int(graph.INT32))


def _whole(graph: Graph, number: int) -> str:
    return graph.shared(f"const/whole/{number}", np.array([number], np.int32))


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
    pixels = graph.add("Max", [pixels, _whole(graph, 0)], "sight/not_less")
    pixels = graph.add("Min", [pixels, _whole(graph, grid.most)], "sight/green_pixels")
    pixels = _shaped(graph, pixels, [-1, grid.side, grid.rows, grid.side, grid.columns], "sight/in_cells")
    cells = _shaped(graph, _sum(graph, pixels, [2, 4], "sight/sums"), [-1, grid.side**2], "sight/cells")
    features, weights = _add_features(graph, encoder, cells), encoder.weights
    if len(encoder.filters):  # features come place by place here, and filter by filter there
        weights = weights.reshape(len(weights), len(encoder.filters), -1).transpose(0, 2, 1).reshape(len(weights), -1)
    matrix = graph.constant("sight/weights", np.ascontiguousarray(weights.T, np.int32))
    offsets = graph.constant("sight/offsets", encoder.offsets.astype(np.int32)[None])
    total = graph.add("Sub", [graph.add("MatMul", [features, matrix], "sight/products"), offsets], "sight/centred")
    scales = graph.constant("sight/scales", encoder.scales[None])
    number = graph.add("Cast", [total], "sight/numbers", to=int(graph.FLOAT))
    return graph.add("Mul", [number, scales], "sight/latents")


def _add_features(graph: Graph, encoder: Encoder, cells: str) -> str:
    """Adds what the weights are multiplied with, int32 [batch, features]."""
    if not len(encoder.filters):
        return cells
    side, size, steps = encoder.grid.side, encoder.size, range(encoder.places)
    corners = [(r * side + c) * encoder.stride for r in steps for c in steps]
    windows = [corner + i * side + j for corner in corners for i in range(size) for j in range(size)]
    seen = _shaped(graph, graph.gather(cells, windows, "sight/windows"), [-1, len(corners), size**2], "sight/places")
    filters = np.ascontiguousarray(encoder.filters.reshape(-1, size**2).T, np.int32)
    found = graph.add("MatMul", [seen, graph.constant("sight/filters", filters)], "sight/filtered")
    found = graph.add("Max", [found, _whole(graph, 0)], "sight/features")
    return _shaped(graph, found, [-1, filters.shape[1] * len(corners)], "sight/in_a_row")


def _add_bar(graph: Graph, bar: Bar, red: str) -> str:
    """Adds what a bar shows, float32 [batch, 1]."""
    name = f"sight/{bar.name}"
    sums = [
        _sum(graph, _cut(graph, red, box, f"{name}/{which}/pixels"), [1, 2], f"{name}/{which}")
        for which, box in (("plus", bar.plus), ("minus", bar.minus))
        if box is not None
    ]
    length = sums[0] if len(sums) == 1 else graph.add("Sub", sums, f"{name}/difference")
    length = graph.add("Mul", [length, _whole(graph, bar.gain)], f"{name}/gain")
    length = graph.add("Add", [length, _whole(graph, bar.shift + bar.lift * bar.per)], f"{name}/lifted")
    length = graph.add("Div", [length, _whole(graph, bar.per)], f"{name}/quotient")
    length = graph.add("Sub", [length, _whole(graph, bar.lift)], f"{name}/length")
    if bar.least is not None:
        length = graph.add("Max", [length, _whole(graph, bar.least)], f"{name}/at_least")
    length = graph.add("Mul", [length, _whole(graph, bar.times)], f"{name}/times")
    length = graph.add("Cast", [length], f"{name}/number", to=int(graph.FLOAT))
    by = graph.constant(f"{name}/by", np.array([bar.by], np.float32))
    return _shaped(graph, graph.add("Div", [length, by], f"{name}/ratio"), [-1, 1], name)
