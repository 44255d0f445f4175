"""Other people's compilers from ONNX to C, given our exact form, give our bits."""

import ctypes
import re
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from helpers import builders, needs
from numpy.typing import NDArray

import wann_rt as wr
from wann_rt import cli
from wann_rt.core.activations import PALETTE
from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.core.reference import evaluate
from wann_rt.exporters import export
from wann_rt.exporters.parity.error_bound import error_bound
from wann_rt.exporters.parity.run_onnx import session
from wann_rt.exporters.to_onnx.forms import DIALECTS
from wann_rt.exporters.to_onnx.model import to_onnx

ROOT = Path(__file__).parents[2]
KINDS: tuple[Any, ...] = ("shared", "ensemble", "connections")
Floats = NDArray[np.float32]

# What onnx2c (ea045cc, April 2026) has a C template for, as far as our graphs could need it.
ONNX2C = (
    "Abs Add Concat Cos Div Exp Expand Gather Greater GreaterOrEqual Less LessOrEqual MatMul Max Min Mul Neg Sigmoid "
    "Sin Split Squeeze Sub Tanh Where Xor"
)


def subjects(count: int) -> list[Controller]:
    """Returns random controllers of all kinds of weight, all activations among them, and the example."""
    found = [builders.controller(np.random.default_rng(500 + k), KINDS[k % 3]) for k in range(count)]
    return [*found, wr.load(ROOT / "examples" / "swingup.json")]


# Code of others: a library with a function that runs rows.


def library(source: str, run: str, folder: Path, *flags: str) -> Callable[[Floats, int], Floats]:
    """Compiles C and a function ``run(obs, actions, rows)``; returns it as observations, actions -> actions."""
    compiler = needs.any_compiler()
    (folder / "unit.c").write_text(source + run, encoding="utf-8")
    output = folder / f"unit{len(list(folder.iterdir()))}.so"  # a name that was loaded before is not loaded again
    options = ["-O2", "-w", *flags, "-shared", "-fPIC", str(folder / "unit.c"), "-o", str(output), "-lm"]
    subprocess.run([compiler, *options], check=True)
    return partial(call, ctypes.CDLL(str(output)))


def call(code: ctypes.CDLL, observations: Floats, n_actions: int) -> Floats:
    x = np.ascontiguousarray(observations)
    y = np.empty((len(x), n_actions), np.float32)
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (x, y)]
    code.run(*pointers, ctypes.c_int(len(x)))
    return y


def runner(entry: str, n: int, m: int) -> str:
    """Returns the C of ``run`` around a generated function of one row."""
    arguments = f"(const float (*)[{n}])(obs + i * {n}), (float (*)[{m}])(actions + i * {m})"
    return f"""
void run(const float *obs, float *actions, int rows);
void run(const float *obs, float *actions, int rows) {{
    for (int i = 0; i < rows; i++) {{
        {entry}({arguments});
    }}
}}
"""


