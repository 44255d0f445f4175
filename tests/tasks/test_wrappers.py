"""Laws of wrappers: linear ones become conditioning, limits are counted, what a controller cannot carry is refused."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers as w
from helpers.odd_environments import OBSERVATIONS, Glider, Parts

from wann_rt.core.errors import TaskError
from wann_rt.play.backends.senses import Senses
from wann_rt.play.environment import environment
from wann_rt.tasks.any_task import identity
from wann_rt.tasks.environment.simulator import Simulator
from wann_rt.tasks.environment.task import notes, with_options
from wann_rt.tasks.environment.wrappers import fold

f32 = np.float32


def pendulum(**kwargs: Any) -> Any:
    return gymnasium.make("Pendulum-v1", **kwargs)


def frozen() -> Any:
    made = w.NormalizeObservation(pendulum())
    made.obs_rms.mean, made.obs_rms.var = np.array([0.5, 0, -1]), np.array([0.25, 1, 4])
    made.update_running_mean = False
    return made


class Shaped(gymnasium.RewardWrapper[Any, Any]):
    """A wrapper of rewards of one's own."""

    def reward(self, reward: Any) -> Any:
        """Changes nothing."""
        return reward


class Features(gymnasium.ObservationWrapper[Any, Any, Any]):
    """A wrapper of observations of one's own."""

    def observation(self, observation: Any) -> Any:
        """Computes what no channel can."""
        return observation * observation


LINEAR: dict[str, Any] = {
    "rescaled": lambda: w.RescaleObservation(pendulum(), f32(-1), f32(1)),
    "moved": lambda: w.RescaleObservation(pendulum(), np.array([0, -3, -1], f32), np.array([1, 5, 3], f32)),
    "twice": lambda: w.RescaleObservation(w.RescaleObservation(pendulum(), f32(0), f32(4)), f32(-1), f32(1)),
    "frozen": frozen,
    "inside": lambda: w.TransformReward(w.RescaleObservation(pendulum(), f32(-1), f32(1)), lambda r: float(r) / 10),
    "normal": lambda: w.RescaleObservation(w.FlattenObservation(pendulum()), f32(-2), f32(2)),
    "shaped": lambda: Shaped(w.RecordEpisodeStatistics(w.RescaleObservation(pendulum(), f32(-1), f32(1)))),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LINEAR)
def test_a_linear_wrapper_of_observations_becomes_conditioning(name: str) -> None:
    task = environment(LINEAR[name])
    assert [channel.name for channel in task.observations] == ["cos_theta", "sin_theta", "theta_dot"]
    assert [channel.high for channel in task.observations] == [1, 1, 8]
    wrapped, simulator = LINEAR[name](), Simulator(task)
    wanted, raw = wrapped.reset(seed=5)[0], simulator.reset(5)
    assert raw.tolist() == pendulum().reset(seed=5)[0].tolist()
    seen = [channel.condition_observation(o) for channel, o in zip(task.observations, raw, strict=True)]
    assert np.asarray(seen) == pytest.approx(wanted, abs=1e-6)
    reward = simulator.step(np.array([0.5], f32), 0)[1]
    assert reward == pytest.approx(float(wrapped.step(np.array([0.5], f32))[1]))


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        lambda: w.RescaleAction(pendulum(), f32(-1), f32(1)),
        lambda: w.RescaleAction(pendulum(), f32(0), f32(5)),
        lambda: w.ClipAction(pendulum()),
        lambda: w.RecordEpisodeStatistics(w.ClipAction(w.RescaleAction(pendulum(), f32(-1), f32(1)))),
        lambda: w.RescaleAction(Features(pendulum()), f32(-1), f32(1)),
    ],
)
def test_a_linear_wrapper_of_actions_is_taken_off_and_the_contract_says_what_the_actuator_gets(make: Any) -> None:
    task = environment(make)
    [torque] = task.actions
    assert (torque.low, torque.high, torque.scale, torque.clip) == (-2, 2, 2, True)
    plain, simulator = pendulum(), Simulator(task)
    plain.reset(seed=5)
    simulator.reset(5)
    assert simulator.step(np.array([1.5], f32), 0)[1] == float(plain.step(np.array([1.5], f32))[1])


