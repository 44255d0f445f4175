"""Where generated C goes and what it is called: one header or two files, names of every kind, two controllers."""

import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import builders, needs
from helpers.c_library import STRICT, Library, swing_up, write_unit

from wann_rt.cli import main
from wann_rt.core import files, reference
from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.errors import ExportError
from wann_rt.exporters import export
from wann_rt.exporters.contract import contract as exporters_contract
from wann_rt.exporters.parity.compiler import compile_with
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c.names import c_prefix
from wann_rt.exporters.to_c_fixed.header import to_c_fixed

WRITERS: Mapping[str, Callable[..., str]] = {"float32": to_c, "q12": to_c_fixed}


def named(name: str, **more: str) -> Controller:
    return replace(swing_up(), name=name, provenance=more)


# Two files.


@pytest.mark.parametrize("number", ["float32", "q12"])
def test_a_split_export_links_from_two_files_without_a_second_copy(number: str, tmp_path: Path) -> None:
    compiler = needs.any_compiler()
    export(swing_up(), "c", out=tmp_path / "swing.h", split=True, number=number, prefix="swing")
    kind = {"float32": ("float", "float"), "q12": ("int16_t", "int32_t")}[number]
    use = f'#include "swing.h"\n{kind[0]} obs[5];\n{kind[1]} actions[2];\n'
    (tmp_path / "boot.c").write_text(f'{use.replace("obs", "a").replace("actions", "b")}int boot(void);\n'
                                     "int boot(void) { swing_step(a, b); return swing_selftest(); }\n")  # fmt: skip
    (tmp_path / "main.c").write_text(
        f"{use}int boot(void);\nint main(void) {{ swing_step(obs, actions); return boot(); }}\n"
    )
    sources = [str(tmp_path / name) for name in ("boot.c", "main.c", "swing.c")]
    compile_with(compiler, [*STRICT, "-Wmissing-prototypes", "-std=c99", "-O2", *sources, "-o", str(tmp_path / "main")])
    assert subprocess.run([tmp_path / "main"], check=False).returncode == 0
    compile_with(compiler, ["-c", str(tmp_path / "swing.c"), "-o", str(tmp_path / "swing.o")])
    symbols = subprocess.run(
        [needs.program("nm"), "-g", tmp_path / "swing.o"], capture_output=True, text=True, check=True
    )
    names = {line.split()[-1] for line in symbols.stdout.splitlines() if " T " in line}
    assert {"swing_step", "swing_selftest"} <= names <= {"swing_step", "swing_selftest", "swing_step_weight"}


def test_the_two_files_hold_what_the_one_header_holds(tmp_path: Path) -> None:
    export(swing_up(), "c", out=tmp_path / "swing.h", split=True, prefix="swing")
    source = (tmp_path / "swing.c").read_text().replace("\n", " ")
    for line in to_c(swing_up(), prefix="swing").splitlines():
        if line.startswith("    ") and "=" in line and line.endswith(";"):
            assert line.strip() in source, line


def test_a_name_that_no_include_can_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="cannot stand in an #include"):
        export(swing_up(), "c", out=tmp_path / "größe.h", split=True)
    with pytest.raises(ExportError, match="say where"):
        export(swing_up(), "c", split=True)


# Where files go.


