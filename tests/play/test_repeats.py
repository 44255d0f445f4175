"""Laws of repeating: what earlier episodes change is found, and mended or refused; failures are counted."""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wann_rt.core.errors import TaskError
from wann_rt.core.network import Connection, Network
from wann_rt.kernels.programs import single
from wann_rt.play import backends
from wann_rt.play.backends import processes
from wann_rt.play.environment import environment
from wann_rt.play.repeats import AGAIN, check, repeating
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.environment.simulator import Simulator
from wann_rt.tasks.environment.task import EnvironmentTask, changed_options, with_options

pytestmark = pytest.mark.slow
ODD = "helpers.odd_environments"


def odd(name: str, **given: Any) -> EnvironmentTask:
    return environment(f"{ODD}:{name}", **{"max_steps": 30, **given})


def one(task: EnvironmentTask) -> Network:
    """Returns a network that acts as the first observation is."""
    return Network.build(2, {}, {3: 1}, [Connection(1, 3)])[0]


def returns(task: EnvironmentTask, episodes: int, workers: int = 1) -> list[float]:
    weights = np.full(episodes, -1.0, np.float32)
    found: list[float] = play(task, one(task), weights, starts_of(task, range(episodes)), workers).returns[0].tolist()
    return found


@pytest.mark.long
def test_a_curriculum_that_counts_episodes_is_found_and_made_anew_for_each() -> None:
    with pytest.warns(RuntimeWarning, match=r"keeps something of earlier episodes: .*seed 2\d returns .*fresh=true"):
        task = repeating(odd("Curriculum"))
    assert isinstance(task, EnvironmentTask)
    assert task.params.fresh
    assert returns(task, 40, 1) == returns(task, 40, 3)
    with pytest.raises(TaskError, match=r"Results would depend on the number of processes: .*curriculum=true"):
        repeating(odd("Curriculum", leaks="stop"))


def test_an_environment_that_repeats_stays_as_it_is() -> None:
    task = odd("Glider")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert repeating(task) is task
        programs, weights = single(one(task)), np.ones(8, np.float32)
        check(task, programs, 0, weights, starts_of(task, range(8)), 2)


def test_what_outlives_its_object_is_called_unrepeatable() -> None:
    with pytest.warns(RuntimeWarning, match="the same seed and actions give other observations each time"):
        task = repeating(odd("Curriculum", kwargs={"shared": True}))
    assert isinstance(task, EnvironmentTask)
    assert not task.params.trial


def test_what_shows_only_later_stops_the_search() -> None:
    task = odd("Curriculum")
    play(task, one(task), np.ones(30, np.float32), starts_of(task, range(30)), 1)
    with pytest.raises(TaskError, match=r"keeps something of earlier episodes.*have it made anew for each episode"):
        check(task, single(one(task)), 0, np.ones(AGAIN, np.float32), starts_of(task, range(AGAIN)), 1)
    processes.close()


def test_a_curriculum_may_follow_the_generation_and_scores_do_not() -> None:
    task = odd("Generations", max_steps=2, curriculum=True)
    assert returns(task, 1) == [-2]
    assert returns(replace(task, generation=7), 1) == [14]


def test_what_is_drawn_before_seeding_repeats() -> None:
    simulator = Simulator(odd("DrawsFirst"))
    assert simulator.repeats
    assert not simulator.fresh
    assert simulator.reset(5).tolist() == simulator.reset(5).tolist() != simulator.reset(6).tolist()


def test_a_failure_may_end_the_episode_only_and_is_counted() -> None:
    with pytest.raises(TaskError, match=r"seed 0, step 3\): step\(\) raised RuntimeError: the gripper is stuck"):
        returns(odd("Sudden", trial=False), 4)
    task = odd("Sudden", failures="end", failure_reward=-10)
    with pytest.warns(RuntimeWarning, match="a failure has ended an episode, which is counted: .*the gripper is stuck"):
        played = play(task, one(task), np.ones(4, np.float32), starts_of(task, range(4)), 1)
    assert played.failed is not None
    assert played.failed[0].tolist() == [True, False, True, False]
    assert played.returns[0].tolist() == [-8, 30, -8, 30]
    assert played.lengths[0].tolist() == [2, 30, 2, 30]
    processes.close()


def test_a_sum_beyond_all_numbers_is_said_at_once() -> None:
    with pytest.raises(TaskError, match=r"step 2\): the sum of the rewards has grown beyond all numbers"):
        returns(odd("Rich"), 1)


def test_an_observation_outside_of_its_bounds_is_told_once() -> None:
    task = odd("Outside")
    with pytest.warns(RuntimeWarning) as told:
        returns(task, 8, 2)
    said = [str(warning.message) for warning in told]
    assert len(said) == 1
    assert "observation 1 (obs_1) is inf" in said[0]
    assert "outside of [-1, 1]" in said[0]
    clipped = environment(f"{ODD}:Outside", channels={"observations": ["a", {"name": "b", "clip": True}]}, max_steps=5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        returns(clipped, 1)
    processes.close()


def test_a_reward_of_several_parts_is_weighed() -> None:
    with pytest.raises(TaskError, match=r"a reward must be a number; .*reward_weights=\[...\] weighs several"):
        returns(odd("Several", max_steps=2, trial=False), 1)
    task = odd("Several", max_steps=2, reward_weights=[1, 0.5])
    assert returns(task, 1) == [2 * (1 + 0.5 * 10)]
    assert changed_options(task)["reward_weights"] == [1, 0.5]
    with pytest.raises(TaskError, match="reward_weights is 3; expected a list of finite numbers"):
        odd("Several", reward_weights=3)
    processes.close()


def test_options_of_repeating_are_recorded() -> None:
    task = with_options(odd("Glider"), fresh=True, failures="end")
    assert task.params.fresh
    assert backends.BACKENDS["processes"].chunk_size(64, 2) == 4
