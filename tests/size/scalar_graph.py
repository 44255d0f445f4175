"""A controller as the ONNX graph that suits other people's compilers best: one batch row, one operator a number.

Of the forms tried (a MatMul a level, a Gather a node, this one), each of these compilers makes the fastest code from
this. It uses the standard's own Tanh, Sigmoid and the like: the same function within their rounding.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from wann_rt.core.activations import BY_ID, covered
from wann_rt.core.controller import Channel, Controller

OPSET, IR_VERSION = 13, 8  # the last opset before Split had an attribute that onnx2c does not know


class _Graph:
    """Collects operators on tensors of shape [1, 1]."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return name

    def number(self, value: float) -> str:
        """Returns a constant: of shape [1, 1], because onnx2c refuses smaller ones in places."""
        name = f"c{np.float32(value).view(np.uint32):08x}"
        self.constants[name] = numpy_helper.from_array(np.full((1, 1), value, np.float32), name)
        return name


def scalar_graph(controller: Controller) -> onnx.ModelProto:
    """Returns the model: ``obs`` [1, inputs] -> ``actions`` [1, outputs]."""
    network, graph = controller.network, _Graph()
    sizes = numpy_helper.from_array(np.ones(network.n_inputs, np.int64), "sizes")
    values = [graph.number(1.0), *(f"o{k}" for k in range(network.n_inputs))]
    split = helper.make_node("Split", ["obs", "sizes"], values[1:], axis=1)
    values[1:] = [_observed(graph, c, x) for c, x in zip(controller.observations, values[1:], strict=True)]
    weight = graph.number(controller.weight.values[0])
    for activation, sources, signs in zip(network.activations, network.sources, network.signs, strict=True):
        total = values[sources[0]] if sources else graph.number(0.0)
        if sources and signs[0] < 0:
            total = graph.add("Neg", total)
        for source, sign in zip(sources[1:], signs[1:], strict=True):
            total = graph.add("Add" if sign > 0 else "Sub", total, values[source])
        values.append(_ACTIVATIONS[BY_ID[activation].name](graph, graph.add("Mul", total, weight)))
    outputs = zip(controller.actions, values[-network.n_outputs :], strict=True)
    last = helper.make_node("Concat", [_acted(graph, c, y) for c, y in outputs], ["actions"], axis=1)
    shapes = (("obs", network.n_inputs), ("actions", network.n_outputs))
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size]) for name, size in shapes]
    made = helper.make_graph(
        [split, *graph.nodes, last], "wann", ends[:1], ends[1:], [sizes, *graph.constants.values()]
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    return model


def dense_graph(controller: Controller) -> onnx.ModelProto:
    """Returns a network of one dense tanh layer with as many inputs, hidden nodes and outputs."""
    shape = controller.network
    constants = [numpy_helper.from_array(a, f"c{k}") for k, a in enumerate(dense_weights(controller))]
    nodes = [
        helper.make_node("Gemm", ["obs", "c0", "c1"], ["h"]),
        helper.make_node("Tanh", ["h"], ["t"]),
        helper.make_node("Gemm", ["t", "c2", "c3"], ["y"]),
        helper.make_node("Tanh", ["y"], ["actions"]),
    ]
    shapes = (("obs", shape.n_inputs), ("actions", shape.n_outputs))
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size]) for name, size in shapes]
    made = helper.make_graph(nodes, "dense", ends[:1], ends[1:], constants)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)


def dense_weights(controller: Controller) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    """Returns weights [from, to] and biases [to] of both layers: any numbers that are not special."""
    rng, n = np.random.default_rng(1), controller.network
    shapes = ((n.n_inputs, n.n_hidden), (n.n_hidden,), (n.n_hidden, n.n_outputs), (n.n_outputs,))
    return [rng.uniform(-0.5, 0.5, shape).astype(np.float32) for shape in shapes]


def _observed(graph: _Graph, channel: Channel, x: str) -> str:
    """Adds ``Channel.condition_observation``, for what is not NaN."""
    x = _clipped(graph, channel, x)
    x = graph.add("Sub", x, graph.number(channel.offset)) if channel.offset != 0 else x
    return graph.add("Mul", x, graph.number(channel.scale)) if channel.scale != 1 else x


def _acted(graph: _Graph, channel: Channel, y: str) -> str:
    """Adds ``Channel.condition_action``, for what is not NaN."""
    y = graph.add("Mul", y, graph.number(channel.scale)) if channel.scale != 1 else y
    y = graph.add("Add", y, graph.number(channel.offset)) if channel.offset != 0 else y
    return _clipped(graph, channel, y)


def _clipped(graph: _Graph, channel: Channel, x: str) -> str:
    if not channel.clip:
        return x
    return graph.add("Min", graph.add("Max", x, graph.number(channel.low)), graph.number(channel.high))


def _sine(op: str) -> Callable[[_Graph, str], str]:
    return lambda graph, x: graph.add(op, graph.add("Mul", x, graph.number(np.pi)))


def _gauss(graph: _Graph, x: str) -> str:
    return graph.add("Exp", graph.add("Mul", graph.add("Mul", x, x), graph.number(-0.5)))


def _step(graph: _Graph, x: str) -> str:
    return graph.add("Cast", graph.add("Greater", x, graph.number(0.0)), to=TensorProto.FLOAT)


def _operator(op: str) -> Callable[[_Graph, str], str]:
    return lambda graph, x: graph.add(op, x)


_ROWS: dict[str, Callable[[_Graph, str], str]] = {
    "linear": lambda graph, x: x,
    "step": _step,
    "sin": _sine("Sin"),
    "gauss": _gauss,
    "tanh": _operator("Tanh"),
    "sigmoid": _operator("Sigmoid"),
    "inverse": _operator("Neg"),
    "abs": _operator("Abs"),
    "relu": lambda graph, x: graph.add("Max", x, graph.number(0.0)),  # onnx2c aborts on Relu of [1, 1]
    "cos": _sine("Cos"),
    "square": lambda graph, x: graph.add("Mul", x, x),
}
_ACTIVATIONS = covered(_ROWS, "_ACTIVATIONS", __name__)
