"""Laws of every kind of package: whole or not there, the same each time, names and texts that nothing can break."""

import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers import needs
from helpers.c_library import STRICT, swing_up

from wann_rt.cli import main
from wann_rt.cli.package import package as command
from wann_rt.core import disk
from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError, FileError
from wann_rt.core.files import digest, save
from wann_rt.core.levels import Level, Mean
from wann_rt.core.monitor import Feature, Monitor
from wann_rt.core.program import Operation
from wann_rt.exporters.packages import KINDS, package
from wann_rt.exporters.packages.taken import TAKEN

ROOT = Path(__file__).parents[2]
EACH = [(kind.name, number) for kind in KINDS.values() for number in kind.numbers]
EVERY_KIND = pytest.mark.parametrize(("kind", "number"), EACH)
MANIFESTS = {
    "arduino": "library.properties",
    "platformio": "library.json",
    "esp-idf": "idf_component.yml",
    "zephyr": "zephyr/module.yml",
    "cmake": "CMakeLists.txt",
    "micropython": "package.json",
    "rust": "Cargo.toml",
}
VERSIONED = [kind for kind in KINDS if kind != "zephyr"]  # a module has the version of its repository
HOSTILE = 'a "quote" \\ ${HOME} $(id) `id` \n name=x | <b>*/ # %s {0} \u202e ö'


def named(name: str) -> Controller:
    controller = swing_up()
    first = replace(controller.observations[0], name=f"{name} 1", unit=name)
    return replace(controller, name=name, observations=(first, *controller.observations[1:]))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@EVERY_KIND
