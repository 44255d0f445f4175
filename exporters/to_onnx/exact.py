"""The exact form of the ONNX graph: elementary operators only, bit-equal to the oracle.

Its bits follow from IEEE 754 alone: no operator in it leaves a runtime a choice. Sums are not a
MatMul, whose order is the runtime's business, but one Add per position of a source: the first
sources of all nodes of a level plus their second sources, and so on, from left to right. Nodes with
fewer sources take -0.0 instead, because x + -0.0 is x for every x, down to the bit. Activations are
the definitions of the palette, traced.
"""

from collections.abc import Mapping

import numpy as np

from wann_rt.core.activations import BY_NAME, f32
from wann_rt.core.arithmetic import HALF, ONE, ZERO, maximum, minimum
from wann_rt.core.derived import LARGEST
from wann_rt.core.network import BIAS
from wann_rt.core.symbols import Symbol, schedule, trace
from wann_rt.core.terms import Term
from wann_rt.exporters.to_onnx.graph import MINUS_ZERO, PLUS_ZERO, Graph, Table
from wann_rt.exporters.to_onnx.levels import Level
from wann_rt.exporters.to_onnx.rewriting import with_reductions

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


def table(graph: Graph, levels: list[Level], inputs: Table) -> Table:
    """Returns the table of the inputs, with a column for each constant that some sum needs."""
    name, columns = inputs.name, dict(inputs.columns)
    used = {term.source for level in levels for term in _padded(level)}
    for key, value, label in (
        (BIAS, 1.0, "bias"),
        (MINUS_ZERO, -0.0, "minus_zero"),
        (PLUS_ZERO, 0.0, "plus_zero"),
    ):
        if key in used and key not in columns:
            name = graph.append(name, value, f"with_{label}")
            columns[key] = len(columns)
    return Table(name, columns)


def add_sums(graph: Graph, level: Level, values: Table) -> str:
    """Adds the sums of a level: all sources in one Gather, then one Add per position of a source."""
    padded = _padded(level)
    sources = [values.columns[term.source] for term in padded]
    terms = graph.gather(values.name, sources, f"{level.name}/sources")
    coefficients = np.array([[term.factor for term in padded]], np.float32)
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


def _padded(level: Level) -> tuple[Term, ...]:
    """Returns the first terms of all nodes, then their second ones, and so on, filled up."""
    rows = [terms or (Term(PLUS_ZERO, 1.0, False),) for terms in level.terms]
    longest = max(map(len, rows))
    filled = [row + (Term(MINUS_ZERO, 1.0, False),) * (longest - len(row)) for row in rows]
    return tuple(row[k] for k in range(longest) for row in filled)


def add_clip(graph: Graph, x: str, low: str, high: str, neutral: str, name: str) -> str:
    """Adds ``arithmetic.clip``; a bound of -inf or inf and a neutral NaN change nothing.

    NaN is found by the operator IsNaN and replaced last, so the result does not depend on what the limits, which
    compare, give for NaN in this or that runtime. ``neutral`` lies within the limits, so the order changes no result.
    """
    limited = _add_limits(graph, x, low, high, name)
    is_nan = graph.add("IsNaN", [x], f"{name}/is_nan")
    return graph.add("Where", [is_nan, neutral, limited], name)


def add_plain_clip(graph: Graph, x: str, low: str, high: str, neutral: str, name: str) -> str:
    """Adds ``arithmetic.clip`` without IsNaN, which onnx2c does not know: only NaN is not at least itself."""
    limited = _add_limits(graph, x, low, high, name)
    is_number = graph.add("GreaterOrEqual", [x, x], f"{name}/is_number")
    return _add_select(graph, [is_number, limited, neutral], name)


def _add_limits(graph: Graph, x: str, low: str, high: str, name: str) -> str:
    limited = trace(lambda x, low, high: minimum(high, maximum(low, x)), "x", "low", "high")
    return add_expression(graph, limited, {"x": x, "low": low, "high": high}, f"{name}/limited")


def add_activation(graph: Graph, activation: str, x: str, name: str) -> str:
    """Adds an activation as the operations of its definition, the reduction by Round; returns its result."""
    return add_expression(graph, with_reductions(trace(BY_NAME[activation].function, "x")), {"x": x}, name)


def add_plain_activation(graph: Graph, activation: str, x: str, name: str) -> str:
    """Adds an activation without Round, which onnx2c (ea045cc) rounds half away from zero; C keeps the definition."""
    return add_expression(graph, trace(BY_NAME[activation].function, "x"), {"x": x}, name)


