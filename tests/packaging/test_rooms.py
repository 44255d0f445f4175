"""Law of the picture of rooms: both pages show the same one, and it is the contract that ``make lint`` enforces."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("CONTRIBUTING.md", "docs/architecture.md")


def picture(page: str) -> str:
    """Returns the first block of a page, which is the picture."""
    return (ROOT / page).read_text(encoding="utf-8").split("```")[1]


def test_both_pages_show_the_same_rooms() -> None:
    assert picture(PAGES[0]) == picture(PAGES[1])


def test_the_picture_is_the_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = settings["contracts"][0]["layers"]
    drawn = [re.findall(r"[a-z_]+", line[:56]) for line in picture(PAGES[0]).splitlines()]
    assert [rooms for rooms in drawn if rooms] == [layer.split(" | ") for layer in layers]
