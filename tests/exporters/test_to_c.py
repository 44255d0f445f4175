"""The C header equals the oracle bit for bit, whatever compiles it, and refuses what would break that."""

import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers import builders, needs
from helpers.c_library import STRICT, Library, fused_flags, swing_up, write_unit
from helpers.strategies import KINDS, oddly_named, random_controllers
from hypothesis import given, settings
from numpy.typing import NDArray

from wann_rt.core import reference
from wann_rt.core.activations import PALETTE
from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.errors import ExportError
from wann_rt.core.network import Connection, Network
from wann_rt.exporters.parity.compiler import compile_with, find_compiler
from wann_rt.exporters.parity.run_c import CEvaluator
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c.text import COLUMNS

pytestmark = needs.c_compiler

N_RANDOM = 24
COMPILERS = [
    ("gcc", "-std=gnu99 -O0"),
    ("gcc", "-std=gnu99 -O2"),
    ("gcc", "-std=c99 -Os"),
    ("gcc", "-std=c11 -O3"),
    ("gcc", "-std=gnu11 -O2 -ffp-contract=fast"),
    ("gcc++", "-x c++ -std=c++11 -O1"),
    ("gcc++", "-x c++ -std=gnu++17 -O3"),
    ("clang", "-std=gnu99 -O0"),
    ("clang", "-std=c99 -O2"),
    ("clang", "-std=gnu11 -O3"),
    ("clang++", "-x c++ -std=c++11 -Os"),
    ("clang++", "-x c++ -std=gnu++17 -O2"),
]


SWING_UPS = {
    "shared": swing_up(),
    "ensemble": swing_up(Weight("ensemble", (-2.0, -0.5, 0.75))),
    "connections": swing_up(Weight("connections", tuple(0.3 * k - 2.0 for k in range(14)))),
}


@pytest.fixture(scope="module")
def subjects() -> dict[str, tuple[Controller, NDArray[np.float32]]]:
    """Random controllers of all kinds by prefix, each with ordinary, wild and special observations."""
    found = {}
    for k in range(N_RANDOM):
        rng = np.random.default_rng(k)
        controller = replace(builders.controller(rng, KINDS[k % 3], 4 + k), vectors=())
        lanes = builders.inputs(rng, len(controller.observations), 300).T
        found[f"c{k}"] = (controller, np.ascontiguousarray(lanes))
    return found


@pytest.fixture(scope="module")
def headers(subjects: dict[str, tuple[Controller, NDArray[np.float32]]]) -> dict[str, str]:
    return {prefix: to_c(controller, prefix=prefix) for prefix, (controller, _) in subjects.items()}


def mismatches(library: Library, subjects: dict[str, tuple[Controller, NDArray[np.float32]]]) -> list[str]:
    """Returns the prefixes whose actions differ from the oracle's in any bit."""
    return [
        prefix
        for prefix, (controller, observations) in subjects.items()
        if not builders.same_bits(
            library.run(prefix, observations, len(controller.actions)), reference.evaluate(controller, observations)
        )
    ]


# The same bits.


@pytest.mark.parametrize(("name", "flags"), COMPILERS)
def test_every_compiler_and_level_gives_the_oracles_bits_without_special_flags(
    name: str, flags: str, subjects: dict[str, tuple[Controller, NDArray[np.float32]]], headers: dict[str, str]
) -> None:
    library = Library(headers, needs.compiler(name), [*flags.split(), *fused_flags()])
    assert mismatches(library, subjects) == []
    assert [prefix for prefix in headers if library.selftest(prefix) != 0] == []


@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_without_its_pragmas_the_header_differs_where_the_machine_can_fuse(
    name: str, subjects: dict[str, tuple[Controller, NDArray[np.float32]]], headers: dict[str, str]
) -> None:
    needs.fused()
    guard = re.compile(r'#pragma GCC optimize.*|_Pragma\("STDC FP_CONTRACT OFF"\)')
    bare = {prefix: guard.sub("", text) for prefix, text in headers.items()}
    library = Library(bare, needs.compiler(name), ["-std=gnu99", "-O2", *fused_flags()])
    assert mismatches(library, subjects)
    assert any(library.selftest(prefix) for prefix in headers)


def test_a_header_is_exact_with_300_inputs_and_2000_connections_and_compiles_in_seconds() -> None:
    controller = large()
    assert controller.network.n_connections >= 2000
    begin = time.perf_counter()
    evaluator = CEvaluator(controller)
    assert time.perf_counter() - begin < 20
    observations = np.ascontiguousarray(builders.inputs(np.random.default_rng(1), 300, 200).T)
    assert builders.same_bits(evaluator.run(observations), reference.evaluate(controller, observations))
    assert evaluator.selftest() == 0


def large() -> Controller:
    """Returns a controller at the size that headers are promised for."""
    rng = np.random.default_rng(3)
    pieces = builders.parts(rng, 300, 17, 250, 0.026, True)
    network, _ = Network.build(300, *pieces, prune=True)
    channels = [tuple(builders.channel(rng, f"{s}{i}") for i in range(n)) for s, n in (("o", 300), ("a", 17))]
    return Controller("large", network, Weight.shared(0.7), channels[0], channels[1])


