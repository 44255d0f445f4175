"""Laws of environments as tasks: what their spaces say is the contract; what cannot be played is refused, and why."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from helpers import odd_environments

import wann_rt as wr
from wann_rt.core import files
from wann_rt.core.controller import Channel, Controller, Weight, greatest
from wann_rt.core.errors import ControllerError, TaskError, WannError
from wann_rt.core.network import Connection, Network
from wann_rt.exporters.contract import contract
from wann_rt.play.environment import environment
from wann_rt.play.task_of import environment_of, task_of
from wann_rt.tasks.any_task import identity, judged
from wann_rt.tasks.environment.channels import read
from wann_rt.tasks.environment.describe import described
from wann_rt.tasks.environment.maker import Maker
from wann_rt.tasks.environment.simulator import Simulator
from wann_rt.tasks.environment.task import SEEDS, EnvironmentTask, changed_options, with_options


def made(task: EnvironmentTask, **changes: Any) -> Controller:
    """Returns a controller in which each output is one observation."""
    n, m = len(task.observations), len(task.actions)
    connections = [Connection(1 + k % n, 1 + n + k) for k in range(m)]
    network, _ = Network.build(n, {}, dict.fromkeys(range(1 + n, 1 + n + m), 1), connections)
    sides = task.observations, task.actions
    controller = Controller(task.name, network, Weight.shared(1), *sides, task.rate_hz, decision=task.decision)
    provenance = {key: value for key, value in identity(task).items() if value != {}}
    return replace(controller, **{"provenance": provenance, **changes})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env_id", "rate", "steps", "decision", "names"),
    [
        ("Pendulum-v1", 20, 200, "values", ["cos_theta", "sin_theta", "theta_dot", "torque"]),
        ("MountainCarContinuous-v0", None, 999, "values", ["position", "velocity", "force"]),
        ("CartPole-v1", 50, 500, "argmax", ["x", "x_dot", "theta", "theta_dot", "left", "right"]),
        ("helpers.odd_environments:Glider", None, 1000, "values", ["obs_0", "obs_1", "action_0"]),
        ("helpers.odd_environments:odd/Glider-v0", None, 70, "values", ["obs_0", "obs_1", "action_0"]),
        ("helpers.odd_environments:wrapped", None, 1000, "values", ["obs_0", "obs_1", "action_0"]),
    ],
)
def test_an_environment_says_its_interface(
    env_id: str, rate: float | None, steps: int, decision: str, names: list[str]
) -> None:
    task = environment(env_id)
    assert (task.rate_hz, task.max_steps, task.decision) == (rate, steps, decision)
    assert [channel.name for channel in (*task.observations, *task.actions)] == names
    assert f"gymnasium {gymnasium.__version__}" in task.version


@pytest.mark.slow
def test_every_known_channel_fits_its_environment() -> None:
    from wann_rt.tasks.environment import channels as environment_channels

    for env_id in environment_channels._known():
        assert not environment(env_id).observations[0].name.startswith("obs_")


@pytest.mark.slow
def test_the_package_of_an_environment_is_part_of_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = f"gymnasium {gymnasium.__version__}"
    assert environment("helpers.odd_environments:Glider").version == plain
    monkeypatch.setattr("importlib.metadata.packages_distributions", lambda: {"helpers": ["numpy", "numpy"]})
    found = [described(Maker(name), {}).task.version for name in ("helpers.odd_environments:Glider", "Pendulum-v1")]
    assert found == [f"{plain}, numpy {np.__version__}", plain]


@pytest.mark.slow
def test_an_output_between_minus_one_and_one_covers_the_actions() -> None:
    task = environment("helpers.odd_environments:Glider", kwargs={"low": 2.0, "high": 10.0})
    [channel] = task.actions
    assert [channel.condition_action(np.float32(y)) for y in (-1, 0, 0.5, 1, 7, -7)] == [2, 6, 8, 10, 10, 2]


def test_a_bound_that_float32_cannot_say_is_kept() -> None:
    task = environment("helpers.odd_environments:Glider", kwargs={"low": -0.1, "high": 0.1})
    simulator = Simulator(task)
    simulator.reset(0)
    [channel] = task.actions
    action = np.array([channel.condition_action(np.float32(1))], np.float32)
    assert float(action[0]) > 0.1
    simulator.step(action, 0)  # the environment asserts that its space contains what it is given


@pytest.mark.slow
def test_discrete_actions_begin_where_the_environment_says() -> None:
    simulator = Simulator(environment("helpers.odd_environments:Glider", kwargs={"discrete": True}))
    speed = [simulator.reset(0)[1], *(simulator.step(np.zeros(3, np.float32), k)[0][1] for k in range(3))]
    assert np.diff(speed) == pytest.approx([-0.1, 0, 0.1], abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("foreign", "observations are helpers.odd_environments.Box, and"),
        ("image", r"images \[96, 96, 3\].*TransformObservation"),
        ("image of fractions", r"images \[3, 84, 84\].*TransformObservation"),
        ("images", r"images \[4, 84, 84, 3\].*TransformObservation"),
        ("image inside", r"images \[96, 96, 3\] in camera, .*TransformObservation"),
        ("text", r"observations are Text in order, .*TransformObservation"),
        ("many", "obs has 5000 values; at most 4096"),
        ("large", "has 10000 observations; at most 4096"),
        ("nothing", "has no observations"),
        ("nan bounds", "observation 1 has the bounds"),
        ("unbounded", "actions have no bounds, .*TransformAction"),
        ("unbounded part", "actions have no bounds in push, .*TransformAction"),
        ("many integers", "actions are whole numbers of more than 256 values.*TransformAction"),
        ("sequence", "actions are Sequence, .*TransformAction"),
    ],
)
def test_spaces_that_no_controller_fits_are_refused_with_the_wrapper_to_use(kind: str, says: str) -> None:
    with pytest.raises(TaskError, match=says):
        environment("helpers.odd_environments:Spaces", kwargs={"kind": kind})


@pytest.mark.parametrize(
    ("env_id", "kwargs", "says"),
    [
        ("Pendulun-v1", {}, "Pendulum"),
        ("Pendulum-v77", {}, "v77"),
        ("no_such_module:Thing", {}, "no_such_module"),
        ("helpers.odd_environments:Nothing", {}, "Nothing"),
        ("helpers.odd_environments:broken", {}, "no licence"),
        ("helpers.odd_environments:Glider", {"speed": 3}, "speed"),
        ("helpers.odd_environments:spaces", {}, "cannot be made"),
        ("helpers.odd_environments:__name__", {}, "cannot be made"),
        ("helpers.odd_environments:nothing", {}, "a NoneType without observation_space came; a gymnasium.Env"),
        ("helpers.odd_environments:Bare", {}, "a Bare without observation_space came"),
        ("helpers.odd_environments:Foreign", {}, "a Foreign came; a gymnasium.Env with its spaces was expected"),
        ("helpers.odd_environments:glider", {}, "did you mean 'Glider'"),
        ("", {}, "environment"),
        (":", {}, "environment"),
        ("a b c", {}, "a b c"),
    ],
)
def test_environments_that_cannot_be_made_are_refused(env_id: str, kwargs: dict[str, Any], says: str) -> None:
    with pytest.raises(TaskError, match=says):
        environment(env_id, kwargs=kwargs)


@pytest.mark.slow
def test_an_environment_that_cannot_be_closed_can_be_played() -> None:
    assert environment("helpers.odd_environments:Untidy").name == "Untidy"


@pytest.mark.slow
def test_an_overlay_names_and_conditions_channels(tmp_path: Path) -> None:
    path = tmp_path / "glider.toml"
    path.write_text(
        "rate_hz = 10\n"
        'observations = ["x", { name = "v", unit = "m/s", scale = 0.5, low = -4, high = 4, clip = true }]\n'
        '[[actions]]\nname = "push"\nunit = "N"\n'
    )
    task = environment("helpers.odd_environments:Glider", channels=read(path))
    assert task.rate_hz == 10
    assert task.observations == (Channel("x"), Channel("v", "m/s", -4, 4, scale=0.5, clip=True))
    assert task.actions == (Channel("push", "N", -1, 1, clip=True),)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overlay", "says"),
    [
        ({"observations": ["x"]}, "observations: expected 2 entries, one a channel; 1 came"),
        ({"observations": "x"}, "expected 2 entries"),
        ({"actions": [3]}, r"actions\[0\]: expected a table or a name"),
        ({"actions": [{"label": "x"}]}, "unknown key 'label'"),
        ({"actions": [{"unit": 3}]}, "unit is 3, which is of the wrong type"),
        ({"actions": [{"low": 2}]}, "low 2.0 is not below high 1.0"),
        ({"rate_hz": -1}, "rate_hz is -1"),
        ({"speed": 1}, "unknown key 'speed'"),
    ],
)
def test_an_overlay_that_does_not_fit_is_refused(overlay: dict[str, Any], says: str) -> None:
    with pytest.raises(TaskError, match=says):
        environment("helpers.odd_environments:Glider", channels=overlay)


@pytest.mark.slow
def test_options_are_recorded_where_they_differ_and_stalls_are_not_judged() -> None:
    task = environment("helpers.odd_environments:Glider")
    changed = with_options(task, stall_steps=20, stall_reward=0.5, max_steps=50)
    assert changed_options(task) == {}
    assert identity(changed)["task_params"] == {"stall_steps": 20, "stall_reward": 0.5, "max_steps": 50}
    assert (changed.max_steps, with_options(changed, max_steps=0).max_steps) == (50, 1000)
    assert changed_options(judged(changed)) == {"max_steps": 50}  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"stall": 1}, "no option 'stall'; options: max_steps, stall_steps"),
        ({"stall_steps": -1}, "stall_steps is -1"),
        ({"max_steps": True}, "max_steps is True"),
        ({"stall_reward": float("nan")}, "stall_reward is nan"),
        ({"fall_penalty": 0}, "fall_penalty is 0; expected true or false"),
        ({"fall_penalty": False}, "no penalty for a fall"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(TaskError, match=says):
        with_options(environment("helpers.odd_environments:Glider"), **options)


@pytest.mark.slow
def test_a_file_is_not_trusted_to_name_code() -> None:
    task = environment("helpers.odd_environments:Glider")
    mine = made(task)
    with pytest.raises(TaskError, match="if you trust it, name it yourself"):
        task_of(mine)
    assert environment_of(mine, "helpers.odd_environments:Glider") == task
    assert task_of(mine, environment("helpers.odd_environments:Glider")) == task
    hostile = made(task, provenance={"task": "x", "environment": {"id": "this:x", "kwargs": {}}})
    with pytest.raises(TaskError, match="not trusted"):
        wr.evaluate(hostile)
    assert "this" not in sys.modules
    indirect = {"id": "Pendulum-v1", "kwargs": {"render_mode": "/etc/passwd"}}
    with pytest.raises(TaskError, match="not trusted to name files or code"):
        wr.tune(made(task, provenance={"environment": indirect}))


@pytest.mark.slow
def test_a_registered_environment_is_found_from_the_controller_with_its_channels_and_options() -> None:
    names = {"observations": ["c", "s", {"name": "w", "scale": 0.125}]}
    task = environment("Pendulum-v1", kwargs={"g": 9.0}, channels=names, max_steps=100)
    again = files.from_text(files.to_text(made(task)))
    assert task_of(again) == task
    assert environment_of(again, "Pendulum-v1") == task
    other = task_of(again, environment("Pendulum-v1"))
    assert (other.max_steps, other.observations) == (200, task.observations)


@pytest.mark.slow
def test_a_controller_for_other_spaces_is_refused() -> None:
    pendulum, glider = environment("Pendulum-v1"), environment("helpers.odd_environments:Glider")
    with pytest.raises(TaskError, match="has 3 observations; the controller has 2"):
        task_of(made(glider), pendulum)
    with pytest.raises(TaskError, match="has 4 observations"):
        task_of(made(pendulum), environment("CartPole-v1"))
    three = environment("helpers.odd_environments:Glider", kwargs={"discrete": True})
    with pytest.raises(TaskError, match="has 1 actions"):
        task_of(made(three), glider)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: wr.search(None), "None is no task: expected"),  # type: ignore[arg-type]
        (lambda: wr.evaluate(made(environment("Pendulum-v1")), 3), "3 is no task: expected"),  # type: ignore[arg-type]
        (lambda: wr.search("swingup", backend="envpool"), "no setting 'backend': .* wr.environment"),
        (lambda: wr.search("swingup", env_kwargs={"g": 1}), "no setting 'env_kwargs': .* wr.environment"),
        (lambda: wr.search("swingup", task_params={"delay": 1}), "no setting 'task_params': .* wr.task"),
        (lambda: environment("Pendulum-v1", backend="cloud"), "no back end 'cloud'"),  # type: ignore[arg-type]
        (lambda: environment("Pendulum-v1", timeout=3), "no option 'timeout'; options: max_steps"),
        (lambda: wr.task("swingup", pole=1), "has no param 'pole'"),
    ],
)
def test_tasks_that_make_no_sense_are_refused(call: Callable[[], Any], says: str) -> None:
    with pytest.raises(WannError, match=says):
        call()


def test_of_equal_outputs_the_first_is_chosen_and_nan_only_where_it_is_first() -> None:
    nan = np.nan
    rows = [[0, 0, 0], [1, 2, 2], [3, 2, 1], [nan, 5, 9], [1, nan, 2], [-0.0, 0.0, -1]]
    assert greatest(np.array(rows, np.float32)).tolist() == [0, 1, 0, 0, 2, 0]


@pytest.mark.slow
def test_a_decision_travels_in_the_file_and_in_every_contract() -> None:
    controller = made(environment("CartPole-v1"))
    text = files.to_text(controller)
    assert files.from_text(text) == controller
    assert json.loads(text)["decision"] == "argmax"
    assert contract(controller)["wann_rt.decision"].startswith("argmax: ")
    plain = made(environment("Pendulum-v1"))
    assert "decision" not in json.loads(files.to_text(plain))
    assert "wann_rt.decision" not in contract(plain)
    with pytest.raises(ControllerError, match="decision 'dice' is unknown"):
        replace(controller, decision="dice")


def test_an_environment_is_given_what_the_controller_decides() -> None:
    controller = made(environment("CartPole-v1"))
    observation = np.array([0.5, 2, 0, 0], np.float32)
    assert controller.decide(observation) == controller.predict(observation)[0] == 1
    assert controller.decide(np.stack([observation, -observation])).tolist() == [1, 0]
    assert controller(observation).tolist() == [0.5, 2]


@pytest.mark.slow
def test_seeds_fit_every_environment() -> None:
    task = environment("helpers.odd_environments:Glider")
    assert [int(task.start(seed)[0]) for seed in (0, 7, 2**53 - 1)] == [0, 7, (2**53 - 1) % SEEDS]


def test_the_registered_glider_is_the_class() -> None:
    assert isinstance(gymnasium.make("odd/Glider-v0").unwrapped, odd_environments.Glider)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("provenance", "says"),
    [
        ({"environment": {"id": 7}}, "does not say which environment"),
        ({"environment": {}}, "does not say which environment"),
        ({"environment": {"id": "Pendulum-v1", "kwargs": [1]}}, "kwargs must be an object"),
        ({"environment": {"id": "Pendulum-v1"}, "task_params": [1]}, "task_params must be an object"),
        ({"environment": {"id": "Pendulum-v1"}, "task_params": {"max_steps": "no"}}, "max_steps is 'no'"),
        ({"environment": {"id": "GymV26Environment-v0", "kwargs": {}}}, "not trusted"),
        ({"environment": "Pendulum-v1"}, "does not say which task"),
    ],
)
def test_damaged_provenance_is_refused(provenance: dict[str, Any], says: str) -> None:
    with pytest.raises(TaskError, match=says):
        task_of(made(environment("Pendulum-v1"), provenance=provenance))


@pytest.mark.parametrize(
    ("env_id", "kwargs"), [("Pendulum-v1", {"g": {1, 2}}), (7, {}), (odd_environments.Glider(), {})]
)
def test_what_a_run_could_not_record_is_refused(env_id: Any, kwargs: dict[str, Any]) -> None:
    with pytest.raises(TaskError, match=r"JSON values|named by text|an environment itself came"):
        environment(env_id, kwargs=kwargs)
