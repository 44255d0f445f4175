"""Generated C on this computer's own processors, and the harness by which all others are judged: `make cross`."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from helpers import builders, needs

from cross import exhaustive, kept, matrix
from cross.matrix import ROOT, Row, document, report, table
from cross.subjects import (
    activation_subjects,
    all_subjects,
    fault_subjects,
    in_vectors,
    lanes_subjects,
    random_subjects,
    sampled_subjects,
    subnormal_subject,
    zeros_subject,
)
from wann_rt.core.activations import BY_ID, PALETTE, Activation
from wann_rt.exporters.targets.inputs import SPECIAL, STRATIFIED, fnv, mix, observations, stratified
from wann_rt.exporters.targets.program import Subject, packed
from wann_rt.exporters.targets.run import TargetResult, run_targets
from wann_rt.exporters.targets.target import BOARDS, Target
from wann_rt.exporters.targets.targets import BY_KEY, TARGETS

pytestmark = [
    needs.c_compiler,
    pytest.mark.slow,
    pytest.mark.xdist_group("cross"),  # the subjects are made once
]
HOSTS = [target for target in TARGETS if target.machine and not target.is_further]
ECHO = """\
static void echo_run(const float *observation, float *actions) {
    int k;
    for (k = 0; k < 5; k++) {
        actions[k] = observation[k];
    }
}
static int echo_selftest(void) { return 0; }
"""


@cache
def few() -> tuple[Subject, ...]:
    return (*random_subjects(12), *activation_subjects(), subnormal_subject(), zeros_subject())


def one_result(subjects: list[Subject], key: str = "x86_64-gcc") -> TargetResult:
    return run_targets(subjects, [needs.installed(BY_KEY[key])], ("-O2",))[0]


def echo() -> Subject:
    return Subject("echo", ECHO, 5, 5, 300, 7, False, observations(5, 300, 7))


# The same bits.


@pytest.mark.parametrize("target", HOSTS, ids=lambda target: target.key)
def test_generated_code_gives_the_oracles_bits(target: Target) -> None:
    (result,) = run_targets(few(), [needs.installed(target)], ("-O2",))
    assert (result.failed, result.differing, result.refusing, result.mismatches) == (None, (), (), 0)
    assert result.vectors == sum(subject.rows for subject in few()) > 12 * 100 + 11 * 10**5


@pytest.mark.parametrize("target", [target for target in HOSTS if target.fuses], ids=lambda target: target.key)
def test_the_seeded_fault_is_noticed(target: Target) -> None:
    needs.fused()
    (result,) = run_targets(fault_subjects(), [needs.installed(target)], ("-O2",))
    assert result.failed is None
    assert {"only_sin -O2", "only_cos -O2", "only_gauss -O2", "only_tanh -O2"} <= set(result.differing)
    assert result.mismatches >= 4 * STRATIFIED
    assert len(result.refusing) == len(fault_subjects())


@pytest.mark.parametrize("key", ["x86_64-gcc", "x86_64-clang", "wasm32"])
def test_zeros_of_either_sign_keep_theirs_and_a_choice_that_orders_them_is_noticed(key: str) -> None:
    right = zeros_subject()
    zeros = right.expected[right.expected == 0]
    assert 4 < np.signbit(zeros).sum() < len(zeros) - 4
    assert one_result([right], key).ok
    for choice in ("ZEROS_IF(x < 0.0f)", "ZEROS_IF(low > a)", "ZEROS_IF(high < b)"):
        assert right.code.count(choice) == 1
        wrong = choice.replace("<", "<=").replace(">", ">=")
        assert one_result([replace(right, code=right.code.replace(choice, wrong))], key).mismatches == right.rows


def test_a_plain_choice_would_lose_the_sign_of_a_zero_on_webassembly() -> None:
    right = zeros_subject()
    plain = replace(right, code=right.code.replace("#if defined(__wasm__)", "#if 0"))
    assert plain.code != right.code
    assert one_result([plain], "wasm32").mismatches == right.rows


@pytest.mark.parametrize("key", ["armv7-neon-clang", "armv7-neon-clang-19", "cortex-m55", "cortex-m55-clang-19"])
def test_no_vector_unit_that_flushes_subnormals_computes_a_step(key: str) -> None:
    target = needs.installed(BY_KEY[key])
    (right,) = run_targets(lanes_subjects(), [target], ("-O3",))
    assert (right.failed, right.mismatches, right.refusing) == (None, 0, ())
    (wrong,) = run_targets([in_vectors(subject) for subject in lanes_subjects()], [target], ("-O3",))
    assert wrong.failed is None
    assert "lanes -O3" in wrong.differing


def test_clang_fuses_for_the_arm_on_which_its_fusing_is_looked_for() -> None:
    target = needs.installed(BY_KEY["armv7-neon-clang"])
    (result,) = run_targets(fault_subjects(), [target], ("-O2",))
    assert len(result.refusing) == len(fault_subjects())


SILENT = [
    "-march=haswell -ffp-contract=fast",
    "-funsafe-math-optimizations",
    "-fassociative-math -fno-signed-zeros -fno-trapping-math",
    "-fno-signed-zeros",
    "-fno-honor-nans",
]


@pytest.mark.parametrize("flags", SILENT)
@pytest.mark.parametrize("level", ["-O1", "-O3"])
def test_the_selftest_refuses_what_clang_can_be_told_and_shows_in_no_macro(flags: str, level: str) -> None:
    if "haswell" in flags:
        needs.fused()
    target = replace(needs.installed(BY_KEY["x86_64-clang"]), flags=tuple(flags.split()))
    subjects = activation_subjects()[:6]
    (result,) = run_targets(subjects, [target], [level])
    assert len(result.refusing) == len(subjects)


def test_gcc_without_signed_zeros_does_not_compile() -> None:
    target = replace(needs.installed(BY_KEY["x86_64-gcc"]), flags=("-fno-signed-zeros",))
    (result,) = run_targets(activation_subjects()[:1], [target], ["-O2"])
    assert "compile this file without it" in (result.failed or "")


@pytest.mark.parametrize(
    ("bits", "what"), [(0x8000, "results to zero"), (0x40, "inputs to zero"), (0x6000, "rounding")]
)
@pytest.mark.parametrize("key", ["x86_64-gcc", "x86_64-clang"])
def test_the_selftest_refuses_a_processor_in_another_mode(key: str, bits: int, what: str) -> None:
    step = activation_subjects()[4]
    mode = f"""
