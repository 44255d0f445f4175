"""Laws of each kind of package: what runs here of its ecosystem takes it, builds it and gets the oracle's bits."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from helpers import builders, needs
from helpers.c_library import STRICT, swing_up

from wann_rt.core.controller import WeightKind
from wann_rt.core.fixed.reference import FixedController
from wann_rt.core.reference import evaluate
from wann_rt.exporters.contract import test_vectors as vectors
from wann_rt.exporters.packages import package
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_rust.controller import controller_module

pytestmark = pytest.mark.slow
NUMBERS = pytest.mark.parametrize("number", ["float32", "q12"])
NAME = {"float32": "swing_up", "q12": "swing_up_q12"}
ARDUINO = Path("/usr/share/arduino/hardware")


def run(*command: str | Path, cwd: Path, **more: str) -> str:
    """Runs a program and returns what it printed."""
    environment = {**os.environ, **more}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def packed(kind: str, number: str, out: Path) -> Path:
    return package(swing_up(), kind, out=out / NAME[number], number=number, version="1.2.3")


def action(number: str) -> float:
    """Returns the first action for the recorded observation, in the unit or, in fixed point, as a count."""
    observation = np.array([vectors(swing_up())[0].observation], np.float32)
    if number == "float32":
        return float(evaluate(swing_up(), observation)[0, 0])
    fixed = FixedController.of(swing_up())
    return float(fixed.run(fixed.from_float(observation))[0, 0])


def has_oracles_action(printed: str, number: str) -> bool:
    """Whether an example passed its self-test and printed the oracle's action."""
    found = re.search(r"action 0: (\S+)", printed)
    assert "self-test passed" in printed, printed
    return found is not None and np.float32(found[1]) == np.float32(action(number))


# CMake.

USES = {
    "add_subdirectory": "add_subdirectory({package} built)",
    "FetchContent": "include(FetchContent)\nFetchContent_Declare({name} SOURCE_DIR {package})\n"
    "FetchContent_MakeAvailable({name})",
    "find_package": "find_package({name} 1.2 CONFIG REQUIRED)",
}
PROJECT = """
cmake_minimum_required(VERSION 3.14)
project(user C)
{use}
add_executable(user {package}/examples/main.c)
target_link_libraries(user PRIVATE {name}::{name})
"""


@pytest.mark.parametrize("use", USES)
@NUMBERS
def test_cmake_takes_it_in_three_ways(use: str, number: str, tmp_path: Path) -> None:
    cmake, folder, name = needs.program("cmake"), packed("cmake", number, tmp_path), NAME[number]
    needs.any_compiler()
    prefix = tmp_path / "prefix"
    if use == "find_package":
        run(cmake, "-B", "own", f"-DCMAKE_C_FLAGS={' '.join(STRICT)}", ".", cwd=folder)
        run(cmake, "--build", "own", cwd=folder)
        assert "100% tests passed" in run(Path(cmake).with_name("ctest"), "--test-dir", "own", cwd=folder)
        run(cmake, "--install", "own", "--prefix", prefix, cwd=folder)
        shutil.rmtree(folder / "src")
        shutil.rmtree(folder / "include")
    (tmp_path / "user").mkdir()
    text = PROJECT.format(use=USES[use], package=folder, name=name).replace("{name}", name)
    (tmp_path / "user" / "CMakeLists.txt").write_text(text.replace("{package}", str(folder)))
    run(cmake, "-B", "build", f"-DCMAKE_PREFIX_PATH={prefix}", ".", cwd=tmp_path / "user")
    run(cmake, "--build", "build", cwd=tmp_path / "user")
    assert has_oracles_action(run("build/user", cwd=tmp_path / "user"), number)


CXX_PROJECT = """
cmake_minimum_required(VERSION 3.14)
project(user CXX)
add_subdirectory("{package}" built)
find_package(swing_up CONFIG REQUIRED)
find_package(swing_up CONFIG REQUIRED)
add_executable(user user.cpp)
target_link_libraries(user PRIVATE swing_up::swing_up)
"""


def test_a_cplusplus_project_may_have_it_twice_and_shared(tmp_path: Path) -> None:
    """Installed and in the tree, found twice, in a path with a space, without C in the project that uses it."""
    cmake, compiler, folder = (
        needs.program("cmake"),
        needs.compiler("g++"),
        packed("cmake", "float32", tmp_path / "a b"),
    )
    assert compiler
    run(cmake, "-B", "own", "-DBUILD_SHARED_LIBS=ON", ".", cwd=folder)
    run(cmake, "--build", "own", cwd=folder)
    run(cmake, "--install", "own", "--prefix", tmp_path / "pre fix", cwd=folder)
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "CMakeLists.txt").write_text(CXX_PROJECT.format(package=folder))
    code = '#include "swing_up.h"\nint main() { return swing_up_selftest(); }\n'
    (tmp_path / "user" / "user.cpp").write_text(code)
    run(cmake, "-B", "build", f"-DCMAKE_PREFIX_PATH={tmp_path / 'pre fix'}", ".", cwd=tmp_path / "user")
    run(cmake, "--build", "build", cwd=tmp_path / "user")
    run("build/user", cwd=tmp_path / "user")


