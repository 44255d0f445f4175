"""The C header in fixed point equals its oracle in every number, and no float is in it."""

import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from cross import fixed as subjects
from helpers import builders, needs
from helpers.c_library import STRICT, swing_up, write_unit
from helpers.strategies import KINDS, oddly_named, random_controllers
from hypothesis import given, reject, settings
from numpy.typing import NDArray

from wann_rt.cli import main
from wann_rt.core import files
from wann_rt.core.activations import PALETTE
from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.errors import ExportError
from wann_rt.core.fixed.plan import INT16
from wann_rt.core.fixed.reference import FixedController, Integers
from wann_rt.core.network import Connection, Network
from wann_rt.exporters import export
from wann_rt.exporters.parity.compiler import compile_with, find_compiler
from wann_rt.exporters.parity.run_fixed import FixedEvaluator
from wann_rt.exporters.parity.verify import EVALUATORS, verify
from wann_rt.exporters.targets.fixed import fixed_subject
from wann_rt.exporters.targets.run import run_targets
from wann_rt.exporters.targets.targets import BY_KEY
from wann_rt.exporters.to_c.text import COLUMNS
from wann_rt.exporters.to_c_fixed.header import to_c_fixed

pytestmark = needs.c_compiler

N_RANDOM = 12
ROOT = Path(__file__).parents[2]
FLAGS = [
    ("gcc", "-O0"),
    ("gcc", "-O3 -march=native"),
    ("gcc", "-Os -std=c99 -ffast-math -nostartfiles"),  # start files would make this process flush subnormals
    ("clang", "-O2"),
    ("clang", "-O1 -fsanitize=undefined,integer -fno-sanitize=unsigned-integer-overflow -fsanitize-trap=all"),
    ("gcc", "-O1 -fsanitize=undefined -fsanitize-undefined-trap-on-error"),
]
SWING_UPS = {
    "shared": swing_up(),
    "ensemble": swing_up(Weight("ensemble", (-2.0, -0.5, 0.75))),
    "connections": swing_up(Weight("connections", tuple(0.3 * k - 2.0 for k in range(14)))),
}


def random_controller(k: int) -> Controller:
    return replace(builders.controller(np.random.default_rng(k), KINDS[k % 3], 4 + k), vectors=())


def adversarial(n: int, rng: np.random.Generator) -> Integers:
    ends = rng.choice([*INT16, 0, -1, 1], (200, n))
    return np.concatenate([[[end] * n for end in INT16], ends, rng.integers(INT16[0], INT16[1] + 1, (200, n))])


# The same numbers.


@pytest.mark.long
@pytest.mark.parametrize(("name", "flags"), FLAGS)
@pytest.mark.parametrize("k", range(3))
def test_every_compiler_and_level_gives_the_oracles_numbers(name: str, flags: str, k: int) -> None:
    for controller in [random_controller(n) for n in range(k, N_RANDOM, 3)]:
        rng = np.random.default_rng(5)
        n = len(controller.observations)
        fixed = FixedController.of(controller)
        evaluator = FixedEvaluator(controller, None, needs.compiler(name), flags.split())
        observations = adversarial(n, rng)
        assert np.array_equal(evaluator.run_integers(observations), fixed.run(observations))
        x: NDArray[np.float32] = np.ascontiguousarray(builders.inputs(rng, n, 300).T)
        if "fast-math" in flags:  # which may forget NaN: the step does not know floats, the conversion does
            x = x[np.isfinite(x).all(axis=1)]
        assert builders.same_bits(evaluator.run(x), fixed(x))
        assert evaluator.selftest() == 0


def test_stated_ranges_reach_the_header() -> None:
    ranges = {"x dot": (-3.0, 3.0), "θ dot": (-40.0, 40.0)}
    x = np.random.default_rng(3).normal(0, 2, (300, 5)).astype(np.float32)
    expected = FixedController.of(swing_up(), ranges)(x)
    assert builders.same_bits(FixedEvaluator(swing_up(), ranges).run(x), expected)
    assert not builders.same_bits(FixedEvaluator(swing_up()).run(x), expected)
    assert "--range 'θ dot=-40:40'" not in to_c_fixed(swing_up())
    assert "--range 'x dot=-3:3'" in to_c_fixed(swing_up(), ranges=ranges)


@pytest.mark.long
@pytest.mark.parametrize("key", ["x86_64-gcc", "x86_64-clang"])
def test_each_activation_equals_its_definition_on_every_observation(key: str) -> None:
    target = needs.installed(BY_KEY[key])
    (result,) = run_targets([*subjects.activation_subjects(), *subjects.random_subjects()[:6]], [target], ["-O2"])
    assert (result.failed, result.differing, result.refusing, result.mismatches) == (None, (), (), 0)
    assert result.vectors == len(PALETTE) * 2**16 + 6 * subjects.ROWS


