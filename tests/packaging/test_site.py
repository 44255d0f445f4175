"""The documentation site: every page is reached, every link leads somewhere, notebooks are as they run."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from helpers import needs

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Imports a module of the site."""
    from importlib import import_module

    monkeypatch.syspath_prepend(DOCS / "site")
    return import_module


def test_every_page_is_in_a_table_of_contents() -> None:
    pages = {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")} | {
        path.relative_to(DOCS).with_suffix("").as_posix() for path in NOTEBOOKS
    }
    reached = {"index"}
    for path in DOCS.rglob("*.md"):
        for listed in re.findall(r"```\{toctree\}\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
            for line in filter(None, (line.strip() for line in listed.splitlines())):
                if not line.startswith(":"):
                    reached.add((path.parent / line).resolve().relative_to(DOCS).as_posix())
    assert pages == reached


def test_what_a_page_asks_for_is_generated(site: Callable[[str], ModuleType]) -> None:
    pages = site("pages")
    for path in DOCS.rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        if "<!-- site:" in text:
            made = pages.read(path.relative_to(DOCS).with_suffix("").as_posix(), text)
            assert "<!-- site:" not in made
            assert len(made) > len(text)


@pytest.mark.parametrize(
    ("page", "text", "wanted"),
    [
        ("start", "[a](your-plant.md)", "[a](your-plant.md)"),
        ("guides/paper", "[a](../results.md#here)", "[a](../results.md#here)"),
        ("api", "[a](../FORMAT.md)", "[a](project/format.md)"),
        ("project/readme", "![a](docs/network.svg) [b](docs/zoo.md)", "![a](../network.svg) [b](../zoo.md)"),
        ("packages", "[a](../examples/ros2_controller)", "a (`examples/ros2_controller` in the repository)"),
        ("project/readme", "[a](docs/notebooks)", "a (`docs/notebooks` in the repository)"),
        ("start", "[a](https://example.org) `[a](b)`", "[a](https://example.org) `[a](b)`"),
    ],
)
def test_links_lead_to_pages_of_the_site(site: Callable[[str], ModuleType], page: str, text: str, wanted: str) -> None:
    assert site("pages").read(page, text) == wanted


def test_a_link_that_leads_nowhere_is_named(site: Callable[[str], ModuleType], tmp_path: Path) -> None:
    problems = site("links").problems
    (tmp_path / "other.html").write_text('<p id="here"></p><a href="https://example.org">out</a>')
    (tmp_path / "index.html").write_text('<a href="other.html#here">right</a>')
    assert problems(tmp_path) == []
    (tmp_path / "index.html").write_text(
        '<a href="gone.html"></a><a href="other.html#gone"></a><script src="https://example.org/x.js"></script>'
    )
    assert problems(tmp_path) == [
        "index.html links to gone.html, which does not exist",
        "index.html links to other.html#gone, a place that does not exist",
        "index.html loads https://example.org/x.js from elsewhere",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_as_it_ran(path: Path) -> None:
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert not [out for cell in cells for out in cell["outputs"] if out["output_type"] == "error"]
    assert str(ROOT) not in path.read_text()
    assert "/tmp" not in path.read_text()


@pytest.mark.long
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_still_runs(path: Path, tmp_path: Path) -> None:
    if path.stem == "firmware":
        needs.any_compiler()
    needs.module("IPython")
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
    code = "\n\n".join("".join(cell["source"]) for cell in cells)
    # A class of a notebook is one of the program that runs; so are those of this script.
    (tmp_path / "cells.py").write_text(code)
    done = subprocess.run([sys.executable, "cells.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
