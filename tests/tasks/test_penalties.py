"""Laws of other params: penalties charge what they say, no penalty changes nothing, kernels and numpy agree."""

from typing import Any

import numpy as np
import pytest
from helpers import builders, compiled

from wann_rt import tasks
from wann_rt.core.errors import TaskError
from wann_rt.core.network import Connection, Network
from wann_rt.play.rollouts import play, starts_of

f32 = np.float32
SWING = tasks.get("swingup")
NETWORK, _ = Network.build(5, {}, {20: 1}, [Connection(3, 20), Connection(5, 20)])


def test_no_change_gives_the_plain_task() -> None:
    assert tasks.with_params(SWING) == SWING
    costly = tasks.with_params(SWING, effort_penalty=0.5)
    assert tasks.with_params(costly, effort_penalty=0.0) == SWING
    assert tasks.changed_params(SWING) == {}
    assert tasks.changed_params(costly) == {"effort_penalty": 0.5}


def test_physics_change_in_the_plain_task() -> None:
    longer = tasks.with_params(SWING, pole_length=1.2)
    assert longer.params == SWING.params._replace(pole_length=f32(1.2))
    assert tasks.changed_params(tasks.with_params(longer, smoothness_penalty=1)) == {
        "pole_length": 1.2, "smoothness_penalty": 1.0,
    }  # fmt: skip


def test_each_step_is_charged_for_its_action() -> None:
    priced = tasks.with_params(SWING, effort_penalty=0.25, smoothness_penalty=0.5)
    plain, state = list(SWING.start(1)), list(priced.start(1))
    earlier = 0.0
    for action in (0.5, -1.0, 7.0, 1.0):
        *plain, reward, _ = SWING.step(SWING.params, *plain, f32(action))
        *state, charged, _ = priced.step(priced.params, *state, f32(action))
        applied = min(action, 1.0)
        assert charged == pytest.approx(reward - 0.25 * applied**2 - 0.5 * (applied - earlier) ** 2)
        assert state[:4] == plain
        earlier = applied


def test_compiled_episodes_lose_what_the_actions_cost() -> None:
    starts = starts_of(SWING, range(32))
    priced = tasks.with_params(SWING, effort_penalty=0.1, smoothness_penalty=0.1)
    free = play(SWING, NETWORK, np.ones(32, f32), starts).returns
    assert (play(priced, NETWORK, np.ones(32, f32), starts_of(priced, range(32))).returns < free).all()


def test_numba_steps_with_the_bits_of_numpy() -> None:
    task = tasks.with_params(SWING, effort_penalty=0.3, smoothness_penalty=0.7)
    rng = np.random.default_rng(1)
    state, actions = builders.inputs(rng, 5, 4096), builders.inputs(rng, 1, 4096)
    with np.errstate(all="ignore"):
        *after, reward, _ = task.step(task.params, *state, *actions)
    got = compiled.stepped(task, state, actions)
    assert builders.same_bits(got.state, after)
    assert builders.same_bits(got.rewards, reward)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"wind": 1.0}, "no param 'wind'; params: gravity, .*smoothness_penalty"),
        ({"effort_penalty": -1.0}, "at least 0"),
        ({"effort_penalty": float("nan")}, "expected a finite number"),
        ({"effort_penalty": "much"}, "expected a finite number"),
    ],
)
def test_bad_params_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskError, match=message):
        tasks.with_params(SWING, **changes)
