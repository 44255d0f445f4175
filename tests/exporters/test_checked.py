"""The checked step: what it says of observations and actions, and that no action leaves its range."""

import ctypes
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
from helpers import builders, needs, small_controllers
from helpers.c_library import STRICT, Library, swing_up, write_unit
from numpy.typing import NDArray

from wann_rt.core import reference
from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.errors import ExportError
from wann_rt.core.network import Connection, Network
from wann_rt.exporters import export
from wann_rt.exporters.parity import harness
from wann_rt.exporters.parity.compiler import compile_with
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c.names import MAX_PREFIX
from wann_rt.exporters.to_c.text import COLUMNS
from wann_rt.exporters.to_c_fixed.header import to_c_fixed

pytestmark = needs.c_compiler

NOT_FINITE, OUT_OF_RANGE, LIMIT, RELIMITED = 1, 2, 4, 8
_CALL = "int run(const float *o, float *a);\nint run(const float *o, float *a) { return p_step_checked(o, a); }\n"


def passing(action: Channel) -> Controller:
    """Returns a controller whose action is its observation."""
    network, _ = Network.build(1, {}, {2: 1}, [Connection(1, 2)])
    return Controller("pass", network, Weight.shared(1.0), (Channel("x", "", -2.0, 2.0),), (action,))


def run(
    text: str, rows: NDArray[np.float32], n_actions: int, call: str = _CALL
) -> tuple[list[int], NDArray[np.float32]]:
    with tempfile.TemporaryDirectory() as name:
        source = write_unit(Path(name), {"p": text}, call)
        output = str(Path(name, "unit.so"))
        compile_with(
            needs.any_compiler(),
            [*STRICT, "-Wno-unused-parameter", "-O2", "-shared", "-fPIC", str(source), "-o", output],
        )
        library = ctypes.CDLL(output)
    actions = np.full((len(rows), n_actions), 99, np.float32)
    status = []
    for row, action in zip(np.ascontiguousarray(rows), actions, strict=True):
        status.append(library.run(row.ctypes.data_as(ctypes.c_void_p), action.ctypes.data_as(ctypes.c_void_p)))
    return status, actions


def selftests(headers: dict[str, str]) -> dict[str, int]:
    """Returns what the self-test of each header says, compiled together."""
    source = "".join(
        f'#include "{p}.h"\nint {p}_said(void);\nint {p}_said(void) {{ return {p}_selftest(); }}\n' for p in headers
    )
    files = {**{f"{p}.h": text for p, text in headers.items()}, "unit.c": source}
    library = harness.compiled(files, needs.any_compiler(), ("-w", "-O1"))
    return {p: int(getattr(library, f"{p}_said")()) for p in headers}


def test_the_status_says_what_was_met_and_ordinary_actions_are_those_of_the_step() -> None:
    text = to_c(passing(Channel("y", "", -1.0, 1.0, clip=True)), prefix="p", is_checked=True)
    x = np.array([0.5, -0.0, 1.0, -1.5, 2.0, 2.5, -3e38, np.nan, np.inf, -np.inf, 1e-45], np.float32)
    status, actions = run(text, x[:, np.newaxis], 1)
    beyond = OUT_OF_RANGE | LIMIT
    assert status == [0, 0, LIMIT, LIMIT, LIMIT, beyond, beyond, NOT_FINITE, NOT_FINITE, NOT_FINITE, 0]
    assert actions[:, 0].tolist() == pytest.approx([0.5, 0, 1, -1, 1, 1, -1, 0, 0, 0, 0])


def test_an_action_whose_clip_is_broken_stays_within_its_range() -> None:
    text = to_c(passing(Channel("y", "", 0.0, 1.0, clip=True)), prefix="p", is_checked=True)
    broken = re.sub(r"P_IF\((low > a|high < b)\) \? \w+ : (\w)", r"\2", text)
    assert broken.count("const float b = a;") == 1
    x = np.array([[-5.0], [5.0], [0.25], [-0.0], [0.0]], np.float32)
    status, actions = run(broken, x, 1)
    assert status == [OUT_OF_RANGE | RELIMITED, OUT_OF_RANGE | RELIMITED, 0, LIMIT, LIMIT]
    assert actions[:, 0].tolist() == [0.0, 1.0, 0.25, 0.0, 0.0]


def test_the_fail_safe_action_can_be_chosen() -> None:
    text = to_c(passing(Channel("y", "", -1.0, 1.0)), prefix="p", is_checked=True)
    status, actions = run(f"#define P_FAIL_SAFE_Y (-0.75f)\n{text}", np.array([[np.nan], [0.5]], np.float32), 1)
    assert (status, actions[:, 0].tolist()) == ([NOT_FINITE, 0], [-0.75, 0.5])


