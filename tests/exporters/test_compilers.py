"""Every compiler of this machine keeps the limits and the branches of a header, at every level."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from helpers import builders, needs
from helpers.c_library import Library, every_compiler, write_unit
from numpy.typing import NDArray

from wann_rt.core import reference
from wann_rt.core.activations import PALETTE
from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.network import Connection, Network
from wann_rt.exporters.parity.compiler import compile_with
from wann_rt.exporters.to_c.header import to_c

pytestmark = needs.c_compiler

LEVELS = ("-O0", "-O1", "-O2", "-O3", "-Os")
# What a channel may be limited to: around zero, from zero, up to zero, beside zero, to one value, on one side.
LIMITS = ((-1.0, 1.0), (0.0, 1.0), (-1.0, 0.0), (0.5, 2.0), (-2.0, -0.5), (0.75, 0.75), (0.0, np.inf), (-np.inf, 0.0))
VALUES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 7.25, 32.0, 2.0**22 + 1, 2.0**23, 2.0**24, 3e38, np.inf, 1e-45, 1e-38)


def limited(low: float, high: float, *, before: bool) -> Controller:
    """Returns a controller that passes one number on, limited before or behind: a clip that gets inlined."""
    network, _ = Network.build(1, {}, {2: 1}, [Connection(1, 2)])
    observation, action = (Channel("x", "", low, high, clip=clip) for clip in (before, not before))
    return Controller("limited", network, Weight.shared(1.0), (observation,), (action,))


def palette() -> Controller:
    """Returns a controller with one output for each activation, of one observation."""
    outputs = {2 + k: activation.id for k, activation in enumerate(PALETTE)}
    network, _ = Network.build(1, {}, outputs, [Connection(1, node) for node in outputs])
    actions = tuple(Channel(activation.name) for activation in PALETTE)
    return Controller("palette", network, Weight.shared(1.0), (Channel("x"),), actions)


def values() -> NDArray[np.float32]:
    """Returns both signs of each value, its two neighbours and NaN."""
    positive = np.array(VALUES, np.float32)
    with np.errstate(over="ignore"):
        near = np.concatenate([positive, np.nextafter(positive, np.float32(9)), np.nextafter(positive, -positive)])
    return np.concatenate([near, -near, np.array([np.nan], np.float32)]).astype(np.float32)


CONTROLLERS = {"palette": palette()}
for _k, _limits in enumerate(LIMITS):
    CONTROLLERS |= {f"before{_k}": limited(*_limits, before=True), f"behind{_k}": limited(*_limits, before=False)}
HEADERS = {prefix: to_c(controller, prefix=prefix) for prefix, controller in CONTROLLERS.items()}


def wrong(library: Library) -> list[str]:
    """Returns the prefixes of the headers whose actions are not those of the oracle."""
    found = []
    for prefix in library.prefixes:
        controller = CONTROLLERS[prefix]
        observations = np.repeat(values()[:, np.newaxis], len(controller.observations), axis=1)
        got = library.run(prefix, observations, len(controller.actions))
        if not builders.same_bits(got, reference.evaluate(controller, observations)):
            found.append(prefix)
    return found


@pytest.mark.parametrize("name", every_compiler())
def test_limits_and_branches_hold_on_both_sides_with_every_compiler(name: str) -> None:
    flags = ["-Wno-error"] if name == "tcc" else []
    for level in LEVELS:
        library = Library(HEADERS, name, [*flags, level])
        assert wrong(library) == [], level
        assert [prefix for prefix in HEADERS if library.selftest(prefix) != 0] == [], level


def test_a_limit_by_way_of_the_size_is_what_llvm_19_drops() -> None:
    clang = needs.program("clang-19")
    headers = {prefix: by_size(prefix, text) for prefix, text in HEADERS.items() if prefix != "palette"}
    assert len(wrong(Library(headers, clang, ["-O2"]))) >= len(LIMITS)


def by_size(prefix: str, text: str) -> str:
    """Returns a header whose clip asks for the size of its argument, as all headers did once."""
    function = f"static inline float {prefix}_abs(float x) {{ return __builtin_fabsf(x); }}\n"
    old = text.replace("x >= x ? x", f"{prefix}_abs(x) >= 0.0f ? x")
    assert old != text
    old = re.sub(r" y = \w+_clip\(x,[^;]*;", " y = x;", old)  # only inlined it is wrong
    return old.replace("/* x limited", f"{function}/* x limited")


def test_vector_units_that_flush_subnormal_numbers_are_kept_out_and_would_be_noticed(tmp_path: Path) -> None:
    clang, emulator = needs.program("clang-19"), needs.program("qemu-arm")
    needs.program("arm-linux-gnueabihf-gcc")  # whose libraries clang links
    network, _ = Network.build(
        8, {}, dict.fromkeys(range(9, 13), 1), [Connection(k, 9 + (k - 1) % 4) for k in range(1, 9)]
    )
    channels = [tuple(Channel(f"{side}{k}") for k in range(n)) for side, n in (("o", 8), ("a", 4))]
    sums = Controller("sums", network, Weight.shared(0.5), channels[0], channels[1])
    call = "int main(void) { return sums_selftest() & SUMS_FAULT_DRAWN; }"
    header = to_c(sums, prefix="sums")
    in_vectors = re.sub(r"#pragma clang attribute(.*\\\n)*.*", "", header)
    for text, unit, expected in ((header, "neon", 0), (in_vectors, "neon", 64), (in_vectors, "vfpv3", 0)):
        source = write_unit(tmp_path, {"sums": text}, call)
        flags = ["--target=arm-linux-gnueabihf", "-mcpu=cortex-a9", f"-mfpu={unit}", "-O2", "-static"]
        compile_with(clang, [*flags, str(source), "-o", str(tmp_path / unit)])
        assert subprocess.run([emulator, tmp_path / unit], check=False).returncode == expected, unit


CLANGS = [name for name in every_compiler() if name.startswith("clang")]


@pytest.mark.parametrize("name", CLANGS or ["clang"])
def test_a_header_refuses_a_clang_that_is_told_there_are_no_nan(name: str) -> None:
    clang = needs.program(name) if name in needs.PROGRAMS else name
    limits = ("before1", "behind1", "before6")
    headers = {prefix: HEADERS[prefix] for prefix in limits}
    for level in ("-O1", "-O3"):
        library = Library(headers, clang, [level, "-fno-honor-nans", "-w"])
        assert all(library.selftest(prefix) != 0 for prefix in limits), level
