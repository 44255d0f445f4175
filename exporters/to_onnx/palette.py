"""The palette in the standard operators of ONNX: for each activation its nodes, and how far its value can be off.

The two stand in one row, because the error is that of the operators: a form with other operators has another bound.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from wann_rt.core.activations import covered
from wann_rt.core.arithmetic import ZERO
from wann_rt.exporters.to_onnx.graph import Graph

Real = NDArray[np.float64]

UNIT = 2.0**-24  # one rounding, relatively
TINY = 2.0**-149  # one rounding of a product that underflows

# Errors of onnxruntime's operators: about twice what was measured over every 101st float32 with
# 1.31.1 on x86-64 (2.6e-7, 1.7e-7, 7.2e-8 relative, 1.0e-7, 1.0e-7), to leave room for other builds.
TANH = 5e-7
SIGMOID = 3e-7
EXP = 2e-7
SIN_COS = 2e-7
# float32(pi) is off by 2.8e-8, relatively, and the product with it is rounded.
ANGLE = 2.8e-8 + UNIT


class Standard(NamedTuple):
    """An activation in standard operators.

    Attributes:
        add: adds its nodes to a graph, for an argument and under a name, and returns its value.
        error: the argument as the oracle has it and the error of the argument -> the error of the value.
    """

    add: Callable[[Graph, str, str], str]
    error: Callable[[Real, Real], Real]


def _linear(graph: Graph, x: str, name: str) -> str:
    return x


def _step(graph: Graph, x: str, name: str) -> str:
    positive = graph.add("Greater", [x, graph.number(ZERO)], f"{name}/positive")
    return graph.add("Cast", [positive], name, to=TensorProto.FLOAT)


def _angle(graph: Graph, x: str, name: str) -> str:
    return graph.add("Mul", [x, graph.number(np.float32(np.pi))], f"{name}/angle")


def _sin(graph: Graph, x: str, name: str) -> str:
    return graph.add("Sin", [_angle(graph, x, name)], name)


def _cos(graph: Graph, x: str, name: str) -> str:
    return graph.add("Cos", [_angle(graph, x, name)], name)


def _square(graph: Graph, x: str, name: str) -> str:
    return graph.add("Mul", [x, x], name)


def _gauss(graph: Graph, x: str, name: str) -> str:
    square = _square(graph, x, f"{name}/square")
    exponent = graph.add("Mul", [square, graph.number(np.float32(-0.5))], f"{name}/exponent")
    return graph.add("Exp", [exponent], name)


def _operator(op: str) -> Callable[[Graph, str, str], str]:
    """Returns the row of an activation that is one operator of the standard."""
    return lambda graph, x, name: graph.add(op, [x], name)


def rounded(size: Real) -> Real:
    """Returns what rounding a result of that magnitude errs."""
    error: Real = size * UNIT + TINY * (size > 0)
    return error


def _exact_error(z: Real, d: Real) -> Real:
    """For what is exact and brings no two numbers further apart: x, -x, abs(x), max(0, x)."""
    return d


def _step_error(z: Real, d: Real) -> Real:
    return np.where(np.abs(z) <= d, 1.0, 0.0) * (d > 0)


def _square_error(z: Real, d: Real) -> Real:
    error = (2 * np.abs(z) + d) * d
    return error + rounded(z * z) + rounded(z * z + error)


def _wave_error(z: Real, d: Real) -> Real:
    """For sin(pi x) and cos(pi x); two values of a wave are never further apart than 2."""
    error: Real = np.minimum(np.pi * (d + (np.abs(z) + d) * ANGLE), 2.0) + SIN_COS
    return error


def _gauss_error(z: Real, d: Real) -> Real:
    """The slope x exp(-x^2/2) is greatest at 1; rounding the exponent t errs t exp(-t) < 1/2 units."""
    steepest: Real = np.clip(1.0, np.maximum(np.abs(z) - d, 0.0), np.abs(z) + d)
    slope = steepest * np.exp(-0.5 * steepest * steepest)
    return np.minimum(slope * d, 1.0) + EXP + UNIT


def _tanh_error(z: Real, d: Real) -> Real:
    """The slope 1 - tanh(x)^2 is greatest next to 0."""
    slope = 1 - np.tanh(np.maximum(np.abs(z) - d, 0.0)) ** 2
    return np.minimum(slope * d, 2.0) + TANH


def _sigmoid_error(z: Real, d: Real) -> Real:
    """A tanh of half the width and height."""
    slope = 0.25 * (1 - np.tanh(0.5 * np.maximum(np.abs(z) - d, 0.0)) ** 2)
    return np.minimum(slope * d, 1.0) + SIGMOID


_ROWS: Mapping[str, Standard] = {
    "linear": Standard(_linear, _exact_error),
    "step": Standard(_step, _step_error),
    "sin": Standard(_sin, _wave_error),
    "gauss": Standard(_gauss, _gauss_error),
    "tanh": Standard(_operator("Tanh"), _tanh_error),
    "sigmoid": Standard(_operator("Sigmoid"), _sigmoid_error),
    "inverse": Standard(_operator("Neg"), _exact_error),
    "abs": Standard(_operator("Abs"), _exact_error),
    "relu": Standard(_operator("Relu"), _exact_error),
    "cos": Standard(_cos, _wave_error),
    "square": Standard(_square, _square_error),
}
STANDARD = covered(_ROWS, "STANDARD", __name__)
