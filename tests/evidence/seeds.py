"""What the fuzz target starts from: small blobs of every weight kind, with every section there is."""

from dataclasses import replace

from helpers import bad_blobs, small_controllers

from wann_rt.core.activations import PALETTE
from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.network import Connection, Network
from wann_rt.exporters.to_blob import to_blob


def seeds() -> dict[str, bytes]:
    """Returns the blobs by name."""
    open_ends = (Channel("open"), Channel("also open"))
    shared = Controller("shared", small(signed=False), Weight.shared(-1.5), open_ends, open_ends)
    tall = Channel("tall", low=-1.0, clip=True, offset=0.25, scale=3.0)
    flat = Channel("flat", low=0.0, high=2.0, clip=True)
    conditioned = replace(shared, network=small(signed=True), observations=(tall, flat), actions=(flat, tall))
    ensemble = Weight("ensemble", (-2.0, 0.5, 1.0))
    own = Weight("connections", tuple(0.5 * k - 1 for k in range(shared.network.n_connections)))
    wide = Controller("wide", palette(260), Weight.shared(1.0), channels(260), channels(len(PALETTE)))
    return {
        "shared": to_blob(shared, vectors=0),
        "vectors": to_blob(shared, vectors=2),
        "conditioned": to_blob(conditioned, vectors=1),
        "ensemble": to_blob(replace(conditioned, weight=ensemble), vectors=1),
        "connections": to_blob(replace(shared, weight=own), vectors=1),
        "contract": to_blob(replace(shared, name="t"), vectors=0, contract=True),
        "wide": to_blob(wide, vectors=0),
        "kinds": to_blob(kinds(), vectors=0),
        "counts": to_blob(counts(20), vectors=1),
        "wide counts": to_blob(counts(260), vectors=0),
        "derived": to_blob(small_controllers.remembering(), vectors=9),
        **{name: bad_blobs.GOOD_MONITOR[name] for name in ("a monitor", "each operation", "a monitor and a state")},
        "recurrent": to_blob(small_controllers.recurrent(Weight("ensemble", (-0.5, 0.75))), vectors=1),
    }


def small(signed: bool) -> Network:
    """Returns a network of two inputs, three hidden nodes and two outputs."""
    minus = -1 if signed else 1
    pairs = [
        (0, 3),
        (1, 3, minus),
        (2, 4),
        (3, 4),
        (0, 5),
        (1, 5),
        (4, 5, minus),
        (3, 6),
        (5, 6),
        (4, 7),
        (2, 7, minus),
    ]
    return Network.build(2, {3: 5, 4: 3, 5: 4}, {6: 5, 7: 1}, [Connection(*pair) for pair in pairs])[0]


def palette(n_inputs: int) -> Network:
    """Returns a network with one output for each activation; the first looks at all inputs."""
    outputs = {n_inputs + 1 + k: activation.id for k, activation in enumerate(PALETTE)}
    pairs = [(s, n_inputs + 1) for s in range(n_inputs + 1)] + [(n_inputs, o) for o in list(outputs)[1:]]
    return Network.build(n_inputs, {}, outputs, [Connection(*pair) for pair in pairs])[0]


def counts(n_inputs: int) -> Controller:
    """Returns a controller with nodes of 0 to 20 sources."""
    first = n_inputs + 1
    pairs = [(source, first + n) for n in range(21) for source in range(n)]
    outputs = dict.fromkeys(range(first, first + 21), 1)
    network = Network.build(n_inputs, {}, outputs, [Connection(*pair) for pair in pairs])[0]
    return Controller("counts", network, Weight.shared(0.5), channels(n_inputs), channels(21))


def kinds() -> Controller:
    """Returns a controller with a node of each activation and each number of sources up to 16."""
    inputs = 16
    nodes = [(activation.id, n) for activation in PALETTE for n in range(inputs + 1)]
    outputs = {inputs + 1 + k: node[0] for k, node in enumerate(nodes)}
    pairs = [(1 + s, inputs + 1 + k) for k, node in enumerate(nodes) for s in range(node[1])]
    network = Network.build(inputs, {}, outputs, [Connection(*pair) for pair in pairs])[0]
    return Controller("kinds", network, Weight.shared(0.5), channels(inputs), channels(len(nodes)))


def channels(count: int) -> tuple[Channel, ...]:
    """Returns channels that say nothing."""
    return tuple(Channel(f"c{k}") for k in range(count))
