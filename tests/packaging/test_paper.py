"""docs/paper.md says what docs/paper.json says, and a table that nobody has written yet says that."""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import digits  # noqa: E402
import paper  # noqa: E402
from paper_store import KEYS, whole  # noqa: E402


def test_the_page_is_that_of_the_figures() -> None:
    kept = json.loads((ROOT / "docs" / "paper.json").read_text(encoding="utf-8"))
    assert (ROOT / "docs" / "paper.md").read_text(encoding="utf-8") == paper.page(kept)
    assert kept["swingup"] == whole(paper.swingup())
    assert kept["walker"] == whole(paper.walker())


def test_each_row_has_all_keys_and_ours_say_of_what_they_are() -> None:
    kept = json.loads((ROOT / "docs" / "paper.json").read_text(encoding="utf-8"))
    for table, rows in kept.items():
        for name, row in rows.items():
            assert set(KEYS) <= set(row), (table, name)
            assert name == "paper" or ("episodes" in row) != ("images" in row), (table, name)
            assert name == "paper" or row["command"], (table, name)


def test_new_proposals_leave_the_rows_of_evolution() -> None:
    before = {"preset digits, 5 generations": {"seeds": 3}, "proposed, 9 connections": {"seeds": 2}}
    both = digits.with_evolved(before, {"proposed, 8 connections": {"seeds": 3}})
    assert list(both) == ["preset digits, 5 generations", "proposed, 8 connections"]


def test_the_commands_of_the_page_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    asked = set(re.findall(r"(?:    |`)make ([a-z-]+)", (ROOT / "docs" / "paper.md").read_text(encoding="utf-8")))
    assert {"venv", "car-agnostic", "digits"} <= asked <= targets


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


def test_seeds_are_compared_after_the_same_generation_and_who_went_further_has_a_row_of_their_own() -> None:
    def point(generation: int, score: float) -> dict[str, float]:
        scores = dict.fromkeys(("random_weights", "random_shared", "ensemble", "tuned_shared"), score)
        return {"generation": generation, "connections": 9, "cpu_seconds": 2.0, **scores}

    runs = {"grown 1": [point(5, 70.0), point(9, 90.0)], "grown 2": [point(5, 80.0)], "other 1": [point(5, 1.0)]}
    rows = paper.evolved(runs)
    assert list(rows) == ["preset grown, 5 generations", "preset grown, 9 generations", "preset other, 5 generations"]
    assert [(row["seeds"], row["random_shared"]) for row in rows.values()] == [(2, 75.0), (1, 90.0), (1, 1.0)]
    kept = json.loads((ROOT / "docs" / "digits_evolution.json").read_text(encoding="utf-8"))
    assert (
        whole(paper.evolved(kept)).items() <= json.loads((ROOT / "docs" / "paper.json").read_text())["digits"].items()
    )
