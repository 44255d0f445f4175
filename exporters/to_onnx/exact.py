"""The exact form of the ONNX graph: elementary operators only, bit-equal to the oracle.

Its bits follow from IEEE 754 alone: no operator in it leaves a runtime a choice. Sums are not a
MatMul, whose order is the runtime's business, but one Add per position of a source: the first
sources of all nodes of a level plus their second sources, and so on, from left to right. Nodes with
fewer sources take -0.0 instead, because x + -0.0 is x for every x, down to the bit. Activations are
the definitions of the palette, traced.
"""

from collections.abc import Mapping

import numpy as np

from wann_rt.core import arithmetic
from wann_rt.core.activations import BY_NAME
from wann_rt.core.network import BIAS
from wann_rt.core.symbols import Symbol, schedule, trace
from wann_rt.exporters.to_onnx.graph import Graph, Table
from wann_rt.exporters.to_onnx.levels import Level, Terms

# Columns of the table beside the nodes'.
MINUS_ZERO = -1  # padding of sums
PLUS_ZERO = -2  # the sum of no sources

OPERATORS = {
    "neg": "Neg",
    "abs": "Abs",
    "add": "Add",
    "sub": "Sub",
    "mul": "Mul",
    "div": "Div",
    "lt": "Less",
    "gt": "Greater",
    "ge": "GreaterOrEqual",
    "le": "LessOrEqual",
}


def table(graph: Graph, levels: list[Level], inputs: str, n_inputs: int) -> Table:
    """Returns the table of the inputs, with a column for each constant that some sum needs."""
    columns = {node: node - 1 for node in range(1, 1 + n_inputs)}
    used = {source for level in levels for source, _ in _padded(level)}
    for key, value, name in (
        (BIAS, 1.0, "bias"),
        (MINUS_ZERO, -0.0, "minus_zero"),
        (PLUS_ZERO, 0.0, "plus_zero"),
    ):
        if key in used:
            inputs = graph.append(inputs, value, f"with_{name}")
            columns[key] = len(columns)
    return Table(inputs, columns)


def add_sums(graph: Graph, level: Level, values: Table) -> str:
    """Adds the sums of a level: all sources in one Gather, then one Add per position of a source."""
    padded = _padded(level)
    sources = [values.columns[source] for source, _ in padded]
    terms = graph.gather(values.name, sources, f"{level.name}/sources")
    coefficients = np.array([[coefficient for _, coefficient in padded]], np.float32)
    if np.any(coefficients != 1):
        row = graph.constant(f"{level.name}/coefficients", coefficients)
        terms = graph.add("Mul", [terms, row], f"{level.name}/terms")
    width = len(level.nodes)
    positions = len(padded) // width
    names = [f"{level.name}/position_{k + 1}" for k in range(positions)]
    total, *rest = graph.split(terms, [width] * positions, names)
    for part in rest:
        total = graph.add("Add", [total, part], f"{level.name}/sum")
    return total


def _padded(level: Level) -> Terms:
    """Returns the first terms of all nodes, then their second ones, and so on, filled up."""
    rows = [terms or ((PLUS_ZERO, 1.0),) for terms in level.terms]
    longest = max(map(len, rows))
    filled = [row + ((MINUS_ZERO, 1.0),) * (longest - len(row)) for row in rows]
    return tuple(row[k] for k in range(longest) for row in filled)


def add_clip(graph: Graph, x: str, low: str, high: str, neutral: str, name: str) -> str:
    """Adds ``arithmetic.clip``, traced; a bound of -inf or inf and a neutral NaN change nothing."""
    result = trace(arithmetic.clip, "x", "low", "high", "neutral")
    return add_expression(graph, result, {"x": x, "low": low, "high": high, "neutral": neutral}, name)


def add_activation(graph: Graph, activation: str, x: str, name: str) -> str:
    """Adds an activation as the operations of its definition and returns its result."""
    return add_expression(graph, trace(BY_NAME[activation].function, "x"), {"x": x}, name)


def add_expression(graph: Graph, result: Symbol, inputs: Mapping[str, str], name: str) -> str:
    """Adds the operations of a traced expression and returns its result.

    Args:
        graph: where to.
        result: the expression.
        inputs: the value behind each input of the expression.
        name: of the result; the steps towards it are called ``name/mul`` and so on.
    """
    done: dict[Symbol, str] = {}
    for symbol in schedule([result]):
        args = [done[arg] for arg in symbol.args]
        label = name if symbol is result else f"{name}/{symbol.op}"
        if symbol.op == "input":
            done[symbol] = inputs[symbol.name]
        elif symbol.op == "constant":
            done[symbol] = graph.number(symbol.value)
        elif symbol.op == "select":
            done[symbol] = _add_select(graph, args, label)
        else:
            done[symbol] = graph.add(OPERATORS[symbol.op], args, label)
    return done[result]


def _add_select(graph: Graph, args: list[str], name: str) -> str:
    """Adds a choice that keeps the sign of zero.

    onnxruntime's Where (1.31, on CPU) gives +0.0 when it picks -0.0 from its second input: it fills
    what is not picked with zeros and merges the two by ``x != 0 ? x : y``. Its third input keeps all
    bits, so what may be -0.0 goes there; if both may be, the choice is a sum with -0.0.
    """
    condition, if_true, if_false = args
    if _is_never_minus_zero(graph, if_true):
        return graph.add("Where", [condition, if_true, if_false], name)
    # Not a Not: onnxruntime folds that into Where and swaps its inputs back.
    true = graph.shared("const/true", np.ones((1, 1), np.bool_))
    opposite = graph.add("Xor", [condition, true], f"{name}/otherwise")
    if _is_never_minus_zero(graph, if_false):
        return graph.add("Where", [opposite, if_false, if_true], name)
    zero = graph.number(arithmetic.ZERO)
    chosen = []
    for skipped, value in ((opposite, if_true), (condition, if_false)):
        minus = graph.add("Neg", [value], f"{name}/minus")
        minus = graph.add("Where", [skipped, zero, minus], f"{name}/minus")
        chosen.append(graph.add("Neg", [minus], f"{name}/or_minus_zero"))
    return graph.add("Add", chosen, name)


def _is_never_minus_zero(graph: Graph, name: str) -> bool:
    """Returns whether a value is a constant without a -0.0."""
    constant = graph.constants.get(name)
    return constant is not None and not np.any((constant == 0) & np.signbit(constant))
