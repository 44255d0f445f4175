"""The runtime says how far an ensemble's members are apart in the oracle's bits, and takes the step that it takes."""

import ctypes
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers import builders, needs, small_controllers
from helpers.c_library import fused_flags, swing_up
from helpers.runtime_library import NAMES, SOURCE, built, example
from helpers.small_controllers import lost
from numpy.typing import NDArray

from wann_rt.core.controller import Controller, Weight
from wann_rt.core.reference import evaluate, evaluate_spread
from wann_rt.exporters.parity import harness
from wann_rt.exporters.parity.compiler import compile_with
from wann_rt.exporters.parity.run_blob import BlobEvaluator
from wann_rt.exporters.to_blob import scratch_floats, scratch_words, to_blob
from wann_rt.runtime_c import include_dir

pytestmark = needs.c_compiler

Floats = NDArray[np.float32]
PATTERN = 0xA5A5A5A5


def wild(controller: Controller, rows: int = 60) -> Floats:
    """Returns ordinary, wild and special observations."""
    return np.ascontiguousarray(builders.inputs(np.random.default_rng(1), len(controller.observations), rows).T)


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("gcc", "-O1"),
        pytest.param("gcc", "-Os -DWANN_SMALL=1", marks=pytest.mark.slow),
        pytest.param("clang", "-O3", marks=pytest.mark.slow),
    ],
)
def test_actions_and_spread_are_the_oracles_bits(name: str, flags: str) -> None:
    random = [replace(builders.controller(np.random.default_rng(k), "ensemble", 4 + k), vectors=()) for k in range(30)]
    lost_alone = 0
    for controller in (*random, lost(), swing_up(Weight("ensemble", tuple(np.linspace(-3, 3, 255))))):
        rows = wild(controller)
        evaluator = BlobEvaluator(controller, needs.compiler(name), (*flags.split(), *fused_flags()))
        actions, spread = evaluator.run_spread(rows)
        assert builders.same_bits(actions, evaluate(controller, rows))
        assert builders.same_bits(spread, evaluate_spread(controller, rows))
        lost_alone += int(np.sum(np.isnan(spread) & ~np.isnan(controller.members(rows)).all(axis=0)))
    assert lost_alone > 10, "a member alone is NaN"


@pytest.mark.parametrize(
    "weight", [Weight("ensemble", (-2.0,)), Weight.shared(0.5), None], ids=["one", "shared", "each"]
)
def test_what_has_one_member_is_not_apart(weight: Weight | None) -> None:
    controller = swing_up(weight or Weight("connections", tuple(np.linspace(-2, 2, swing_up().network.n_connections))))
    rows = wild(controller)
    actions, spread = BlobEvaluator(controller).run_spread(rows)
    assert not spread.any()
    assert builders.same_bits(actions, evaluate(controller, rows))


def test_a_state_is_that_of_the_plain_step_and_the_two_may_take_turns() -> None:
    controller = small_controllers.recurrent(small_controllers.ENSEMBLE)
    library, blob = built(), to_blob(controller)
    loaded, size = ctypes.create_string_buffer(128), scratch_floats(controller) + 2
    assert library.wann_load(loaded, blob, ctypes.c_size_t(len(blob))) == 0
    scratch, length = (ctypes.c_float * size)(), ctypes.c_size_t(size)
    rows = np.random.default_rng(2).normal(size=(40, 2)).astype(np.float32)
    actions, spread, resets = (np.empty((40, 1), np.float32), np.zeros((40, 1), np.float32), np.zeros(40, np.bool_))
    for k, row in enumerate(rows):
        place = harness.pointer(actions[k])
        if k % 3 == 0:
            assert library.wann_step(loaded, harness.pointer(row), place, scratch, length) == 0
        else:
            told = harness.pointer(spread[k])
            assert library.wann_step_spread(loaded, harness.pointer(row), place, told, scratch, length) == 0
    expected, state = evaluate_spread(controller, rows, resets), controller.start()
    for k, row in enumerate(rows):
        action, state = controller.step(state, row)
        assert builders.same_bits(actions[k], action)
    told_rows = np.arange(40) % 3 != 0
    assert builders.same_bits(spread[told_rows], expected[told_rows])


def test_a_bad_call_is_named_and_writes_nothing() -> None:
    library, blob = built(), to_blob(example())
    loaded, zero = ctypes.create_string_buffer(128), ctypes.create_string_buffer(128)
    assert library.wann_load(loaded, blob, ctypes.c_size_t(len(blob))) == 0
    obs, scratch = (ctypes.c_float * 2)(), (ctypes.c_uint32 * 7)(*[PATTERN] * 7)
    actions, spread = (ctypes.c_uint32 * 1)(PATTERN), (ctypes.c_uint32 * 1)(PATTERN)
    good = [loaded, obs, actions, spread, scratch, ctypes.c_size_t(7)]  # 5 nodes, and 2 for the action

    def said(*arguments: object) -> str:
        return NAMES[int(library.wann_step_spread(*arguments))]

    for k in range(5):
        assert said(*[None if j == k else argument for j, argument in enumerate(good)]) == "NULL"
    assert said(zero, *good[1:]) == "NOT_LOADED"
    assert [said(*good[:5], ctypes.c_size_t(n)) for n in (0, 4, 5, 6)] == ["SCRATCH"] * 4
    assert {*actions, *spread, *scratch} == {PATTERN}
    assert said(*good) == "OK"
    assert (actions[0] != PATTERN, spread[0]) == (True, 0)


