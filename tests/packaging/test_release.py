"""What a release reads elsewhere agrees with pyproject.toml: the recipe of conda, the workflow, the citation."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from helpers import needs

import wann_rt

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return found


@pytest.fixture
def recipe() -> dict[str, Any]:
    found: dict[str, Any] = needs.module("yaml").safe_load((ROOT / ".ci/conda/recipe.yaml").read_text())
    return found


def test_the_recipe_needs_what_the_package_needs(project: dict[str, Any], recipe: dict[str, Any]) -> None:
    wanted = {re.sub(r"\s", "", text) for text in project["project"]["dependencies"]}
    found = {re.sub(r"\s", "", text) for text in recipe["requirements"]["run"]}
    assert found == wanted | {f"python{project['project']['requires-python']}"}
    assert {re.sub(r"\s", "", text) for text in recipe["requirements"]["host"]} >= set(
        project["build-system"]["requires"]
    )


def test_the_recipe_names_version_commands_and_licence(project: dict[str, Any], recipe: dict[str, Any]) -> None:
    scripts = {f"{name} = {where}" for name, where in project["project"]["scripts"].items()}
    assert recipe["context"]["version"] == wann_rt.__version__
    assert set(recipe["build"]["python"]["entry_points"]) == scripts
    assert recipe["about"]["license"] == project["project"]["license"]
    assert recipe["about"]["summary"] == project["project"]["description"]


def test_the_workflow_finds_the_version_that_the_package_has() -> None:
    workflow = (ROOT / ".github/workflows/release.yml").read_text()
    pattern = re.search(r"sed -n 's/(.*?)/\\1/p' (\S+)\)", workflow)
    assert pattern is not None
    made = pattern[1].replace(r"\(", "(").replace(r"\)", ")")
    found = re.search(made, (ROOT / pattern[2]).read_text(), re.MULTILINE)
    assert found is not None
    assert found[1] == wann_rt.__version__


def test_the_citation_names_the_version() -> None:
    assert f"\nversion: {wann_rt.__version__}\n" in (ROOT / "CITATION.cff").read_text()
