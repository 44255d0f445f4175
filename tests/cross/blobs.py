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
from wann_rt.core.reference import evaluate
from wann_rt.exporters.targets.inputs import observations, seed_of
from wann_rt.exporters.targets.program import Subject
from wann_rt.exporters.to_blob import to_blob
from wann_rt.runtime_c import include_dir

N_RANDOM = 12
ROWS = 128
PALETTE_ROWS = 4096
FILES = tuple((file, (include_dir() / file).read_text(encoding="utf-8")) for file in ("wann_rt.h", "wann_rt.c"))

# The runtime's pragmas hold for all that follows, so these subjects come last in a program: see all_subjects().
_CODE = """\
#ifndef WANN_RT_HERE
#define WANN_RT_HERE
#if defined(__AVR__)
#include <avr/pgmspace.h>
#define WANN_READ_U8(address) pgm_read_byte(address)
#define IN_FLASH PROGMEM
#else
#define IN_FLASH
#endif
#include "wann_rt.c"
#endif
static const uint8_t <name>_blob[] IN_FLASH = {
<bytes>
};
static wann_controller <name>_controller;
static int <name>_ready(void) {
    wann_controller *const c = &<name>_controller;
    return wann_digest(c) != NULL ? WANN_OK : wann_load(c, <name>_blob, sizeof <name>_blob);
}
static void <name>_run(const float *observation, float *actions) {
    float scratch[<floats>];
    (void)<name>_ready();
    (void)wann_step(&<name>_controller, observation, actions, scratch, <floats>);
}
static int <name>_selftest(void) {
    float scratch[<floats>];
    const int error = <name>_ready();
    return error != WANN_OK ? error : wann_selftest(&<name>_controller, scratch, <floats>);
}
"""


def blob_subject(controller: Controller, name: str, rows: int) -> Subject:
    """Returns a controller's blob, run by the C runtime, as a subject."""
    blob = to_blob(controller, vectors=2)
    lines = [", ".join(map(str, blob[k : k + 20])) for k in range(0, len(blob), 20)]
    network, seed = controller.network, seed_of(controller)
    floats = 1 + network.n_inputs + network.n_hidden + network.n_outputs
    code = _CODE.replace("<name>", name).replace("<floats>", str(floats)).replace("<bytes>", ",\n".join(lines))
    sides = len(controller.observations), len(controller.actions)
    expected = evaluate(controller, observations(sides[0], rows, seed))
    return Subject(name, code, *sides, rows, seed, False, expected, files=FILES)


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
