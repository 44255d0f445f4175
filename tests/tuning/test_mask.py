"""Laws of topologies that are proposed by gradients."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.digits import drawn_task, little_task

import wann_rt as wr
from wann_rt.core.activations import BY_ID, BY_NAME
from wann_rt.core.errors import ConfigError, TaskError
from wann_rt.core.files import to_text
from wann_rt.core.network import Connection
from wann_rt.kernels.block import Width
from wann_rt.kernels.layers import gradients
from wann_rt.tuning.proposed import right
from wann_rt.tuning.signless import signless

SETTINGS: Any = {"hidden": 16, "epochs": 60, "weight_epochs": 20, "batch": 20}


def test_gradients_are_those_of_the_cross_entropy() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, 4)).astype(np.float32)
    x[1, 2] = 0.0
    first = rng.standard_normal((4, 16)).astype(np.float32)
    second = np.zeros((16, 16), np.float32)
    second[:, :3] = rng.standard_normal((16, 3))
    labels, rows, hits = np.array([0, 1, 2, 0, 1]), np.array([4, 0, 2]), np.zeros(1, np.int64)
    to = np.zeros_like(first), np.zeros_like(second)
    gradients(Width(16), x, labels, rows, first, second, 3, *to, hits)

    def loss(one: Any, two: Any) -> float:
        logits = np.abs(x[rows].astype(float) @ one) @ two[:, :3]
        logits -= logits.max(axis=1, keepdims=True)
        logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return float(-logs[np.arange(3), labels[rows]].sum())

    layers = first.astype(float), second.astype(float)
    for layer, slopes in enumerate(to):
        for index in [(0, 0), (2, 1), (3, 2)]:
            moved = [each.copy() for each in layers]
            moved[layer][index] += 1e-5
            assert slopes[index] == pytest.approx((loss(*moved) - loss(*layers)) / 1e-5, abs=2e-3)


def test_a_proposal_is_small_signed_and_right() -> None:
    task = drawn_task()
    controller = wr.propose(task, 300, **SETTINGS)
    assert 150 < controller.network.n_connections <= 300
    assert controller.network.is_signed
    kinds = {BY_NAME["abs"].id, BY_NAME["linear"].id}
    assert set(controller.network.activations) == kinds
    assert controller.provenance["score"]["episodes"] == 200
    assert controller.provenance["score"]["mean"] > 85
    assert right(task.on("test"), controller) == pytest.approx(controller.provenance["score"]["mean"], abs=0.01)
    trained = wr.propose(task, 300, trained=True, **SETTINGS)
    assert trained.weight.kind == "connections"
    assert trained.provenance["score"]["mean"] > 85


def test_with_homogeneous_activations_every_weight_but_0_decides_alike() -> None:
    task = drawn_task(400)
    controller = wr.propose(task, 300, **SETTINGS)
    decided = controller.decide(task.data.inputs)
    assert len(set(decided.tolist())) == 10
    for power in (-2.0, -1.0, 0.5, 2.0, -0.25):  # exact: a factor that is a power of 2 rounds nothing
        assert np.array_equal(controller.with_weight(power).decide(task.data.inputs), decided)
    for weight in (-1.7, -0.3, 0.013, 1.9):  # rounded: outputs that tie within rounding may change places
        assert np.mean(controller.with_weight(weight).decide(task.data.inputs) == decided) > 0.99
    assert not controller.with_weight(0.0)(task.data.inputs).any()


def test_a_network_of_two_layers_would_turn_round_with_the_weight() -> None:
    """Why there is a linear node for each class: without it outputs are w |w| times those with 1."""
    x = np.random.default_rng(1).random((50, 2)).astype(np.float32)
    nodes = {3: BY_NAME["abs"].id, 4: BY_NAME["abs"].id}, {5: 1, 6: 1}
    connections = [Connection(*c) for c in [(1, 3), (2, 4), (3, 5), (4, 6)]]
    network = wr.Network.build(2, *nodes, connections)[0]
    channels = tuple(map(wr.Channel, "ab"))
    controller = wr.Controller("c", network, wr.Weight.shared(1), channels, channels, decision="argmax")
    assert not np.array_equal(controller.with_weight(-1).decide(x), controller.decide(x))


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    task = drawn_task(300)
    settings: Any = {**SETTINGS, "epochs": 3}
    one, two = (wr.propose(task, 200, threads=threads, **settings) for threads in (1, 2))
    assert to_text(one) == to_text(two)
    assert wr.propose(task, 200, seed=1, **settings).network != one.network


def test_a_search_goes_on_from_a_proposal() -> None:
    task = drawn_task(300)
    start = wr.propose(task, 200, **SETTINGS)
    found = wr.search(task, start=start, progress=False, threads=1, generations=3, population=8, retest_every=1)
    assert abs(found.network.n_connections - start.network.n_connections) < 20
    assert found.provenance["score"]["mean"] >= start.provenance["score"]["mean"] - 5


def test_what_cannot_be_proposed_is_one_clear_error() -> None:
    task = little_task()
    with pytest.raises(TaskError, match="data sets of classes only"):
        wr.propose("pendulum", 100)
    with pytest.raises(ConfigError, match="16 hidden nodes have 80 possible connections below them and 32 above"):
        wr.propose(task, 1000, hidden=16)
    with pytest.raises(ConfigError, match="setting hidden is 17; expected 16 or 32"):
        wr.propose(task, 60, hidden=17)
    with pytest.raises(ConfigError, match="there is no setting 'epoch'"):
        wr.propose(task, 60, epoch=3)
    many = replace(task, actions=tuple(wr.Channel(f"c{k}") for k in range(17)))
    with pytest.raises(TaskError, match="17 classes; at most 16"):
        wr.propose(many, 60)


def test_without_signs_the_decisions_are_the_same() -> None:
    task = drawn_task(400)
    controller = wr.propose(task, 300, **SETTINGS)
    network = signless(controller.network)
    assert not network.is_signed
    assert {BY_ID[a].name for a in network.activations} == {"abs", "linear", "inverse"}
    assert network.n_connections <= controller.network.n_connections + 2 * 16 + 2 * 10
    plain = replace(controller, network=network, vectors=())
    for weight in (1.0, -1.0, 0.5, -1.7):
        same = plain.with_weight(weight).decide(task.data.inputs) == controller.decide(task.data.inputs)
        assert np.mean(same) > 0.99


def test_only_proposals_can_do_without_signs() -> None:
    nodes = {3: BY_NAME["tanh"].id}, {4: 1}
    network = wr.Network.build(2, *nodes, [Connection(1, 3, -1), Connection(3, 4)])[0]
    with pytest.raises(wr.WannError, match="node 3 is not as in a proposal"):
        signless(network)
