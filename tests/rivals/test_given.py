"""Rivals that a user brings: gains changed by hand, a function of one's own, other mixtures of disturbances."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from wann_rt import tasks, zoo
from wann_rt.cli import main
from wann_rt.core.errors import FileError, TaskError
from wann_rt.core.random import Purpose
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.plain import play_act, play_controller
from wann_rt.play.rollouts import starts_of
from wann_rt.rivals.contest import Entry, contest, priced
from wann_rt.rivals.given import Own, disturbing, gains_in, names_of, own
from wann_rt.tuning.polish import PolishSettings

SWING = replace(tasks.get("cartpole-swingup"), max_steps=40)
BRIEF = PolishSettings("pepg", population=8, episodes=4, steps=200_000, seed=1, threads=1, final=16)
GAINS = Path("docs/rivals.json")
FILE = """\
import numpy as np

def half(o):
    return 0.5 * o[0]

class Counts:
    def __init__(self):
        self.steps = 0

    def __call__(self, o):
        self.steps += 1
        return [1.0] if self.steps < 3 else [-1.0]

def raises(o):
    return 1 / int(o[0] * 0)

def two(o):
    return o[:2]

number = 3
"""


@pytest.fixture
def mine(tmp_path: Path) -> str:
    (tmp_path / "mine.py").write_text(FILE)
    return str(tmp_path / "mine.py")


def entries(**options: Any) -> dict[str, Entry]:
    return {entry.name: entry for entry in contest(SWING, {}, BRIEF, episodes=8, **options)}


def test_gains_that_are_given_are_played_and_not_tuned() -> None:
    known = gains_in(GAINS, SWING)
    assert set(known) == {"PID", "LQR", "energy shaping + LQR"}
    played = entries(known=known, only=("LQR",))["LQR"]
    assert played.gains == known["LQR"]
    changed = {"LQR": {name: -value for name, value in known["LQR"].items()}}
    assert entries(known=changed, only=("LQR",))["LQR"].plain.returns != played.plain.returns


def test_what_the_command_printed_is_read_back(tmp_path: Path) -> None:
    gains = dict(gains_in(GAINS, SWING)["LQR"])
    gains[min(gains)] = 7.5
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"task": SWING.name, "entries": {"LQR": {"plain": 1.0, "gains": gains}}}))
    assert gains_in(file, SWING) == {"LQR": gains}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([1], "has no rivals of cartpole-swingup; expected what"),
        ({"entries": {}}, "none of PID, LQR, energy shaping"),
        ({"entries": {"LQR": {"gains": {"x": 1}}}}, "LQR has the gains"),
        ({"entries": {"LQR": {"gains": dict.fromkeys(names_of(SWING)["LQR"], "1")}}}, "expected a finite number"),
        ({"entries": {"LQR": {"gains": dict.fromkeys(names_of(SWING)["LQR"], 1e60)}}}, "expected a finite number"),
    ],
)
def test_a_file_without_these_gains_is_one_clear_error(document: object, said: str, tmp_path: Path) -> None:
    file = tmp_path / "gains.json"
    file.write_text(json.dumps(document))
    with pytest.raises(FileError, match=said):
        gains_in(file, SWING)


def test_all_are_judged_under_the_disturbances_that_were_mixed_in_the_same_episodes() -> None:
    ours, mixed = zoo.load("cartpole-swingup"), {"dropout": 0.5, "observation_delay": 3}
    found = contest(SWING, {"ours": ours}, BRIEF, episodes=8, seed=2, disturbances=mixed, known=gains_in(GAINS, SWING),
                    only=("LQR",))  # fmt: skip
    first, *rest = found
    disturbed = tasks.with_params(SWING, **mixed)
    starts = starts_of(disturbed, episode_seeds(Purpose.TEST, 2, 8))
    assert first.disturbed.returns == tuple(play_controller(disturbed, ours, starts).returns[0])
    for entry in rest:
        assert entry.ahead is not None
        assert entry.ahead.mean == pytest.approx(first.disturbed.mean - entry.disturbed.mean)
    assert tasks.conditions_of(priced(SWING, 0.02, mixed)) == {**mixed, "smoothness_penalty": 0.02}


@pytest.mark.parametrize("name", ["effort_penalty", "pole_mass", "dropuot"])
def test_what_is_no_disturbance_is_refused(name: str) -> None:
    with pytest.raises(TaskError, match=f"--disturb: '{name}' is no disturbance of cartpole-swingup"):
        disturbing(SWING, {name: 0.1})


def test_a_function_of_ones_own_plays_the_same_episodes(mine: str) -> None:
    by_hand = Own("by hand", lambda o: 0.5 * o[0])
    found = entries(own=(own(f"{mine}:half"), by_hand, own(f"{mine}:Counts")), only=("random",))
    assert list(found) == ["mine.py:half", "by hand", "mine.py:Counts", "random"]
    assert found["mine.py:half"].disturbed.returns == found["by hand"].disturbed.returns
    steps = tasks.get("cartpole-swingup").rate_hz
    assert found["mine.py:Counts"].plain.chatter == pytest.approx(steps / SWING.max_steps)  # each episode anew: one


def test_it_is_not_asked_in_episodes_that_are_over() -> None:
    asked: list[float] = []

    def step(p: Any, *v: Any) -> Any:  # over after the first step in those that begin on the right
        return (*tasks.get("cartpole-swingup").step(p, *v)[:-1], v[0] > 0)

    def counts(o: Any) -> float:
        asked.append(float(o[0]))
        return 0.0

    short = replace(SWING, step=step, names=SWING.variables, max_steps=2)
    starts = starts_of(short, episode_seeds(Purpose.TEST, 0, 8))
    play_act(short, Own("mine", counts).fresh(short, 8), starts, 1)
    right = int((starts[0] > 0).sum())
    assert 0 < right < 8
    assert len(asked) == 8 + 8 - right


def test_what_a_function_does_wrong_is_said_with_its_line(mine: str) -> None:
    for name, said in {
        "raises": r"mine.py, line 15: ZeroDivisionError: division by zero, in step 0 of an episode",
        "two": r"mine.py:two: returned 2 numbers; expected 1 action: force",
    }.items():
        with pytest.raises(TaskError, match=said):
            entries(own=(own(f"{mine}:{name}"),), only=("random",))
    with pytest.raises(TaskError, match=r"mine.py:number is int; expected a function of an observation"):
        own(f"{mine}:number")
    with pytest.raises(TaskError, match=r"has no 'hlf'; expected .*; did you mean 'half'"):
        own(f"{mine}:hlf")


def test_the_command_takes_all_of_it(mine: str) -> None:
    words = ["rival", "pendulum", "--own", f"{mine}:half", "--only", "LQR", "--gains", str(GAINS), "--episodes", "2",
             "--disturb", "delay=3", "--controller", "zoo:pendulum", "--json"]  # fmt: skip
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert list(json.loads(done.stdout)["entries"]) == ["zoo:pendulum", "mine.py:half", "LQR"]
    refused = CliRunner().invoke(main, ["rival", "swingup", "--only", "lqr"])
    assert refused.exit_code == 2
    assert "there are random, PID, LQR, energy shaping + LQR; did you mean 'LQR'?" in refused.output
