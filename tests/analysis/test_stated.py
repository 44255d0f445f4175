"""Laws of the certificate that artefacts carry: proven like any, short, and always the same."""

import json
import time
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from helpers.networks import scattered
from helpers.small_controllers import controller, remembering, row_of
from helpers.strategies import random_controllers
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import wann_rt as wr
from wann_rt import zoo
from wann_rt.analysis import stated as room
from wann_rt.analysis.stated import ALL, MOST_SLOPES, downward, stated, upward
from wann_rt.analysis.words import certificate_words
from wann_rt.cli import main
from wann_rt.core.controller import Controller, Weight
from wann_rt.exporters.contract import contract
from wann_rt.exporters.to_blob import to_blob
from wann_rt.exporters.to_c.header import to_c

Floats = NDArray[np.float64]
SMOOTH = [name for name in zoo.names() if not stated(zoo.load(name))["jumps"] and not zoo.load(name).derived]


def steepness(subject: Controller, said: dict[str, Any], places: Floats, axis: int, share: float) -> Floats:
    """Returns the slopes of all actions that float32 itself shows beside places, less what rounding may do to them."""
    box = np.array(list(said["box"].values()))
    beside = places.copy()
    width = (box[axis, 1] - box[axis, 0]) * share
    beside[:, axis] = np.where(
        places[:, axis] + width <= box[axis, 1], places[:, axis] + width, places[:, axis] - width
    )
    a, b = places.astype(np.float32), beside.astype(np.float32)
    moved = np.abs(subject(a).astype(np.float64) - subject(b).astype(np.float64))
    rounding = np.array(list(said["rounding"].values()))
    apart = np.abs(a[:, axis].astype(np.float64) - b[:, axis].astype(np.float64))
    steep: Floats = np.maximum(moved - 2 * rounding, 0) / apart[:, None]
    return steep


def hunted(subject: Controller, said: dict[str, Any], action: int, axis: int) -> float:
    """Returns the steepest slope that a search finds: random places, then ever smaller steps around the best."""
    rng, box = np.random.default_rng(axis), np.array(list(said["box"].values()))
    places = rng.uniform(box[:, 0], box[:, 1], (512, len(box)))
    # What was recorded, too: a wide box may hold hardly a place in which the actuator is not at a limit.
    seen = np.array([vector.observation for vector in subject.vectors], np.float64)
    places = np.clip(np.concatenate([places, seen]), box[:, 0], box[:, 1])
    best, size = 0.0, 0.1
    for _ in range(12):
        # A wide step shows a slope that what rounding may do hides from a narrow one.
        steep = np.max([steepness(subject, said, places, axis, share)[:, action] for share in (1e-3, 0.1)], axis=0)
        order = np.argsort(-steep)[:32]
        best = max(best, float(steep[order[0]]))
        around = np.repeat(places[order], 4, axis=0)
        around += rng.normal(0, size, around.shape) * (box[:, 1] - box[:, 0])
        places, size = np.clip(np.concatenate([places[order], around]), box[:, 0], box[:, 1]), size * 0.6
    return best


@pytest.mark.parametrize("name", SMOOTH)
def test_no_search_finds_a_slope_that_is_steeper(name: str) -> None:
    subject = zoo.load(name)
    said = stated(subject)
    names = list(said["box"])
    for k, action in enumerate(list(said["slopes"])[:2]):
        steepest = sorted(names, key=lambda one: -said["slopes"][action][one])[:3]
        for one in steepest:
            found = hunted(subject, said, k, names.index(one))
            assert found <= said["slopes"][action][one]
            assert found > 0 or said["slopes"][action][one] == 0, "the search found nothing at all"


def test_the_same_comes_each_time_whatever_the_clock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = zoo.load("cartpole-swingup")
    first = json.dumps(stated(subject))
    room._made.clear()
    monkeypatch.setattr(time, "monotonic", lambda: 1e9)
    assert json.dumps(stated(subject)) == first
    assert json.loads(first)["slopes"]["force"]["x"] <= 1.2 * 68.9, "what `make analysis` found"


@given(random_controllers())
@settings(max_examples=25, deadline=None)
def test_whatever_the_controller_it_is_strict_json_and_printable(subject: Controller) -> None:
    json.dumps(stated(subject), allow_nan=False)
    assert all(map(str.isprintable, certificate_words(subject)))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_bound_is_rounded_away_from_what_it_bounds(value: float) -> None:
    low, high = downward(value), upward(value)
    assert low is None or Decimal(low) <= Decimal(value)
    assert high is None or Decimal(high) >= Decimal(value)
    assert upward(float("inf")) is downward(float("-inf")) is None


def test_a_network_of_many_inputs_and_actions_states_the_greatest_slope_of_each() -> None:
    wide = controller(scattered(40, 3, 8, 200, 1), low=-1, high=1)
    actions = len(wide.actions)
    assert actions * len(wide.observations) > MOST_SLOPES
    said = stated(wide)
    assert [list(known) for known in said["slopes"].values()] == [[ALL]] * actions
    for action in range(actions):
        drawn = np.random.default_rng(0).uniform(-1, 1, (64, len(wide.observations)))
        for axis in range(len(wide.observations)):
            assert steepness(wide, said, drawn, axis, 1e-3)[:, action].max() <= said["slopes"][f"a{action}"][ALL]


def test_channels_without_a_finite_range_and_without_a_width_have_a_box() -> None:
    one = controller(row_of("tanh", 4))
    ranges = [(-np.inf, np.inf), (3, np.inf), (-np.inf, -50), (2, 2)]
    subject = replace(one, observations=tuple(wr.Channel(f"o{k}", "", *ends) for k, ends in enumerate(ranges)))
    box = stated(subject)["box"]
    assert box["o0"] == [-10, 10]
    assert box["o1"] == [3, 13]
    assert box["o2"] == [-60, -50]
    assert box["o3"][0] == 2 < box["o3"][1] <= 2.00001


def test_what_no_number_bounds_is_said_so() -> None:
    steep = controller(row_of("square"), Weight("connections", (1e30,)), low=-1e9, high=1e9)
    assert stated(steep)["slopes"]["a0"]["o0"] is None
    assert "unbounded" in " ".join(certificate_words(steep))


def test_show_the_header_and_the_contract_say_it_and_a_blob_does_not_carry_it() -> None:
    subject = zoo.load("pendulum")
    header = " ".join(to_c(subject).replace("\n *", " ").split())
    assert "torque: cos_theta 14.79; 0 on all others" in header
    assert "torque by 4 (n4)" in header
    assert json.loads(contract(subject)["wann_rt.certificate"]) == stated(subject)
    assert b"certificate" not in to_blob(subject, contract=True)
    people = CliRunner().invoke(main, ["show", "zoo:pendulum"]).output
    assert "torque: cos_theta 14.79" in people
    programs = CliRunner().invoke(main, ["show", "zoo:pendulum", "--json"]).output
    assert json.loads(programs)["certificate"] == stated(subject)


def test_of_a_controller_with_memory_it_is_about_what_its_network_sees() -> None:
    subject = remembering()
    assert list(stated(subject)["box"]) == [channel.name for channel in subject.inputs]
    assert certificate_words(subject)[0].startswith("How sharply its network reacts to what it sees in one step")
    assert "derived channels may leave these ranges" in certificate_words(subject)[0]