def test_the_same_controller_gives_the_same_files(kind: str, number: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        package(swing_up(), kind, out=tmp_path / name, number=number, version="1.2.3")
    files = contents(tmp_path / "a")
    assert files == contents(tmp_path / "b")
    assert {"README.md", "LICENSE", MANIFESTS[kind]} <= files.keys()
    assert digest(swing_up()) in files["README.md"].decode()
    assert kind not in VERSIONED or b"1.2.3" in files[MANIFESTS[kind]]
    assert any("example" in path or "sample" in path or path.endswith("main.py") for path in files)


def test_every_kind_is_described_where_people_look() -> None:
    page = (ROOT / "docs" / "packages.md").read_text(encoding="utf-8")
    help_text = CliRunner().invoke(command, ["--help"]).output
    for kind in KINDS:
        assert f"`{kind}`" in page
        assert re.search(rf"^ *{kind}  ", help_text, re.MULTILINE)
        assert (ROOT / "exporters" / "packages" / f"{kind.replace('-', '_')}.py").is_file()
    assert set(MANIFESTS) == set(KINDS)


def test_the_readme_says_the_command_that_writes_the_package_again(tmp_path: Path) -> None:
    save(swing_up(), tmp_path / "controller.json")
    author = "Ada O'Hara <ada@example.org>"
    package(swing_up(), "cmake", out=tmp_path / "a", author=author, url="https://example.org/x", prefix="lean")
    readme = (tmp_path / "a" / "README.md").read_text()
    line = next(line for line in readme.splitlines() if line.startswith("wann-rt package"))
    words = shlex.split(line)[1:]
    words[words.index("controller.json")] = str(tmp_path / "controller.json")
    words[words.index("--out") + 1] = str(tmp_path / "b")
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


# Whole or not at all.


def test_a_folder_that_is_not_empty_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("work")
    with pytest.raises(FileError, match="is not an empty folder: name a new one"):
        package(swing_up(), "cmake", out=tmp_path)
    with pytest.raises(FileError, match="is not an empty folder"):
        package(swing_up(), "cmake", out=tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_empty_folder_and_new_ones_above_it_are_taken(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    package(swing_up(), "cmake", out=tmp_path / "link")
    assert (tmp_path / "empty" / "README.md").is_file()
    assert (tmp_path / "link").is_symlink()
    assert package(swing_up(), "rust", out=tmp_path / "new" / "deep") == tmp_path / "new" / "deep"


@pytest.mark.parametrize("failing", range(5))
def test_nothing_is_left_of_a_package_that_could_not_be_written(
    failing: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter(range(99))
    written: Callable[[Path, bytes], None] = disk._write_flushed

    def full(path: Path, data: bytes) -> None:
        if next(calls) == failing:
            raise OSError(28, "No space left on device")
        written(path, data)

    monkeypatch.setattr(disk, "_write_flushed", full)
    with pytest.raises(FileError, match="No space left"):
        package(swing_up(), "cmake", out=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


# What is refused.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "conan"}, "unknown kind of package 'conan'; known kinds: arduino, platformio"),
        ({"kind": "rust", "number": "q12"}, "expected float32"),
        ({"number": "q15"}, "expected float32 or q12"),
        ({"version": "1.0"}, "expected three numbers"),
        ({"version": "v1.0.0"}, "expected three numbers"),
        ({"version": "01.0.0"}, "expected three numbers"),
        ({"version": "1.0.0\n"}, "expected three numbers"),
        ({"author": "a\nmaintainer=b"}, "a name on one line"),
        ({"author": " "}, "a name on one line"),
        ({"url": "javascript:alert(1)"}, "begins with https"),
        ({"url": "https://a\n"}, "begins with https"),
        ({"prefix": "2nd"}, "cannot begin names in C"),
        ({"prefix": "test"}, "the name of something else"),
        ({"prefix": "Math"}, "the name of something else"),
    ],
)
def test_what_no_manifest_could_hold_is_refused(options: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=message):
        package(swing_up(), **{"kind": "arduino", "out": str(tmp_path / "out"), **options})
    assert list(tmp_path.iterdir()) == []


# Names and texts.


@pytest.mark.parametrize(
    "name", [*sorted(TAKEN)[::7], "math", "test", "Arduino Uno", "wann", "größe", "тест", "9", "_"]
)
def test_no_package_has_a_name_that_means_something_else(name: str, tmp_path: Path) -> None:
    package(replace(swing_up(), name=name), "platformio", out=tmp_path / "p")
    chosen = json.loads((tmp_path / "p" / "library.json").read_text())["name"]
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", chosen)
    assert chosen not in TAKEN
    assert not chosen.startswith("arduino")
    assert len(chosen) <= 63, "the most that Arduino takes"
    assert {p.name for p in (tmp_path / "p").rglob("*.[ch]")} == {f"{chosen}.h", f"{chosen}.c", "main.c"}


def test_a_header_hides_none_of_the_standard_ones(tmp_path: Path) -> None:
    package(replace(swing_up(), name="math"), "cmake", out=tmp_path / "p")
    text = f'#include <math.h>\n#include "{next((tmp_path / "p" / "include").iterdir()).name}"\ndouble f(void);\n'
    (tmp_path / "use.c").write_text(f"{text}double f(void) {{ return sin(0.5) + M_PI; }}\n")
    compiler = needs.any_compiler()
    command = [compiler, *STRICT, "-std=gnu99", f"-I{tmp_path / 'p' / 'include'}", "-c", "use.c"]
    subprocess.run(command, cwd=tmp_path, check=True)


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_names_stay_text(kind: str, tmp_path: Path) -> None:
    package(named(HOSTILE), kind, out=tmp_path / "p", author='É "x" \\ <e@x.org>')
    for path, data in contents(tmp_path / "p").items():
        text = data.decode()
        assert "\u202e" not in text, path
        assert "<b>" not in re.sub(r"`[^`\n]*`", "", text) or not path.endswith(".md"), path
    manifest = (tmp_path / "p" / MANIFESTS[kind]).read_text(encoding="utf-8")
    if kind == "rust":
        parsed = tomllib.loads(manifest)["package"]
        assert parsed["authors"] == ['É "x" \\ <e@x.org>']
        assert "quote" in parsed["description"]
    if kind in ("platformio", "micropython"):
        json.loads(manifest)
    if kind == "arduino":
        keys = [line.split("=", 1)[0] for line in manifest.splitlines()]
        assert len(keys) == len(set(keys)) == 10
    if kind == "zephyr":
        options = (tmp_path / "p" / "zephyr" / "Kconfig").read_text()
        assert "$" not in options
        assert len(options.splitlines()) == 4


def watched() -> Controller:
    controller = swing_up()
    n, m = len(controller.observations), len(controller.actions)
    change = Operation("sub", (0, n))
    feature = Feature("change", (0,), 3 * n + m)
    return replace(
        controller,
        monitor=Monitor(n, m, (change,), (feature,), (Level(1, 1, 1.0), Mean(0.1, 1.0, 0.5)), (0.0,) * m, 1e-5),
    )


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS.values() if kind.watches])
def test_a_package_in_c_has_the_monitor_and_the_readme_says_how_it_is_called(kind: str, tmp_path: Path) -> None:
    compiler, folder = needs.any_compiler(), package(watched(), kind, out=tmp_path / "made")
    headers, sources = (list(folder.rglob(f"swing_up.{end}")) for end in ("h", "c"))
    assert "swing_up_monitor_step(&watch, obs, last_actions)" in (folder / "README.md").read_text()
    main_c = tmp_path / "main.c"
    main_c.write_text(
        '#include "swing_up.h"\n'
        "int main(void) {\n"
        "    static const float obs[2][SWING_UP_N_OBSERVATIONS] = {{0.0f}, {2.0f}};\n"
        "    static const float done[SWING_UP_N_ACTIONS];\n"
        "    swing_up_monitor_state watch;\n"
        "    swing_up_monitor_reset(&watch);\n"
        "    if (swing_up_selftest() != 0 || swing_up_monitor_step(&watch, obs[0], done) != 0u) {\n"
        "        return 1;\n"
        "    }\n"
        "    return swing_up_monitor_step(&watch, obs[1], done) == 1u ? 0 : 2;\n"
        "}\n"
    )
    program = tmp_path / "main"
    subprocess.run([compiler, *STRICT, f"-I{headers[0].parent}", main_c, sources[0], "-o", program], check=True)
    assert subprocess.run([program]).returncode == 0
    if kind == "arduino":
        keywords = (folder / "keywords.txt").read_text()
        assert all(f"swing_up_{call}\tKEYWORD2" in keywords for call in ("monitor_step", "monitor_reset", "fail_safe"))


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS.values() if not kind.watches])
def test_a_package_that_cannot_carry_a_monitor_says_so(kind: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=f"has a monitor, which a package of kind {kind} cannot carry yet"):
        package(watched(), kind, out=tmp_path / "made")
    with pytest.raises(ExportError, match="has a monitor, which fixed point cannot carry yet"):
        package(watched(), "cmake", out=tmp_path / "made", number="q12")
