"""The C runtime equals the oracle bit for bit, names every bad call, and needs nothing but a compiler."""

import ctypes
import math
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from evidence import seeds
from helpers import builders, needs
from helpers.c_library import STRICT, fused_flags
from helpers.runtime_library import ERRORS, NAMES, ROOT, SOURCE, built, example, resealed, selftest, subject

from wann_rt.core import reference
from wann_rt.core.activations import PALETTE
from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.errors import ExportError
from wann_rt.core.network import Connection, Network
from wann_rt.exporters.parity.compiler import compile_with
from wann_rt.exporters.parity.run_blob import BlobEvaluator
from wann_rt.exporters.to_blob import to_blob
from wann_rt.runtime_c import include_dir

pytestmark = needs.c_compiler

HARNESSES = Path(__file__).parent


# The same bits.


@pytest.mark.parametrize(("name", "level"), [("gcc", "-O2"), ("gcc", "-Os"), ("clang", "-O3"), ("clang", "-O0")])
def test_every_compiler_gives_the_oracles_bits_without_special_flags(name: str, level: str) -> None:
    for k in range(120):
        controller, observations = subject(k)
        evaluator = BlobEvaluator(controller, needs.compiler(name), (level, *fused_flags()))
        assert builders.same_bits(evaluator.run(observations), reference.evaluate(controller, observations)), k
        assert evaluator.selftest() == 0


@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_without_its_pragma_the_runtime_differs_where_the_machine_can_fuse(name: str) -> None:
    needs.fused()
    bare = re.sub(r"#pragma (GCC optimize|STDC FP_CONTRACT).*", "", SOURCE)
    library = built(bare, ("-O2", *fused_flags()), needs.compiler(name))
    assert selftest(library, to_blob(example(), vectors=1)) == "MISMATCH"
    assert selftest(library, to_blob(example(), vectors=0)) == "MISMATCH"  # single operations show it


TOLD_OTHERWISE = [
    "-fno-honor-nans",
    "-fno-signed-zeros",
    "-funsafe-math-optimizations",
    "-fassociative-math -fno-signed-zeros -fno-trapping-math",
]


@pytest.mark.parametrize("flag", TOLD_OTHERWISE)
@pytest.mark.parametrize("level", ["-O1", "-O3"])
@pytest.mark.parametrize("name", ["clang", "clang-19", "clang-22"])
def test_a_clang_that_was_told_otherwise_is_refused_and_no_nan_leaves_a_clip(name: str, level: str, flag: str) -> None:
    # Without its start files: with -funsafe-math-optimizations one of them switches subnormals off, here for all tests.
    flags, blob = (level, *flag.split(), "-nostartfiles"), to_blob(clips(), vectors=0)
    library = built(flags=flags, compiler=needs.compiler(name))
    assert selftest(library, blob) == "MISMATCH"
    assert bits_of_a_step(library, blob, math.nan) == bits_of_a_step(built(), blob, math.nan)


@pytest.mark.parametrize("name", ["gcc", "gcc-11", "clang", "clang-13", "clang-16", "clang-19", "clang-22"])
def test_limits_hold_on_both_sides_and_keep_the_sign_of_zero(name: str) -> None:
    for level in ("-O1", "-O2", "-O3"):
        library, blob = built(flags=(level,), compiler=needs.compiler(name)), to_blob(clips(), vectors=0)
        for x in (-5.0, 5.0, -0.0, 0.0, math.inf, -math.inf, math.nan):
            expected = reference.evaluate(clips(), np.full((1, 1), x, np.float32)).view(np.uint32)[0].tolist()
            assert bits_of_a_step(library, blob, x) == expected, (level, x)


def clips() -> Controller:
    """Returns the identity, limited to ranges that begin or end at zeros of either sign, and others."""
    ranges = [(-1.0, 1.0), (0.0, 1.0), (-0.0, 1.0), (-1.0, 0.0), (-1.0, -0.0), (0.5, 2.0), (-math.inf, -0.5)]
    outputs = {2 + k: 1 for k in range(len(ranges))}
    network, _ = Network.build(1, {}, outputs, [Connection(1, node) for node in outputs])
    actions = tuple(Channel(f"a{k}", low=low, high=high, clip=True) for k, (low, high) in enumerate(ranges))
    return Controller("clips", network, Weight.shared(1.0), (Channel("x"),), actions)


