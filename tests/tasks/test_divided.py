"""Laws of params with which a plant is none: a massless body is refused, not played on as if there were one."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from wann_rt import tasks
from wann_rt.cli import main
from wann_rt.core.errors import TaskError
from wann_rt.tasks.own import read
from wann_rt.tasks.trial import findings


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("pendulum", {"mass": 0.0}),
        ("pendulum", {"length": 1e-30}),  # whose square is 0 in float32
        ("cartpole-swingup", {"cart_mass": 0.0, "pole_mass": 0.0}),
        ("furuta", {"rod_mass": 0.0}),
        ("dc-motor", {"inductance": 0.0}),
        ("quadrotor", {"lag": 0.0}),
        ("pendubot", {"inertia_2": 0.0, "centre_2": 0.0}),
    ],
)
def test_a_plant_that_divides_by_zero_is_refused_with_the_params(name: str, changes: dict[str, float]) -> None:
    with pytest.raises(TaskError, match=f"task {name}: with {next(iter(changes))}=.* divides by zero"):
        tasks.with_params(tasks.get(name), **changes)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("cartpole-swingup", {"pole_mass": 0.0, "friction": 0.0}),
        ("acrobot", {"mass_2": 0.0}),
        ("mountain-car-continuous", {"power": 0.0}),
        ("pendulum", {"gravity": 0.0, "mass_spread": 0.5}),
    ],
)
def test_zeros_that_a_plant_can_have_are_taken(name: str, changes: dict[str, float]) -> None:
    changed = tasks.with_params(tasks.get(name), **changes)
    assert {key: changed.params._asdict()[key] for key in changes} == {k: np.float32(v) for k, v in changes.items()}


def test_a_user_s_plant_is_refused_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    assert run.invoke(main, ["new-task", "mine"]).exit_code == 0
    refused = run.invoke(main, ["search", "mine.py:task", "--task-set", "inertia=0"])
    assert refused.exit_code == 2
    assert "task mine: with inertia=0 the plant divides by zero" in " ".join(refused.stderr.split())


@pytest.mark.parametrize(
    ("old", "new", "says", "harmless"),
    [
        (
            "reward = maximum(",
            "reward = ONE / (wanted - wanted) + maximum(",
            "the reward becomes infinite in step 0",
            False,
        ),
        ("inertia: np.float32 = f32(0.01)", "inertia: np.float32 = f32(0.0)", "speed becomes infinite in step 0", True),
        ("dt: np.float32 = f32(0.01)", "dt: np.float32 = f32(0.0)", "no action changes the state", True),
        (
            "turn = (p.constant",
            "turn = (np.cos(speed) * p.constant",
            "a function of numpy, of a number, is no prim",
            False,
        ),
    ],
)
def test_a_check_tells_of_infinities_of_time_that_stands_still_and_of_numpy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, says: str, harmless: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    assert run.invoke(main, ["new-task", "mine"]).exit_code == 0
    text = Path("mine.py").read_text(encoding="utf-8")
    assert old in text
    Path("mine.py").write_text(text.replace(old, new), encoding="utf-8")
    [finding] = findings(read("mine.py:task"))
    assert says in str(finding)
    assert finding.harmless == harmless