def test_each_activation_equals_its_definition_on_a_million_floats() -> None:
    n = len(PALETTE)
    outputs = {2 + k: activation.id for k, activation in enumerate(PALETTE)}
    network, _ = Network.build(1, {}, outputs, [Connection(1, node) for node in outputs])
    actions = tuple(Channel(activation.name) for activation in PALETTE)
    evaluator = CEvaluator(Controller("palette", network, Weight.shared(1.0), (Channel("x"),), actions))
    bits = np.random.default_rng(11).integers(0, 2**32, 10**6, np.uint32)
    x = np.concatenate([bits.view(np.float32), np.linspace(-30, 30, 10**5, dtype=np.float32), builders.SPECIAL])
    got = evaluator.run(x[:, np.newaxis])
    with np.errstate(all="ignore"):
        expected = [activation.function(x) for activation in PALETTE]
    assert [PALETTE[k].name for k in range(n) if not builders.same_bits(got[:, k], expected[k])] == []


# Robustness.


@pytest.mark.parametrize("name", ["gcc", "clang"])
@pytest.mark.parametrize("flag", ["-ffast-math", "-Ofast", "-ffinite-math-only"])
def test_fast_math_does_not_compile_and_the_message_says_what_to_do(name: str, flag: str, tmp_path: Path) -> None:
    source = write_unit(tmp_path, {"swing_up": to_c(swing_up())})
    with pytest.raises(ExportError, match="compile this file without it"):
        compile_with(needs.compiler(name), [flag, "-c", str(source), "-o", str(tmp_path / "unit.o")])


def test_excess_precision_does_not_compile(tmp_path: Path) -> None:
    needs.fused()  # the x87 is a part of such machines
    source = write_unit(tmp_path, {"swing_up": to_c(swing_up())})
    with pytest.raises(ExportError, match="wider type"):
        compile_with(needs.compiler("gcc"), ["-mfpmath=387", "-c", str(source), "-o", str(tmp_path / "unit.o")])


@pytest.mark.parametrize("standard", ["c99", "gnu99", "c11", "c++11", "gnu++17"])
@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_three_headers_in_a_file_that_uses_none_compile_without_a_warning(
    name: str, standard: str, tmp_path: Path
) -> None:
    source = write_unit(tmp_path, {kind: to_c(c, prefix=kind) for kind, c in SWING_UPS.items()})
    language = ["-x", "c++"] if "++" in standard else []
    flags = [*STRICT, *language, f"-std={standard}", "-O2", "-c", str(source), "-o", str(tmp_path / "unit.o")]
    compile_with(needs.compiler(name, standard), flags)


@pytest.mark.parametrize("name", ["gcc", "clang"])
@pytest.mark.parametrize("level", ["-O0", "-O3", "-Os"])
def test_the_object_file_needs_no_function_from_outside(name: str, level: str, tmp_path: Path) -> None:
    both = "swing_up_selftest() + large_selftest()"
    call = f"static float o[5], a[2]; int main(void) {{ swing_up_step(o, a); return {both}; }}"
    ensemble = replace(SWING_UPS["ensemble"], name="swing up")
    source = write_unit(tmp_path, {"swing_up": to_c(ensemble), "large": to_c(large())}, call)
    compile_with(needs.compiler(name), [level, "-c", str(source), "-o", str(tmp_path / "unit.o")])
    nm = needs.program("nm")
    found = subprocess.run([nm, "-u", str(tmp_path / "unit.o")], capture_output=True, text=True, check=True)
    assert found.stdout.split() in ([], ["U", "_GLOBAL_OFFSET_TABLE_"])


@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_the_includers_own_code_may_still_be_fused(name: str, tmp_path: Path) -> None:
    needs.fused()
    own = "float own(float a, float b, float c);\nfloat own(float a, float b, float c) { return a * b + c; }"
    source = write_unit(tmp_path, {"swing_up": to_c(swing_up())}, own)
    compile_with(needs.compiler(name), ["-O2", *fused_flags(), "-S", str(source), "-o", str(tmp_path / "unit.s")])
    assert "vfmadd" in (tmp_path / "unit.s").read_text()


# The self-test.


