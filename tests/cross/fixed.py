"""What runs on every target in fixed point: random controllers, every activation on every number, champions."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import numpy as np
from helpers import builders
from helpers.strategies import KINDS

from wann_rt.core.activations import PALETTE, Activation
from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.network import Connection, Network
from wann_rt.exporters.targets.fixed import exhaustive_subject, fixed_subject
from wann_rt.exporters.targets.program import Subject

N_RANDOM = 51
ROWS = 128
CHAMPION_ROWS = 256


@cache
def random_subjects() -> tuple[Subject, ...]:
    """Returns random controllers of all kinds of weight and of conditioning."""
    found = []
    for k in range(N_RANDOM):
        controller = builders.controller(np.random.default_rng(1000 + k), KINDS[k % 3])
        found.append(fixed_subject(replace(controller, vectors=()), f"q12_random{k}", ROWS))
    return tuple(found)


@cache
def activation_subjects() -> tuple[Subject, ...]:
    """Returns each activation as a network of one connection, on all 2^16 observations of format q12."""
    return tuple(exhaustive_subject(only(activation), f"q12_{activation.name}") for activation in PALETTE)


def only(activation: Activation) -> Controller:
    """Returns a network of one connection of weight 1, its observation in format q12."""
    network, _ = Network.build(1, {}, {2: activation.id}, [Connection(1, 2)])
    channel = Channel("x", low=-8.0, high=8.0)
    return Controller(f"only {activation.name}", network, Weight.shared(1.0), (channel,), (Channel("y"),))


def mixed() -> Controller:
    """Returns a network with a value of 16 bits in a variable of 32: its node shares its function with a wider one."""
    relu, absolute, linear = 9, 8, 1
    pairs = [(1, 5), (2, 5), (3, 6), (4, 6), (5, 7), (6, 8), (7, 8)]
    network, _ = Network.build(4, {5: relu, 6: relu, 7: absolute}, {8: linear}, [Connection(*pair) for pair in pairs])
    below = tuple(Channel(name, low=-8.0, high=0.0, clip=True) for name in "ab")
    around = tuple(Channel(name, low=-8.0, high=8.0) for name in "cd")
    return Controller("mixed", network, Weight.shared(1.0), (*below, *around), (Channel("y"),))


def subjects(champions: Iterable[tuple[str, Controller]]) -> tuple[Subject, ...]:
    """Returns everything in fixed point that a whole check runs."""
    named = (fixed_subject(controller, f"q12_{name}", CHAMPION_ROWS) for name, controller in champions)
    return (*random_subjects(), fixed_subject(mixed(), "q12_mixed", ROWS), *activation_subjects(), *named)
