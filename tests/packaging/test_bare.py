"""Laws of the bare machine of `make bare`: one clear error, no nesting, the command's exit code; and of the tiers."""

import os
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers import needs

ROOT = Path(__file__).parents[2]


def bare(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs .ci/bare, which is not in a bare machine unless ``variables`` say so."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BARE_")} | variables
    words: list[str | Path] = [needs.program("bash"), ROOT / ".ci" / "bare", *command]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


def test_without_a_command_it_says_how_to_give_one() -> None:
    done = bare()
    assert done.returncode == 1
    assert done.stderr == "bare: which command? For example: .ci/bare 'make demo && make test'\n"


def test_in_a_bare_machine_the_command_runs_there_and_its_exit_code_counts() -> None:
    done = bare("pwd; exit 7", BARE_MACHINE="1")
    assert (done.returncode, done.stdout) == (7, f"{ROOT}\n")


def test_without_debootstrap_or_root_it_says_what_it_needs(tmp_path: Path) -> None:
    for name in ("bash", "dirname", "unshare", "git"):
        (tmp_path / name).symlink_to(needs.program(name))
    done = bare("true", PATH=str(tmp_path))
    assert done.returncode == 1
    assert re.fullmatch(r"bare: (.* needs root: sudo make bare|.* apt install debootstrap .*)\n", done.stderr)


@pytest.mark.parametrize("file", [".ci/bare", ".ci/run", ".github/workflows/ci.yml"])
def test_no_address_of_a_registry_stands_in_what_installs(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.findall(r"\w+://(?!\.\.\.)\S+", text) == []


def test_make_test_runs_a_part_and_make_pre_pr_what_ci_runs() -> None:
    part = recipe("test", "T=tests/core")
    assert re.search(r"pytest .* tests/core", part)
    assert "cross host" not in part
    assert recipe("pre-pr").split() == [".ci/run"]


def recipe(*goal: str) -> str:
    """What make would run for a goal; without what a make that runs these tests says in its environment."""
    own = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    command = [needs.program("make"), "-n", *goal]
    return subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=True).stdout


def test_what_passed_before_is_left_out_and_nothing_else(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    path, names, left_out = tmp_path / "passed.txt", ["a.py::one@group", "a.py::one[x]", "b.py::two"], list[str]()
    items = [SimpleNamespace(nodeid=name) for name in names]
    hook = SimpleNamespace(pytest_deselected=lambda items: left_out.extend(item.nodeid for item in items))
    config = SimpleNamespace(getoption={"--without": str(path), "--every": "1"}.get, hook=hook)
    plugin = next(plugin for plugin in pytestconfig.pluginmanager.get_plugins() if hasattr(plugin, "OUTCOMES"))
    plugin.pytest_collection_modifyitems(config, items)
    assert [item.nodeid for item in items] == names, "no file: nothing is left out"
    path.write_text("a.py::one\n", encoding="utf-8")
    plugin.pytest_collection_modifyitems(config, items)
    assert [item.nodeid for item in items] == ["a.py::one[x]", "b.py::two"]
    assert left_out == ["a.py::one@group"]


def test_each_nth_test_is_a_sample(pytestconfig: pytest.Config) -> None:
    left_out: list[int] = []
    hook = SimpleNamespace(pytest_deselected=lambda items: left_out.extend(items))
    config, items = SimpleNamespace(getoption={"--every": "3:1"}.get, hook=hook), list(range(8))
    plugin = next(plugin for plugin in pytestconfig.pluginmanager.get_plugins() if hasattr(plugin, "OUTCOMES"))
    plugin.pytest_collection_modifyitems(config, items)
    assert (items, left_out) == ([1, 4, 7], [0, 2, 3, 5, 6])


@pytest.mark.xdist_group("of_this_test")
def test_tests_of_one_group_run_in_one_process(request: pytest.FixtureRequest) -> None:
    spread = "PYTEST_XDIST_WORKER" in os.environ and request.config.getoption("loadgroup", False)
    assert request.node.nodeid.endswith("@of_this_test") == bool(spread), "pytest-xdist does not know its groups"
