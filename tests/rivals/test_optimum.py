"""What there is to earn at most, by a grid: nobody earns more, and it is earned by playing."""

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from helpers.digits import little_task

from wann_rt import tasks, zoo
from wann_rt.cli import main
from wann_rt.cli.rival import _check_known
from wann_rt.core.errors import TaskError
from wann_rt.play.plain import play_controller, returns
from wann_rt.play.rollouts import starts_of
from wann_rt.rivals.optimum import GRIDS, backwards, grid_of, optimum, played
from wann_rt.tasks.task import Task

PENDULUM = replace(tasks.get("pendulum"), max_steps=60)
ANGLE, RATE = (axis._replace(nodes=81) for axis in GRIDS["pendulum"].axes)
COARSE = replace(GRIDS["pendulum"], axes=(ANGLE, RATE), tried=11, played=21)


def test_the_best_there_is_earns_what_its_values_promise_and_more_than_a_champion() -> None:
    starts = starts_of(PENDULUM, range(64))
    tables = backwards(PENDULUM, COARSE)
    earned = played(PENDULUM, COARSE, tables, starts)
    ours = play_controller(PENDULUM, zoo.load("pendulum"), starts).returns.ravel()
    idle = returns(PENDULUM, lambda seen: np.zeros((len(seen), 1), np.float32), starts)
    assert len(tables) == 61
    assert earned.mean() > ours.mean() > idle.mean()
    assert np.mean(earned > ours - 3) > 0.9  # hardly ever is it far behind, though the grid is coarse


def test_a_plant_whose_optimum_is_known_by_hand_is_solved() -> None:
    """A mass of which a step moves the place by the action, at a price of its square: the first step goes home."""

    def step(p: object, x: np.ndarray, y: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, ...]:
        x = np.asarray(x + u, np.float32)
        return x, y + 0 * u, -x * x, x > np.float32(10.0)

    plain = tasks.get("pendulum")
    plant = replace(plain, step=step, observe=lambda x, y: (x, y, y), names=("x", "y"), max_steps=3, name="pendulum")
    assert isinstance(plant, Task)
    starts = np.array([[0.5, -1.5, 3.0], [0.0, 0.0, 0.0]], np.float32)
    told = optimum(plant, starts)
    assert np.abs(told.returns - [0.0, 0.0, -1.0]).max() < 0.02  # from 3 it is 1 away after the first step of 2


def test_a_grid_goes_as_far_as_the_plant() -> None:
    assert {name: grid_of(tasks.get(name)) for name in GRIDS} == dict(GRIDS)
    stronger = grid_of(tasks.with_params(tasks.get("pendulum"), max_torque=4, max_speed=12))
    assert stronger.most == 4
    assert stronger.axes[1][:2] == (-12, 12)


def test_a_data_set_has_no_rivals() -> None:
    with pytest.raises(TaskError, match="is a data set, and rivals control a plant"):
        _check_known(little_task(), mpc=False, regret=False)


def test_a_task_without_a_grid_or_a_point_of_rest_is_refused_before_anything_is_played() -> None:
    for asked, named in (("--regret", "pendulum, mountain-car-continuous"), ("--mpc", "cartpole, quadrotor")):
        done = CliRunner().invoke(main, ["rival", "acrobot", asked])
        assert done.exit_code == 2
        assert f"{asked}: " in done.output
        assert named in done.output
