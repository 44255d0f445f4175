"""Laws of dear episodes: a search plays as many as its settings say, and no more."""

from pathlib import Path
from typing import Any

import pytest

import wann_rt as wr
from wann_rt.play.environment import environment

pytestmark = pytest.mark.slow
RIG = """
from helpers.odd_environments import Glider

class Rig(Glider):
    def __init__(self, log):
        super().__init__()
        self.log = log
        self.note("made")

    def note(self, what):
        with open(self.log, "a") as file:
            file.write(what + "\\n")

    def reset(self, **given):
        self.note("reset")
        return super().reset(**given)
"""


def test_a_search_plays_as_many_episodes_as_its_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "my_rig.py").write_text(RIG)
    log = tmp_path / "log"
    task = environment("my_rig:Rig", kwargs={"log": str(log)}, max_steps=5, trial=False)
    few: dict[str, Any] = {"population": 4, "generations": 1, "drawn_weights": 1, "episodes": 1, "retest_episodes": 1}
    found = wr.search(task, threads=1, sweep_weights=1, scored_episodes=3, **few)
    lines = log.read_text().split()
    assert lines.count("reset") == 4 + 4 + 3 + 1
    assert lines.count("made") == 2  # to read its spaces, and to play
    assert found.provenance["score"]["episodes"] == 3


def test_a_budget_of_episodes_ends_a_search(tmp_path: Path) -> None:
    task = environment("helpers.odd_environments:Glider", max_steps=5)
    few: dict[str, Any] = {"population": 4, "generations": 9, "drawn_weights": 2, "retest_episodes": 1}
    ends: dict[str, Any] = {"budget": "30 episodes", "sweep_weights": 2, "sweep_episodes": 1, "scored_episodes": 1}
    found = wr.search(task, threads=1, **few, **ends)
    assert found.provenance["stopped"] == "the budget of 30 episodes is spent"
    assert 1 <= found.provenance["generations"] <= 3