def by_onnx2c(controller: Controller, to: str, folder: Path, *flags: str) -> Callable[[Floats, int], Floats]:
    compiler = needs.program("onnx2c")
    model = folder / "model.onnx"
    model.write_bytes(export(controller, to, compat="onnx2c"))
    done = subprocess.run([compiler, str(model)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    sizes = len(controller.observations), len(controller.actions)
    return library(done.stdout, runner("entry", *sizes), folder, *flags)


def by_emx(controller: Controller, folder: Path, compat: str | None) -> Callable[[Floats, int], Floats]:
    compiler = needs.program("emx-onnx-cgen")
    model = folder / "model.onnx"
    model.write_bytes(export(controller, "onnx-exact", compat=compat))
    batch = () if compat else ("--input-dim", "batch=1")
    options = ["--model-name", "entry", "--large-temp-threshold", "0", *batch]
    command = [compiler, "compile", str(model), str(folder / "model.c"), *options]
    subprocess.run(command, check=True, capture_output=True)
    source = (folder / "model.c").read_text(encoding="utf-8")
    assert not re.search(r"\b(malloc|calloc|alloca)\b", source)
    sizes = len(controller.observations), len(controller.actions)
    return library(source, runner("entry", *sizes), folder, "-ffp-contract=off")


# The laws.


def rows_of(controller: Controller) -> Floats:
    return builders.inputs(np.random.default_rng(3), len(controller.observations), 300).T


@pytest.mark.parametrize("compat", [None, "onnx2c"])
@pytest.mark.long
def test_the_exact_form_compiled_by_emx_gives_the_oracles_bits(compat: str | None, tmp_path: Path) -> None:
    for controller in subjects(3):
        actions = by_emx(controller, tmp_path, compat)(rows_of(controller), len(controller.actions))
        assert builders.same_bits(actions, evaluate(controller, rows_of(controller)))


@pytest.mark.slow
def test_the_exact_form_for_onnx2c_compiled_by_it_gives_the_oracles_bits(tmp_path: Path) -> None:
    for number, controller in enumerate(subjects(24)):
        step = by_onnx2c(controller, "onnx-exact", tmp_path, "-ffp-contract=off")
        actions = step(rows_of(controller), len(controller.actions))
        assert builders.same_bits(actions, evaluate(controller, rows_of(controller))), number


def test_without_the_flag_against_fusing_the_c_of_others_gives_other_bits(tmp_path: Path) -> None:
    fused = needs.fused()
    controller = subjects(0)[0]
    step = by_onnx2c(controller, "onnx-exact", tmp_path, *fused)
    assert not builders.same_bits(step(rows_of(controller), 1), evaluate(controller, rows_of(controller)))


@pytest.mark.slow
def test_the_standard_form_compiled_by_onnx2c_stays_within_its_bound(tmp_path: Path) -> None:
    for controller in subjects(24):
        step = by_onnx2c(controller, "onnx", tmp_path, "-ffp-contract=off")
        observations = rows_of(controller)
        expected = evaluate(controller, observations)
        bound, is_promised = error_bound(controller, observations)
        with np.errstate(invalid="ignore"):
            difference = np.abs(step(observations, len(controller.actions)).astype(np.float64) - expected)
        assert (difference[is_promised] <= bound[is_promised]).all()


@pytest.mark.parametrize("to", ["onnx", "onnx-exact"])
def test_what_is_written_for_onnx2c_keeps_to_what_it_accepts(to: str) -> None:
    for controller in subjects(60):
        model = onnx.load_from_string(export(controller, to, compat="onnx2c"))
        onnx.checker.check_model(model, full_check=True)
        graph = model.graph
        assert {node.op_type for node in graph.node} <= set(ONNX2C.split())
        rows = {c.name for c in graph.initializer if np.prod(c.dims) > 1}
        limits = [node for node in graph.node if node.op_type in ("Max", "Min")]
        assert not any(name in rows for node in limits for name in node.input)  # it takes their first number for all
        assert all(len(node.input) == 2 for node in graph.node if node.op_type == "Split")
        assert [value.name for value in (*graph.input, *graph.output)] == ["obs", "actions"]
        for value in (*graph.input, *graph.output):
            sizes = [d.dim_value for d in value.type.tensor_type.shape.dim]
            assert sizes[0] == 1
            assert all(sizes)
        numbers = [c for c in graph.initializer if c.data_type != onnx.TensorProto.INT64]  # the others count columns
        assert all(len(c.dims) >= 2 for c in numbers)


def test_every_activation_stands_in_some_subject() -> None:
    used = {activation for controller in subjects(60) for activation in controller.network.activations}
    assert used == {activation.id for activation in PALETTE}


@pytest.mark.slow
@pytest.mark.parametrize("to", ["onnx", "onnx-exact"])
def test_what_is_written_for_onnx2c_computes_what_the_usual_model_does(to: str) -> None:
    for controller in subjects(24):
        plain, usual = (session(export(controller, to, **options)) for options in ({"compat": "onnx2c"}, {}))
        for row in rows_of(controller)[:20, np.newaxis]:
            got, expected = (model.run(None, {"obs": row})[0] for model in (plain, usual))
            bound, is_promised = error_bound(controller, row)
            if to == "onnx-exact":
                np.testing.assert_array_equal(got, expected)
            elif is_promised.all():  # onnxruntime fuses other operators where it knows the size of a batch
                assert (np.abs(got.astype(np.float64) - expected) <= 2 * bound).all()


def test_compat_names_a_known_compiler() -> None:
    with pytest.raises(ExportError, match=f"compat 'tvm' is unknown; known: {', '.join(DIALECTS)}"):
        to_onnx(subjects(0)[0], compat="tvm")
    with pytest.raises(ExportError, match="format c has no option 'compat'"):
        export(subjects(0)[0], "c", compat="onnx2c")


def test_the_command_line_writes_for_a_compiler(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    champion = ROOT / "examples" / "swingup.json"
    result = CliRunner().invoke(
        cli.main, ["export", str(champion), "--to", "onnx", "--compat", "onnx2c", "--out", str(path)]
    )
    assert result.exit_code == 0, result.output
    assert path.read_bytes() == export(wr.load(champion), "onnx", compat="onnx2c")
