"""Laws of checking a task: what is right passes, what differs is said with step and value; a template is right."""

from pathlib import Path

import gymnasium
import numpy as np
import pytest
from click.testing import CliRunner
from helpers import plant_files

import wann_rt as wr
from wann_rt import tasks
from wann_rt.cli import main
from wann_rt.play.check import check_task
from wann_rt.tasks import gym_env


def test_a_template_is_written_once_and_nothing_is_wrong_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    written = run(main, ["new-task", "my-plant"])
    assert written.exit_code == 0, written.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my_plant.py", "test_my_plant.py"]
    assert "@" not in (tmp_path / "test_my_plant.py").read_text()
    checked = run(main, ["check-task", "my_plant.py"])
    assert (checked.exit_code, "nothing wrong" in checked.output) == (0, True), checked.output
    assert run(main, ["new-task", "my-plant"]).exit_code == 2
    assert run(main, ["new-task", "1st"]).exit_code == 2


def test_a_wrong_task_is_told_all_that_is_wrong_and_the_exit_code_says_so(tmp_path: Path) -> None:
    path = plant_files.write(tmp_path, ("v * p.dt", "v ** 2"), ("astype(np.float32)", "astype(np.float64)"))
    checked = CliRunner().invoke(main, ["check-task", str(path)])
    assert checked.exit_code == 1
    assert "line 30: step: x ** 2 is no primitive" in checked.output
    assert "expected an array of float32" in checked.output


def test_an_observation_beyond_its_channel_is_a_note() -> None:
    sides = (wr.Channel("x", "m", -0.1, 0.1), wr.Channel("y"), wr.Channel("speed"))
    (note,) = check_task(plant_files.two_motors(observations=sides))
    assert note.harmless
    assert "observation x went from" in note.says


def test_a_task_equals_its_environment_and_one_with_other_physics_does_not() -> None:
    pendulum = tasks.get("pendulum")
    assert check_task(pendulum, "Pendulum-v1") == []
    found = check_task(tasks.with_params(pendulum, gravity=9.0), "Pendulum-v1")
    assert any("observation theta_dot is" in str(one) and "step 0" in str(one) for one in found)
    assert "cannot be made" in str(check_task(pendulum, "NoSuch-v7")[0])


def test_every_task_is_a_gymnasium_environment_under_conditions_too(tmp_path: Path) -> None:
    path = plant_files.write(tmp_path)
    made = gymnasium.make("wann_rt.tasks.gym_env:wann_rt/Task-v0", task=f"{path}:task", params={"dropout": 0.5})
    mine = gym_env.made(tasks.with_params(wr.task(str(path)), dropout=0.5))
    for env in (made, mine):
        env.reset(seed=3)
    seen = [[env.step(np.array([0.5], np.float32))[:4] for env in (made, mine)] for _ in range(50)]
    assert all(np.array_equal(a[0], b[0]) and a[1:] == b[1:] for a, b in seen)
    assert seen[-1][0][3]  # truncated at the task's length
