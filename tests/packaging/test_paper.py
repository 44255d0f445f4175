"""docs/paper.md says what docs/paper.json says, and a table that nobody has written yet says that."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import paper  # noqa: E402


def test_the_page_is_that_of_the_figures() -> None:
    kept = json.loads((ROOT / "docs" / "paper.json").read_text(encoding="utf-8"))
    assert (ROOT / "docs" / "paper.md").read_text(encoding="utf-8") == paper.page(kept)
    assert kept["swingup"] == paper.swingup()
    assert kept["walker"] == paper.walker()


def test_a_missing_table_says_so_and_a_new_one_is_taken() -> None:
    assert "Ours: not yet." in paper.section("car-racing", None)
    row = {
        "connections": 60,
        "random_shared": 510.5,
        "ci95": {"random_shared": 4},
        "episodes": 100,
        "command": "run me",
    }
    said = paper.section("car-racing", {"pca": row})
    assert "| pca | 60 | - | 510.5 ± 4 |" in said
    assert "    run me" in said
    assert "not yet" not in said