def test_the_selftest_fails_when_any_bit_of_what_it_guards_changes() -> None:
    changes: dict[str, Callable[[str], str]] = {
        "expected": lambda text: _flip(text, r"expected\[(?s:.*?)0x([0-9a-f]{8})u[,}]"),
        "activation": lambda text: re.sub(r"(?s)(_tanh\(float x\).*?\+ )(\d)", r"\g<1>1\2", text, count=1),
        "sign": lambda text: re.sub(r" - (\w+ \+ .*\) \* weight)", r" + \1", text, count=1),
        "weight": lambda text: text.replace("_WEIGHT (-1.5f)", "_WEIGHT (-1.5000001f)"),
    }
    headers = {"intact": to_c(swing_up(), prefix="intact")}
    for prefix, change in changes.items():
        text = to_c(swing_up(), prefix=prefix)
        headers[prefix] = change(text)
        assert headers[prefix] != text, prefix
    weighted = to_c(SWING_UPS["connections"], prefix="constant")
    headers["constant"] = re.sub(r"(\d)f \* o_x_dot", r"\g<1>1f * o_x_dot", weighted)
    library = Library(headers, find_compiler() or "cc", ["-std=gnu99"])
    results = {prefix: library.selftest(prefix) for prefix in headers}
    assert results.pop("intact") == 0
    faults = faults_of(headers["intact"])
    assert set(results) == {*changes, "constant"}
    assert results.pop("expected") == faults["VECTOR"]  # the recorded one that was changed
    assert results.pop("activation") & faults["FUNCTION"]
    assert all(result & faults["DRAWN"] for result in results.values()), results


def faults_of(text: str) -> dict[str, int]:
    """Returns the bits of the self-test, by name, as the header defines them."""
    return {name: int(bit) for name, bit in re.findall(r"#define \w+_FAULT_(\w+) (\d+)", text)}


def _flip(text: str, pattern: str) -> str:
    """Returns text with the lowest bit of the last number that matches flipped."""
    last = list(re.finditer(pattern, text))[-1]
    digits = f"{int(last[1], 16) ^ 1:08x}"
    return text[: last.start(1)] + digits + text[last.end(1) :]


# The text.


def test_the_golden_headers_are_what_is_written(golden: Callable[[str, str], None]) -> None:
    for kind, controller in SWING_UPS.items():
        golden(f"swing_up_{kind}.h", to_c(controller, prefix=f"swing_up_{kind}"))


@given(oddly_named())
@settings(max_examples=40, deadline=None)
def test_any_names_give_distinct_identifiers_and_the_same_bytes_each_time(controller: Controller) -> None:
    text = to_c(controller)
    assert text == to_c(controller)
    enumerators = re.findall(r"^    (\w+) = \d+,?$", text, re.MULTILINE)
    assert len(enumerators) == len(controller.observations) + len(controller.actions)
    assert len(set(enumerators)) == len(enumerators)
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", name) and "__" not in name for name in enumerators)
    assert text.count("/*") == text.count("*/")
    assert all(line.isprintable() for line in text.splitlines())


def test_odd_names_compile() -> None:
    names = ["int", "θ dot", "2x", "X", "x", "n7", "*/", "obs", "weight", "u1", "and", "v_clip", "\\", "linux"]
    base = builders.parts(np.random.default_rng(5), len(names), 2, 8, 0.5, True)
    network, _ = Network.build(len(names), *base, prune=True)
    channels = tuple(Channel(name, name, -1.0, 1.0, clip=True) for name in names)
    controller = Controller("double", network, Weight.shared(1.0), channels, (Channel("m1"), Channel("int")))
    ensemble = replace(controller, weight=Weight("ensemble", (1.0, 2.0)), name="9 lives")
    headers = {"v": to_c(controller, prefix="v"), "wann_9_lives": to_c(ensemble)}
    library = Library(headers, find_compiler() or "cc", ["-std=gnu99"])
    assert [library.selftest(prefix) for prefix in headers] == [0, 0]


@given(random_controllers(most=20))
@settings(max_examples=25, deadline=None)
def test_no_line_is_too_long(controller: Controller) -> None:
    long = [line for line in to_c(controller).splitlines() if len(line) > COLUMNS]
    assert long == []


@pytest.mark.long
def test_generated_code_is_a_fixed_point_of_the_projects_format(headers: dict[str, str]) -> None:
    formatter = needs.program("clang-format")
    place = Path(__file__).parents[2] / "exporters" / "controller.h"
    for text in [*(to_c(c) for c in SWING_UPS.values()), *headers.values(), to_c(large())]:
        command = [formatter, "--style=file", f"--assume-filename={place}"]
        formatted = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
        assert formatted.splitlines() == text.splitlines()


# The evaluator.


def test_the_back_end_runs_other_weights_and_says_what_it_is() -> None:
    controller, x = swing_up(), np.random.default_rng(2).normal(0, 2, (50, 5)).astype(np.float32)
    evaluator = CEvaluator(controller)
    expected = reference.evaluate(controller.with_weight(0.75), x)
    assert builders.same_bits(evaluator.run_weight(x, 0.75), expected)
    assert evaluator.name.startswith("C header (")
    evaluator.close()
    with pytest.raises(ExportError, match="is closed"):
        evaluator.run(x)


def test_a_failing_compiler_is_quoted() -> None:
    with pytest.raises(ExportError, match="nonsense"):
        CEvaluator(swing_up(), flags=("-std=nonsense",))
    with pytest.raises(ExportError, match="does not run"):
        CEvaluator(swing_up(), compiler="no-such-compiler")