#include <xmmintrin.h>
static int other_mode(void) {{
    const unsigned int usual = _mm_getcsr();
    int result;
    _mm_setcsr(usual | {bits:#x});
    result = {step.name}_selftest();
    _mm_setcsr(usual);
    return result;
}}
#define {step.name}_selftest other_mode
"""
    assert one_result([step], key).ok, what
    assert one_result([replace(step, code=step.code + mode)], key).refusing == (f"{step.name} -O2",), what


@cache
def c_functions() -> dict[int, Callable[..., None]]:
    return exhaustive.many_functions()[0]


@pytest.mark.parametrize("activation", PALETTE, ids=lambda activation: activation.name)
def test_c_and_kernels_agree_on_a_stratified_million_floats(activation: Activation) -> None:
    width = 2**32 // 10**6
    index = np.arange(10**6, dtype=np.uint32)
    found = exhaustive.examine(activation.id, c_functions()[activation.id], index * width + mix(index) % width)
    assert (found.inputs, found.mismatches) == (10**6, 0)
    if activation.name == "square":
        assert found.ulp <= 0.5  # rounded once
    else:
        assert found.abs_error <= activation.max_error


def test_the_exhaustive_comparison_sees_a_wrong_bit_a_wrong_nan_and_the_error() -> None:
    x = np.array([0.25, 1.0, np.nan, np.inf, 3.0], np.float32)
    k = BY_ID[5].function(x)
    c = k.copy()
    c[0] = np.nextafter(c[0], np.float32(1))
    c[2] = 1.0
    out = np.zeros(5)
    assert exhaustive.compare(5, x, c, k, out) == 2
    assert 1e-9 < out[0] < 2e-6
    assert exhaustive.compare(5, x, k, k, out) == 0


# The harness.


def test_inputs_made_in_c_are_those_of_numpy() -> None:
    linear = activation_subjects()[0]
    assert linear.expected.shape == (STRATIFIED, 1)
    result = one_result([echo(), linear])
    assert result.ok, result


def test_observations_are_ordinary_in_even_rows_and_reach_every_special_value_in_odd_ones() -> None:
    made = observations(8, 2000, 5)
    even, odd = np.abs(made[::2]), made[1::2].view(np.uint32)
    assert (even >= 2**-6).all()
    assert (even < 2**4).all()
    assert set(SPECIAL.tolist()) <= set(odd.ravel().tolist())
    assert np.isin(odd, made[::2].view(np.uint32), invert=True).mean() > 0.2


def test_stratified_inputs_have_one_float_in_each_stratum() -> None:
    bits = stratified(3).view(np.uint32).ravel()
    assert (bits[: 2**16] >> 16 == np.arange(2**16)).all()
    near = np.abs(bits[2**16 :].view(np.float32))
    assert (near >= 2**-12).all()
    assert (near < 2**4).all()
    assert len(np.unique(bits[2**16 :] >> 12)) == 2**16


def test_the_hash_is_fnv_1a_and_takes_all_nan_for_one() -> None:
    assert fnv(np.array([], np.float32)) == 0x811C9DC5
    assert fnv(np.frombuffer(b"foobar\0\0", "<f4")) == fnv_by_hand(b"foobar\0\0")
    nans = np.array([0x7F800001, 0xFFC12345, 0x7FC00000], np.uint32).view(np.float32)
    assert len({fnv(nans[k : k + 1]) for k in range(3)}) == 1
    assert fnv(np.zeros(1, np.float32)) != fnv(-np.zeros(1, np.float32))


def fnv_by_hand(data: bytes) -> int:
    state = 0x811C9DC5
    for byte in data:
        state = (state ^ byte) * 0x01000193 % 2**32
    return state


def test_a_wrong_bit_and_a_failing_selftest_are_noticed() -> None:
    right = echo()
    wrong = right.expected.copy()
    wrong[299, 4] = np.nextafter(wrong[299, 4], np.float32(np.inf))
    assert not builders.same_bits(wrong, right.expected)
    failing = right.code.replace("return 0", "return 3").replace("echo", "sick")
    subjects = [right, replace(right, name="bad", code=right.code.replace("echo", "bad"), expected=wrong)]
    result = one_result([*subjects, replace(right, name="sick", code=failing)])
    assert (result.vectors, result.mismatches) == (900, 300)
    assert (result.differing, result.refusing) == (("bad -O2",), ("sick -O2",))
    assert "sick -O2 (the self-test returned 0x3: ROUNDING, SUBNORMAL)" in result.notes[1]
    assert not result.ok


def test_what_does_not_compile_is_a_failure_in_the_compilers_words() -> None:
    result = one_result([replace(echo(), code=ECHO.replace("int k;", "int nonsense;"))])
    assert result.failed is not None
    assert "nonsense" in result.failed
    assert not result.ok


@pytest.mark.long
def test_six_targets_of_the_sample_run_everything() -> None:
    names = [{subject.name for subject in sampled_subjects(turn)} for turn in range(6)]
    assert set().union(*names) == {subject.name for subject in all_subjects()}
    assert max(map(len, names)) < 0.7 * len(all_subjects())


def test_programs_are_filled_in_order_and_never_beyond_the_capacity() -> None:
    subjects = [replace(echo(), code="x" * size) for size in (5, 5, 4, 12, 1, 9, 1)]
    sizes = [[subject.size for subject in program] for program in packed(subjects, 10)]
    assert sizes == [[5, 5], [4], [12], [1, 9], [1]]
    assert [len(program) for program in packed(subjects, None)] == [7]


@pytest.mark.usefixtures("few_subjects")
def test_what_does_not_fit_is_listed_and_what_fits_nowhere_is_a_problem() -> None:
    target = BY_KEY["atmega328p"]
    some = TargetResult(target, vectors=10, too_large=("big -O2",), compiler="gcc", levels=("-O2", "-Os"))
    assert Row(some).problems == []
    assert "Too large for the memory of AVR ATmega328P, gcc: big -O2." in document([Row(some)])
    (problem,) = Row(replace(some, too_large=("big -O2", "big -Os"))).problems
    assert problem.endswith("big is too large for it at every level")


# The table.


@pytest.fixture
def few_subjects(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has a document count a few subjects: making all takes seconds, and what it says of a row is the same."""
    monkeypatch.setattr(matrix, "all_subjects", few)


def test_a_missing_toolchain_is_skipped_with_the_packages_to_install() -> None:
    target = replace(BY_KEY["cortex-m4f"], compiler="no-such-gcc")
    (result,) = run_targets(few(), [target])
    assert result.skipped == "no-such-gcc is not installed (Debian: apt install gcc-arm-none-eabi qemu-system-arm)"
    assert not result.ok
    assert Row(result).problems == [f"{target.title}: {result.skipped}"]


def test_no_target_is_told_how_to_contract() -> None:
    flags = " ".join(flag for target in TARGETS for flag in (*target.flags, *target.levels))
    assert not any(word in flags for word in ("contract", "-std", "fast", "float-store"))


def test_keys_are_unique_and_boards_exist() -> None:
    assert len(BY_KEY) == len(TARGETS)
    assert all((BOARDS / target.board).is_file() for target in TARGETS)


def test_the_boards_are_a_fixed_point_of_the_projects_format() -> None:
    formatter = needs.program("clang-format")
    for path in [*BOARDS.glob("*.c"), *BOARDS.glob("*.h")]:
        command = [formatter, f"--style=file:{ROOT / '.clang-format'}", str(path)]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == path.read_text()


def test_a_cell_is_kept_until_anything_that_it_computed_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "FOLDER", tmp_path)
    monkeypatch.setattr(kept, "_subjects", lambda: "some")
    target = BY_KEY["x86_64-gcc"]
    result = TargetResult(target, 10, differing=("a -O2",), compiler="gcc", levels=("-O2",))
    assert kept.load(target) is None
    kept.save((result, replace(result, mismatches=3)))
    assert kept.load(target) == (result, replace(result, mismatches=3))
    assert kept.load(replace(target, flags=("-march=haswell",))) is None
    monkeypatch.setattr(kept, "_subjects", lambda: "others")
    assert kept.load(target) is None
    kept.save((replace(result, failed="stopped"), None))
    assert kept.load(target) is None
    (tmp_path / "x86_64-gcc.json").write_text("{", encoding="utf-8")
    assert kept.load(target) is None


@pytest.mark.usefixtures("few_subjects")
def test_a_fault_that_goes_unnoticed_is_a_problem() -> None:
    target = BY_KEY["cortex-m4f"]
    good = TargetResult(target, vectors=10, compiler="gcc", levels=("-O2",))
    names = tuple(f"{subject.name} -O2" for subject in fault_subjects())
    seen, unseen = replace(good, mismatches=7, refusing=names), good
    assert Row(good, replace(seen, refusing=names[1:])).problems
    assert Row(good, seen).problems == []
    assert Row(good, unseen).problems == [f"{target.title}: the seeded fault was not noticed"]
    values = report([Row(good, seen)])["cortex-m4f"]
    assert (values["vectors"], values["mismatches"], values["seeded_fault"]["mismatches"]) == (10, 0, 7)
    assert table([Row(good, seen)]).row_count == 1
    assert "| ARM Cortex-M4F, gcc | STM32F4" in document([Row(good, seen)])
