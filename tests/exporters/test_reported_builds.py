"""Situations of public reports by people who compile other code for other machines, tried on what we export.

Each test names the report. None of them was wrong here without a word; each right value stays one.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from helpers import builders, needs
from helpers.c_library import every_compiler, fused_flags, swing_up, write_unit
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.network import Connection, Network
from wann_rt.core.reference import evaluate
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c_fixed.header import to_c_fixed
from wann_rt.exporters.to_onnx.model import to_onnx
from wann_rt.runtime_c import include_dir

pytestmark = needs.c_compiler

SUBNORMAL, ZERO = 2, 4
HEADERS = {"a": to_c(swing_up(), prefix="a", is_checked=True), "q": to_c_fixed(swing_up(), prefix="q")}
MAIN = "int main(void) { return a_selftest() | q_selftest(); }\n"
COMPILERS = [name for name in every_compiler() if name.startswith(("gcc", "clang"))] or ["cc"]
# capnproto#304, easyloggingpp#221, libklvanc#42, ucx#10441, StringZilla#84: users whose warnings are errors.
WARNINGS = (
    *("-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-Wundef", "-Wshadow", "-Wswitch-default"),
    *("-Wmissing-prototypes", "-Wstrict-prototypes", "-Wcast-qual", "-Wcast-align", "-Wredundant-decls"),
    *("-Wbad-function-cast", "-Wmissing-declarations", "-Wnested-externs", "-Wold-style-definition", "-Wvla"),
)


def unit(folder: Path, body: str = MAIN) -> Path:
    return write_unit(folder, {"a": HEADERS["a"], "q": f"#define Q_FLOAT\n{HEADERS['q']}"}, body)


def run(*commands: Sequence[str | Path], cwd: Path) -> int:
    """Runs compilers, which must succeed, and the program, the last one; returns its exit code."""
    for command in commands[:-1]:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return subprocess.run(commands[-1], cwd=cwd, check=False).returncode


@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_a_program_that_is_linked_for_fast_math_is_refused_on_the_target(name: str, tmp_path: Path) -> None:
    # llvm#81204, llvm#57589, drake#10253, flac#476: start files make a whole process flush subnormal numbers.
    compiler, source = needs.program(name), unit(tmp_path)
    if not fused_flags():
        needs.skip("this machine may flush nothing at the start of a program: it takes an x86-64 with FMA")
    compiled: list[str | Path] = [compiler, "-O2", "-c", source, "-o", "unit.o"]
    assert run(compiled, [compiler, "unit.o", "-o", "plain"], ["./plain"], cwd=tmp_path) == 0
    assert run(compiled, [compiler, "-ffast-math", "unit.o", "-o", "fast"], ["./fast"], cwd=tmp_path) == SUBNORMAL


@pytest.mark.parametrize("name", COMPILERS)
def test_what_a_compiler_cache_preprocesses_first_keeps_its_pragmas(name: str, tmp_path: Path) -> None:
    # ccache#811, ccache#347 and distcc: one run of the compiler for the macros, another one for the rest.
    unit(tmp_path)
    flags = [name, "-O2", *fused_flags()]
    for more in ([], ["-P"]):
        first = [*flags, "-E", *more, "unit.c", "-o", "unit.i"]
        assert run(first, [*flags, "unit.i", "-o", "unit"], ["./unit"], cwd=tmp_path) == 0


@pytest.mark.parametrize("name", COMPILERS)
def test_flags_of_firmware_projects_change_nothing(name: str, tmp_path: Path) -> None:
    # mcux-sdk#175, Marlin#21996, rusefi#1880, bldc#850: constants of single precision; enumerations of one byte.
    unit(tmp_path)
    single = ["-fsingle-precision-constant"] if name.startswith("gcc") else []
    flags = [*single, "-fshort-enums", "-funsigned-char", "-fno-math-errno", "-fwrapv", "-fstack-protector-all"]
    assert run([name, "-O3", *flags, *fused_flags(), "unit.c", "-o", "unit"], ["./unit"], cwd=tmp_path) == 0


def test_linking_as_a_whole_with_a_neighbour_that_may_fuse_changes_nothing(tmp_path: Path) -> None:
    # tt-metal#52236, azure-iot-sdk-c#473: other flags for the file that calls the step.
    gcc = needs.program("gcc")
    unit(tmp_path, MAIN.replace("main", "check"))
    (tmp_path / "main.c").write_text("int check(void);\nint main(void) { return check(); }\n")
    flags = [gcc, "-O3", "-flto", *fused_flags()]
    fast = [*flags, "-ffp-contract=fast", "-fno-trapping-math"]
    compiled = [*flags, "-c", "unit.c", "-o", "unit.o"], [*fast, "-c", "main.c", "-o", "main.o"]
    assert run(*compiled, [*fast, "unit.o", "main.o", "-o", "unit"], ["./unit"], cwd=tmp_path) == 0


@pytest.mark.parametrize("name", [name for name in COMPILERS if name.startswith("clang")] or ["clang"])
def test_a_clang_that_may_lose_the_sign_of_zero_is_refused_on_the_target(name: str, tmp_path: Path) -> None:
    # llvm#141017, llvm#218252: -fno-signed-zeros, which no macro of clang tells.
    needs.program(name)
    unit(tmp_path)
    compiled = [name, "-O2", "-fno-signed-zeros", "unit.c", "-o", "unit"]
    assert run(compiled, ["./unit"], cwd=tmp_path) & ZERO


@pytest.mark.parametrize("name", COMPILERS)
def test_projects_whose_warnings_are_errors_can_include_everything(name: str, tmp_path: Path) -> None:
    text = unit(tmp_path, '#include "wann_rt.h"\n#include "wann_guard.h"\n#include "wann_tune.h"\n' + MAIN)
    for source in (text, Path(str(include_dir())) / "wann_rt.c"):
        flags = [*WARNINGS, "-std=c99", "-O2", f"-I{include_dir()}"]
        done = subprocess.run(
            [name, *flags, "-c", source, "-o", tmp_path / "unit.o"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


class Round(OpRun):
    """Round as some graph compilers lower it: halves away from zero."""

    op_domain = ""

    def _run(self, x: NDArray[np.float32]) -> tuple[NDArray[np.float32]]:
        return (np.trunc(x + np.copysign(np.float32(0.5), x)).astype(np.float32),)


def test_a_runtime_that_rounds_halves_away_from_zero_gets_other_zeros_and_nothing_else() -> None:
    # tvm#18590: Round became llvm.round.
    network, _ = Network.build(1, {}, {2: 3, 3: 10}, [Connection(1, 2), Connection(1, 3)])
    controller = Controller("waves", network, Weight.shared(1.0), (Channel("x"),), (Channel("sin"), Channel("cos")))
    x = np.arange(-40, 40, 0.25, dtype=np.float32)[:, np.newaxis]
    model = onnx.load_from_string(to_onnx(controller, exact=True))
    expected = evaluate(controller, x)
    (right,) = ReferenceEvaluator(model).run(None, {"obs": x})
    (away,) = ReferenceEvaluator(model, new_ops=[Round]).run(None, {"obs": x})
    assert builders.same_bits(right, expected)
    assert not builders.same_bits(away, expected)  # the halves were met
    assert np.array_equal(away, expected)  # and -0 equals 0
