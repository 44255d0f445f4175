"""Random networks and controllers for tests, and the equality that parity means."""

import numpy as np
from hypothesis import settings
from numpy.typing import ArrayLike, NDArray

from wann_rt.core.activations import PALETTE
from wann_rt.core.controller import Channel, Controller, Vector, Weight, WeightKind
from wann_rt.core.network import Connection, Network

# The first example of a property may compile a kernel, so that its time says nothing.
settings.register_profile("compiled", deadline=None)
settings.load_profile("compiled")

# Zeros of both signs, subnormals, the limits of float32 and of the exact range reductions, infinities, NaN.
SPECIAL = np.array(
    [
        *(0.0, -0.0, 1e-45, -1e-45, 1.1754942e-38, 1.1754944e-38, 3.4028235e38, -3.4028235e38),
        *(np.inf, -np.inf, np.nan, 0.5, -0.5, 1.0, -1.0, 1.5, 88.0, -104.0),
        *(2.0**22, 2.0**23, -(2.0**23), 2.0**24 + 2, 1e10, -1e10),
    ],
    np.float32,
)


def same_bits(a: ArrayLike, b: ArrayLike) -> bool:
    """Returns whether two float32 arrays have the same shape and bits; which NaN a NaN is does not matter."""
    a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
    if a.shape != b.shape:
        return False
    both_nan = np.isnan(a) & np.isnan(b)
    return bool(np.all(both_nan | (a.view(np.uint32) == b.view(np.uint32))))


def inputs(rng: np.random.Generator, count: int, lanes: int) -> NDArray[np.float32]:
    """Returns [count, lanes] numbers: most of ordinary size, some of every magnitude, some special."""
    ordinary = rng.normal(0, 2, (count, lanes))
    wild = rng.choice([-1, 1], (count, lanes)) * 10 ** rng.uniform(-44, 38, (count, lanes))
    special = rng.choice(SPECIAL, (count, lanes))
    kind = rng.choice(3, (count, lanes), p=(0.7, 0.15, 0.15))
    with np.errstate(over="ignore"):
        return np.choose(kind, [ordinary.astype(np.float32), wild.astype(np.float32), special]).astype(np.float32)


def parts(
    rng: np.random.Generator, n_inputs: int, n_outputs: int, n_hidden: int, density: float, signed: bool
) -> tuple[dict[int, int], dict[int, int], list[Connection]]:
    """Returns hidden nodes, outputs and shuffled connections for ``Network.build``; ids are scattered."""
    ids = rng.permutation(np.arange(n_inputs + 1, n_inputs + 1 + 3 * (n_hidden + n_outputs)))[: n_hidden + n_outputs]
    known = [activation.id for activation in PALETTE]
    activation = {int(i): int(rng.choice(known)) for i in ids}
    order = [*range(n_inputs + 1), *(int(i) for i in ids)]
    first_output = len(order) - n_outputs
    connections = []
    for t in range(n_inputs + 1, len(order)):
        sources = np.flatnonzero(rng.random(min(t, first_output)) < density)
        signs = rng.choice([-1, 1], len(sources)) if signed else np.ones(len(sources), int)
        connections += [Connection(order[s], order[t], int(sign)) for s, sign in zip(sources, signs, strict=True)]
    shuffled = [connections[k] for k in rng.permutation(len(connections))]
    hidden = {i: activation[i] for i in order[n_inputs + 1 : first_output]}
    return hidden, {i: activation[i] for i in order[first_output:]}, shuffled


def network(rng: np.random.Generator, most: int = 12, signed: bool | None = None) -> Network:
    """Returns a random network with up to ``most`` inputs and hidden nodes and any activation anywhere."""
    n_inputs, n_outputs, n_hidden = int(rng.integers(1, most)), int(rng.integers(1, 5)), int(rng.integers(0, most))
    signed = bool(rng.integers(2)) if signed is None else signed
    pieces = parts(rng, n_inputs, n_outputs, n_hidden, float(rng.uniform(0.1, 0.7)), signed)
    return Network.build(n_inputs, *pieces, prune=True)[0]


def channel(rng: np.random.Generator, name: str) -> Channel:
    """Returns a random channel: closed, half open or open; conditioned or plain."""
    low, high = sorted(rng.normal(0, 5, 2))
    low, high = rng.choice([low, -np.inf]), rng.choice([high, np.inf])
    offset, scale = rng.choice([0.0, rng.normal()]), rng.choice([1.0, rng.normal()])
    unit = str(rng.choice(["", "1", "m/s", "°"]))
    return Channel(name, unit, float(low), float(high), float(offset), float(scale), bool(rng.integers(2)))


def controller(rng: np.random.Generator, kind: WeightKind | None = None, most: int = 12) -> Controller:
    """Returns a random controller with random channels, weights, vectors and provenance."""
    kind = kind or ("shared", "ensemble", "connections")[int(rng.integers(3))]
    net = network(rng, most, signed=False if kind == "connections" else None)
    n_values = {"shared": 1, "ensemble": int(rng.integers(1, 7)), "connections": net.n_connections}[kind]
    weight = Weight(kind, tuple(float(w) for w in rng.normal(0, 2, n_values)))
    vectors = tuple(
        Vector(tuple(rng.normal(0, 3, net.n_inputs).tolist()), tuple(rng.normal(0, 3, net.n_outputs).tolist()))
        for _ in range(rng.integers(0, 4))
    )
    return Controller(
        name=str(rng.choice(["pendulum", "Größe 1", 'a "quoted" one', "x" * 70])),
        network=net,
        weight=weight,
        observations=tuple(channel(rng, f"o{i}") for i in range(net.n_inputs)),
        actions=tuple(channel(rng, f"a{i}") for i in range(net.n_outputs)),
        rate_hz=None if rng.integers(2) else float(rng.uniform(1, 1000)),
        vectors=vectors,
        provenance={"seed": int(rng.integers(1000)), "nested": {"list": [1, 2.5, None, True, "text"]}},
    )
