"""The walker's network is the machine of six states that its search says, and the legs are mirror images."""

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from wann_rt.core import files

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import walker_climb  # noqa: E402
import walker_gait  # noqa: E402
import walker_report  # noqa: E402

CHAMPION = ROOT / "examples" / "walker" / "tuned.json"


def test_all_weights_of_the_champion_are_22_numbers() -> None:
    champion, (network, rows) = files.load(CHAMPION), walker_gait.gait()
    assert champion.network == network
    values = champion.weight.array.astype(np.float64) - rows[:, 0]
    numbers, *_ = np.linalg.lstsq(rows[:, 1:], values, rcond=None)
    assert np.abs(rows[:, 1:] @ numbers - values).max() < 1e-6


def test_the_page_is_that_of_the_record_and_the_record_that_of_the_champion() -> None:
    record = json.loads((ROOT / "docs" / "walker.json").read_text(encoding="utf-8"))
    assert record["digest"] == files.digest(files.load(CHAMPION))
    assert (ROOT / "docs" / "walker.md").read_text(encoding="utf-8") == walker_report.page(record)


def test_a_fall_late_in_an_episode_is_counted() -> None:
    scores = {"tuned": {"returns": [312.0, 203.9, -11.7]}}
    machine = {"begins": 14, "steps": 1, "seconds": 1}
    search = {"curve": [], "steps": 1, "seconds": 1}
    said = walker_report.page({"connections": 112, "scores": scores, "machine": machine, "search": search})
    assert " | 2 | 332 |" in said


def test_the_states_follow_one_another_and_at_most_one_node_is_on() -> None:
    champion = files.load(CHAMPION)
    seen, state, order = np.zeros(24, np.float32), champion.start(), [0]
    for step in range(1, 600):
        # Each leg swings, touches the ground in its turn, and now and then the walker is fast: every state ends.
        phase = 2 * np.pi * step / 60
        seen[[4, 9]] = 0.8 * np.sin(phase), -0.8 * np.sin(phase)
        seen[[8, 13]] = np.sin(phase) > 0.9, np.sin(phase) < -0.9
        seen[2] = 0.6 if step % 60 == 59 or step % 60 == 29 else 0.0
        _, state = champion.step(state, seen)
        on = np.flatnonzero(np.asarray(state).ravel()[:5])
        assert len(on) <= 1
        order.append(int(on[0]) + 1 if len(on) else 0)
    changes = [(a, b) for a, b in pairwise(order) if a != b]
    assert all(b == (a + 1) % 6 for a, b in changes)
    assert {a for a, _ in changes} == set(range(6))


def test_a_journal_goes_on_where_it_was_also_after_half_a_line(tmp_path: Path) -> None:
    def play(vectors: walker_climb.Vector, seeds: Any, *_: bool) -> Any:
        return np.repeat(-(vectors**2).sum(1)[:, None], len(seeds), 1), np.ones((len(vectors), len(seeds)), np.int64)

    def climbed(name: str, *stops: int) -> Any:
        path = tmp_path / name
        for stop in stops:
            kept = walker_climb.Climb(path, np.ones(3), 0.5, 6, 1, 1, play).run(stop)
            with path.open("a") as file:
                file.write('{"charged": fal')
        return [row | {"seconds": 0} for row in kept]

    assert climbed("in pieces", 4, 11, 12) == climbed("at once", 12)
