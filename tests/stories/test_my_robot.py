"""Stories of people with a robot: numpy alone, a call in a microsecond, names, and a word when it knows nothing."""

import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from helpers import needs

import wann_rt as wr

LOOP = """
import sys
for heavy in ("numba", "llvmlite", "gymnasium", "onnx", "onnxruntime", "click", "rich", "matplotlib"):
    sys.modules[heavy] = None  # as if it were not installed
import wann_rt as wr
controller = wr.load(sys.argv[1])
theta = 0.5
for _ in range(200):
    (torque,) = controller(cos_theta=1.0, sin_theta=theta, theta_dot=0.0)
    theta += 0.001 * float(torque)
print(repr(theta))
"""


def test_a_robot_with_numpy_alone_runs_the_loop_of_the_workstation(tmp_path: Path) -> None:
    controller = wr.load("zoo:pendulum")
    wr.save(controller, tmp_path / "champion.json")
    theta = 0.5
    for _ in range(200):
        (torque,) = controller(cos_theta=1.0, sin_theta=theta, theta_dot=0.0)
        theta += 0.001 * float(torque)
    command = [sys.executable, "-c", LOOP, str(tmp_path / "champion.json")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == repr(theta)


@pytest.mark.slow
def test_a_loop_of_ten_kilohertz_calls_compiled_code_by_names() -> None:
    needs.any_compiler()
    controller = wr.load("zoo:cartpole-swingup")
    fast = controller.compiled()
    observation = {"x": 0.1, "x_dot": 0.0, "cos_theta": -1.0, "sin_theta": 0.05, "theta_dot": 0.3}
    assert fast(**observation).tolist() == controller(observation).tolist()


@pytest.mark.parametrize(
    ("observation", "says"),
    [
        ({"cos_theta": 1.0, "sin_theta": 0.0}, r"'theta_dot' is missing; expected cos_theta, sin_theta, theta_dot$"),
        (
            {"cos_theta": 1.0, "sin_theta": 0.0, "thetadot": 0.0},
            r"'thetadot' is no observation; .*; did you mean 'theta_dot'\?$",
        ),
    ],
)
def test_a_reading_that_is_missing_or_misspelt_is_named(observation: dict[str, float], says: str) -> None:
    with pytest.raises(wr.WannError, match=says):
        wr.load("zoo:pendulum")(observation)


def test_an_ensemble_says_when_it_knows_nothing() -> None:
    champion = wr.load("zoo:cartpole-swingup.shared")
    ensemble = champion.with_weight(wr.Weight("ensemble", (0.8, 1.2, 1.45, 1.7)))
    known, unknown = [0.0, 0.0, 1.0, 0.001, 0.0], [2.0, 3.0, 0.0, 1.0, 8.0]
    assert ensemble.spread(known).shape == (1,)
    assert len(ensemble.members(unknown)) == 4
    assert np.array_equal(ensemble.members(unknown).mean(axis=0), ensemble(unknown))
    spreads = [float(ensemble.spread(one)[0]) for one in (known, unknown)]
    assert all(np.isfinite(spreads))
    assert max(spreads) > 0


def test_code_for_stable_baselines_evaluates_a_champion_as_it_is() -> None:
    """The loop of ``evaluate_policy``: batches of observations, ``predict`` with its keywords, actions of the space."""
    controller = wr.load("zoo:pendulum")
    env = gymnasium.make_vec("Pendulum-v1", num_envs=4, vectorization_mode="sync")
    observations, _ = env.reset(seed=7)
    returns = np.zeros(4)
    for _ in range(200):
        actions, state = controller.predict(observations, state=None, episode_start=None, deterministic=True)
        observations, rewards, *_ = env.step(actions)
        returns += rewards
    env.close()
    assert state is None
    assert returns.mean() > -400, "random actions score about -1200"
