"""A header with a state computes the oracle's sequences, bit for bit, and its self-test notices a state gone wrong."""

import re
from pathlib import Path

import numpy as np
import pytest
from helpers import builders, needs, small_controllers

from wann_rt.core import reference
from wann_rt.core.controller import Controller
from wann_rt.core.errors import ControllerError
from wann_rt.exporters.parity import harness
from wann_rt.exporters.parity.verify import EVALUATORS, verify
from wann_rt.exporters.to_c.header import to_c

pytestmark = needs.c_compiler

SUBJECT = small_controllers.remembering()
SUBJECTS = small_controllers.with_states()
ROWS = [row for row in EVALUATORS if row.key in ("oracle", "c")]


def selftest(header: str, name: str) -> int:
    """Returns what the self-test of a header says, compiled as it stands."""
    files = {f"{name}.h": header, "unit.c": harness.header_harness(name)}
    return int(
        harness.compiled(
            files,
            harness.some_compiler(None),
            ("-O1", "-Wno-unused-function", "-Wno-unused-variable", "-Wno-maybe-uninitialized"),
        ).selftest()
    )


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_header_with_a_state_gives_the_same_bits_over_a_thousand_steps_with_resets(subject: str) -> None:
    report = verify(SUBJECTS[subject], evaluators=ROWS)
    assert [(result.key, result.max_ulp, result.kept) for result in report.results] == [
        ("oracle", 0, True),
        ("c", 0, True),
    ]
    assert report.results[1].vectors > 1000


# What seeded faults look like: a place in the header, and what stands there instead.
FAULTS = {
    "a state not reset": (r"    state->m_drift_0 = 0\.0f;\n", ""),
    "a reading not reset": (r"    state->m_dx_0 = 0\.0f;\n", ""),
    "the oldest reading not reset": (r"    state->m_earlier_x_2 = 0\.0f;\n", ""),
    "began not reset": (r"    state->m_began = 0\.0f;\n", ""),
    "updated twice": (r"(    remembering_derive\(state, obs, seen\);\n)", r"\1\1"),
    "not updated": (r"    state->m_x_0 = t\d+;\n|    state->m_earlier_x_1 = [^;]*\?[^;]*;\n", ""),
    "written before it is read": (
        r"(    const float m\d+ = state->m_earlier_x_0;)",
        r"    state->m_earlier_x_0 = o_x;\n\1",
    ),
    "the action not remembered": (r"    state->m_last_force_0 =[^;]*\?[^;]*;\n", ""),
}


RECURRENT_FAULTS = {
    "a node not reset": (r"    state->m_leaky_0 = 0\.0f;\n", ""),
    "a node not fed": (r"    state->m_late_0 =[^;]*\?[^;]*;\n", ""),
    "a node fed by the other's output": (r"outputs\[RECURRENT_NEXT_LATE\];", "outputs[RECURRENT_NEXT_LEAKY];"),
    "a node read after it is fed": (
        r"(    recurrent_derive\(state, obs, seen\);\n    recurrent_network\(seen, outputs\);\n)",
        r"\1    state->m_leaky_0 = outputs[RECURRENT_NEXT_LEAKY];\n",
    ),
}


@pytest.mark.parametrize(("name", "faults"), [("remembering", FAULTS), ("recurrent", RECURRENT_FAULTS)])
def test_the_self_test_notices_what_goes_wrong_with_a_state(name: str, faults: dict[str, tuple[str, str]]) -> None:
    header = to_c(getattr(small_controllers, name)())
    assert selftest(header, name) == 0
    for fault, (place, instead) in faults.items():
        wrong, count = re.subn(place, instead, header, count=1)
        assert count == 1, fault
        assert selftest(wrong, name) & (32 | 64), fault


def test_a_header_keeps_nothing_static_but_tables() -> None:
    for line in to_c(SUBJECT).splitlines():
        assert not re.match(r"\s*static (?!inline|const|__attribute__)", line), line


def test_verify_notices_an_evaluator_that_does_not_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    right = harness._SEQUENCE
    monkeypatch.setattr(harness, "_SEQUENCE", right.replace("if (resets[i] != 0) {", "if (resets[i] > 1) {"))
    result: Controller = SUBJECT
    report = verify(result, n_random=200, evaluators=ROWS[1:])
    assert report.results[0].kept is False