@pytest.mark.parametrize("key", ["x86_64-gcc", "atmega328p"])
def test_a_variable_of_32_bits_is_narrowed_where_16_hold_its_value(key: str) -> None:
    target = needs.installed(BY_KEY[key])
    (result,) = run_targets([fixed_subject(subjects.mixed(), "mixed")], [target], ["-O2"])
    assert (result.failed, result.mismatches, result.refusing) == (None, 0, ())
    assert "mixed_abs_w16((int)(n5))" in to_c_fixed(subjects.mixed(), prefix="mixed")


def test_verify_compares_the_header_with_its_own_oracle() -> None:
    rows = [row for row in EVALUATORS if row.key == "c_q12"]
    (result,) = verify(swing_up(), n_random=50, evaluators=rows).results
    assert (result.kept, result.bit_equal, result.skipped) == (True, True, None)
    broken = replace(rows[0], oracle=lambda controller, x: FixedController.of(controller)(x) + np.float32(1))
    (result,) = verify(swing_up(), n_random=50, evaluators=[broken]).results
    assert not result.kept
    unfit = replace(swing_up(), weight=Weight.shared(1e6))
    (result,) = verify(unfit, n_random=50, evaluators=rows).results
    assert result.kept is None  # nothing was tested
    assert "weights end at" in (result.skipped or "")


# The self-test.


def test_the_selftest_fails_when_anything_that_it_guards_changes(tmp_path: Path) -> None:
    changes: dict[str, Callable[[str], str]] = {
        "intact": lambda text: text,
        "expected": lambda text: re.sub(
            r"(\{-?\d+, -?\d+)(\},\n    \};\n    static const int16_t limits)", r"\g<1>0\2", text
        ),
        "table": lambda text: text.replace("4093, 4093,", "4093, 4000,"),
        "weight": lambda text: text.replace("* -98304", "* -98400"),
        "limit": lambda text: text.replace("-10922, 10922", "-10022, 10022"),
        "sign": lambda text: text.replace("-(int32_t)o_x + o_x_dot", "(int32_t)o_x + o_x_dot"),
    }
    headers = {prefix: change(to_c_fixed(swing_up(), prefix=prefix)) for prefix, change in changes.items()}
    assert all(headers[p] != to_c_fixed(swing_up(), prefix=p) for p in headers if p != "intact")
    calls = "".join(f'printf("{p} %d\\n", {p}_selftest() != 0);' for p in headers)
    source = write_unit(tmp_path, headers, f"#include <stdio.h>\nint main(void) {{ {calls} return 0; }}\n")
    compile_with(find_compiler() or "cc", [str(source), "-o", str(tmp_path / "unit")])
    printed = subprocess.run([tmp_path / "unit"], capture_output=True, text=True, check=True).stdout
    assert dict(line.split() for line in printed.splitlines()) == {p: str(int(p != "intact")) for p in headers}


# Robustness.


@pytest.mark.parametrize("standard", ["c99", "gnu99", "c11", "c++11", "gnu++17"])
@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_headers_that_nothing_uses_compile_without_a_warning(name: str, standard: str, tmp_path: Path) -> None:
    headers = {kind: to_c_fixed(c, prefix=kind) for kind, c in SWING_UPS.items()}
    headers = {kind: f"#define {kind.upper()}_FLOAT\n{text}" for kind, text in headers.items()}
    source = write_unit(tmp_path, headers)
    language = ["-x", "c++"] if "++" in standard else []
    flags = [*STRICT, *language, f"-std={standard}", "-O2", "-c", str(source), "-o", str(tmp_path / "unit.o")]
    compile_with(needs.compiler(name, standard), flags)


@pytest.mark.parametrize("kind", SWING_UPS)
def test_no_float_is_in_a_step_and_nothing_from_outside(kind: str, tmp_path: Path) -> None:
    text = to_c_fixed(SWING_UPS[kind], prefix="p")
    code = re.sub(r"/\*.*?\*/", "", text.split("#if defined(P_FLOAT)")[0], flags=re.DOTALL)
    assert not re.search(r"float|double|\d\.\d|/ ", code.replace("50.0f", ""))
    call = "int main(void) { static int16_t o[5]; static int32_t a[2]; p_step(o, a); return p_selftest(); }"
    source = write_unit(tmp_path, {"p": text}, call)
    for level in ("-O0", "-Os"):
        options = ["-mgeneral-regs-only"] if BY_KEY["x86_64-gcc"].missing() is None else []
        compile_with(needs.compiler("gcc"), [level, *options, "-c", str(source), "-o", str(tmp_path / "unit.o")])
        nm = needs.program("nm")
        found = subprocess.run([nm, "-u", str(tmp_path / "unit.o")], capture_output=True, text=True, check=True)
        assert found.stdout.split() == []


