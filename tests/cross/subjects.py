"""What runs on every target: random controllers, each activation by itself, and the published champions."""

import re
from dataclasses import replace
from functools import cache

import numpy as np
from helpers import builders, reference_data, small_controllers
from helpers.strategies import KINDS

from cross import blobs, fixed
from wann_rt.core.activations import PALETTE, tanh
from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.network import Connection, Network
from wann_rt.exporters.targets.blobs import blob_subject
from wann_rt.exporters.targets.fixed import fixed_subject
from wann_rt.exporters.targets.inputs import stratified
from wann_rt.exporters.targets.program import Subject, header_subject, subject_entry
from wann_rt.zoo.published import load_out

N_RANDOM = 102
SHARES = 6  # of the random controllers, one of which runs on each target of the sample
ROWS = 128
CHAMPION_ROWS = 256
ZEROS_ROWS = 4096
SEQUENCE_ROWS = 1024


def random_subjects(count: int = N_RANDOM) -> list[Subject]:
    """Returns random controllers of all kinds of weight, with 1 to 11 inputs and up to 11 hidden nodes."""
    found = []
    for k in range(count):
        controller = builders.controller(np.random.default_rng(1000 + k), KINDS[k % 3])
        found.append(header_subject(replace(controller, vectors=()), f"random{k}", ROWS))
    return found


@cache
def activation_subjects() -> tuple[Subject, ...]:
    """Returns each activation as a network of one connection of weight 1, on 2^17 stratified floats."""
    found = []
    for activation in PALETTE:
        network, _ = Network.build(1, {}, {2: activation.id}, [Connection(1, 2)])
        name = f"only_{activation.name}"
        controller = Controller(name, network, Weight.shared(1.0), (Channel("x"),), (Channel("y"),))
        found.append(header_subject(controller, name, None))
    return tuple(found)


_SUBNORMAL = """\
static void subnormal_tanh_run(const float *observation, float *actions) {
    union {
        float value;
        uint32_t bits;
    } x;
    x.value = *observation;
    x.bits &= UINT32_C(0x807fffff);
    subnormal_tanh_step(&x.value, actions);
}
"""


def subnormal_subject() -> Subject:
    """Returns tanh on subnormal numbers: the one division there is, and AVR's errs on some subnormal quotients."""
    (subject,) = (s for s in activation_subjects() if s.name == "only_tanh")
    code, name = subject.code.replace("only_tanh", "subnormal_tanh"), "subnormal_tanh"
    code = code.replace("ONLY_TANH", name.upper())[: -len(subject_entry(name))] + _SUBNORMAL
    x = (stratified(subject.seed).view(np.uint32) & np.uint32(0x807FFFFF)).view(np.float32)
    return replace(subject, name=name, code=code, expected=tanh(x))


def champions() -> list[tuple[str, Controller]]:
    """Returns the published champions, with shared and with tuned weights; none where they are absent."""
    if no_champions():
        return []
    found = []
    for name, task in (("swing", "swing"), ("biped", "biped")):
        topology, weights = (reference_data.FOLDER / file for file in reference_data.CHAMPIONS[name])
        shared = load_out(topology, task=task)
        tuned = load_out(topology, weights=weights, task=task)
        ensemble = replace(shared, weight=Weight("ensemble", (-1.5, 0.5, 1.0)), vectors=())
        for kind, controller in (("shared", shared), ("tuned", tuned), ("ensemble", ensemble)):
            found.append((f"{name}_{kind}", controller))
    return found


def zeros() -> Controller:
    """Returns a network that meets zeros of both signs at limits that are zeros of both signs: each choice counts."""
    relu, linear = 9, 1
    pairs = [Connection(k, 4 + k) for k in range(1, 4)] + [Connection(1, 8), Connection(1, 9)]
    network, _ = Network.build(3, {}, {5: relu, **dict.fromkeys((6, 7, 8, 9), linear)}, pairs)
    up, down = Channel("up", low=0.0, high=1.0, clip=True), Channel("down", low=-1.0, high=-0.0, clip=True)
    plain = tuple(Channel(name) for name in ("relu", "above", "below"))
    limited = Channel("positive", low=0.0, clip=True), Channel("negative", high=-0.0, clip=True)
    return Controller("zeros", network, Weight.shared(1.0), (Channel("x"), up, down), (*plain, *limited))


def zeros_subject() -> Subject:
    """Returns the network of zeros, on enough rows to meet every one."""
    return header_subject(zeros(), "zeros", ZEROS_ROWS)


