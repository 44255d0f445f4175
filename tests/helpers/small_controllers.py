"""Small controllers made by hand: one output that sums all inputs, and one with most of what a file can hold."""

from dataclasses import replace
from typing import Any

import numpy as np

from wann_rt.core.activations import BY_NAME
from wann_rt.core.controller import Channel, Controller, Derived, Weight
from wann_rt.core.network import Connection, Network


def controller(network: Network, weight: Weight | float = 1.0, **channel: Any) -> Controller:
    """Returns a controller whose channels are all alike."""
    return Controller(
        "test",
        network,
        weight if isinstance(weight, Weight) else Weight.shared(weight),
        tuple(Channel(f"o{i}", **channel) for i in range(network.n_inputs)),
        tuple(Channel(f"a{i}", **channel) for i in range(network.n_outputs)),
    )


def row_of(activation: str, n_inputs: int = 1) -> Network:
    """Returns a network of one output that sums all inputs."""
    connections = [Connection(1 + i, n_inputs + 1) for i in range(n_inputs)]
    return Network.build(n_inputs, {}, {n_inputs + 1: BY_NAME[activation].id}, connections)[0]


def example() -> Controller:
    """Returns a small controller that uses most of what the graphs can hold."""
    ids = {name: BY_NAME[name].id for name in BY_NAME}
    hidden = {4: ids["tanh"], 5: ids["relu"], 6: ids["relu"]}
    pairs = [(0, 4), (1, 4), (2, 4), (2, 5), (3, 5), (4, 6), (5, 6), (1, 7), (6, 7), (4, 8), (0, 8)]
    connections = [Connection(s, t, -1 if (s, t) == (2, 5) else 1) for s, t in pairs]
    network = Network.build(3, hidden, {7: ids["sin"], 8: ids["step"]}, connections)[0]
    return Controller(
        "example",
        network,
        Weight.shared(-1.5),
        (Channel("position", "m", -2.4, 2.4, clip=True), Channel("speed", "m/s", scale=0.5), Channel("angle", "rad")),
        (Channel("force", "N", -10, 10, scale=10, clip=True), Channel("brake")),
        rate_hz=50,
    )


def lost() -> Controller:
    """Returns an ensemble whose second member alone overflows: infinity less infinity."""
    pairs = [Connection(1, 2), Connection(2, 3), Connection(2, 4), Connection(3, 5), Connection(4, 5, -1)]
    network, _ = Network.build(1, dict.fromkeys((2, 3, 4), BY_NAME["linear"].id), {5: BY_NAME["linear"].id}, pairs)
    return controller(network, Weight("ensemble", (1.0, 1e20, 2.0)))


def remembering(weight: Weight | None = None, **changes: Any) -> Controller:
    """Returns a controller with a derived channel of every kind, rates with and without filter and of an angle."""
    derived = (
        Derived(Channel("dx", "m/s", scale=0.5), "rate_of", ("x",), filter=0.25),
        Derived(Channel("w", "rad/s", -20, 20, scale=0.05, clip=True), "rate_of", ("cos", "sin")),
        Derived(Channel("slow x"), "filtered", ("x",), filter=0.125),
        Derived(Channel("earlier x"), "delayed", ("x",), steps=3),
        Derived(Channel("last force"), "previous", ("force",)),
        Derived(Channel("drift"), "integral", ("dx",), limit=0.5),
    )
    connections = [*(Connection(k, 10) for k in range(10)), Connection(5, 11), Connection(8, 11), Connection(10, 11)]
    network = Network.build(9, {10: BY_NAME["tanh"].id}, {11: BY_NAME["linear"].id}, connections)[0]
    observations = (Channel("x", "m", -3, 3, clip=True), Channel("cos"), Channel("sin"))
    made = Controller(
        "remembering",
        network,
        weight or Weight.shared(0.7),
        observations,
        (Channel("force", "N", -100, 100, scale=5, clip=True),),
        rate_hz=50.0,
        derived=derived,
    )
    return replace(made, **changes)


def recurrent(weight: Weight | None = None, **changes: Any) -> Controller:
    """Returns a controller with recurrent nodes: one that is late by a step and one that leaks, fed by each other."""
    derived = (
        Derived(Channel("dx", "m/s", scale=0.5), "rate_of", ("x",)),
        Derived(Channel("late", "1"), "recurrent", ()),
        Derived(Channel("leaky", "1", -2, 2, scale=0.5, clip=True), "recurrent", (), filter=0.25),
        Derived(Channel("last force"), "previous", ("force",)),
        Derived(Channel("sine"), "sine", (), hz=1.5),
        Derived(Channel("cosine"), "cosine", (), hz=25),
    )
    names = {name: BY_NAME[name].id for name in ("tanh", "linear", "sin")}
    pairs = [
        (0, 9),
        (1, 9),
        (3, 9),
        (4, 9),
        (5, 9),
        (2, 10),
        (6, 10),
        (9, 10),
        (1, 11),
        (8, 11),
        (9, 11),
        (7, 12),
        (9, 12),
    ]
    ends = {10: names["linear"], 11: names["linear"], 12: names["sin"]}
    network = Network.build(8, {9: names["tanh"]}, ends, [Connection(*pair) for pair in pairs])[0]
    observations = (Channel("x", "m", -3, 3, clip=True), Channel("angle"))
    actions = (Channel("force", "N", -100, 100, scale=5, clip=True),)
    shared = weight or Weight.shared(0.7)
    made = Controller("recurrent", network, shared, observations, actions, rate_hz=50.0, derived=derived)
    return replace(made, **changes)


ENSEMBLE, EACH = Weight("ensemble", (-0.5, 0.75)), Weight("connections", tuple(np.linspace(-2, 2, 13)))


def with_states() -> dict[str, Controller]:
    """Returns controllers of every kind of state with every kind of weight, by what they are."""
    return {
        "derived, shared": remembering(),
        "derived, each": remembering(EACH),
        "recurrent, ensemble": recurrent(ENSEMBLE),
        "recurrent, each": recurrent(EACH),
    }
