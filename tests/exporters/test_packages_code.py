"""Laws of the packages for Arduino and Rust: a board runs the sketch, cargo tests the crate."""

import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers import builders, needs
from helpers.c_library import swing_up
from helpers.packages import NUMBERS, action, has_oracles_action, packed, run

from wann_rt.core.controller import WeightKind
from wann_rt.core.reference import evaluate
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_rust.controller import controller_module

pytestmark = pytest.mark.slow
ARDUINO = Path("/usr/share/arduino/hardware")


# Arduino.

PREFERENCES = {
    "compiler.cpp.extra_flags": "-DDECIMAL_DIG=10",  # missing from the C++ of Debian's avr-gcc 5.4
    "runtime.tools.avr-gcc.path": "/usr",
    "tools.ctags.pattern": "/usr/bin/arduino-ctags -u --language-force=c++ -f - --c++-kinds=svpf --fields=KSTtzns "
    '--line-directives "{source_file}"',
}


@NUMBERS
def test_the_arduino_ide_builds_its_sketch_and_a_board_runs_it(number: str, tmp_path: Path) -> None:
    builder, simavr = needs.program("arduino-builder"), needs.program("simavr")
    if not (ARDUINO / "arduino" / "avr" / "boards.txt").is_file():
        needs.skip(needs.lacking("arduino-core-avr"))
    folder = packed("arduino", number, tmp_path / "libraries")
    (tmp_path / "build").mkdir()
    options = [f"-prefs={name}={value}" for name, value in PREFERENCES.items()]
    paths: list[str | Path] = ["-hardware", ARDUINO, "-tools", Path("/usr/bin"), "-libraries", tmp_path / "libraries"]
    sketch = folder / "examples" / "Steps" / "Steps.ino"
    run(builder, *paths, "-fqbn", "arduino:avr:uno", "-build-path", tmp_path / "build", *options, sketch, cwd=tmp_path)
    elf = tmp_path / "build" / "Steps.ino.elf"
    with (tmp_path / "printed").open("wb") as output:  # simavr prints to stderr, and never ends
        board = subprocess.Popen([simavr, "-m", "atmega328p", "-f", "16000000", elf], stdout=output, stderr=output)
        lines: list[str] = []
        for _ in range(300):
            lines = re.findall(
                r"self-test passed|refused.*|-?\d+\.\d+|-?\d+(?=\.\.)", (tmp_path / "printed").read_text()
            )
            if len(lines) > 2:
                break
            time.sleep(0.1)
        board.kill()
        board.wait()
    assert lines[0] == "self-test passed"
    assert [float(line) for line in lines[1:3]] == pytest.approx([action(number)] * 2, abs=2e-4)


@NUMBERS
def test_arduino_lint_would_find_no_fault(number: str, tmp_path: Path) -> None:
    """Its rules, as far as they can be asked without it: LP, LS and LD."""
    folder = packed("arduino", number, tmp_path)
    lines = (folder / "library.properties").read_text().splitlines()
    fields = dict(line.split("=", 1) for line in lines)
    name = fields["name"]
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.\- ]{0,62}", name)
    assert all(fields[key] for key in ("version", "author", "maintainer", "sentence", "paragraph", "url"))
    assert fields["sentence"] not in fields["paragraph"]
    assert fields["category"] in {"Device Control", "Data Processing", "Other"}
    assert fields["url"].startswith("https://")
    assert fields["includes"] == f"{name}.h", "the header that the IDE inserts is named after the library"
    assert (folder / "src" / fields["includes"]).is_file()
    assert not [path for path in folder.rglob("*") if path.is_symlink() or path.suffix in (".exe", ".o", ".a")]
    for sketch in (folder / "examples").iterdir():
        assert (sketch / f"{sketch.name}.ino").is_file()
    for row in (folder / "keywords.txt").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z]\w*\t(KEYWORD[12]|LITERAL1)", row)


# Rust.