def bits_of_a_step(library: ctypes.CDLL, blob: bytes, x: float) -> list[int]:
    """Returns the bits of the actions for one observation."""
    loaded, scratch = ctypes.create_string_buffer(128), (ctypes.c_float * 16)()
    actions = (ctypes.c_uint32 * 7)()
    assert library.wann_load(loaded, blob, ctypes.c_size_t(len(blob))) == 0
    assert library.wann_step(loaded, (ctypes.c_float * 1)(x), actions, scratch, ctypes.c_size_t(16)) == 0
    return list(actions)


def test_it_runs_under_other_weights_as_a_controller_of_that_weight_would() -> None:
    for k in range(30):
        controller, observations = subject(k)
        weights = np.random.default_rng(k).normal(size=1 + k % 5).astype(np.float32)
        evaluator = BlobEvaluator(controller)
        if controller.weight.kind == "connections":
            with pytest.raises(ExportError, match="PER_CONNECTION"):
                evaluator.run_ensemble(observations, weights)
            continue
        other = controller.with_weight(Weight("ensemble", tuple(map(float, weights))))
        got = evaluator.run_ensemble(observations, weights)
        assert builders.same_bits(got, reference.evaluate(other, observations))


def large(signed: bool) -> Controller:
    """Returns a controller whose sources take two bytes, and whose nodes have up to dozens of them."""
    pieces = builders.parts(np.random.default_rng(3), 240, 7, 150, 0.04, signed)
    network, _ = Network.build(240, *pieces, prune=True)
    sides = [tuple(Channel(f"{k}") for k in range(n)) for n in (240, 7)]
    return Controller("large", network, Weight.shared(0.7), sides[0], sides[1])


@pytest.mark.parametrize("signed", [False, True])
def test_sources_of_two_bytes_and_long_counts_are_exact(signed: bool) -> None:
    controller = large(signed)
    assert max(map(len, controller.network.sources)) > 15
    observations = np.ascontiguousarray(builders.inputs(np.random.default_rng(1), 240, 64).T)
    evaluator = BlobEvaluator(controller)
    assert builders.same_bits(evaluator.run(observations), reference.evaluate(controller, observations))


@pytest.mark.parametrize("small", [0, 1])
def test_every_kind_of_node_is_exact_with_and_without_what_only_makes_a_step_faster(small: int) -> None:
    random = [subject(k)[0] for k in range(6)]
    for controller in (seeds.kinds(), seeds.counts(20), seeds.counts(260), large(signed=True), *random):
        inputs = builders.inputs(np.random.default_rng(1), len(controller.observations), 64)
        observations = np.ascontiguousarray(inputs.T)
        got = BlobEvaluator(controller, flags=("-O1", *fused_flags(), f"-DWANN_SMALL={small}")).run(observations)
        assert builders.same_bits(got, reference.evaluate(controller, observations)), controller.name


@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_each_activation_equals_its_definition_on_a_million_floats(name: str) -> None:
    outputs = {2 + k: activation.id for k, activation in enumerate(PALETTE)}
    network, _ = Network.build(1, {}, outputs, [Connection(1, node) for node in outputs])
    actions = tuple(Channel(activation.name) for activation in PALETTE)
    controller = Controller("palette", network, Weight.shared(1.0), (Channel("x"),), actions)
    # All signs and exponents alike, then where the functions bend, then where they break.
    bits = (np.arange(2**20, dtype=np.uint64) * 4096 + np.random.default_rng(5).integers(0, 4096, 2**20)).astype("u4")
    x = np.concatenate([bits.view(np.float32), np.linspace(-9, 9, 2**17, dtype=np.float32), builders.SPECIAL])
    got = BlobEvaluator(controller, needs.compiler(name), ("-O2", *fused_flags())).run(x[:, np.newaxis])
    with np.errstate(all="ignore"):
        expected = [activation.function(x) for activation in PALETTE]
    assert [a.name for k, a in enumerate(PALETTE) if not builders.same_bits(got[:, k], expected[k])] == []


# Bad calls.


def test_every_error_has_a_number_and_a_name_of_its_own() -> None:
    assert sorted(ERRORS.values()) == list(range(-len(ERRORS), 0))
    assert {value: built().wann_error_name(value).decode() for value in NAMES} == NAMES
    for unknown in (1, -len(ERRORS) - 1, 2**31 - 1, -(2**31)):
        assert built().wann_error_name(ctypes.c_int(unknown)) == b"?"


