"""Laws of what a machine lacks: a test that cannot run there is skipped, and says what to install."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cross.matrix import ROOT
from helpers import needs
from size.processors import PROCESSORS

from wann_rt.exporters.targets.targets import TARGETS

TESTS = ROOT / "tests"
SKIPPING = {"skip", "skipif", "importorskip", "SkipTest", "skipTest", "skipIf", "skipUnless"}
pytest_plugins = ["pytester"]


def skips(path: Path) -> Iterator[str]:
    """Yields where a file uses what skips tests: as ``pytest.skip``, as a mark, or imported by name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        place = f"{path.relative_to(TESTS)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Attribute) and node.attr in SKIPPING and ast.unparse(node.value) != "needs":
            yield place
        if isinstance(node, ast.ImportFrom) and any(name.name in SKIPPING for name in node.names):
            yield place


@pytest.mark.slow
def test_every_skip_goes_through_needs() -> None:
    files = sorted(TESTS.rglob("*.py"))
    assert len(files) > 100
    found = [place for path in files for place in skips(path) if path != Path(needs.__file__)]
    assert found == [], "ask helpers.needs for what a test needs of the machine"


@pytest.mark.parametrize(
    "line", ["pytest.skip('no')", "@pytest.mark.skipif(True, reason='')\ndef f(): pass", "from pytest import skip"]
)
def test_another_way_to_skip_is_noticed(line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(globals(), "TESTS", tmp_path)
    (tmp_path / "test_own.py").write_text(line)
    assert list(skips(tmp_path / "test_own.py"))


def test_every_reason_says_what_to_install() -> None:
    for name in (*needs.PROGRAMS, *needs.MODULES):
        assert needs.STATED.search(needs.lacking(name)), name
    for target in TARGETS:
        reason = replace(target, compiler="no-such-gcc", machine="").missing() or ""
        assert re.search(r"\((Debian: apt|PyPI: pip) install \S+", reason), target.key
    for processor in PROCESSORS:
        reason = replace(processor, prefix="no-such-").missing() or ""
        assert re.search(r"\(Debian: apt install \S+", reason), processor.key


def test_a_reason_that_helps_nobody_is_an_error() -> None:
    with pytest.raises(AssertionError, match="must say what to install"):
        needs.skip("not today")


def test_a_run_with_a_skip_that_helps_nobody_fails(pytester: pytest.Pytester) -> None:
    pytester.makeconftest((TESTS / "conftest.py").read_text())
    pytester.makepyfile(
        "import pytest\ndef test_a(): pytest.skip('not today')\n"
        "def test_b(): pytest.skip('x is not installed: apt install x')\n"
        "@pytest.mark.xfail(strict=True)\ndef test_c(): assert False\n"
    )
    result = pytester.runpytest_inprocess("-p", "no:xdist")
    result.assert_outcomes(failed=1, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(["*a skip must say what to install*not today*"])


@pytest.mark.slow
def test_without_any_program_the_tests_of_generated_code_are_skipped_with_the_packages(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": str(tmp_path), "CC": ""}
    room = str(TESTS / "exporters" / "test_to_c.py")
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", room]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^SKIPPED \[\d+\] .*apt install gcc libc6-dev$", done.stdout, re.MULTILINE)
    assert " passed" not in done.stdout.splitlines()[-1]