def test_cargo_tests_it_offline(tmp_path: Path) -> None:
    cargo, folder = needs.program("cargo"), packed("rust", "float32", tmp_path)
    printed = run(cargo, "test", "--offline", cwd=folder, RUSTFLAGS="-D warnings")
    assert "2 passed" in printed
    assert has_oracles_action(run(cargo, "run", "--offline", "-q", "--example", "steps", cwd=folder), "float32")
    listed = run(cargo, "package", "--offline", "--no-verify", "--list", cwd=folder).split()
    assert {"Cargo.toml", "LICENSE", "README.md", "src/lib.rs", "src/controller.rs", "tests/bits.rs"} <= set(listed)


RUN = """
fn run{k}(words: &[u32]) {{
    print!("{{:x}} ", c{k}::selftest());
    for row in words.chunks(c{k}::N_OBSERVATIONS) {{
        let mut obs = [0.0; c{k}::N_OBSERVATIONS];
        for (x, bits) in obs.iter_mut().zip(row) {{ *x = f32::from_bits(*bits); }}
        for action in c{k}::step(&obs) {{ print!("{{:x}} ", action.to_bits()); }}
        let (actions, status) = c{k}::step_checked(&obs);
        for (action, range) in actions.iter().zip(&c{k}::ACTION_RANGES) {{
            assert!(range[0] <= *action && *action <= range[1], "{{action}} {{status}}");
        }}
    }}
    println!();
}}
"""


@pytest.mark.parametrize("optimised", ["-O", "-Copt-level=0"])
def test_random_controllers_in_rust_have_the_oracles_bits(optimised: str, tmp_path: Path) -> None:
    rustc, rng = needs.program("rustc"), np.random.default_rng(12)
    kinds: tuple[WeightKind, ...] = ("shared", "ensemble", "connections")
    # What the random controllers have recorded is no action of theirs.
    controllers = [replace(builders.controller(rng, kind), vectors=()) for kind in kinds for _ in range(5)]
    rows = [builders.inputs(rng, len(c.observations), 60).T.copy() for c in controllers]
    parts, calls = [], []
    for k, (controller, x) in enumerate(zip(controllers, rows, strict=True)):
        text = controller_module(controller, Names.of(controller, f"c{k}")).replace(
            "static ACTION_", "pub static ACTION_"
        )
        (tmp_path / f"c{k}.rs").write_text(text)
        parts.append(f"#[allow(dead_code)]\nmod c{k};\n{RUN.format(k=k)}")
        words = ", ".join(map(str, x.view(np.uint32).ravel().tolist()))
        calls.append(f"run{k}(&[{words}]);")
    (tmp_path / "main.rs").write_text("\n".join([*parts, f"fn main() {{ {' '.join(calls)} }}"]))
    run(rustc, "--edition=2021", "-D", "warnings", optimised, "-o", "main", "main.rs", cwd=tmp_path)
    for line, controller, x in zip(run("./main", cwd=tmp_path).splitlines(), controllers, rows, strict=True):
        selftest, *bits = [int(word, 16) for word in line.split()]
        got = np.array(bits, np.uint32).view(np.float32).reshape(len(x), -1)
        assert selftest == 0, controller
        assert builders.same_bits(got, evaluate(controller, x))


FAULTS: Mapping[str, tuple[str, str]] = {
    "a constant": ("0.21969882", "0.2197"),
    "an operator": (" * weight", " + weight"),
    "a limit": ("-2.4, 2.4, 0.0)", "-2.4, 2.5, 0.0)"),
    "an order": ("(x + 25165824.0 - 25165824.0)", "(x + (25165824.0 - 25165824.0))"),
    "a neutral value": ("-2.4, 2.4, 0.0)", "-2.4, 2.4, 0.5)"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_self_test_in_rust_notices_a_fault(fault: str, tmp_path: Path) -> None:
    rustc, controller = needs.program("rustc"), swing_up()
    text = controller_module(controller, Names.of(controller, "c"))
    assert FAULTS[fault][0] in text
    (tmp_path / "c.rs").write_text(text.replace(*FAULTS[fault]))
    (tmp_path / "main.rs").write_text('#[allow(dead_code)]\nmod c;\nfn main() { print!("{}", c::selftest()); }\n')
    run(rustc, "--edition=2021", "-O", "-A", "warnings", "-o", "main", "main.rs", cwd=tmp_path)
    assert int(run("./main", cwd=tmp_path)) != 0
