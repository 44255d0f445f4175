"""The oracle in fixed point: conversions by hand, near the float32 one, and its score on the task."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.c_library import swing_up
from numpy.typing import NDArray

from wann_rt import tasks
from wann_rt.core import files
from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.errors import ControllerError, TaskError
from wann_rt.core.fixed.activations import ONE
from wann_rt.core.fixed.reference import FixedController
from wann_rt.core.network import Connection, Network
from wann_rt.core.reference import evaluate
from wann_rt.evaluation import fixed_loss as fixed_score

PARETO = Path(__file__).parents[2] / "docs" / "pareto" / "11.json"


def identity(channel: Channel) -> FixedController:
    network, _ = Network.build(1, {}, {2: 1}, [Connection(1, 2)])
    return FixedController.of(Controller("identity", network, Weight.shared(1.0), (channel,), (Channel("y"),)))


def floats(*values: float) -> NDArray[np.float32]:
    return np.array(values, np.float32)[:, np.newaxis]


def test_floats_become_the_nearest_number_within_16_bits() -> None:
    fixed = identity(Channel("x"))  # format q11
    step = 2.0**-11
    given = floats(0.0, -0.0, 1.0, 0.4 * step, 0.6 * step, -0.6 * step, 15.9999, 16.0, -16.0, 1e30, -np.inf, np.inf)
    expected = [0, 0, 2048, 0, 1, -1, 32767, 32767, -32768, 32767, -32768, 32767]
    assert fixed.from_float(given)[:, 0].tolist() == expected


def test_nan_becomes_the_number_of_the_range_nearest_0() -> None:
    assert identity(Channel("x")).from_float(floats(np.nan)).item() == 0
    clipped = identity(Channel("x", low=-3.0, high=-1.0, clip=True))
    assert clipped.from_float(floats(np.nan)).item() == -ONE
    assert clipped(floats(np.nan)).item() == -1.0


def test_hand_computed_network() -> None:
    network, _ = Network.build(
        2, {5: 9}, {6: 1}, [Connection(1, 5), Connection(2, 5, -1), Connection(0, 6, -1), Connection(5, 6)]
    )
    channels = Channel("a", low=-1.0, high=1.0), Channel("b", low=-2.0, high=2.0)
    fixed = FixedController.of(Controller("hand", network, Weight.shared(0.5), channels, (Channel("y"),)))
    # relu((a - b) / 2), then (it - 1) / 2
    assert fixed.run(np.array([[3000, 1000], [1000, 3000], [-32768, 32767]])).tolist() == [[-1548], [-2048], [-2048]]
    assert fixed(floats(1.0, 0.0).T).tolist() == [[-0.25]]
    assert fixed([1.0, 0.0]).shape == (1,)
    with pytest.raises(ControllerError, match="shape"):
        fixed([1.0])


@pytest.mark.parametrize("kind", ["shared", "ensemble", "connections"])
def test_fixed_point_is_near_float32(kind: str) -> None:
    weight = {
        "shared": Weight.shared(-1.5),
        "ensemble": Weight("ensemble", (-2.0, -0.5, 0.75)),
        "connections": Weight("connections", tuple(0.3 * k - 2.0 for k in range(14))),
    }[kind]
    controller = swing_up(weight)
    x = np.random.default_rng(1).normal(0, 1, (5000, 5)).astype(np.float32)
    ranges = {"x dot": (-8.0, 8.0), "θ dot": (-8.0, 8.0)}
    error = np.abs(FixedController.of(controller, ranges)(x) - evaluate(controller, x))
    assert np.abs(evaluate(controller, x)).max() > 1
    assert (error.max(axis=0) < (0.3, 0.002)).all()  # force is of size 10, and sin within it has a slope of pi
    assert (error.mean(axis=0) < (0.02, 0.0005)).all()


def test_an_ensemble_is_the_mean_of_its_members() -> None:
    weights = (-2.0, -0.5, 0.75)
    x = np.random.default_rng(2).integers(-(2**15), 2**15, (500, 5))
    whole = FixedController.of(swing_up(Weight("ensemble", weights))).run(x)
    members = [FixedController.of(swing_up(Weight.shared(w))).run(x) for w in weights]
    assert np.abs(whole - np.mean(members, axis=0)).max() <= 1


@pytest.mark.slow
def test_the_loss_of_score_is_small_and_the_same_each_time() -> None:
    controller = files.load(PARETO)
    task = tasks.get("swingup")
    found = fixed_score.loss(task, controller, episodes=64)
    assert found.float32.mean > 800
    assert abs(found.difference.mean) < 20
    assert found.fixed.mean - found.float32.mean == pytest.approx(found.difference.mean)
    assert fixed_score.loss(task, controller, episodes=64) == found
    assert found.to_dict()["fixed"]["episodes"] == 64


def test_a_controller_of_another_task_is_not_scored() -> None:
    with pytest.raises(TaskError, match="was made for"):
        fixed_score.loss(tasks.get("swingup"), replace(swing_up()), episodes=2)
