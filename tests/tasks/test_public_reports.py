"""Reports of other people's environments, each as the smallest environment of its kind: what wann_rt makes of them.

The names are those of the public threads in which people met them, with other libraries.
"""

# ruff: noqa: D102  # what the methods of an environment do is for Gymnasium to say

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import wann_rt as wr
from wann_rt.core.errors import WannError
from wann_rt.play.environment import environment

SMALL: dict[str, Any] = {
    "population": 4, "generations": 2, "drawn_weights": 2, "episodes": 1, "retest_episodes": 2, "sweep_weights": 3,
    "sweep_episodes": 2, "scored_episodes": 2, "threads": 2, "initial_enabled": 1.0, "parsimony": 0.0,
}  # fmt: skip


class Plain(gymnasium.Env[Any, Any]):
    """A point on a line that shall stay where it is."""

    observation_space: Any = spaces.Box(-9, 9, (1,), np.float32)
    action_space: Any = spaces.Box(-1, 1, (1,), np.float32)
    dt = 0.1

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.at, self.steps = float(self.np_random.normal()), 0
        return self.seen(), {}

    def seen(self) -> Any:
        return np.array([self.at], np.float32)

    def step(self, action: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        self.at = float(np.clip(self.at + 0.1 * float(np.ravel(action)[0]), -9, 9))
        self.steps += 1
        return self.seen(), self.reward(), self.ended(), False, {}

    def reward(self) -> Any:
        return -abs(self.at)

    def ended(self) -> Any:
        return self.steps >= 20


class NumpyTruth(Plain):
    """stable-baselines3#1795: ``terminated`` is what numpy compared, and the reward an array of one number."""

    def ended(self) -> Any:
        return np.array(self.steps) >= 20

    def reward(self) -> Any:
        return np.array([-abs(self.at)])


class WholeNumbers(Plain):
    """stable-baselines#1168, Gymnasium#655: a box of whole numbers, and observations of another type than declared."""

    observation_space = spaces.Box(-9, 9, (1,), np.int64)

    def seen(self) -> Any:
        return np.array([round(self.at)], np.int32)


class ListOfNumbers(Plain):
    """stable-baselines#683: ``reset`` and ``step`` give a list, of a box in double precision."""

    observation_space = spaces.Box(-9, 9, (1,), np.float64)

    def seen(self) -> Any:
        return [self.at]


class TupleAsArray(Plain):
    """gym-jsbsim#18: the space is a tuple of boxes, the observation one array with all of it."""

    observation_space = spaces.Tuple([spaces.Box(-9, 9, (1,)), spaces.Box(0, 99, (1,))])

    def seen(self) -> Any:
        return np.array([[self.at], [self.steps]], np.float32)


class OneStep(Plain):
    """gym#2803: an episode is one step, and a step after its end is an error."""

    def step(self, action: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        assert self.steps == 0, "Cannot call env.step() before calling reset()"
        return super().step(action)

    def ended(self) -> Any:
        return True


class LambdaInside(Plain):
    """tianshou#1153: the environment holds what cannot be pickled."""

    def __init__(self) -> None:
        self.price: Any = lambda x: -abs(x)

    def reward(self) -> Any:
        return self.price(self.at)


def registered_in_the_script() -> Any:
    """baselines#640, modular-rl#10: a function makes an environment that only the script has registered."""
    return gymnasium.make("ReportedHere-v0")


class OtherLength(Plain):
    """stable-baselines#996: now and then ``reset`` gives fewer numbers than the space says."""

    observation_space = spaces.Box(-9, 9, (3,), np.float32)

    def seen(self) -> Any:
        return np.zeros(3 if self.steps else 2, np.float32)


class EndsForEver(Plain):
    """Gymnasium#796: ``terminated`` is kept from the episode before, because ``reset`` forgets it."""

    over = False

    def ended(self) -> Any:
        self.over = self.over or self.steps >= 20
        return self.over


PLAYED = [NumpyTruth, WholeNumbers, ListOfNumbers, TupleAsArray, OneStep, LambdaInside]


@pytest.mark.long
@pytest.mark.parametrize("kind", PLAYED, ids=lambda kind: kind.__name__)
def test_what_people_have_is_played_exported_and_verified(kind: type[Plain]) -> None:
    task = wr.environment(kind)
    found = wr.search(task, **SMALL)
    assert wr.evaluate(found, task, episodes=2, threads=1).scores["own_weight"].episodes == 2
    assert wr.verify(found, n_random=3).ok
    assert len(wr.export(found, "c")) > 1000


@pytest.mark.long
def test_a_function_may_make_what_only_the_script_has_registered() -> None:
    gymnasium.register("ReportedHere-v0", entry_point=lambda **_: Plain(), max_episode_steps=20)
    try:
        made = wr.environment("ReportedHere-v0")
        assert made.max_steps == 20
        by_function = wr.search(wr.environment(registered_in_the_script), **SMALL)
        assert by_function.provenance["score"] == wr.search(made, **SMALL).provenance["score"]
    finally:
        del gymnasium.registry["ReportedHere-v0"]


@pytest.mark.slow
def stacked_of_ours() -> Any:
    return gymnasium.wrappers.FrameStackObservation(gymnasium.make("wann_rt/Pendulum-v0"), 2)


def lost() -> Any:
    return gymnasium.make("Nowhere-v0")


def test_a_function_may_wrap_an_environment_of_ours_and_is_not_blamed_for_an_id_that_nobody_knows() -> None:
    assert len(environment(stacked_of_ours).observations) == 6
    with pytest.raises(WannError, match=r"lost cannot be made: NameNotFound: .*`?Nowhere"):
        environment(lost)


def test_an_environment_that_was_made_already_is_refused_with_what_to_give() -> None:
    """stable-baselines#577: a lambda returns one and the same environment to everybody."""
    with pytest.raises(WannError, match="give what makes it"):
        wr.environment(Plain())
    one = Plain()
    assert wr.search(wr.environment(lambda: one), **SMALL).provenance["score"]["episodes"] == 2


@pytest.mark.slow
def test_an_observation_of_another_length_is_one_error() -> None:
    with pytest.raises(WannError, match=r"OtherLength.*shape"):
        wr.search(wr.environment(OtherLength), **SMALL)


@pytest.mark.long
def test_an_end_that_reset_forgets_is_found_and_mended() -> None:
    found = wr.search(wr.environment(EndsForEver), **SMALL | {"threads": 1})
    plain = wr.search(wr.environment(Plain, max_steps=20), **SMALL)
    assert found.provenance["score"] == plain.provenance["score"]  # twenty steps each, not one
