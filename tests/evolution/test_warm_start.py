"""Laws of a search that starts from a network: each genome of the first generation means that very network."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers import builders

import wann_rt as wr
from wann_rt.core.errors import ConfigError, NetworkError, TaskError
from wann_rt.core.network import Connection, Network, unsigned
from wann_rt.evolution.config import load
from wann_rt.evolution.search import Search
from wann_rt.evolution.warm_start import placed, start_from
from wann_rt.kernels import genome
from wann_rt.kernels.express import express
from wann_rt.tasks import get

LINEAR, TANH = 1, 5


def linear_outputs(network: Network) -> Network:
    """Returns the network with linear outputs."""
    first, n = network.first, network.n_hidden
    hidden = {first + k: a for k, a in enumerate(network.activations[:n])}
    outputs = {first + n + k: LINEAR for k in range(network.n_outputs)}
    return Network.build(network.n_inputs, hidden, outputs, network.connections, prune=True)[0]


@pytest.mark.parametrize("seed", range(40))
def test_a_copied_network_is_expressed_as_it_was(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = linear_outputs(builders.network(rng))
    population = genome.copies(network, 3)
    for index in range(3):
        assert genome.express(population, index) == network
    programs = express(population, False)
    assert programs.n_nodes.tolist() == [len(network.activations)] * 3


def test_what_could_connect_directly_is_there_to_be_enabled() -> None:
    network, _ = Network.build(3, {10: TANH}, {20: LINEAR, 21: LINEAR}, [Connection(1, 10), Connection(10, 20, -1)])
    population = genome.copies(network, 2)
    genes = population.n_genes[0]
    direct = (population.sources[0, :genes] <= 3) & (population.targets[0, :genes] <= 5)
    assert direct.sum() == 4 * 2
    assert population.enabled[0, :genes].sum() == 2


def test_a_squashed_output_is_refused() -> None:
    network, _ = Network.build(2, {}, {9: TANH}, [Connection(1, 9)])
    with pytest.raises(NetworkError, match="linear outputs"):
        genome.copies(network, 4)


def champion(**settings: Any) -> wr.Controller:
    return wr.search("swingup", preset="minimal", population=16, generations=4, **settings)


@pytest.mark.slow
def test_a_search_of_one_generation_gives_the_network_it_started_from_and_names_the_start() -> None:
    first = champion()
    again = wr.search("swingup", preset="minimal", start=first, population=8, generations=1)
    assert again.network == first.network
    assert again.provenance["config_digest"] != first.provenance["config_digest"]
    other = wr.search("swingup", preset="minimal", start=champion(seed=1), population=8, generations=1)
    assert other.provenance["config_digest"] != again.provenance["config_digest"]


@pytest.mark.slow
def test_of_weights_per_connection_the_signs_are_kept() -> None:
    first = champion()
    n = first.network.n_connections
    weights = np.random.default_rng(0).normal(size=n)
    tuned = replace(first, network=unsigned(first.network), weight=wr.Weight("connections", tuple(weights)), vectors=())
    network, _ = start_from(tuned, load("minimal"))
    assert [c.sign for c in network.connections] == np.sign(weights).astype(int).tolist()


@pytest.mark.slow
def test_a_start_that_does_not_fit_is_refused() -> None:
    first = champion()
    with pytest.raises(TaskError, match="2 observations and 1 actions; the controller to start from has 5 and 1"):
        wr.search("mountain-car-continuous", start=first, generations=1)
    with pytest.raises(ConfigError, match="most_connections is 1"):
        wr.search("swingup", preset="minimal", start=first, generations=1, most_connections=1)
    with pytest.raises(ConfigError, match="names a controller: pass its network"):
        Search(get("swingup"), replace(load("minimal"), start_digest="sha256:0"))


def pendulum_start(*sources: int) -> wr.Controller:
    """Returns a controller of the pendulum that reads these of bias, cos_theta, sin_theta and theta_dot by a node."""
    task = get("pendulum")
    wires = [*(Connection(source, 10, -1) for source in sources), Connection(10, 20), Connection(3, 20)]
    network, _ = Network.build(3, {10: TANH}, {20: LINEAR}, wires)
    return wr.Controller("p", network, wr.Weight.shared(1.0), task.observations, task.actions, task.rate_hz)


def test_a_start_is_placed_by_the_names_of_channels_whatever_their_order_and_what_else_there_is() -> None:
    derive = {"h": "recurrent", "theta_dot": "rate_of:cos_theta/sin_theta"}
    task, start = wr.task("pendulum", observe=["sin_theta", "cos_theta"], derive=derive), pendulum_start(0, 1, 2)
    network = placed(start.network, start, task)
    assert (network.n_inputs, network.n_outputs) == (4, 2)
    seen = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)  # cosine, sine, rate
    moved = replace(start, network=network, observations=task.observations, actions=task.actions)
    given = np.stack([seen[:, 1], seen[:, 0], np.ones(8, np.float32), seen[:, 2]], axis=1)
    found = moved(given)
    assert np.abs(found[:, 0] - start(seen)[:, 0]).max() < 1e-5  # sums have another order
    assert (found[:, 1] == 0).all()
    assert placed(start.network, start, get("pendulum")) is start.network


def test_a_start_that_uses_what_a_task_does_not_have_is_refused_and_one_that_does_not_is_taken() -> None:
    blind = wr.task("pendulum", observe=["cos_theta", "theta_dot"], derive={"h": "recurrent"})
    with pytest.raises(
        ConfigError, match="uses the observation 'sin_theta', which task pendulum does not have; it has"
    ):
        start_from(pendulum_start(1, 2), load("minimal"), blind)
    network, _ = start_from(pendulum_start(1), load("minimal"), blind)
    assert {c.source for c in network.connections if c.source <= 3} == {1, 2}
    positional = replace(pendulum_start(1), observations=tuple(wr.Channel(f"obs_{k}") for k in range(3)))
    assert start_from(positional, load("minimal"), get("pendulum"))[0] == pendulum_start(1).network
