"""A language is a Syntax: printed by the one printer, a definition computes the oracle's bits in any of them."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from helpers import builders, needs
from numpy.typing import NDArray

from wann_rt.core import arithmetic
from wann_rt.core.activations import PALETTE
from wann_rt.core.symbols import Symbol, trace
from wann_rt.exporters.expressions import Function, Printer, Syntax, Text

CLIP = ("x", "low", "high", "neutral")
SINGLES: Mapping[str, Symbol] = {activation.name: trace(activation.function, "x") for activation in PALETTE}


class Python(Syntax):
    """Python over numpy's float32: a language with another choice and other literals."""

    absolute = "abs"

    def literal(self, symbol: Symbol) -> str:
        """Returns a number by its bits."""
        return f"number({int(symbol.value.view(np.uint32))})"

    def select(self, condition: Text, if_true: Text, if_false: Text) -> Text:
        """Returns a conditional expression."""
        return Text(f"({if_true.text} if {condition.text} else {if_false.text})")


class Rust(Syntax):
    """Rust, whose choices are blocks."""

    absolute = "f32::abs"

    def literal(self, symbol: Symbol) -> str:
        """Returns a number in full."""
        return f"{float(symbol.value)!r}f32"

    def select(self, condition: Text, if_true: Text, if_false: Text) -> Text:
        """Returns an expression of blocks."""
        return Text(f"(if {condition.text} {{ {if_true.text} }} else {{ {if_false.text} }})")


def inputs() -> NDArray[np.float32]:
    rng = np.random.default_rng(5)
    wild = rng.integers(0, 2**32, 60, np.uint32).view(np.float32)
    return np.concatenate([wild, rng.normal(0, 3, 60).astype(np.float32), builders.SPECIAL])


def in_python(root: Symbol, values: Mapping[str, np.float32], printer: Printer) -> np.float32:
    scope: dict[str, object] = dict(values)
    given = {"number": lambda bits: np.uint32(bits).view(np.float32), "abs": abs, "tanh": tanh_in_python}
    locals_, text = printer.expression(root)
    for local in locals_:
        scope[local.name] = eval(local.text, given, scope)
    return np.float32(eval(text, given, scope))


def tanh_in_python(x: np.float32) -> np.float32:
    return in_python(SINGLES["tanh"], {"x": x}, Printer(Python()))


@pytest.mark.parametrize("name", SINGLES)
def test_each_activation_in_a_language_of_this_test(name: str) -> None:
    x = inputs()
    calls = {"tanh": Function(("x",), SINGLES["tanh"])} if name == "sigmoid" else {}
    printer = Printer(Python(), calls)
    assert not calls or printer.called([SINGLES[name]]) == {"tanh"}
    with np.errstate(all="ignore"):
        got = np.array([in_python(SINGLES[name], {"x": value}, printer) for value in x])
        expected = next(activation.function(x) for activation in PALETTE if activation.name == name)
    assert builders.same_bits(got, expected)


def test_a_clip_in_a_language_of_this_test() -> None:
    root = trace(arithmetic.clip, *CLIP)
    limits = [np.float32(v) for v in (-1, 2, 0.5)]
    for x in inputs():
        got = in_python(root, dict(zip(CLIP, (x, *limits), strict=True)), Printer(Python()))
        assert builders.same_bits(got, np.float32(arithmetic.clip(x, *limits)))


def test_each_activation_in_rust(tmp_path: Path) -> None:
    rustc = needs.program("rustc")
    x = inputs()
    functions = [rust(f"w_{name}", root) for name, root in SINGLES.items()]
    rows = "".join(f'print!("{{:08x}} ", w_{name}(x).to_bits());' for name in SINGLES)
    bits = ", ".join(str(int(value)) for value in x.view(np.uint32))
    main = f"fn main() {{ for bits in [{bits}u32] {{ let x = f32::from_bits(bits); {rows} println!(); }} }}"
    (tmp_path / "main.rs").write_text("\n".join([*functions, main]), encoding="utf-8")
    command = [rustc, "-O", "-A", "warnings", "-o", str(tmp_path / "main"), str(tmp_path / "main.rs")]
    subprocess.run(command, check=True, capture_output=True, text=True)
    printed = subprocess.run([tmp_path / "main"], check=True, capture_output=True, text=True).stdout
    got = np.array([[int(word, 16) for word in line.split()] for line in printed.splitlines()], np.uint32)
    with np.errstate(all="ignore"):
        for column, activation in zip(got.T, PALETTE, strict=True):
            assert builders.same_bits(column.view(np.float32), activation.function(x)), activation.name


def rust(name: str, root: Symbol) -> str:
    locals_, text = Printer(Rust()).expression(root)
    lines = [f"let {local.name} = {local.text};" for local in locals_]
    assert not re.search(r"\?", "".join(lines) + text)
    return f"fn {name}(x: f32) -> f32 {{ {' '.join(lines)} {text} }}"
