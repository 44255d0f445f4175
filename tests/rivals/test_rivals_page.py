"""docs/rivals.md: what docs/rivals.json keeps, and of the champions that the zoo has."""

import json
import sys
from argparse import Namespace
from importlib import import_module
from pathlib import Path

import pytest

from wann_rt import tasks
from wann_rt.core import files
from wann_rt.rivals.contest import champions

ROOT = Path(__file__).parents[2]
KEPT = json.loads((ROOT / "docs" / "rivals.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", KEPT)
def test_each_task_s_rows_are_of_the_champions_that_the_zoo_has(name: str) -> None:
    ours = champions(tasks.get(name))
    assert {row for row in KEPT[name] if row.startswith("zoo:")} == set(ours)
    for known, controller in ours.items():
        assert KEPT[name][known]["connections"] == controller.network.n_connections
        assert KEPT[name][known]["digest"] == files.digest(controller)


def test_the_page_is_what_the_rows_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tests" / "bench")
    monkeypatch.syspath_prepend(ROOT / "tests")
    page = import_module("rivals").document(KEPT, Namespace(steps=300_000_000, episodes=1000))
    assert (ROOT / "docs" / "rivals.md").read_text(encoding="utf-8") == page
    sys.modules.pop("rivals")