@pytest.mark.parametrize("n_observations", [5, 16, 43])
@pytest.mark.parametrize("level", ["-O2", "-O3", "-Os"])
@pytest.mark.parametrize("cpu", ["cortex-m0", "cortex-m4"])
def test_a_program_without_a_c_library_links(cpu: str, level: str, n_observations: int, tmp_path: Path) -> None:
    command = needs.program("arm-none-eabi-gcc")
    connections = [Connection(k, n_observations + 1) for k in range(1, n_observations + 1)]
    network, _ = Network.build(n_observations, {}, {n_observations + 1: 5}, connections)
    channels = tuple(Channel(f"x{k}", low=-8.0, high=8.0) for k in range(n_observations))
    wide = Controller("wide", network, Weight.shared(0.1), channels, (Channel("y"),))
    source = write_unit(tmp_path, {"p": to_c_fixed(wide, prefix="p")}, "int _start(void) { return p_selftest(); }")
    options = [level, "-mthumb", f"-mcpu={cpu}", "-nostdlib", "-o", str(tmp_path / "image")]
    compile_with(command, [*options, "-Wl,-Ttext=0", str(source), "-lgcc"])


# The text.


def test_the_golden_headers_are_what_is_written(golden: Callable[[str, str], None]) -> None:
    for kind, controller in SWING_UPS.items():
        golden(f"swing_up_{kind}_q12.h", to_c_fixed(controller, prefix=f"swing_up_{kind}_q12"))


def accepted(controller: Controller) -> str:
    """Returns the header; drops the example if a channel is too wide for 32 bits, which has tests of its own."""
    try:
        return to_c_fixed(controller)
    except ExportError:
        reject()


@given(oddly_named())
@settings(max_examples=25, deadline=None)
def test_any_names_give_distinct_identifiers_and_the_same_bytes_each_time(controller: Controller) -> None:
    text = accepted(controller)
    assert text == to_c_fixed(controller)
    enumerators = re.findall(r"^    (\w+) = -?\d+,?$", text, re.MULTILINE)
    assert len(set(enumerators)) == len(enumerators) == 2 * (len(controller.observations) + len(controller.actions))
    assert text.count("/*") == text.count("*/")
    assert all(line.isprintable() for line in text.splitlines())


@given(random_controllers(most=20))
@settings(max_examples=15, deadline=None)
def test_no_line_is_too_long(controller: Controller) -> None:
    assert [line for line in accepted(controller).splitlines() if len(line) > COLUMNS] == []


def test_generated_code_is_a_fixed_point_of_the_projects_format() -> None:
    formatter = needs.program("clang-format")
    for controller in [*SWING_UPS.values(), *map(random_controller, range(N_RANDOM))]:
        text = to_c_fixed(controller)
        command = [formatter, "--style=file", f"--assume-filename={ROOT / 'exporters' / 'controller.h'}"]
        formatted = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
        assert formatted.splitlines() == text.splitlines()


# The ways to it.


def test_export_writes_it_as_a_number_of_format_c() -> None:
    assert export(swing_up(), "c", number="q12") == to_c_fixed(swing_up()).encode()
    assert export(swing_up(), "c", number="float32") == export(swing_up(), "c")
    with pytest.raises(ExportError, match="number 'q15'"):
        export(swing_up(), "c", number="q15")
    with pytest.raises(ExportError, match="cannot begin names"):
        export(swing_up(), "c", number="q12", prefix="9")


def test_the_command_line_names_ranges_and_the_loss_of_score(tmp_path: Path) -> None:
    path = tmp_path / "eleven.json"
    path.write_bytes((ROOT / "docs" / "pareto" / "11.json").read_bytes())
    done = CliRunner().invoke(main, ["export", str(path), "--to", "c", "--number", "q12", "--range", "x_dot=-8:8"])
    assert done.exit_code == 0, done.output
    assert "FRACTION = 12," in (tmp_path / "eleven.q12.h").read_text()
    assert "theta_dot has no bounds: its format holds -16 to 16" in done.output
    assert "x_dot has" not in done.output
    assert re.search(
        r"1000 episodes: [\d.]+ ± [\d.]+ in q12, [\d.]+ ± [\d.]+ in float32; paired difference", done.output
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--to", "blob", "--number", "q12"], "belongs to --to c"),
        (["--to", "c", "--range", "x=-1:1"], "--range belongs to --number q12"),
        (["--to", "c", "--number", "q12", "--range", "x=1"], "expected NAME=LOW:HIGH"),
        (["--to", "c", "--number", "q12", "--range", "z=0:1"], "a range came for 'z'"),
        (["--to", "c", "--number", "q31"], "q31"),
    ],
)
def test_bad_options_are_one_clear_error_and_write_nothing(options: list[str], message: str, tmp_path: Path) -> None:
    files.save(swing_up(), tmp_path / "c.json")
    done = CliRunner().invoke(main, ["export", str(tmp_path / "c.json"), *options])
    assert done.exit_code == 2
    assert message in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["c.json"]