def run(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_out_is_a_folder_always_the_same_way(tmp_path: Path) -> None:
    controller = tmp_path / "champion.json"
    files.save(swing_up(), controller)
    (tmp_path / "old").mkdir()
    for folder in ("old", "new", "deep/new.d/"):
        run("export", controller, "--to", "c", "--out", f"{tmp_path}/{folder}")
        text = (tmp_path / folder / "champion.h").read_text()
        assert '#include "champion.h"' in text
    run("export", controller, "--to", "c", "--to", "onnx", "--out", tmp_path / "both")
    assert {path.name for path in (tmp_path / "both").iterdir()} == {"champion.h", "champion.onnx"}
    assert "other.c" in run("export", controller, "--to", "c", "--split", "--out", tmp_path / "other.h")
    assert '#include "other.h"' in (tmp_path / "other.c").read_text()
    assert (tmp_path / "other.h").is_file()


# Names and text.


@pytest.mark.parametrize("number", WRITERS)
def test_a_header_is_ascii_whatever_its_text(number: str) -> None:
    odd = named("Größe 温度 °C", note="\N{OHM SIGN}·m ℃ \u202e what???/", end="end\\")
    channels = tuple(replace(c, unit=u) for c, u in zip(odd.observations, ("°", "Ω·m", "℃", "µ", "温"), strict=True))
    text = WRITERS[number](replace(odd, observations=channels))
    assert text.isascii()
    assert "??" not in text
    assert all(line.isprintable() for line in text.splitlines())
    assert "Ohm*m" in text


@pytest.mark.parametrize("name", ["wann", "WANN", "", "温度", "!!", "wann_", "__wann__", "wann guard", "Wann-Tune"])
def test_no_default_prefix_is_that_of_the_runtime(name: str) -> None:
    odd = named(name)
    assert re.fullmatch(r"wann_[0-9a-f]{8}", c_prefix(odd))
    assert "wann_step(" not in re.sub(r"wann_[0-9a-f]{8}_", "x_", to_c(odd))


def test_a_prefix_of_the_runtime_is_refused_and_underscores_do_not_double() -> None:
    for prefix in ("wann", "wann_guard", "wann_tune"):
        with pytest.raises(ExportError, match="C runtime"):
            to_c(swing_up(), prefix=prefix)
    text = to_c(swing_up(), prefix="foo_")
    assert "foo_step(" in text
    assert re.search(r"foo__|FOO__", text) is None


def test_channels_named_after_macros_of_the_includer_compile() -> None:
    words = ["errno", "complex", "stdin", "I", "signal", "linux", "assert", "NULL", "min", "B0"]
    network = builders.controller(np.random.default_rng(2), "shared", 4)
    count = len(network.observations)
    channels = tuple(Channel(word) for word in (words * 3)[:count] if word)
    channels = tuple(replace(c, name=f"{c.name}{' ' * (k // len(words))}") for k, c in enumerate(channels))
    odd = replace(network, observations=channels, vectors=())
    macros = "".join(f"#define {word} (*broken_by_a_macro())\n" for word in words if word not in ("NULL", "I"))
    headers = {"a": f"#include <stddef.h>\n#include <stdint.h>\n{macros}{to_c(odd, prefix='a')}"}
    undone = "".join(f"#undef {word}\n" for word in words)
    library = Library({"a": headers["a"] + undone}, needs.any_compiler(), ["-std=c99"])
    assert library.selftest("a") == 0


# Two controllers in one program.


def test_two_controllers_with_one_prefix_do_not_compile_silently_to_one(tmp_path: Path) -> None:
    left, right = (named(f"quadruped joint position {side}", of=side) for side in ("left", "right"))
    right = right.with_weight(0.5)
    assert c_prefix(left) == c_prefix(right)
    source = write_unit(tmp_path, {"left": to_c(left), "right": to_c(right)})
    with pytest.raises(ExportError, match="set prefix=NAME"):
        compile_with(needs.any_compiler(), ["-c", str(source), "-o", str(tmp_path / "unit.o")])
    twice = write_unit(tmp_path, {"left": to_c(left), "again": to_c(left)})
    compile_with(needs.any_compiler(), [*STRICT, "-c", str(twice), "-o", str(tmp_path / "unit.o")])


@pytest.mark.parametrize("number", WRITERS)
def test_the_contract_changes_with_the_interface_and_not_with_the_weight(number: str) -> None:
    def contract(controller: Controller) -> str:
        found = re.search(r"_CONTRACT (0x[0-9a-f]{8})u", WRITERS[number](controller, prefix="p"))
        assert found
        return found[1]

    base = swing_up()
    first, *rest = base.observations
    assert contract(base) == contract(base.with_weight(0.75))
    changes = [
        replace(base, rate_hz=51.0, vectors=()),
        replace(base, observations=(replace(first, unit="mm"), *rest), vectors=()),
        replace(base, observations=(replace(first, name="y"), *rest), vectors=()),
        replace(base, observations=(rest[0], first, *rest[1:]), vectors=()),
        replace(base, observations=(replace(first, scale=2.0), *rest), vectors=()),
    ]
    assert len({contract(base), *map(contract, changes)}) == 1 + len(changes)
    told = exporters_contract(base)["wann_rt.interface"]  # in the text of a blob and in ONNX, too
    assert (contract(base) == told) == (number == "float32")
    assert told.encode() in export(base, "blob", contract=True)


# Compilers.


@pytest.mark.parametrize("macro", ["_M_FP_FAST", "__FP_FAST"])
def test_fast_floating_point_of_other_compilers_is_refused(macro: str, tmp_path: Path) -> None:
    source = write_unit(tmp_path, {"p": to_c(swing_up(), prefix="p")})
    with pytest.raises(ExportError, match="precise floating point"):
        compile_with(needs.any_compiler(), [f"-D{macro}", "-c", str(source), "-o", str(tmp_path / "unit.o")])


def test_an_untried_compiler_says_so_until_it_is_told_not_to(tmp_path: Path) -> None:
    gcc = needs.compiler("gcc")
    source = write_unit(tmp_path, {"p": to_c(swing_up(), prefix="p")})
    flags = ["-U__GNUC__", "-D__GNUC__=99", "-Wno-builtin-macro-redefined", "-fsyntax-only", str(source)]
    told = subprocess.run([gcc, *flags], capture_output=True, text=True, check=True).stderr
    assert "untried compiler" in told
    assert (
        "untried"
        not in subprocess.run([gcc, "-DWANN_ANY_COMPILER", *flags], capture_output=True, text=True, check=True).stderr
    )


@pytest.mark.parametrize("flags", [["-ffast-math"], ["-Ofast"], ["-ffinite-math-only", "-O2"]])
@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_fixed_point_converts_nan_and_the_ends_under_fast_math(name: str, flags: list[str], tmp_path: Path) -> None:
    text = "#define P_FLOAT\n" + to_c_fixed(swing_up(), prefix="p")
    call = (
        "#include <stdio.h>\nint main(void) { volatile union { uint32_t bits; float value; } n; n.bits = 0x7fc00000u;\n"
        'printf("%d %d %d\\n", p_selftest(), p_from_float(n.value, 4096.0f, 7), p_from_float(-9e9f, 1.0f, 0));\n'
        "return 0; }"
    )
    source = write_unit(tmp_path, {"p": text}, call)
    compile_with(needs.compiler(name), [*flags, str(source), "-o", str(tmp_path / "unit")])
    printed = subprocess.run([tmp_path / "unit"], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["0", "7", "-32768"]


def test_the_conversions_self_test_notices_a_comparison_with_nan(tmp_path: Path) -> None:
    text = "#define P_FLOAT\n" + to_c_fixed(swing_up(), prefix="p")
    broken = text.replace(
        "if ((got.bits & 0x7fffffffu) > 0x7f800000u) {\n        return neutral;", "if (0) {\n        return 0;"
    )
    assert broken != text
    source = write_unit(tmp_path, {"p": broken}, "int main(void) { return p_selftest() == P_FAULT_FLOAT ? 0 : 1; }")
    compile_with(needs.any_compiler(), [str(source), "-o", str(tmp_path / "unit")])
    assert subprocess.run([tmp_path / "unit"], check=False).returncode == 0


# Ensembles.


@pytest.mark.slow
def test_an_ensemble_of_100_members_sums_in_place(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    controller = replace(builders.controller(rng, "shared", 12), vectors=())
    many = controller.with_weight(Weight("ensemble", tuple(float(w) for w in rng.normal(0, 1, 100))))
    text = to_c(many, prefix="p")
    library = Library({"p": text}, needs.any_compiler(), ["-std=gnu99", "-O1"])
    observations = builders.inputs(rng, len(many.observations), 50).T.astype(np.float32)
    got = library.run("p", observations, len(many.actions))
    assert builders.same_bits(got, reference.evaluate(many, observations))
    gcc = needs.compiler("gcc")
    source = write_unit(
        tmp_path, {"p": text}, "void f(const float *o, float *a);\nvoid f(const float *o, float *a) { p_step(o, a); }"
    )
    compile_with(gcc, ["-O2", "-fstack-usage", "-c", str(source), "-o", str(tmp_path / "unit.o")])
    usage = [line.split("\t") for line in (tmp_path / "unit.su").read_text().splitlines()]
    assert (
        max(int(size) for where, size, _ in usage if where.endswith((":f", "step"))) < 8 * 4 * len(many.actions) + 600
    )
