"""What is printed as C means what it was printed from: literals, expressions, names."""

import re

import numpy as np
import pytest
from helpers import builders
from helpers.c_library import swing_up
from hypothesis import given, settings
from hypothesis import strategies as st

from wann_rt.core.errors import ExportError
from wann_rt.core.symbols import Symbol, lift
from wann_rt.exporters.expressions import Printer
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.syntax import CSyntax
from wann_rt.exporters.to_c.text import identifier, literal


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_literal_reads_back_as_the_same_float32(value: float) -> None:
    text = literal(value)
    assert re.fullmatch(r"-?\d+\.\d+(e[+-]\d+)?f|-?\d+e[+-]\d+f", text)
    assert builders.same_bits(np.float32(text[:-1]), np.float32(value))


def expressions() -> st.SearchStrategy[Symbol]:
    """Trees over the inputs a0, a1, a2 and constants, of the operators that Python spells like C."""
    leaves = st.one_of(
        st.sampled_from([Symbol("input", name=f"a{k}") for k in range(3)]),
        st.floats(-3, 3, width=16).map(lambda value: lift(np.float32(value))),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda op, a, b: Symbol(op, (a, b)), st.sampled_from(["add", "sub", "mul", "div"]), inner, inner),
            inner.map(lambda a: -a),
        ),
        max_leaves=12,
    )


@pytest.mark.slow
@given(expressions(), st.lists(st.floats(-100, 100, width=32), min_size=3, max_size=3))
@settings(max_examples=300, deadline=None)
def test_a_printed_expression_keeps_the_order_of_operations(root: Symbol, values: list[float]) -> None:
    scope = {f"a{k}": np.float32(value) for k, value in enumerate(values)}
    names = iter(f"l{k}" for k in range(100))
    locals_, text = Printer(CSyntax(Names.of(swing_up(), "p"))).expression(root, names)
    with np.errstate(all="ignore"):
        for name, value in [*((local.name, local.text) for local in locals_), ("result", text)]:
            constants = re.sub(r"([\d.]+(?:e[+-]\d+)?)f\b", r"f32(\1)", value)
            scope[name] = eval(constants, {"f32": np.float32}, scope)
        assert builders.same_bits(scope["result"], computed(root, scope))


def computed(symbol: Symbol, scope: dict[str, np.float32]) -> np.float32:
    """Returns the value of an expression, computed from the tree."""
    if symbol.op == "input":
        return scope[symbol.name]
    if symbol.op == "constant":
        return symbol.value
    a, *rest = (computed(argument, scope) for argument in symbol.args)
    if symbol.op == "neg":
        return -a
    operate = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide}[symbol.op]
    return np.float32(operate(a, rest[0]))


def test_a_name_becomes_an_identifier_that_reads_like_it() -> None:
    cases = {"θ dot": "theta_dot", "cos(θ)": "cos_theta", "int": "obs_int", "2x": "obs_2x", "Größe": "gro_e", "": "obs"}
    assert {text: identifier(text, "obs") for text in cases} == cases
    assert identifier("x", "obs", {"x", "x_2"}) == "x_3"


@pytest.mark.parametrize("prefix", ["", "2x", "int", "a b", "a__b", "_a", "class", "ä"])
def test_a_prefix_that_is_no_identifier_is_refused(prefix: str) -> None:
    with pytest.raises(ExportError, match="cannot begin names in C"):
        to_c(swing_up(), prefix=prefix)
