"""The monitor of a header computes the oracle's state, bit for bit, and the self-test notices where it does not."""

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from helpers import needs

from wann_rt import tasks, zoo
from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.exporters import export
from wann_rt.exporters.parity import harness, run_monitor
from wann_rt.exporters.parity.verify import verify
from wann_rt.exporters.to_c.header import to_c, unit
from wann_rt.monitoring.calibrate import calibrated, recorded_excesses
from wann_rt.monitoring.kinds import RECIPES, Given
from wann_rt.monitoring.machines import machines, record

pytestmark = needs.c_compiler


@cache
def monitored(kind: str) -> Controller:
    task, controller = tasks.get("pendulum"), zoo.load("pendulum")
    kept = record(controller, machines(task), range(40))
    given = Given(task, kept, 3, 1)
    found = calibrated(given, RECIPES[kind], 5e-3, 8_000, (0.5,), recorded_excesses(kept))
    return replace(controller, monitor=found.monitor)


@pytest.mark.parametrize("kind", RECIPES)
def test_a_monitor_remembers_the_same_bits_over_a_thousand_steps_with_resets(kind: str) -> None:
    controller = monitored(kind)
    own = record(zoo.load("pendulum"), machines(tasks.get("pendulum")), range(1000, 1005))
    report = verify(controller, n_random=200, recorded=np.concatenate(list(own.seen.transpose(2, 0, 1))), evaluators=[])
    found = {result.key: (result.bit_equal, result.vectors > 1000) for result in report.results[1:]}
    assert found == dict.fromkeys(("monitor_c", "monitor_blob", "monitor_onnx_exact"), (True, True))


def selftest(header: str) -> int:
    """Returns what the self-test of a header says, compiled as it stands."""
    files = {"pendulum.h": header, "unit.c": harness.header_harness("pendulum")}
    flags = ("-O1", "-Wno-unused-function", "-Wno-unused-variable", "-Wno-maybe-uninitialized", "-Wno-unused-parameter")
    return int(harness.compiled(files, harness.some_compiler(None), flags).selftest())


def test_the_self_test_notices_what_goes_wrong_with_a_monitor() -> None:
    header = to_c(monitored("plant"))
    assert selftest(header) == 0
    for place, instead in (
        (r"(state->m_repeats_theta_dot = )(?!0)[^;]*;", r"\g<1>0.0f;"),
        (r"state->m_before_cos_theta = o\d;", ";"),
        (r"(state->m_mean_1 = )(?!0)[^;]*;", r"\g<1>0.0f;"),
        (r"(state->m_alarm = )((?!0)[^;]*);", r"\g<1>2.0f * (\2);"),
        (r"15\.0f|0\.75f|0\.05f", "0.76f"),
        (r"> 2\.5f", "> 9.5f"),
    ):
        wrong, count = re.subn(place, instead, header, count=1)
        assert count == 1, place
        assert selftest(wrong), place


def test_verify_notices_when_a_stuck_sensor_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_monitor, "to_c", lambda controller: to_c(controller).replace("> 2.5f", "> 9.5f", 1))
    found = {result.key: result.bit_equal for result in verify(monitored("plant"), n_random=200, evaluators=[]).results}
    assert (found["monitor_c"], found["monitor_onnx_exact"]) == (False, True)


def test_a_header_says_what_is_safe_and_declares_its_monitor_in_two_files() -> None:
    controller = monitored("plant")
    assert "    actions[PENDULUM_ACTION_TORQUE] = 0.5f;\n" in to_c(controller)
    files = unit(controller).split("pendulum.h", "pendulum.c")
    for name in ("monitor_step", "monitor_reset", "fail_safe"):
        assert re.search(rf"^(void|uint32_t) pendulum_{name}\([^)]*\);$", files["pendulum.h"], re.MULTILINE)


def test_onnx_says_the_alarm_beside_the_actions() -> None:
    from wann_rt.exporters.parity.run_onnx import session

    controller = monitored("plant")
    graph = session(export(controller, "onnx-exact"))
    assert [one.name for one in graph.get_inputs()] == ["obs", "h_in", "last_actions"]
    assert [one.name for one in graph.get_outputs()] == ["actions", "h_out", "alarm"]
    state, done = np.zeros((2, graph.get_inputs()[1].shape[1]), np.float32), np.zeros((2, 1), np.float32)
    for seen in ([[1.0, 0.0, 0.0]] * 2, [[1.0, 0.0, 0.0], [1.0, 0.5, 0.0]]):
        actions, state, alarm = graph.run(
            None, {"obs": np.array(seen, np.float32), "h_in": state, "last_actions": done}
        )
    assert alarm.tolist() == [[0.0], [2.0]]
    assert np.array_equal(actions, controller(np.array(seen, np.float32)))


def test_what_cannot_carry_a_monitor_says_so() -> None:
    with pytest.raises(ExportError, match="has a monitor, which the format onnx cannot carry yet"):
        export(monitored("plant"), "onnx")
