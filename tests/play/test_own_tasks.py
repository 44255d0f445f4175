"""Laws of tasks that users write: played in lockstep as the controller plays them, each by its own kernel."""

from collections.abc import Callable
from dataclasses import replace
from types import FunctionType
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

import wann_rt as wr
from wann_rt.core.arithmetic import Number, absolute
from wann_rt.core.channel import Channel
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import TaskError
from wann_rt.core.network import Connection, Network
from wann_rt.evolution.config import Config
from wann_rt.kernels import genome
from wann_rt.kernels.conditioning import action_function, observation_function
from wann_rt.kernels.rollout import rollouts
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import plant_of_task, play, starts_of
from wann_rt.tasks.task import Task

f32 = np.float32
LANES = 16
GENTLE = f32(0.125)


def start(seed: int) -> NDArray[np.float32]:
    """Returns a position and a speed."""
    return np.random.default_rng(seed).uniform(-1, 1, 2).astype(np.float32)


def observe(x: Number, v: Number) -> tuple[Number, ...]:
    """Returns both."""
    return x, v


def gentle(p: Any, push: Number) -> Number:
    """Returns the change of speed."""
    return p.gain * GENTLE * push


def near() -> type[Any]:
    """Returns one of two classes that nothing but their identity tells apart."""

    class Params(NamedTuple):
        gain: np.float32 = f32(1.0)

    return Params


def step_gently(p: Any, x: Number, v: Number, push: Number) -> tuple[Number, ...]:
    """Pushes gently."""
    v = v + gentle(p, push)
    x = x + f32(0.1) * v
    return x, v, -absolute(x), absolute(x) > f32(3.0)


def step_hard(p: Any, x: Number, v: Number, push: Number) -> tuple[Number, ...]:
    """Pushes hard, and does not take kindly to it."""
    v = v + p.gain * push
    x = x + f32(0.1) * v
    return x, v, -absolute(x) - absolute(push), absolute(x) > f32(3.0)


RAW = (Channel("x"), Channel("v")), (Channel("push"),)
CONDITIONED = (
    (Channel("x", "m", -0.5, 0.75, offset=0.25, scale=1.5, clip=True), Channel("v", "m/s", scale=0.3)),
    (Channel("push", "N", -0.5, 1.0, offset=0.2, scale=3.0, clip=True),),
)


def task_of(step: Callable[..., Any], sides: Any = RAW, **changes: Any) -> Task:
    given: dict[str, Any] = {"rate_hz": 10.0, "max_steps": 40, "params": near()(), "start": start, "observe": observe}
    return Task(**({"name": "mine", "observations": sides[0], "actions": sides[1], "step": step} | given | changes))


def controller_of(task: Task, weight: float = 1.0) -> Controller:
    network, _ = Network.build(
        2, {3: 5}, {4: 1}, [Connection(1, 3), Connection(2, 3, -1), Connection(3, 4), Connection(0, 4)]
    )
    return Controller(task.name, network, Weight.shared(weight), task.observations, task.actions, task.rate_hz)


def assert_lockstep_plays_the_controller(task: Task) -> NDArray[np.float64]:
    controller, starts = controller_of(task), starts_of(task, range(LANES))
    compiled = play(task, controller.network, np.ones(LANES, np.float32), starts, 1, watched=True)
    plain = play_controller(task, controller, starts)
    for name in compiled._fields:
        assert np.array_equal(getattr(compiled, name), getattr(plain, name)), name
    return compiled.returns


def test_lockstep_conditions_as_the_controller_does_and_each_task_runs_its_own_kernel() -> None:
    tasks = task_of(step_gently), task_of(step_hard), task_of(step_hard, CONDITIONED)
    returns = [assert_lockstep_plays_the_controller(task) for task in tasks]
    assert not any(np.array_equal(a, b) for a, b in zip(returns, returns[1:] + returns[:1], strict=True))
    assert len({plant_of_task(task).key for task in tasks}) == len(tasks)
    assert "Params" not in str(rollouts.signatures)  # a kernel on disk names no class of a task


def test_the_same_functions_are_the_same_plant_and_another_constant_is_another() -> None:
    key = plant_of_task(task_of(step_gently)).key
    assert plant_of_task(task_of(step_gently)).key == key
    assert plant_of_task(task_of(step_gently, params=near()(f32(2.0)))).key == key
    scope = dict(step_gently.__globals__) | {"GENTLE": f32(0.25)}
    other = FunctionType(gentle.__code__, scope, "gentle")
    stepped: Any = FunctionType(step_gently.__code__, scope | {"gentle": other}, "step_gently")
    assert plant_of_task(task_of(stepped)).key != key