@pytest.mark.parametrize("chosen", ["(-0.75f)", "7.0f", "(0.0f * P_INF)"])
def test_its_self_test_bears_any_fail_safe_action_and_finds_a_broken_check(chosen: str) -> None:
    text = f"#define P_FAIL_SAFE_FORCE {chosen}\n" + to_c(swing_up(), prefix="p", is_checked=True)
    broken = {
        "p": ("", ""),
        "q": ("actions[0] = P_FAIL_SAFE_FORCE;", "actions[0] = 1.5f;"),
        "r": ("0x3fe66666u", "0x3fe66665u"),  # of the lower limit of x
        "s": ("*x = safe;", "*x = low;"),
    }
    headers = {name: re.sub(r"\bP_", f"{name.upper()}_", text.replace(*change)) for name, change in broken.items()}
    headers = {name: re.sub(r"\bp_", f"{name}_", changed) for name, changed in headers.items()}
    library = Library(headers, needs.any_compiler(), ["-w", "-O2", "-std=gnu99"])
    assert {name: library.selftest(name) for name in headers} == {"p": 0, "q": 128, "r": 128, "s": 128}


_SEQUENCE = """\
int run(const float *o, float *a);
int run(const float *o, float *a) {
    static p_state state; /* zeros: it is reset */
    static unsigned turn;
    if (turn++ % 97u == 0u) {
        p_reset(&state);
    }
    return p_step_checked(&state, o, a);
}
"""


def test_a_checked_step_with_a_state_is_the_plain_step_over_a_thousand_steps_with_resets() -> None:
    controller = small_controllers.recurrent()
    rng = np.random.default_rng(3)
    rows = rng.normal(0, 2, (1000, len(controller.observations))).astype(np.float32)
    rows[::13, 0], rows[5::31, -1] = np.nan, np.inf
    status, actions = run(to_c(controller, prefix="p", is_checked=True), rows, 1, _SEQUENCE)
    begins = np.arange(len(rows)) % 97 == 0
    expected = reference.evaluate_sequence(controller, rows, begins)
    finite = np.isfinite(rows).all(axis=1)
    assert builders.same_bits(actions[finite], expected[finite])
    assert not actions[~finite].any(), "the fail-safe action is 0"
    assert [found & NOT_FINITE == 0 for found in status] == finite.tolist()


def test_the_self_test_of_a_checked_step_finds_what_it_does_to_a_state() -> None:
    text = to_c(small_controllers.recurrent(), prefix="p", is_checked=True)
    place = "    p_step(state, obs, actions);\n    if ((status & P_STATUS_NOT_FINITE)"
    assert text.count(place) == 1
    instead = {
        "p": place,
        "q": place.replace("    if", "    p_step(state, obs, actions);\n    if", 1),  # twice
        "r": place.replace("    if", "    if ((status & P_STATUS_OUT_OF_RANGE) != 0) { p_reset(state); }\n    if", 1),
        "s": place.replace("p_step(", "if (status == 0) p_step("),  # not always
    }
    headers = {name: re.sub(r"\bP_", f"{name.upper()}_", text.replace(place, new)) for name, new in instead.items()}
    headers = {name: re.sub(r"\bp_", f"{name}_", changed) for name, changed in headers.items()}
    assert selftests(headers) == {"p": 0, "q": 128, "r": 128, "s": 128}


def test_no_line_is_too_long() -> None:
    prefix = "p" * MAX_PREFIX
    for text in (to_c(swing_up(), prefix=prefix, is_checked=True), to_c_fixed(swing_up(), prefix=prefix)):
        ours = text[text.index(f"{prefix}_mixed(uint32_t x)") :]
        assert [line for line in ours.splitlines() if len(line) > COLUMNS] == []
    stateful = to_c(small_controllers.recurrent(), prefix=prefix, is_checked=True)
    of_checks = stateful[stateful.index(f"{prefix}_edge(") : stateful.index(f"{prefix}_selftest(void)")]
    assert [line for line in of_checks.splitlines() if len(line) > COLUMNS] == []


def test_it_is_a_fixed_point_of_the_projects_format() -> None:
    place = Path(__file__).parents[2] / "exporters" / "controller.h"
    command = [needs.program("clang-format"), "--style=file", f"--assume-filename={place}"]
    for controller in (swing_up(), small_controllers.recurrent()):
        text = to_c(controller, is_checked=True)
        formatted = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
        assert formatted.splitlines() == text.splitlines()


def test_a_whole_controller_steps_the_same_where_nothing_is_met() -> None:
    controller = swing_up()
    rng = np.random.default_rng(2)
    rows = np.concatenate([rng.normal(0, 2, (200, 5)), builders.inputs(rng, 5, 200).T]).astype(np.float32)
    status, actions = run(to_c(controller, prefix="p", is_checked=True), rows, 2)
    low, high = ([getattr(c, end) for c in controller.actions] for end in ("low", "high"))
    finite = np.isfinite(rows).all(axis=1)
    expected = np.clip(reference.evaluate(controller, rows), np.array(low, np.float32), np.array(high, np.float32))
    assert builders.same_bits(actions[finite], expected[finite])
    assert [found & NOT_FINITE == 0 for found in status] == finite.tolist()
    assert ((actions >= low) & (actions <= high)).all()


def test_it_is_an_option_of_float32(tmp_path: Path) -> None:
    assert b"step_checked" not in export(swing_up(), "c")
    export(swing_up(), "c", out=tmp_path / "s.h", checked=True, split=True)
    assert "int swing_up_step_checked(" in (tmp_path / "s.h").read_text()
    with pytest.raises(ExportError, match="float32"):
        export(swing_up(), "c", checked=True, number="q12")
