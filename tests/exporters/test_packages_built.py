"""Laws of each kind of package: what runs here of its ecosystem takes it, builds it and gets the oracle's bits."""

import json
import re
import shutil
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers import needs
from helpers.c_library import STRICT, swing_up
from helpers.packages import NAME, NUMBERS, has_oracles_action, packed, run

from wann_rt.exporters.packages import package

pytestmark = pytest.mark.slow

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
# What zephyr_module.py of Zephyr 3 and 4 takes, in our words: its own schema stands in a script of its repository.
TEXT, TRUTH = {"type": "string"}, {"type": "boolean"}
TEXTS = {"type": "array", "items": TEXT}
ROOTS = ("board", "dts", "soc", "arch", "module_ext", "sca")
BUILD = {
    **dict.fromkeys(("cmake", "kconfig", "sysbuild-cmake", "sysbuild-kconfig"), TEXT),
    **dict.fromkeys(("cmake-ext", "kconfig-ext", "sysbuild-cmake-ext", "sysbuild-kconfig-ext"), TRUTH),
    "depends": TEXTS,
    "settings": {"additionalProperties": False, "properties": {f"{root}_root": TEXT for root in ROOTS}},
}
MODULE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "name": TEXT,
        "build": {"type": "object", "additionalProperties": False, "properties": BUILD},
        **dict.fromkeys(("samples", "tests", "boards"), TEXTS),
    },
}
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
    jsonschema = needs.module("jsonschema")
    jsonschema.validate(module, MODULE)
    for wrong in ({**module, "kconfig": "Kconfig"}, {**module, "samples": "samples"}, {**module, "name": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, MODULE)
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
