"""Laws of certificates: no two observations break what is proven, whoever looks for them."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from helpers.networks import scattered
from numpy.typing import NDArray

import wann_rt as wr
from wann_rt import zoo
from wann_rt.analysis.certificate import Certificate, certify
from wann_rt.analysis.interval import Interval, point
from wann_rt.analysis.network import bounded
from wann_rt.cli import main
from wann_rt.core.activations import BY_ID
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import ControllerError
from wann_rt.core.network import Connection, Network, unsigned
from wann_rt.core.reference import total_of

ALL, Y = {"*": (-10.0, 10.0)}, wr.Channel("y")
Floats = NDArray[np.float32]


def drawn(certificate: Certificate, count: int, seed: int) -> Floats:
    """Returns observations in the box, and in its corners."""
    rng, box = np.random.default_rng(seed), np.array(list(certificate.box.values()))
    share = rng.uniform(0, 1, (count, len(box)))
    corners = rng.integers(0, 2, (count // 4, len(box)))
    made: Floats = (box[:, 0] + np.concatenate([share, corners]) * (box[:, 1] - box[:, 0])).astype(np.float32)
    return made


def switched(controller: Controller, observations: Floats) -> NDArray[np.bool_]:
    """Returns which step nodes are on, [members * steps, observations]."""
    found, inputs = [], controller.observations
    values = [c.condition_observation(o) for c, o in zip(inputs, observations.T, strict=True)]
    for multiplier in controller.lowered.multipliers:
        known = [np.ones_like(values[0]), *values]
        for node in controller.lowered.nodes:
            total = total_of(node.terms, known)
            total = total if multiplier is None else total * np.float32(multiplier)
            known.append(BY_ID[node.activation].function(total))
            if BY_ID[node.activation].name == "step":
                found.append(known[-1] > 0)
    return np.array(found, bool).reshape(-1, len(observations))


def broken(controller: Controller, certificate: Certificate, a: Floats, b: Floats) -> int:
    """Returns how many pairs of observations, with no jump between them, break the promise."""
    bounds = np.array([slope.bound for slope in certificate.slopes]).reshape(len(controller.actions), -1)
    wrong = np.array([certificate.rounding[channel.name] for channel in controller.actions])
    distance = np.abs(a.astype(np.float64) - b.astype(np.float64))
    allowed = distance @ bounds.T + 2 * wrong
    differs = np.abs(controller(a).astype(np.float64) - controller(b).astype(np.float64))
    between = np.stack([switched(controller, a + np.float32(s) * (b - a)) for s in np.linspace(0, 1, 33)])
    is_smooth = (between == between[0]).all(axis=(0, 1))
    assert is_smooth.any(), "no pair was judged"
    return int((differs > allowed)[is_smooth].sum())


def check(controller: Controller, certificate: Certificate) -> None:
    a = drawn(certificate, 400, 1)
    near = a + np.random.default_rng(2).normal(0, 1e-3, a.shape).astype(np.float32)
    box = np.array(list(certificate.box.values()), np.float32)
    near = np.clip(near, box[:, 0], box[:, 1])
    for b in (np.roll(a, 1, axis=0), near):
        assert broken(controller, certificate, a, b) == 0
    assert all(slope.found <= slope.bound for slope in certificate.slopes)


@pytest.mark.parametrize("name", zoo.names())
def test_no_two_observations_break_what_is_proven_of_a_champion(name: str) -> None:
    controller = zoo.load(name).inner  # of one with a state its network
    certificate = certify(controller, ALL, seconds=0.2)
    check(controller, certificate)
    values = [controller.lowered.nodes[k].number for k in range(len(controller.lowered.nodes))]
    assert [node.node for node in certificate.nodes] == values


def channels(side: str, count: int) -> tuple[wr.Channel, ...]:
    """Returns channels of every conditioning."""
    return tuple(
        wr.Channel(f"{side}{k}", low=-1 - k, high=2.0, offset=0.1 * k, scale=1 + k, clip=k % 2 == 1)
        for k in range(count)
    )


@pytest.mark.parametrize("kind", ["shared", "ensemble", "connections"])
def test_nor_of_a_random_network_with_every_activation(kind: str) -> None:
    rng = np.random.default_rng(5)
    for seed in range(6):
        network = scattered(3, 8, 2, 30, seed)
        weight = {
            "shared": Weight.shared(0.7),
            "ensemble": Weight("ensemble", (-0.6, 0.4, 0.9)),
            "connections": Weight("connections", tuple(rng.normal(0, 0.7, network.n_connections).tolist())),
        }[kind]
        if kind == "connections":
            network = unsigned(network)
        controller = Controller(
            "random", network, weight, channels("o", network.n_inputs), channels("a", network.n_outputs)
        )
        check(controller, certify(controller, seconds=0.1))


def test_ranges_of_nodes_and_actions_hold_every_bit() -> None:
    controller = zoo.load("cartpole-swingup")
    certificate = certify(controller, ALL, seconds=0)
    observations = drawn(certificate, 5000, 3)
    known = [np.ones(len(observations), np.float32)]
    known += [c.condition_observation(o) for c, o in zip(controller.observations, observations.T, strict=True)]
    (multiplier,) = controller.lowered.multipliers
    for node, said in zip(controller.lowered.nodes, certificate.nodes, strict=True):
        total = total_of(node.terms, known)
        known.append(BY_ID[node.activation].function(total if multiplier is None else total * np.float32(multiplier)))
        assert said.low <= known[-1].min()
        assert known[-1].max() <= said.high


def small(activation: str, weights: tuple[float, ...] = (1.0, 1.0), action: wr.Channel = Y) -> Controller:
    """Returns y = weights[1] * activation(weights[0] * x)."""
    number = next(a.id for a in BY_ID.values() if a.name == activation)
    network, _ = Network.build(1, {2: number}, {3: 1}, [Connection(1, 2), Connection(2, 3)])
    return Controller("small", network, Weight("connections", weights), (wr.Channel("x", low=-2, high=2),), (action,))


def test_the_bound_meets_what_is_known_by_hand() -> None:
    tanh = certify(small("tanh", (2.0, 3.0)))
    (slope,) = tanh.slopes
    assert slope.found == pytest.approx(6, rel=1e-2), "the slope of 3 tanh(2 x) at 0"
    assert 6 <= slope.bound <= 1.05 * 6
    (flat,) = certify(small("tanh", (0.0, 3.0))).slopes
    assert flat.bound == flat.found == 0
    switch = certify(small("step", (1.0, 3.0)))
    (jump,) = switch.jumps
    assert (jump.node, jump.action) == (2, "y")
    assert jump.bound == pytest.approx(3)
    assert switch.slopes[0].bound == 0
    never = certify(small("step", (1.0, 3.0)), {"x": (1, 2)})
    assert (never.jumps, never.nodes[0].note) == ((), "constant")
    assert certify(small("tanh", (5.0, 3.0)), {"x": (1, 2)}).nodes[0].note == "saturated"


def test_what_a_limit_can_never_meet_is_said() -> None:
    assert certify(small("tanh", action=wr.Channel("y", low=-0.5, high=1.5, clip=True))).limits == {"y": (True, False)}
    narrow = replace(small("tanh"), actions=(wr.Channel("y", low=-0.5, high=0.5, clip=True),))
    (slope,) = certify(narrow, {"x": (1, 2)}).slopes
    assert slope.bound == 0, "beyond its limit an action does not move"


def test_more_time_never_makes_a_bound_worse() -> None:
    controller = zoo.load("cartpole-swingup")
    short, longer = (certify(controller, ALL, seconds=seconds).slopes for seconds in (0, 0.5))
    assert all(b.bound <= a.bound for a, b in zip(short, longer, strict=True))
    assert sum(b.bound for b in longer) < sum(a.bound for a in short)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in zoo.names() if zoo.load(name).network.n_connections <= 60])
def test_bound_and_found_nearly_meet_up_to_60_connections(name: str) -> None:
    for slope in certify(zoo.load(name).inner, ALL, seconds=300).slopes:
        assert slope.bound <= 1.2 * slope.found


def test_halves_cover_their_box() -> None:
    controller = zoo.load("pendulum")
    whole = Interval(np.array([[-1.0, -1.0, -8.0]]), np.array([[1.0, 1.0, 8.0]]))
    halves = Interval(np.array([[-1.0, -1.0, -8.0], [-1.0, -1.0, 0.0]]), np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 8.0]]))
    (outer,), (inner,) = bounded(controller, whole).actions, bounded(controller, halves).actions
    assert outer.value.low[0] <= inner.value.low.min()
    assert inner.value.high.max() <= outer.value.high[0]
    (one,) = bounded(controller, point(np.array([[0.5, 0.5, 1.0]]))).actions
    assert one.value.width[0] < 1e-12


@pytest.mark.parametrize(
    ("ranges", "says"),
    [
        ({}, r"observation 'x' has no finite range: say one, such as --range 'x=-10:10'"),
        ({"y": (0, 1)}, "there is no observation 'y'; expected x"),
        ({"x": (1, 1)}, "observation 'x': 1 is not below 1"),
        ({"x": (0, float("nan"))}, "observation 'x' has no finite range"),
        ({"x": (0, 1e39)}, "observation 'x' has no finite range"),
    ],
)
def test_a_range_that_is_none_is_refused(ranges: dict[str, tuple[float, float]], says: str) -> None:
    controller = replace(small("tanh"), observations=(wr.Channel("x"),))
    with pytest.raises(ControllerError, match=says):
        certify(controller, ranges)


def test_the_command_prints_for_people_and_for_programs() -> None:
    people = CliRunner().invoke(main, ["analyze", "zoo:pendulum"])
    assert people.exit_code == 0
    assert "Greatest slopes between jumps" in people.output
    assert "14.79" in people.output
    programs = CliRunner().invoke(main, ["analyze", "zoo:pendulum", "--range", "theta_dot=-1:1", "--json"])
    assert json.loads(programs.output)["box"]["theta_dot"] == [-1, 1]
    refused = CliRunner().invoke(main, ["analyze", "zoo:pendulum", "--range", "theta_dot"])
    assert (refused.exit_code, "expected NAME=LOW:HIGH" in refused.output) == (2, True)
