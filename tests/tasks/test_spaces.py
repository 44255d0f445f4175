"""Laws of spaces: each number of each part is a named channel, in Gymnasium's order; actions are of their space."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from helpers.odd_environments import ACTIONS, OBSERVATIONS, Parts

import wann_rt as wr
from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.decision import decided, decision_of, parts_of, told
from wann_rt.core.errors import ControllerError, TaskError
from wann_rt.core.network import Connection, Network
from wann_rt.exporters.contract import contract
from wann_rt.play.environment import environment
from wann_rt.tasks.environment.encoding import MisfitError, reader, writer
from wann_rt.tasks.environment.simulator import Simulator
from wann_rt.tasks.environment.spaces import action_channels, observation_channels

PLAYABLE = ("dict", "tuple", "nested", "matrix", "scalar", "discrete", "bits", "choices", "twice")
CHOICES = ("0_is_0", "0_is_1", "1_is_-1", "1_is_0", "1_is_1")
ACTED = ("multi-discrete", "mixed", "action tuple", "action bits", "integers", "no vector", "action matrix")


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("dict", ["at_0", "at_1", "speed"]),
        ("tuple", ["obs_0_is_1", "obs_0_is_2", "obs_0_is_3", "obs_1_0", "obs_1_1"]),
        ("nested", ["arm_on_is_0", "arm_on_is_1", "arm_tip_0", "arm_tip_1"]),
        ("matrix", ["obs_0_0", "obs_0_1", "obs_1_0", "obs_1_1"]),
        ("scalar", ["obs"]),
        ("bits", ["obs_0", "obs_1", "obs_2"]),
        ("choices", ["obs_0_is_0", "obs_0_is_1", "obs_1_is_0", "obs_1_is_1", "obs_1_is_2"]),
        ("twice", ["a_0", "a_1", "a_0_2"]),
    ],
)
def test_each_number_that_is_observed_is_a_channel_with_a_name(kind: str, names: list[str]) -> None:
    assert [channel.name for channel in observation_channels("e", OBSERVATIONS[kind])] == names


def test_channels_have_the_bounds_of_their_part() -> None:
    at, _, speed = observation_channels("e", OBSERVATIONS["dict"])
    assert (at.low, at.high, speed.low, speed.high) == (-2, 2, -1, 1)
    assert observation_channels("e", OBSERVATIONS["discrete"])[3] == Channel("obs_is_3", "1", 0, 1)


@pytest.mark.parametrize("kind", PLAYABLE)
def test_what_is_observed_is_what_gymnasium_flattens(kind: str) -> None:
    space = OBSERVATIONS[kind]
    space.seed(7)
    read = reader(space, len(observation_channels("e", space)))
    for _ in range(20):
        observation = space.sample()
        wanted = np.asarray(gymnasium.spaces.flatten(space, observation), np.float32)
        assert read(observation).tolist() == wanted.tolist()
        assert read(observation).dtype == np.float32


@pytest.mark.parametrize(
    ("kind", "observation", "says"),
    [
        ("dict", {"at": [0, 0]}, r"must have the keys \['at', 'speed'\]; \['at'\] came"),
        ("dict", [0, 0], "must have the keys .*; list came"),
        ("dict", {"at": [0, 0, 0], "speed": [0]}, r"observation at must have shape \[2\]; \[3\] came"),
        ("nested", {"arm": {"tip": [0, 0], "on": 2}}, "observation arm_on must be from 0 to 1; 2 came"),
        ("tuple", (1,), "must have 2 parts; 1 came"),
        ("tuple", 7, "must have 2 parts; int came"),
        ("discrete", 16, "must be from 0 to 15; 16 came"),
        ("discrete", 1.5, "must be whole numbers .*; 1.5 came"),
        ("matrix", [[0, 0]], r"must have shape \[2, 2\]; \[1, 2\] came"),
        ("matrix", "seven", "must be numbers; str came"),
    ],
)
def test_observations_outside_of_their_space_are_refused(kind: str, observation: Any, says: str) -> None:
    with pytest.raises(MisfitError, match=says):
        reader(OBSERVATIONS[kind], 4)(observation)


@pytest.mark.parametrize(
    ("kind", "decision", "names"),
    [
        ("multi-discrete", "argmax 2, argmax 3", " ".join(f"action_{n}" for n in CHOICES)),
        ("mixed", "argmax 3, values 2", "gear_is_-1 gear_is_0 gear_is_1 push_0 push_1"),
        ("action tuple", "argmax 2, values 1, sign 2", "action_0_is_0 action_0_is_1 action_1 action_2_0 action_2_1"),
        ("action bits", "sign 4", "action_0_0 action_0_1 action_1_0 action_1_1"),
        ("integers", "argmax 6, argmax 6", " ".join(f"action_{i}_is_{k}" for i in range(2) for k in range(6))),
        ("no vector", "values", "action"),
        ("action matrix", "values", "action_0_0 action_0_1 action_1_0 action_1_1"),
    ],
)
def test_each_output_of_an_action_is_a_channel_with_a_name(kind: str, decision: str, names: str) -> None:
    actions = action_channels("e", ACTIONS[kind])
    assert actions.decision == decision
    assert [channel.name for channel in actions.channels] == names.split()


@pytest.mark.parametrize("kind", ACTED)
def test_every_output_becomes_an_action_of_its_space(kind: str) -> None:
    space = ACTIONS[kind]
    channels = action_channels("e", space).channels
    write, draw = writer(space), np.random.default_rng(3)
    for row in [*draw.normal(0, 3, (20, len(channels))), np.zeros(len(channels)), np.full(len(channels), np.nan)]:
        outputs = [channel.condition_action(y) for channel, y in zip(channels, row.astype(np.float32), strict=True)]
        assert space.contains(write(np.array(outputs, np.float32)))


def test_a_choice_is_that_of_the_greatest_output_and_the_first_of_equal_ones() -> None:
    chosen = writer(ACTIONS["mixed"])(np.array([0, 7, 7, 0.5, -2], np.float32))
    assert chosen["gear"] == 0
    assert chosen["push"].tolist() == [0.5, -2]
    assert writer(ACTIONS["multi-discrete"])(np.array([1, 1, np.nan, 5, 9], np.float32)).tolist() == [0, -1]


@pytest.mark.long
@pytest.mark.parametrize("observed", PLAYABLE)
def test_environments_with_such_spaces_are_played(observed: str) -> None:
    for acted in ACTED:
        task = environment("helpers.odd_environments:Parts", kwargs={"observed": observed, "acted": acted})
        simulator = Simulator(task)
        simulator.reset(1)
        observation, reward, over = simulator.step(np.ones(len(task.actions), np.float32), 0)
        assert (observation.shape, reward, over) == ((len(task.observations),), 1.0, False)


def test_decisions_are_read_as_they_are_written() -> None:
    for text, outputs in (("values", 3), ("argmax", 3), ("sign 4", 4), ("argmax 2, values 3, argmax 2", 7)):
        assert decision_of(parts_of(text, outputs)) == text
    assert decision_of((*parts_of("values", 2), *parts_of("values", 1))) == "values"


@pytest.mark.parametrize("text", ["", "dice", "argmax 0", "argmax -1", "argmax 2,values 1", "values 3 ", "argmax ²"])
def test_what_is_no_decision_is_refused(text: str) -> None:
    with pytest.raises(ControllerError, match="is unknown: values, argmax, or parts"):
        parts_of(text, 3)
    with pytest.raises(ControllerError, match="another number of outputs than 3"):
        parts_of("argmax 2", 3)


def controller(decision: str) -> Controller:
    """Returns a controller whose five outputs are its one observation, twice it, ... five times."""
    network, _ = Network.build(1, {}, dict.fromkeys(range(2, 7), 1), [Connection(1, k) for k in range(2, 7)])
    channels = tuple(Channel(f"a{k}", scale=k + 1) for k in range(5))
    return Controller("c", network, Weight.shared(1), (Channel("o"),), channels, decision=decision)


def test_a_controller_decides_its_parts() -> None:
    mixed = controller("argmax 3, values 2")
    assert mixed.decide([1.0]).tolist() == [2, 4, 5]
    assert mixed.decide([[1.0], [-1.0]]).tolist() == [[2, 4, 5], [0, -4, -5]]
    choices = controller("argmax 3, sign 2").decide([1.0])
    assert choices.dtype == np.int64
    assert choices.tolist() == [2, 1, 1]
    assert decided("sign 5", mixed([-1.0])).tolist() == [0] * 5


def test_the_contract_says_what_becomes_of_which_output() -> None:
    said = contract(controller("argmax 3, values 1, sign 1"))["wann_rt.decision"]
    assert said.startswith("argmax 3, values 1, sign 1: in this order, the number, from 0, of the greatest of a0, a1,")
    assert "the numbers a3; 1 where greater than 0, else 0, of each of a4" in said
    assert told("values", []) == ""


def test_decisions_of_parts_travel_in_files(tmp_path: Any) -> None:
    path = tmp_path / "c.json"
    wr.save(controller("argmax 3, values 2"), path)
    assert wr.load(path) == controller("argmax 3, values 2")


@pytest.mark.slow
def test_masked_choices_are_left_out() -> None:
    task = environment("helpers.odd_environments:Masked")
    assert task.masked
    simulator = Simulator(task)
    simulator.reset(3)  # allows choice 0 and 2
    assert simulator.step(np.array([1, 9, 5], np.float32), 1)[1] == 2
    with pytest.raises(TaskError, match=r'info\["action_mask"\] must say of 2 choices which are allowed'):
        simulator.step(np.zeros(2, np.float32), 1)


def test_parts_is_an_environment() -> None:
    assert Parts("matrix", "no vector").observation_space == OBSERVATIONS["matrix"]