def test_a_bad_call_is_named_and_writes_nothing() -> None:
    library, blob = built(), to_blob(example())
    loaded, zero = ctypes.create_string_buffer(128), ctypes.create_string_buffer(128)
    assert library.wann_load(loaded, blob, ctypes.c_size_t(len(blob))) == 0
    assert [library.wann_scratch_floats(c) for c in (None, zero, loaded)] == [0, 0, 5]
    obs, actions, scratch = (ctypes.c_float * 2)(), (ctypes.c_uint32 * 1)(0xA5A5A5A5), (ctypes.c_float * 5)()
    weights, five = (ctypes.c_float * 1)(1.0), ctypes.c_size_t(5)

    def said(function: str, *arguments: object) -> str:
        return NAMES[int(getattr(library, function)(*arguments))]

    good = [loaded, obs, actions, scratch, five]
    for k in range(4):
        bad = [None if j == k else argument for j, argument in enumerate(good)]
        assert said("wann_step", *bad) == "NULL"
        assert said("wann_step_weight", *bad[:3], ctypes.c_float(1.0), *bad[3:]) == "NULL"
        assert said("wann_ensemble", *bad[:3], weights, ctypes.c_uint16(1), *bad[3:]) == "NULL"
    assert said("wann_load", None, blob, five) == said("wann_load", loaded, None, five) == "NULL"
    assert said("wann_selftest", None, scratch, five) == said("wann_selftest", loaded, None, five) == "NULL"
    assert said("wann_ensemble", *good[:3], None, ctypes.c_uint16(1), *good[3:]) == "NULL"
    assert said("wann_ensemble", *good[:3], weights, ctypes.c_uint16(0), *good[3:]) == "NO_WEIGHTS"
    assert said("wann_step", zero, *good[1:]) == said("wann_selftest", zero, scratch, five) == "NOT_LOADED"
    assert said("wann_step", *good[:4], ctypes.c_size_t(4)) == "SCRATCH"
    assert said("wann_selftest", loaded, scratch, ctypes.c_size_t(4)) == "SCRATCH"
    assert actions[0] == 0xA5A5A5A5
    assert said("wann_step", *good) == "OK"
    assert actions[0] != 0xA5A5A5A5


def test_the_selftest_fails_on_any_wrong_bit_and_where_there_is_nothing_to_test() -> None:
    blob = to_blob(example(), vectors=2)
    assert selftest(built(), blob) == "OK"
    assert selftest(built(), to_blob(example(), vectors=0)) == "NO_VECTORS"
    for bit in range(32):  # the last vector's action stands before the CRC
        at = len(blob) - 4 - 4 + bit // 8
        assert selftest(built(), resealed(blob, at, blob[at] ^ 1 << bit % 8)) == "MISMATCH", bit


# The source.


@pytest.mark.parametrize("standard", ["c99", "gnu11", "c++11", "gnu++17"])
@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_it_compiles_without_a_warning_and_needs_nothing_from_outside(name: str, standard: str, tmp_path: Path) -> None:
    language = ["-x", "c++"] if "++" in standard else []
    nm = needs.program("nm")
    for level in ("-O0", "-O2", "-O3", "-Os"):
        flags = [*STRICT, *language, f"-std={standard}", level, "-ffreestanding", "-fno-pic", "-fno-pie", "-c"]
        output = tmp_path / "wann_rt.o"
        compile_with(needs.compiler(name, standard), [*flags, str(include_dir() / "wann_rt.c"), "-o", str(output)])
        symbols = subprocess.run([nm, str(output)], capture_output=True, text=True, check=True).stdout
        assert re.findall(r" [UbBdDC] .*", symbols) == []  # no function of others, no variable of ours


@pytest.mark.parametrize("flag", ["-ffast-math", "-ffinite-math-only", "-mfpmath=387"])
def test_what_would_change_results_does_not_compile(flag: str) -> None:
    if "387" in flag:
        needs.fused()  # the x87 is a part of such machines
    with pytest.raises(ExportError, match=r"compile this file without it|wider type"):
        built(flags=(flag,))


def test_every_byte_of_a_blob_is_read_through_the_macro() -> None:
    far = built(flags=("-DWANN_READ_U8(address)=((uint8_t)~*(address))",))
    assert selftest(far, bytes(255 - byte for byte in to_blob(example()))) == "OK"


def test_its_c_is_a_fixed_point_of_the_projects_format() -> None:
    formatter = needs.program("clang-format")
    for path in [*include_dir().glob("*.[ch]"), *HARNESSES.glob("*.[ch]")]:
        command = [formatter, f"--style=file:{ROOT / '.clang-format'}", str(path)]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == path.read_text()