def test_cmake_refuses_another_version(tmp_path: Path) -> None:
    cmake, folder = needs.program("cmake"), packed("cmake", "float32", tmp_path)
    needs.any_compiler()
    run(cmake, "-B", "own", ".", cwd=folder)
    run(cmake, "--build", "own", cwd=folder)
    run(cmake, "--install", "own", "--prefix", tmp_path / "prefix", cwd=folder)
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.14)\nproject(u C)\nfind_package(swing_up 1.3 CONFIG REQUIRED)\n"
    )
    command = [cmake, "-B", "build", f"-DCMAKE_PREFIX_PATH={tmp_path / 'prefix'}", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "1.2.3" in done.stderr


# ESP-IDF and Zephyr: their own functions are stood in for.

IDF = """
cmake_minimum_required(VERSION 3.16)
project(idf C)
function(idf_component_register)
    cmake_parse_arguments(given "" "" "SRCS;INCLUDE_DIRS;REQUIRES" ${{ARGN}})
    get_filename_component(name "${{CMAKE_CURRENT_SOURCE_DIR}}" NAME)
    add_library(${{name}} STATIC ${{given_SRCS}})
    target_compile_options(${{name}} PRIVATE -Wall -Werror=all)
    target_include_directories(${{name}} PUBLIC ${{given_INCLUDE_DIRS}})
    target_link_libraries(${{name}} PUBLIC ${{given_REQUIRES}})
endfunction()
add_subdirectory({package} component)
add_subdirectory({package}/examples/steps/main example)
add_executable(app start.c)
target_link_libraries(app PRIVATE main)
"""


@NUMBERS
def test_esp_idf_takes_it(number: str, tmp_path: Path) -> None:
    cmake, folder = needs.program("cmake"), packed("esp-idf", number, tmp_path)
    needs.any_compiler()
    (tmp_path / "CMakeLists.txt").write_text(IDF.format(package=folder))
    (tmp_path / "start.c").write_text("void app_main(void);\nint main(void) { app_main(); return 0; }\n")
    run(cmake, "-B", "build", ".", cwd=tmp_path)
    run(cmake, "--build", "build", cwd=tmp_path)
    assert has_oracles_action(run("build/app", cwd=tmp_path), number)


# Those of the manager of ESP-IDF 4.4, which refuses any other; newer ones take them, too.
OLDEST_KEYS = {"version", "description", "url", "tags", "maintainers", "dependencies", "targets", "files"}


def test_the_oldest_component_manager_would_know_every_key(tmp_path: Path) -> None:
    folder = package(swing_up(), "esp-idf", out=tmp_path / "p", url="https://example.org", author="Ada <a@example.org>")
    keys = re.findall(r"^(\w+):", (folder / "idf_component.yml").read_text(), re.MULTILINE)
    assert {"version", "description", "url"} <= set(keys) <= OLDEST_KEYS


@NUMBERS
def test_the_component_manager_packs_it(number: str, tmp_path: Path) -> None:
    compote, folder = needs.program("compote"), packed("esp-idf", number, tmp_path)
    run(compote, "component", "pack", "--name", NAME[number], "--dest-dir", tmp_path / "out", cwd=folder)
    packed_files = {path.name for path in (tmp_path / "out" / f"{NAME[number]}_1.2.3").rglob("*") if path.is_file()}
    assert {f"{NAME[number]}.h", f"{NAME[number]}.c", "idf_component.yml", "README.md", "LICENSE"} <= packed_files


# The keys that Zephyr's documentation of modules names, as far as they can stand here.
MODULE_KEYS = {"name", "build", "samples", "tests", "boards", "security", "package-managers", "runners", "blobs"}
BUILD_KEYS = {"cmake", "kconfig", "cmake-ext", "kconfig-ext", "depends", "settings"}
ZEPHYR = """
cmake_minimum_required(VERSION 3.20)
project(zephyr C)
set(CONFIG_WANN_{symbol} {wanted})
macro(zephyr_library_named name)
    set(current ${{name}})
    add_library(${{name}} STATIC)
    target_compile_options(${{name}} PRIVATE -Wall -Werror)
endmacro()
macro(zephyr_library_sources)
    target_sources(${{current}} PRIVATE ${{ARGN}})
endmacro()
macro(zephyr_library_compile_options)
    target_compile_options(${{current}} PRIVATE ${{ARGN}})
endmacro()
macro(zephyr_include_directories)
    target_include_directories(${{current}} PUBLIC ${{ARGN}})
endmacro()
add_subdirectory({package}/zephyr module)
if(TARGET {name})
    add_executable(app {package}/samples/steps/src/main.c)
    target_link_libraries(app PRIVATE {name})
endif()
"""


@NUMBERS
def test_zephyr_takes_it_if_its_option_is_set(number: str, tmp_path: Path) -> None:
    cmake, folder, name = needs.program("cmake"), packed("zephyr", number, tmp_path), NAME[number]
    needs.any_compiler()
    for wanted in ("y", ""):
        text = ZEPHYR.format(symbol=name.upper(), wanted=wanted, package=folder, name=name)
        (tmp_path / "CMakeLists.txt").write_text(text)
        run(cmake, "-B", f"build{wanted}", ".", cwd=tmp_path)
        run(cmake, "--build", f"build{wanted}", cwd=tmp_path)
    assert has_oracles_action(run("buildy/app", cwd=tmp_path), number)
    assert not (tmp_path / "build" / "app").exists()
    settings = (folder / "samples" / "steps" / "prj.conf").read_text()
    assert f"CONFIG_WANN_{name.upper()}=y" in settings


def test_a_zephyr_module_names_what_is_there(tmp_path: Path) -> None:
    yaml = needs.module("yaml")
    folder = packed("zephyr", "float32", tmp_path)
    module = yaml.safe_load((folder / "zephyr" / "module.yml").read_text())
    assert module.keys() <= MODULE_KEYS
    assert module["build"].keys() <= BUILD_KEYS
    assert (folder / module["build"]["cmake"] / "CMakeLists.txt").is_file()
    assert (folder / module["build"]["kconfig"]).is_file()
    samples = [path for sample in module["samples"] for path in (folder / sample).rglob("sample.yaml")]
    assert [yaml.safe_load(path.read_text()).keys() for path in samples] == [{"sample", "common", "tests"}]


# PlatformIO. Its platforms and the list of licences are downloads, so the test brings some of its own.

WITHOUT_NETWORK = """
import sys
from platformio.package.manifest import schema
schema.ManifestSchema.load_spdx_licenses = staticmethod(lambda: {"licenses": [{"licenseId": "0BSD"}]})
from platformio.__main__ import main
sys.argv[0] = "pio"
sys.exit(main())
"""


def platformio(*words: str | Path, cwd: Path, home: Path) -> str:
    needs.module("platformio")
    settings = {"PLATFORMIO_CORE_DIR": str(home), "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "no", "CI": "true"}
    settings["PLATFORMIO_SETTING_CHECK_PLATFORMIO_INTERVAL"] = "9999"
    return run(sys.executable, "-c", WITHOUT_NETWORK, *words, cwd=cwd, **settings)


@NUMBERS
def test_platformio_packs_it(number: str, tmp_path: Path) -> None:
    folder = packed("platformio", number, tmp_path)
    platformio("pkg", "pack", "-o", tmp_path / "packed.tar.gz", folder, cwd=tmp_path, home=tmp_path / "home")
    with tarfile.open(tmp_path / "packed.tar.gz") as archive:
        listed = set(archive.getnames())
    assert {"library.json", f"include/{NAME[number]}.h", f"src/{NAME[number]}.c"} <= listed


def native_platform(folder: Path, home: Path) -> None:
    """Writes a platform for this machine, and SCons where PlatformIO looks for it."""
    folder.mkdir()
    about = {"name": "host", "version": "1.0.0", "title": "Host", "description": "-", "packages": {}}
    about["packages"] = {"tool-scons": {"owner": "platformio", "version": "*"}}
    (folder / "platform.json").write_text(json.dumps(about))
    code = "from platformio.platform.base import PlatformBase\n\n\nclass HostPlatform(PlatformBase):\n    pass\n"
    (folder / "platform.py").write_text(code)
    (folder / "builder").mkdir()
    build = "from SCons.Script import Default, DefaultEnvironment\nenv = DefaultEnvironment()\n"
    build += 'env.Replace(CC="cc", LINK="cc")\nprogram = env.BuildProgram()\nDefault([program])\n'
    (folder / "builder" / "main.py").write_text(build)
    from platformio.dependencies import get_core_dependencies

    version = get_core_dependencies()["tool-scons"].removeprefix("~")
    scons = home / "packages" / "tool-scons"
    spec = find_spec("SCons")
    assert spec is not None
    assert spec.origin is not None
    shutil.copytree(Path(spec.origin).parent, scons / "scons-local" / "SCons")
    start = (
        "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'scons-local'))\n"
    )
    (scons / "scons.py").write_text(f"{start}from SCons.Script import main\nmain()\n")
    (scons / "package.json").write_text(json.dumps({"name": "tool-scons", "version": version}))
    piopm = {"type": "tool", "name": "tool-scons", "version": version}
    piopm["spec"] = {"owner": "platformio", "id": 8192, "name": "tool-scons", "requirements": None, "uri": None}
    (scons / ".piopm").write_text(json.dumps(piopm))


@NUMBERS
def test_platformio_builds_its_example(number: str, tmp_path: Path) -> None:
    needs.module("SCons")
    needs.any_compiler()
    folder = packed("platformio", number, tmp_path)
    native_platform(tmp_path / "host", tmp_path / "home")
    project = folder / "examples" / "host"
    settings = (project / "platformio.ini").read_text()
    assert "platform = native" in settings
    (project / "platformio.ini").write_text(settings.replace("= native", f"= file://{tmp_path / 'host'}"))
    platformio("run", cwd=project, home=tmp_path / "home")
    assert has_oracles_action(run(".pio/build/native/program", cwd=project), number)


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
