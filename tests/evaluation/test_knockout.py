"""Laws of knock-out: a part without which nothing changes is called dead, and no other."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from wann_rt import zoo
from wann_rt.cli import main
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import ControllerError
from wann_rt.core.network import Connection, Network
from wann_rt.evaluation.knockout import knockout


def with_a_dead_branch() -> Controller:
    """Returns the pendulum's champion with one more node, whose weights are 0."""
    champion = zoo.load("pendulum")
    network, first = champion.network, champion.network.first
    shift = {first + network.n_hidden: first + network.n_hidden + 1}
    connections = [Connection(c.source, shift.get(c.target, c.target)) for c in network.connections]
    hidden = {first + k: network.activations[k] for k in range(network.n_hidden)} | {first + network.n_hidden: 5}
    output = first + network.n_hidden + 1
    more = [Connection(1, output - 1), Connection(output - 1, output)]
    values = [*champion.weight.values, 0.0, 0.0]
    made, order = Network.build(network.n_inputs, hidden, {output: network.activations[-1]}, connections + more)
    weight = Weight("connections", tuple(values[k] for k in order))
    return replace(champion, network=made, weight=weight, vectors=())


def test_what_is_dead_is_called_so_and_what_is_not_is_worth_something() -> None:
    champion, result = zoo.load("pendulum"), knockout(zoo.load("pendulum"), episodes=8)
    assert len(result.parts) == champion.network.n_connections + champion.network.n_hidden
    assert not any(part.is_dead for part in result.parts)
    assert max(part.lost for part in result.parts) > 500, "of -150 the controller without its output has -1200"
    controller = with_a_dead_branch()
    dead = {(part.target, part.source) for part in knockout(controller, episodes=8).parts if part.is_dead}
    node = next(k for k in range(4, 8) if (k, None) in dead)
    assert dead == {(node, None), (node, 1), (controller.network.n_nodes - 1, node)}


def test_the_result_does_not_depend_on_threads_and_the_whole_is_the_controller() -> None:
    controller = zoo.load("cartpole-swingup")
    one, two = (knockout(controller, episodes=4, seed=3, threads=threads) for threads in (1, 2))
    assert one == two
    assert knockout(controller, episodes=4, seed=4) != one
    assert one.whole.mean == pytest.approx(np.mean(one.whole.returns))


def test_an_ensemble_is_refused() -> None:
    shared = zoo.load("pendulum")
    ensemble = replace(shared, weight=Weight("ensemble", (0.5, 1.0)), vectors=())
    with pytest.raises(ControllerError, match="an ensemble shares every connection"):
        knockout(ensemble, episodes=2)


def test_the_command_adds_it() -> None:
    done = CliRunner().invoke(main, ["analyze", "zoo:pendulum", "--knock-out", "--episodes", "2", "--json"])
    assert len(json.loads(done.output)["knockout"]["parts"]) == 9
    shown = CliRunner().invoke(main, ["analyze", "zoo:pendulum", "--knock-out", "--episodes", "2"]).output
    assert "Without one part of it" in shown
    assert "n6 -> torque" in shown


@pytest.mark.parametrize("option", [("--episodes", "3"), ("--seed", "1"), ("--task", "pendulum"), ("--env", "A-v1")])
def test_what_is_for_it_alone_is_not_ignored_without_it(option: tuple[str, str]) -> None:
    refused = CliRunner().invoke(main, ["analyze", "zoo:pendulum", *option])
    assert (refused.exit_code, f"{option[0]} is for --knock-out" in refused.output) == (2, True)