def keep_nan(graph: Graph, level: Level, total: str, values: str) -> str:
    """Adds what a level gives for sums that are NaN, so that no runtime's comparison with NaN decides it.

    OpenVINO says that NaN is greater and less than everything; all activations that compare would give numbers.
    """
    functions = [group.activation.function for group in level.groups]
    if not any(symbol.op == "select" for f in functions for symbol in schedule([trace(f, "x")])):
        return values
    at_nan = [group.activation.function(np.float32(np.nan)) for group in level.groups for _ in group.nodes]
    row = graph.constant(f"{level.name}/at_nan", np.array([at_nan], np.float32))
    is_nan = graph.add("IsNaN", [total], f"{level.name}/is_nan")
    return graph.add("Where", [is_nan, row, values], f"{level.name}/kept")


def add_expression(graph: Graph, result: Symbol, inputs: Mapping[str, str], name: str) -> str:
    """Adds the operations of a traced expression and returns its result.

    Args:
        graph: where to.
        result: the expression.
        inputs: the value behind each input of the expression.
        name: of the result; the steps towards it are called ``name/mul`` and so on.
    """
    return add_expressions(graph, {name: result}, inputs, name)[0]


def add_expressions(graph: Graph, results: Mapping[str, Symbol], inputs: Mapping[str, str], name: str) -> list[str]:
    """Adds some expressions, what they share once, and returns their results; see ``add_expression``."""
    done: dict[Symbol, str] = {}
    names = {result: label for label, result in results.items()}
    for symbol in schedule(results.values()):
        args = [done[arg] for arg in symbol.args]
        label = names.get(symbol, f"{name}/{symbol.op}")
        if symbol.op == "input":
            done[symbol] = inputs[symbol.name]
        elif symbol.op == "constant":
            done[symbol] = graph.number(symbol.value)
        elif symbol.op == "select":
            chosen = _add_select(graph, args, label)
            if _asks_finite(symbol.args[0]):  # by IsNaN, too: no result depends on what a comparison says of NaN
                is_nan = graph.add("IsNaN", [done[symbol.args[0].args[0].args[0]]], f"{label}/is_nan")
                chosen = _add_select(graph, [is_nan, args[2], chosen], f"{label}/kept")
            done[symbol] = chosen
        elif symbol.op == "reduced":
            done[symbol] = _add_reduced(graph, args[0], label)
        else:
            done[symbol] = graph.add(OPERATORS[symbol.op], args, label)
    return [done[result] for result in results.values()]


def _asks_finite(condition: Symbol) -> bool:
    """Returns whether a condition is that of ``derived.is_finite``."""
    if condition.op != "le" or condition.args[0].op != "abs":
        return False
    return condition.args[1].op == "constant" and condition.args[1].value == LARGEST


def _add_reduced(graph: Graph, x: str, name: str) -> str:
    """Adds ``activations.reduced`` by Round, half to even: the same bits for each of the 2^32 floats.

    Half of x and twice its rounding are exact, but for what underflows and rounds to 0 anyway. Within [-1, 1] the
    nearest even integer is 0 and x stays; that is asked for because Round(-0.0) is -0.0, and -0.0 - -0.0 is 0.0.
    Beyond, ``x - twice`` is never -0.0, so it may stand in Where's second place, see ``_add_select``.
    """
    half = graph.add("Mul", [x, graph.number(HALF)], f"{name}/half")
    whole = graph.add("Round", [half], f"{name}/round")
    twice = graph.add("Mul", [whole, graph.number(f32(2.0))], f"{name}/even")
    rest = graph.add("Sub", [x, twice], f"{name}/rest")
    size = graph.add("Abs", [x], f"{name}/size")
    is_beyond = graph.add("Greater", [size, graph.number(ONE)], f"{name}/is_beyond")
    rest = graph.add("Where", [is_beyond, rest, x], f"{name}/within")
    is_whole = graph.add("GreaterOrEqual", [size, graph.number(f32(2.0**23))], f"{name}/is_whole")
    return graph.add("Where", [is_whole, graph.number(ZERO), rest], name)


def _add_select(graph: Graph, args: list[str], name: str) -> str:
    """Adds a choice that keeps the sign of zero.

    onnxruntime's Where (1.31, on CPU) gives +0.0 when it picks -0.0 from its second input: it fills
    what is not picked with zeros and merges the two by ``x != 0 ? x : y``. Its third input keeps all
    bits, so what may be -0.0 goes there; if both may be, the choice is a sum with -0.0.
    """
    condition, if_true, if_false = args
    if _is_never_minus_zero(graph, if_true):
        return graph.add("Where", [condition, if_true, if_false], name)
    # Xor with true instead of Not, because onnxruntime folds a Not into Where and swaps its inputs back.
    true = graph.shared("const/true", np.ones((1, 1), np.bool_))
    opposite = graph.add("Xor", [condition, true], f"{name}/otherwise")
    if _is_never_minus_zero(graph, if_false):
        return graph.add("Where", [opposite, if_false, if_true], name)
    zero = graph.number(ZERO)
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
