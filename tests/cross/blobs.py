"""The C runtime as a subject: blobs in program memory, loaded, tested and run as a user would."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from helpers import builders
from helpers.strategies import KINDS

from wann_rt.core.activations import PALETTE
from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.network import Connection, Network
from wann_rt.exporters.targets.blobs import FILES, blob_subject
from wann_rt.exporters.targets.program import Subject

N_RANDOM = 12
ROWS = 128
PALETTE_ROWS = 4096


def palette() -> Controller:
    """Returns every activation as an output of one connection of weight 1."""
    outputs = {2 + k: activation.id for k, activation in enumerate(PALETTE)}
    network, _ = Network.build(1, {}, outputs, [Connection(1, node) for node in outputs])
    actions = tuple(Channel(activation.name) for activation in PALETTE)
    return Controller("palette", network, Weight.shared(1.0), (Channel("x"),), actions)


def palette_subject() -> Subject:
    """Returns all activations as one blob."""
    return blob_subject(palette(), "blob_palette", PALETTE_ROWS)


def without_pragmas(subject: Subject) -> Subject:
    """Returns the seeded fault: the same blob on a runtime without what keeps the compiler from fusing."""
    bare = tuple((file, re.sub(r"#pragma (GCC optimize|STDC FP_CONTRACT).*", "", text)) for file, text in FILES)
    if bare == FILES:
        raise ValueError("the runtime has no pragma that could be taken out")
    return replace(subject, files=bare)


def subjects(champions: Sequence[tuple[str, Controller]] = ()) -> list[Subject]:
    """Returns random controllers of all kinds of weight, all activations, and the champions."""
    found = [palette_subject()]
    for k in range(N_RANDOM):
        controller = replace(builders.controller(np.random.default_rng(3000 + k), KINDS[k % 3]), vectors=())
        found.append(blob_subject(controller, f"blob_random{k}", ROWS))
    return found + [blob_subject(controller, f"blob_{name}", ROWS) for name, controller in champions]