def test_a_function_of_ones_own_outside_keeps_a_linear_wrapper_inside() -> None:
    outside = w.TransformObservation(w.RescaleObservation(pendulum(), f32(-1), f32(1)), lambda o: o[:1], None)
    outside.observation_space = gymnasium.spaces.Box(-1, 1, (1,))
    folded = fold(outside)
    assert folded.gain is None
    assert folded.own == ("TransformObservation", "RescaleObservation")
    assert abs(folded.environment.reset(seed=1)[0][0]) <= 1


@pytest.mark.long
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: w.NormalizeObservation(pendulum()), "NormalizeObservation changes its mean .*freeze it"),
        (lambda: w.NormalizeReward(pendulum()), "NormalizeReward scales each reward by those of earlier"),
        (lambda: w.FrameStackObservation(pendulum(), 3, padding_type="zero"), "FrameStackObservation stacks"),
        (lambda: w.DelayObservation(pendulum(), 2), "DelayObservation delays"),
        (lambda: w.TimeAwareObservation(pendulum()), "TimeAwareObservation .*no clock"),
        (lambda: w.MaxAndSkipObservation(pendulum(), 2), "MaxAndSkipObservation holds"),
        (lambda: w.RepeatAction(pendulum(), 2), "RepeatAction repeats"),
    ],
)
def test_a_wrapper_that_remembers_is_refused_unless_it_is_said_to_be_part_of_the_plant(make: Any, says: str) -> None:
    with pytest.raises(TaskError, match=rf"its wrapper {says}.*wrappers=plant"):
        environment(make)
    task = environment(make, wrappers="plant")
    assert identity(task)["environment"]["wrappers"]
    assert identity(task)["task_params"] == {"wrappers": "plant"}
    Simulator(task).reset(1)


@pytest.mark.slow
def test_what_only_the_user_knows_is_named() -> None:
    task = environment(lambda: Features(pendulum()))
    [said] = notes(task)
    assert "what its wrapper Features computes is no part of the controller" in said
    assert task.observations[0].name == "obs_0"
    assert identity(task)["environment"]["wrappers"] == ["Features"]
    assert notes(environment("Pendulum-v1")) == []


@pytest.mark.slow
def test_harmless_wrappers_are_recorded() -> None:
    task = environment(lambda: w.RecordEpisodeStatistics(w.StickyAction(pendulum(), 0.25)))
    assert task.wrappers == ("RecordEpisodeStatistics", "StickyAction")
    assert (task.lost, task.own_wrappers) == ((), ())


@pytest.mark.slow
def test_flattening_keeps_the_names_of_parts() -> None:
    task = environment(lambda: w.FlattenObservation(Parts("dict", "no vector")))
    assert [channel.name for channel in task.observations] == ["at_0", "at_1", "speed"]
    filtered = environment(lambda: w.FilterObservation(Parts("dict", "no vector"), ["speed"]))
    assert [channel.name for channel in filtered.observations] == ["speed"]
    assert isinstance(OBSERVATIONS["dict"], gymnasium.spaces.Dict)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "steps", "limited"),
    [
        ("Pendulum-v1", 200, True),
        (lambda: pendulum(max_episode_steps=1500), 1500, True),
        (lambda: w.TimeLimit(pendulum(), 1500), 200, True),  # Gymnasium#291: a second limit does not lengthen
        (lambda: w.TransformReward(w.TimeLimit(Glider(), 77), lambda r: r), 77, True),
        (Glider, 1000, False),
    ],
)
def test_the_made_environment_says_how_long_an_episode_is(make: Any, steps: int, limited: bool) -> None:
    task = environment(make)
    assert (task.max_steps, task.limited) == (steps, limited)
    said = " ".join(notes(task))
    assert ("wann_rt ends them after 1000 steps" in said) == (not limited)
    assert "wann_rt ends them" not in " ".join(notes(with_options(task, max_steps=50)))


