"""A task seen through derived channels: what kernels search is what a controller with a state computes, bit for bit."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers import builders
from helpers.observed import DERIVE, POSITIONS, subject

import wann_rt as wr
from wann_rt.core.errors import ControllerError, TaskError
from wann_rt.play.plain import moments, play_controller, with_vectors
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks import changed_params, get, with_params
from wann_rt.tasks.any_task import check_fits, identity, seen_as_by


@pytest.mark.parametrize(
    "conditions", [{}, {"observation_noise": 0.005, "dropout": 0.1, "delay": 2, "quantisation": 0.0015}], ids=len
)
def test_kernels_play_what_a_controller_with_a_state_computes_from_raw_sensors(conditions: dict[str, float]) -> None:
    task = replace(wr.task("swingup", observe=POSITIONS, derive=DERIVE, **conditions), max_steps=200)
    controller, starts = subject(task), starts_of(task, range(8))
    check_fits(task, controller)
    lanes = np.repeat(controller.weight.array[:, np.newaxis], 8, axis=1)
    searched = play(task, controller.network, lanes, starts, 1)
    assert np.array_equal(searched.returns, play_controller(task, controller, starts).returns)
    state = controller.start(8)
    for moment in moments(task, controller.inner.numpy(), starts):
        actions, state = controller.step(state, moment.observations[:, :3])
        assert builders.same_bits(actions, moment.actions[:, : len(task.acts)])
    recorded = with_vectors(task, controller, 0)
    assert recorded.resets == (0,)
    assert len(recorded.vectors) == 16


def test_rates_of_readings_are_the_plants_velocities() -> None:
    task = wr.task("swingup", observe=POSITIONS, derive={"theta_dot": "rate_of:cos_theta/sin_theta", "v": "rate_of:x"})
    state = tuple(task.start(3))
    for _ in range(50):
        before, (*after, _, _) = state, task.step(task.params, *state, np.float32(0.5))
        state = tuple(after)
    velocities = dict(zip(task.variables, before, strict=True))
    assert np.allclose(task.observe(*state)[3:], [velocities["theta_dot"], velocities["x_dot"]], atol=0.01)


def test_a_task_that_nobody_sees_otherwise_keeps_its_functions() -> None:
    plain = get("pendulum")
    assert wr.task("pendulum") is not None
    assert wr.task("pendulum").step is plain.step
    assert wr.task("pendulum", observe=["cos_theta", "sin_theta", "theta_dot"]).raw is None
    assert "task_observed" not in identity(plain)


def test_conditions_stay_below_what_is_derived() -> None:
    task = wr.task("swingup", observe=POSITIONS, derive=DERIVE)
    noisy = with_params(task, observation_noise=0.01)
    assert noisy.derived == task.derived
    assert noisy.raw is not None
    assert "noise" in noisy.raw.variables
    assert changed_params(noisy) == {"observation_noise": pytest.approx(0.01)}
    assert identity(noisy) != identity(task) != identity(get("swingup"))
    again = with_params(noisy, observation_noise=0.0)
    assert again.step is task.step


def test_a_controllers_own_channels_say_how_it_sees_a_task() -> None:
    task = wr.task("swingup", observe=POSITIONS, derive=DERIVE)
    controller = subject(task)
    assert seen_as_by(get("swingup"), controller).observations == task.observations
    assert wr.task_of(controller, "swingup").observations == task.observations
    other = wr.task("swingup", observe=POSITIONS, derive={**DERIVE, "late": "delayed:x,steps:3"})
    with pytest.raises(TaskError, match="has the derived channels"):
        check_fits(other, controller)


@pytest.mark.parametrize(
    ("observe", "derive", "says"),
    [
        (["x", "cos"], {}, "observes no 'cos'"),
        (["x", "x"], {}, "none twice"),
        ([], {}, "at least one"),
        (None, {"a": "rate_off:x"}, "unknown kind .* did you mean 'rate_of'"),
        (None, {"a": "filtered:x,filter:0.5,filter:0.1"}, "says a setting twice"),
        (None, {"a": "rate_of"}, "no derivation; expected KIND:CHANNEL"),
        (None, {"a": "rate_of:sin_theta/cos_theta"}, "the cosine of an angle comes first; rate_of:cos_theta/sin_theta"),
        (None, {"a": "rate_of:x,filter:fast"}, "expected filter:NUMBER"),
        (None, {"a": "delayed:x,steps:1.5"}, "expected steps:WHOLE NUMBER"),
        (None, {"a": "delayed:x,step:1"}, "no setting 'step'; .* did you mean 'steps'"),
        (None, {"a": "delayed:x"}, "needs steps"),
        (None, {"a": "rate_of:b"}, "'b', which is none of x"),
        (["x"], {"a": "rate_of:cos_theta/sin_theta"}, "which is none of x"),
        (["x"], {"x": "rate_of:x"}, "is there twice"),
        (None, {"a": "previous:x"}, "which is none of force"),
    ],
)
def test_a_channel_that_cannot_be_derived_is_one_error(observe: Any, derive: dict[str, str], says: str) -> None:
    with pytest.raises((TaskError, ControllerError), match=says):
        wr.task("swingup", observe=observe, derive=derive)