@pytest.mark.slow
def test_conditioning_is_compiled_as_the_channel_says() -> None:
    rng = np.random.default_rng(0)
    special = [0.0, -0.0, 1e-40, -1e30, np.inf, -np.inf, np.nan]
    values = np.array([*special, *rng.normal(0, 2, 40)], np.float32)

    def compiled(function: Any) -> Any:
        def apply(xs: Any, ys: Any) -> None:
            for i in range(len(xs)):
                ys[i] = function(xs[i])

        return numba.njit(apply)

    for k in range(8):
        low, high = sorted(rng.normal(0, 1.5, 2))
        offset, scale = (rng.normal() if k & 2 else 0.0), (rng.normal() if k & 4 else 1.0)
        channel = Channel("c", "", low, high, offset, scale, bool(k & 1))
        for made, wanted in (
            (observation_function(channel), channel.condition_observation(values)),
            (action_function(channel), channel.condition_action(values)),
        ):
            got = np.empty_like(values)
            compiled(made)(values, got)
            assert np.array_equal(got.view(np.uint32), np.asarray(wanted, np.float32).view(np.uint32)), channel


@pytest.mark.long
def test_a_task_whose_step_is_other_in_numpy_than_compiled_is_refused_by_the_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings: dict[str, Any] = {
        "preset": "minimal",
        "population": 4,
        "generations": 1,
        "episodes": 1,
        "retest_episodes": 1,
        "seed": 1,
    }
    task = task_of(step_hard, CONDITIONED)
    monkeypatch.setattr("wann_rt.play.rollouts.plant_of_task", lambda _: plant_of_task(task_of(step_hard)))
    with pytest.raises(TaskError, match="the compiled episodes differ"):
        wr.search(task, **settings)


def test_a_network_that_is_not_what_was_played_is_found_in_the_retest(monkeypatch: pytest.MonkeyPatch) -> None:
    express = genome.express

    def other(*arguments: Any, **settings: Any) -> Network:
        network = express(*arguments, **settings)
        return replace(network, activations=tuple(1 + a % 10 for a in network.activations))

    monkeypatch.setattr(genome, "express", other)
    with pytest.raises(wr.WannError, match="internal error: in generation 0"):
        wr.search("swingup", preset="minimal", population=4, generations=1, episodes=1, retest_episodes=1)


def test_what_cannot_be_compiled_is_one_line() -> None:
    def step(p: Any, x: Number, v: Number, push: Number) -> tuple[Number, ...]:
        return x * 0.1, v, push, absolute(x) > f32(3.0)

    task = task_of(step)
    says = r"task mine: .*test_own_tasks.py, line \d+: step: a constant that is no np.float32"
    with pytest.raises(TaskError, match=says) as caught:
        play(task, controller_of(task).network, np.ones(LANES, np.float32), starts_of(task, range(LANES)), 1)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"observations": [Channel("x")]}, "observations: expected a tuple of channels"),
        ({"actions": ()}, "actions: expected a tuple of channels"),
        ({"params": (1.0,)}, "params: expected a NamedTuple"),
        ({"params": near()("fast")}, "params: expected numbers"),
        ({"step": observe}, "step takes 2 arguments; expected the params, the 2 state variables"),
        ({"rate_hz": 0.0}, "rate_hz"),
        ({"decision": "best"}, "decision 'best' is unknown"),
    ],
)
def test_a_task_that_cannot_be_played_is_refused_when_it_is_made(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(TaskError, match=says):
        task_of(**({"step": step_hard} | changes))


def test_a_task_that_limits_its_actions_itself_limits_them_as_its_channels_do() -> None:
    from wann_rt.tasks import TASKS

    marked = [task for task in TASKS if task.step_clips]
    assert marked
    actions = np.array([-np.inf, -3.0, -1.0, -0.5, -0.0, 0.0, 0.75, 1.0, 2.5, np.inf, np.nan], np.float32)
    for task in marked:
        state = tuple(starts_of(task, range(len(actions))))
        limited = task.actions[0].limit_action(actions)
        with np.errstate(all="ignore"):
            given, clipped = (
                np.array(task.step(task.params, *state, *[a] * len(task.actions))[:-1]) for a in (actions, limited)
            )
        assert given.tobytes() == clipped.tobytes(), task.name


def test_a_task_of_ones_own_is_searched_evaluated_and_tuned() -> None:
    task = task_of(step_gently)
    found = wr.search(task, preset="minimal", population=8, generations=2, seed=1)
    assert found.provenance["task"] == "mine"
    assert wr.evaluate(found, task, episodes=4).scores["own_weight"].episodes == 4
    assert wr.tune(found, task, method="sweep", step=0.5).score.mean >= -200
    longer = task_of(step_gently, params=near()(f32(0.5)))
    assert wr.search(longer, preset="minimal", population=8, generations=1).provenance["task_params"] == {"gain": 0.5}
    assert found.provenance["score"]["episodes"] == Config().scored_episodes