@pytest.mark.slow
def test_the_length_of_an_episode_is_an_argument() -> None:
    assert environment("Pendulum-v1", kwargs={"max_episode_steps": 50}).max_steps == 50
    longer = Simulator(with_options(environment("Pendulum-v1"), max_steps=400))
    longer.reset(1)
    assert not any(longer.step(np.zeros(1, f32), 0)[2] for _ in range(300))  # the limit of 200 is taken off


@pytest.mark.long
@pytest.mark.parametrize(
    ("changes", "rate"),
    [
        ({"metadata": {"render_fps": 60}}, None),
        ({"dt": 0.02}, 50),
        ({"dt": np.float32(0.5)}, 2),
        ({"tau": 0.25}, 4),
        ({"dt": 0.002, "frame_skip": 5}, None),  # of a step, or of a fifth of one?
        ({"dt": 0.002, "frame_skip": 1}, 500),
        ({"config": {"policy_frequency": 1, "simulation_frequency": 15}}, 1),
        ({"metadata": {"render_fps": 60, "control_dt": 0.1}}, 10),
        ({"CTRL_FREQ": 48, "dt": 0.001}, 48),
        ({"dt": 0}, None),
        ({"dt": True}, None),
        ({"dt": "fast"}, None),
        ({"control_timestep": lambda: 0.05}, 20),
        ({"control_timestep": lambda: 1 / 0}, None),
        ({"metadata": None}, None),
    ],
)
def test_the_rate_is_what_the_physics_says_and_else_unknown(changes: dict[str, Any], rate: float | None) -> None:
    def make() -> Glider:
        made = Glider()
        for name, value in changes.items():
            setattr(made, name, value)
        return made

    task = environment(make)
    assert task.rate_hz == rate
    assert ("rate_hz in --channels FILE" in " ".join(notes(task))) == (rate is None)
    assert environment(make, channels={"rate_hz": 12}).rate_hz == 12


def test_a_stack_of_observations_becomes_derived_channels_of_the_same_numbers() -> None:
    def make() -> Any:
        return w.FlattenObservation(w.FrameStackObservation(pendulum(), 3))

    task, stacked = environment(make, max_steps=12, trial=False), make()
    assert [channel.name for channel in task.observations[3:6]] == [f"{c.name}_1_before" for c in task.observations[:3]]
    assert (task.wrappers, task.lost) == (("FlattenObservation", "FrameStackObservation"), ())
    senses, simulator, row = Senses(task, 1), Simulator(task), np.zeros(1, np.int64)
    raw, wanted = simulator.reset(5), stacked.reset(seed=5)[0]
    for _ in range(12):
        assert senses.seen(row, raw[np.newaxis]).reshape(3, 3)[::-1].ravel().tolist() == wanted.tolist()
        senses.done(row, np.full((1, 1), 0.5, f32), row.copy())
        raw, wanted = simulator.step(np.array([0.5], f32), 0)[0], stacked.step(np.array([0.5], f32))[0]
    chosen = environment(make, observe=["cos_theta"], trial=False)
    assert [channel.name for channel in chosen.observations] == [
        "cos_theta",
        "cos_theta_1_before",
        "cos_theta_2_before",
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda: w.FrameStackObservation(pendulum(), 2, padding_type="zero"),
        lambda: w.RescaleObservation(w.FrameStackObservation(pendulum(), 2), f32(-1), f32(1)),
        lambda: Features(w.FrameStackObservation(pendulum(), 2)),
    ],
)
def test_a_stack_that_no_derived_channel_computes_is_refused(make: Any) -> None:
    folded = fold(make())
    assert folded.stacked == 1
    assert "stacks earlier observations" in folded.lost[0]