def test_a_compiled_controller_with_a_state_gives_the_same_bits_over_a_thousand_steps_with_resets() -> None:
    controller = SUBJECTS["recurrent, ensemble"]
    fast, rng = controller.compiled(), np.random.default_rng(5)
    readings = rng.normal(0, 2, (250, 4, 2)).astype(np.float32)  # four robots, 1,000 steps together
    readings[::7, 1, 0], readings[3::29, 2] = np.nan, np.inf
    begins = rng.random((250, 4)) < 0.02
    slow_state, state = None, None
    for reading, starts in zip(readings, begins, strict=True):
        expected, slow_state = controller.predict(reading, slow_state, starts)
        actions, state = fast.predict(reading, state, starts)
        assert builders.same_bits(actions, expected)
        assert builders.same_bits(state, slow_state)
    before = fast.start()
    first, after = fast.step(before, {"x": 0.5, "angle": -1.0})
    assert not before.any(), "what was given stays"
    assert builders.same_bits(first, controller.step(before, [0.5, -1.0])[0])
    assert after.any()


def test_a_compiled_controller_refuses_what_the_controller_refuses() -> None:
    controller = small_controllers.remembering()
    fast = controller.compiled()
    with pytest.raises(ControllerError, match="has a state, as it derives dx"):
        fast([1.0, 0.0, 0.0])
    with pytest.raises(ControllerError, match=r"a state of shape \[11\] is expected .*; shape \[3\]"):
        fast.step(np.zeros(3, np.float32), [1.0, 0.0, 0.0])
    plain = small_controllers.example()
    with pytest.raises(ControllerError, match="a state of shape"):
        plain.compiled().step(np.zeros(1, np.float32), [1.0, 0.0, 0.0])
    assert plain.compiled().predict([1.0, 0.0, 0.0])[1] is None


_LOOP = """
#include "wann_guard.h"
void loop(const float *obs, const unsigned char *news, float *actions, int periods);

void loop(const float *obs, const unsigned char *news, float *actions, int periods) {
    static wann_guard guard;
    <p>_state state;
    const float safe[] = {0.0f}, most[] = {WANN_GUARD_ANY_CHANGE};
    wann_guard_start(&guard, <P>_DT_US, 100u, 3u);
    for (int k = 0; k < periods; k++) {
        float wanted[1];
        (void)wann_guard_begin(&guard, (uint32_t)k * <P>_DT_US, news[k]);
        if (wann_guard_renews(&guard) != 0) {
            <p>_reset(&state);
        }
        if ((<p>_step_checked(&state, obs, wanted) & <P>_STATUS_NOT_FINITE) != 0) {
            wann_guard_latch(&guard, WANN_GUARD_INPUT);
        }
        wann_guard_act(&guard, wanted, safe, most, actions, 1u);
        if (wann_guard_faults(&guard) != 0u && news[k] > 1) { /* a person looked */
            wann_guard_reset(&guard);
        }
        obs += <P>_N_OBSERVATIONS;
        actions += 1;
    }
}
"""


def test_a_loop_with_the_guard_resets_the_state_after_stale_periods_and_faults() -> None:
    controller, rng = small_controllers.recurrent(), np.random.default_rng(11)
    readings = rng.normal(0, 1, (1000, 2)).astype(np.float32)
    news = (rng.random(1000) > 0.05).astype(np.uint8)
    for k in range(1, 1000):  # without a new reading that before stays
        readings[k] = readings[k] if news[k] else readings[k - 1]
    faults = np.arange(50, 1000, 50)
    readings[faults, 0], news[faults], news[faults + 5] = np.nan, 1, 2
    is_stale = np.concatenate([[False], news[:-1] == 0])
    latched = np.array([(k - 50) % 50 <= 5 and k >= 50 for k in range(1000)])
    begins = is_stale | latched | np.concatenate([[True], latched[:-1]])
    begins[faults] = is_stale[faults]  # the fault is met in this period; it is latched from the next one on
    expected = reference.evaluate_sequence(controller, readings, begins)[:, 0]
    expected[latched] = 0  # the fail-safe action
    actions = np.empty(1000, np.float32)
    source = harness.header_harness("p") + _LOOP.replace("<p>", "p").replace("<P>", "P")
    files = {"p.h": to_c(controller, prefix="p", is_checked=True), "unit.c": source}
    files["wann_guard.h"] = (Path(__file__).parents[2] / "runtime_c" / "wann_guard.h").read_text()
    library = harness.compiled(files, harness.some_compiler(None), ("-O1",))
    library.loop(harness.pointer(readings), harness.pointer(news), harness.pointer(actions), 1000)
    assert builders.same_bits(actions, expected)
