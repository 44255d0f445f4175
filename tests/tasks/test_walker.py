"""The walkers' networks are the machines that their searches say, and their legs are mirror images."""

import json
import sys
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import needs

from wann_rt.core import files
from wann_rt.core.controller import Weight

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import walker_agnostic  # noqa: E402
import walker_climb  # noqa: E402
import walker_gait  # noqa: E402
import walker_report  # noqa: E402
import walker_shared  # noqa: E402

CHAMPION = ROOT / "examples" / "walker" / "tuned.json"


def test_all_weights_of_the_champion_are_22_numbers() -> None:
    champion, (network, rows) = files.load(CHAMPION), walker_gait.gait()
    assert champion.network == network
    values = champion.weight.array.astype(np.float64) - rows[:, 0]
    numbers, *_ = np.linalg.lstsq(rows[:, 1:], values, rcond=None)
    assert np.abs(rows[:, 1:] @ numbers - values).max() < 1e-6


@needs.envpool
def test_in_the_search_for_a_margin_numbers_are_off_and_a_fall_costs_more(monkeypatch: pytest.MonkeyPatch) -> None:
    network, rows = walker_gait.gait()
    weights, lame, seeds = partial(walker_gait.weights_of, rows), np.zeros((2, walker_gait.NUMBERS)), np.array([1, 2])
    lame[:, walker_gait.KNEE_SPRING] = -2.0  # the knees' springs are turned round
    plain, off = (walker_climb.plays(network, walker_gait.MEMORY, weights, much) for much in (0.0, 0.01))
    (falls, _), (charged, _) = plain(lame, seeds, True, True), off(lame, seeds, True, True)
    assert (charged[0] == charged[1]).all()  # what is off is the same for all candidates
    assert (falls < walker_climb.FELL).all()
    monkeypatch.setattr(walker_climb, "CHARGE", 0.0)
    uncharged, _ = off(lame, seeds, True, True)
    assert (charged == uncharged - 100.0).all()
    assert (uncharged != falls).all()
    assert (off(lame, seeds, True, False)[0] == plain(lame, seeds, True, False)[0]).all()  # a middle, as it is


def test_the_page_is_that_of_the_record_and_the_record_that_of_the_champion() -> None:
    record = json.loads((ROOT / "docs" / "walker.json").read_text(encoding="utf-8"))
    for name, which in record["files"].items():
        assert which["digest"] == files.digest(files.load(CHAMPION.with_name(f"{name}.json")))
        assert which["connections"] <= 120
    assert (ROOT / "docs" / "walker.md").read_text(encoding="utf-8") == walker_report.page(record)


def test_a_fall_late_in_an_episode_is_counted() -> None:
    record = json.loads((ROOT / "docs" / "walker.json").read_text(encoding="utf-8"))
    record["scores"]["tuned"]["returns"] = [312.0, 203.9, -11.7]
    assert " | 2 | 332 |" in walker_report.page(record)


def test_the_networks_of_one_bit_are_those_of_the_law_and_of_the_whole_numbers() -> None:
    record = json.loads((ROOT / "docs" / "walker.json").read_text(encoding="utf-8"))
    shared, agnostic = (files.load(CHAMPION.with_name(f"{name}.json")) for name in ("shared", "agnostic"))
    weight = float(str(shared.weight.array[0]))
    assert shared.network == walker_shared.network_of(walker_shared.terms_of(weight))
    counts = walker_agnostic.counts_of(record["agnostic"][-1])
    assert agnostic.network == walker_agnostic.network_of(counts)


def seen_by_a_walker(step: int) -> Any:
    """Returns observations of legs that swing in turns and touch the ground in front."""
    seen = np.zeros(24, np.float32)
    phase = 2 * np.pi * step / 40
    seen[:4] = 0.1 * np.sin(0.7 * phase), 0.05 * np.cos(0.9 * phase), 0.25, 0.02 * np.sin(1.3 * phase)
    seen[[4, 9]] = 0.8 * np.sin(phase), -0.8 * np.sin(phase)
    seen[[5, 10]] = 0.6 * np.cos(phase), -0.6 * np.cos(phase)
    seen[[6, 11]] = 0.4 * np.sin(0.6 * phase), 0.7 * np.cos(phase)
    seen[[8, 13]] = np.sin(phase) > 0.5, np.sin(phase) < -0.5
    return seen


def test_every_shared_weight_but_small_ones_gives_the_same_actions() -> None:
    agnostic = files.load(CHAMPION.with_name("agnostic.json"))
    weights = (1.0, -1.0, 0.7, -1.3, 2.0)
    walkers = [replace(agnostic, weight=Weight.shared(weight), vectors=(), resets=()) for weight in weights]
    states, given = [one.start() for one in walkers], []
    for step in range(200):
        steps = [one.step(state, seen_by_a_walker(step)) for one, state in zip(walkers, states, strict=True)]
        states = [state for _, state in steps]
        given.append([actions for actions, _ in steps])
    actions = np.array(given)
    assert (actions == actions[:, :1]).all()
    assert all((np.unique(actions[:, 0, joint]) == [-1, 0, 1]).all() for joint in range(4))


def test_the_legs_change_places_when_the_moving_one_is_down() -> None:
    shared = files.load(CHAMPION.with_name("shared.json"))
    state, moving = shared.start(), [0]
    for step in range(200):
        _, state = shared.step(state, seen_by_a_walker(step))
        moving.append(int(np.asarray(state).ravel()[0] > 0))
    changes = np.flatnonzero(np.diff(moving))
    assert len(changes) >= 9  # two in each of five rounds, but for where it begins
    assert len(set(np.diff(changes))) == 1  # the legs take turns


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