def lanes(kind: str = "shared") -> Controller:
    """Returns a network of four like sums, which compilers make one vector operation of where there is one."""
    pairs = [Connection(source, 9 + k) for k in range(4) for source in (1 + k, 5 + k)]
    network, _ = Network.build(8, {}, dict.fromkeys(range(9, 13), 1), pairs)
    weight = Weight.shared(0.5) if kind == "shared" else Weight("ensemble", (0.5, -0.25, 1.0))
    observations = tuple(Channel(f"o{k}") for k in range(8))
    return Controller("lanes", network, weight, observations, tuple(Channel(f"m{k}") for k in range(4)))


def lanes_subjects() -> tuple[Subject, ...]:
    """Returns the network of like sums as header and as blob: vector units flush subnormals that scalar ones keep."""
    header = header_subject(lanes(), "lanes", ZEROS_ROWS)
    return header, blob_subject(lanes("ensemble"), "blob_lanes", ZEROS_ROWS)


def remembering() -> tuple[tuple[str, Controller], ...]:
    """Returns a controller with a derived channel of every kind, and one with recurrent nodes."""
    return ("remembering", small_controllers.remembering()), ("recurrent", small_controllers.recurrent())


def in_vectors(subject: Subject) -> Subject:
    """Returns the seeded fault: the same code, with what keeps compilers from flushing vector units taken out."""
    bare = [_BY_ONE.sub("", text) for text in (subject.code, *(text for _, text in subject.files))]
    if bare == [subject.code, *(text for _, text in subject.files)]:
        raise ValueError(f"{subject.name}: nothing was found to take out")
    files = tuple((name, text) for (name, _), text in zip(subject.files, bare[1:], strict=True))
    return replace(subject, code=bare[0], files=files)


_BY_ONE = re.compile(r'#pragma (clang attribute|GCC optimize\("no-tree-vectorize)(.*\\\n)*.*')


def _choices() -> tuple[Subject, ...]:
    """Returns what asks a target for subnormals, for signed zeros, and for lanes."""
    return (subnormal_subject(), zeros_subject(), *lanes_subjects())


@cache
def all_subjects() -> tuple[Subject, ...]:
    """Returns everything that a whole check runs."""
    floats = (*random_subjects(), *activation_subjects(), *_choices())
    known = [header_subject(controller, name, CHAMPION_ROWS) for name, controller in champions()]
    states = [header_subject(controller, name, SEQUENCE_ROWS) for name, controller in remembering()]
    stored = [blob_subject(controller, f"blob_{name}", SEQUENCE_ROWS) for name, controller in remembering()]
    states += [fixed_subject(controller, f"q12_{name}", SEQUENCE_ROWS) for name, controller in remembering()]
    stored.append(blob_subject(zeros(), "blob_zeros", ZEROS_ROWS))
    return (*floats, *states, *fixed.subjects(champions()), *known, *blobs.subjects(champions()), *stored)


def sampled_subjects(turn: int = 0) -> list[Subject]:
    """Returns what CI runs on one target: all activations and hard choices, a part of the rest.

    Args:
        turn: of the target; each runs one random controller in six and half of what else there is, and six targets in
            a row run everything.
    """
    random = {f"random{k}": k for k in range(N_RANDOM)}
    everywhere = {subject.name for subject in (*activation_subjects(), *_choices())}
    rest = [one.name for one in all_subjects() if one.name not in random and one.name not in everywhere]
    left_out = {name for name, k in random.items() if k % SHARES != turn % SHARES}
    left_out |= {name for k, name in enumerate(rest) if k % 2 != turn % 2}
    return [subject for subject in all_subjects() if subject.name not in left_out]


def without_pragmas(subject: Subject) -> Subject:
    """Returns the seeded fault: the same code, with what keeps the compiler from fusing taken out."""
    bare = re.sub(r'#pragma GCC optimize.*|_Pragma\("STDC FP_CONTRACT OFF"\)', "", subject.code)
    if bare == subject.code:
        raise ValueError(f"{subject.name}: no pragma was found to take out")
    return replace(subject, code=bare)


@cache
def fault_subjects() -> tuple[Subject, ...]:
    """Returns the seeded fault in a few controllers, and in the activations with a polynomial."""
    curved = [s for s in activation_subjects() if s.name in ("only_sin", "only_cos", "only_gauss", "only_tanh")]
    headers = (without_pragmas(subject) for subject in (*random_subjects(12), *curved))
    return (*headers, blobs.without_pragmas(blobs.palette_subject()))


def no_champions() -> str | None:
    """Returns why the champions cannot run, or None."""
    files = [reference_data.FOLDER / file for pair in reference_data.CHAMPIONS.values() for file in pair]
    absent = [file for file in files if not file.is_file()]
    return f"the published champions are left out: no {absent[0].name} in {absent[0].parent}" if absent else None
