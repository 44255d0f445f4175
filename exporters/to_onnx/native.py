"""The readable form of the ONNX graph: one MatMul a level and the standard's own activations.

It is the shortest and fastest form, but MatMul sums in an order of the runtime's own, and Tanh, Sin
and the like differ between builds; ``error_bound.py`` says by how much that can move an action.
"""

import numpy as np

from wann_rt.core.arithmetic import ONE, ZERO
from wann_rt.core.network import BIAS
from wann_rt.exporters.to_onnx.graph import Graph, Table
from wann_rt.exporters.to_onnx.levels import Level
from wann_rt.exporters.to_onnx.palette import STANDARD


def table(graph: Graph, levels: list[Level], inputs: Table) -> Table:
    """Returns the table of the inputs that are read; the bias is no column but added to each level that uses it.

    An Add behind a MatMul costs nothing in onnxruntime, which makes them one Gemm; a column of ones
    costs it a Pad, 0.9 microseconds.
    """
    return inputs


def keep_nan(graph: Graph, level: Level, total: str, values: str) -> str:
    """Adds nothing: the standard's own activations pass NaN on."""
    return values


def add_sums(graph: Graph, level: Level, values: Table) -> str:
    """Adds the sums of a level: the values times a matrix of 0 and 1, of signs or of weights."""
    matrix = np.zeros((len(values.columns), len(level.nodes)), np.float32)
    bias = np.zeros((1, len(level.nodes)), np.float32)
    for k, terms in enumerate(level.terms):
        for term in terms:
            if term.source == BIAS:
                bias[0, k] = term.factor
            else:
                matrix[values.columns[term.source], k] = term.factor
    connections = graph.constant(f"{level.name}/connections", matrix)
    total = graph.add("MatMul", [values.name, connections], f"{level.name}/sum")
    if bias.any():
        row = graph.constant(f"{level.name}/bias/values", bias)
        total = graph.add("Add", [total, row], f"{level.name}/bias")
    return total


def add_clip(graph: Graph, x: str, low: str, high: str, neutral: str, name: str) -> str:
    """Adds ``arithmetic.clip``: what Max and Min make of NaN is the runtime's business, so NaN is replaced last."""
    limited = _limited(graph, x, low, high, name)
    is_nan = graph.add("IsNaN", [x], f"{name}/is_nan")
    return graph.add("Where", [is_nan, neutral, limited], name)


def _limited(graph: Graph, x: str, low: str, high: str, name: str) -> str:
    raised = graph.add("Max", [x, low], f"{name}/low")
    return graph.add("Min", [raised, high], f"{name}/high")


def add_activation(graph: Graph, activation: str, x: str, name: str) -> str:
    """Adds an activation and returns its result."""
    return STANDARD[activation].add(graph, x, name)


def add_plain_activation(graph: Graph, activation: str, x: str, name: str) -> str:
    """Adds an activation without operators that onnx2c knows but gets wrong, and returns its result.

    Met in its revision ea045cc: Relu refuses a row of one number, Cast of what is true or false gives other numbers.
    """
    plain = {"relu": _plain_relu, "step": _plain_step}.get(activation, STANDARD[activation].add)
    return plain(graph, x, name)


def _plain_relu(graph: Graph, x: str, name: str) -> str:
    return graph.add("Max", [x, graph.number(ZERO)], name)


def _plain_step(graph: Graph, x: str, name: str) -> str:
    positive = graph.add("Greater", [x, graph.number(ZERO)], f"{name}/positive")
    return graph.add("Where", [positive, graph.number(ONE), graph.number(ZERO)], name)