# What somebody may have got wrong in wann_rt.c.
FAULTS = {
    "less the wrong way": (
        "spans[2u * k + 1u] - spans[2u * k];",
        "spans[2u * k] - spans[2u * k + 1u];",
    ),
    "a least too great": ("x < span[0] ? x : span[0]", "x > span[0] ? x : span[0]"),
    "a greatest too small": ("x > span[1] ? x : span[1]", "x < span[1] ? x : span[1]"),
    "a member's NaN forgotten": ("is_nan(bits_of(x)) ? x : least", "is_nan(bits_of(x)) ? least : least"),
    "a first member forgotten": ("spans[2u * k] = sums[k];", "spans[2u * k] = 0.0f;"),
    "the mean among the members": ("widen(spans + 2u * k, x);", "widen(spans + 2u * k, sums[k]);"),
    "one action for all": ("widen(spans + 2u * k, x);", "widen(spans, x);"),
    "a state in the way": ("float *const spans = state + c->state;", "float *const spans = state;"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_comparison_with_the_oracle_notices_what_goes_wrong_with_a_spread(fault: str) -> None:
    right, wrong = FAULTS[fault]
    assert SOURCE.count(right) == 1
    assert differs(built(SOURCE.replace(right, wrong)))


def test_the_runtime_as_it_is_does_not_differ() -> None:
    assert not differs(built())


def differs(library: ctypes.CDLL) -> bool:
    """Returns whether a runtime's actions or spread are not the oracle's: two actions, a lost member, a state."""
    return any(
        differs_for(library, controller)
        for controller in (
            swing_up(Weight("ensemble", (-2.0, -0.5, 0.75))),
            lost(),
            small_controllers.recurrent(small_controllers.ENSEMBLE),
        )
    )


def differs_for(library: ctypes.CDLL, controller: Controller) -> bool:
    """Returns the same of one controller, whose steps are one sequence."""
    blob, loaded = to_blob(controller, vectors=0), ctypes.create_string_buffer(128)
    size = scratch_floats(controller) + 2 * len(controller.actions)
    assert library.wann_load(loaded, blob, ctypes.c_size_t(len(blob))) == 0
    scratch, rows = (ctypes.c_float * size)(), wild(controller, 30)
    actions, spread = (np.empty((len(rows), len(controller.actions)), np.float32) for _ in range(2))
    for k, row in enumerate(rows):
        told = [harness.pointer(array) for array in (row, actions[k], spread[k])]
        assert library.wann_step_spread(loaded, *told, scratch, ctypes.c_size_t(size)) == 0
    expected = evaluate_spread(controller, rows, np.zeros(len(rows), np.bool_))
    return not builders.same_bits(spread, expected)


def test_who_does_not_call_it_links_none_of_it(tmp_path: Path) -> None:
    def symbols(call: str) -> str:
        main = (
            f'#include "wann_rt.h"\nstatic float f[99];\nint main(void) {{ wann_controller c = {{0}}; return {call}; }}'
        )
        (tmp_path / "main.c").write_text(main)
        flags = ["-O0", f"-I{include_dir()}", "-ffunction-sections", "-Wl,--gc-sections"]
        files = [str(tmp_path / "main.c"), str(include_dir() / "wann_rt.c")]
        compile_with(needs.compiler("gcc"), [*flags, *files, "-o", str(tmp_path / "it")])
        listed = subprocess.run([needs.program("nm"), str(tmp_path / "it")], capture_output=True, text=True, check=True)
        return " ".join(re.findall(r" [tT] (wann_step\w*)", listed.stdout))

    assert symbols("wann_step(&c, f, f, f, 99)") == "wann_step"
    assert symbols("wann_step_spread(&c, f, f, f, f, 99)") == "wann_step_spread"


def test_the_export_says_how_much_scratch_it_takes() -> None:
    ensemble = swing_up(Weight("ensemble", (-2.0, -0.5, 0.75)))
    assert scratch_words(ensemble, spread=True).startswith("WANN_SPREAD_FLOATS(WANN_SCRATCH_FLOATS(5, ")
    recurrent = small_controllers.recurrent(small_controllers.ENSEMBLE)
    macro, floats = scratch_words(recurrent).partition(" is")[0], scratch_floats(recurrent) + 2
    assert scratch_words(recurrent, spread=True) == f"WANN_SPREAD_FLOATS({macro}, 1) is {floats} floats"
    assert to_blob(ensemble, spread=True) == to_blob(ensemble)
