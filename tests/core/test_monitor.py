"""A monitor: what it remembers, when it alarms and whom it blames; and its part of the controller file."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wann_rt import zoo
from wann_rt.core import files
from wann_rt.core.controller import Controller
from wann_rt.core.errors import ControllerError, FileError
from wann_rt.core.levels import Level, Mean
from wann_rt.core.monitor import Feature, Monitor
from wann_rt.core.program import Operation, computed, program_of
from wann_rt.core.symbols import trace

N = 3  # observations of the pendulum: o 0..2, b 3..5, a 6, r 7..9, lines from 10
CHANGE = tuple(Operation("sub", (k, N + k)) for k in range(N))
FEATURES = tuple(Feature("change", (k,), 10 + k, 0.0, 1.0) for k in range(N))


def small(*levels: Level | Mean, features: tuple[Feature, ...] = FEATURES, program: Any = CHANGE) -> Monitor:
    return Monitor(N, 1, program, features, levels or (Level(1, 1, 1.0),), (0.0,), 1e-5)


def monitored() -> Controller:
    return replace(zoo.load("pendulum"), monitor=small(Level(1, 1, 3.5), Level(2, 3, 0.75), Mean(0.1, 3.5, 0.3)))


def alarms(monitor: Monitor, rows: list[list[float]]) -> list[int]:
    state, found = monitor.start(), []
    for row in rows:
        alarm, state = monitor.step(state, np.array(row, np.float32), np.zeros(1, np.float32))
        found.append(int(alarm))
        assert np.isfinite(state[-2:]).all()
    return found


def test_an_alarm_stays_and_blames_the_worst_by_its_bit() -> None:
    quiet, jump = [0.0, 0.0, 0.0], [0.0, 2.0, 3.0]
    assert alarms(small(), [quiet, quiet, jump, quiet, quiet]) == [0, 0, 4, 4, 4]


def test_the_first_reading_has_nothing_before_it() -> None:
    assert alarms(small(), [[9.0, 9.0, 9.0], [9.0, 9.0, 9.0]]) == [0, 0]


def test_hits_are_counted_among_the_last_steps() -> None:
    monitor = small(Level(2, 3, 1.0))
    quiet, up, down = [0.0] * 3, [2.0, 0.0, 0.0], [0.0, 0.0, 0.0]
    assert alarms(monitor, [quiet, up, up, up, down]) == [0, 0, 0, 0, 0]  # steps 1 and 4 lie too far apart
    assert alarms(monitor, [quiet, up, up, down]) == [0, 0, 0, 1]


def test_a_mean_finds_what_is_a_little_unusual_for_long() -> None:
    monitor = small(Mean(0.5, 2.0, 0.9))
    quiet = [0.0] * 3
    rising = [[float(k), 0.0, 0.0] for k in range(6)]  # scores of 1, whose mean is 1/2, 3/4, 7/8, 15/16, ...
    assert alarms(monitor, [quiet, *rising]) == [0, 0, 0, 0, 0, 1, 1]
    assert alarms(monitor, [quiet, [1.25, 0.0, 0.0], [1.25, 0.0, 0.0]]) == [0, 0, 0]
    assert monitor.names[-3:] == ("mean_0", "worst", "alarm")


def test_a_mean_takes_no_more_than_its_most_of_a_score() -> None:
    monitor, state = small(Mean(0.25, 2.0, 5.0)), small(Mean(0.25, 2.0, 5.0)).start()
    for x in (0.0, np.nan, np.inf, 0.0):
        alarm, state = monitor.step(state, np.array([x, 0.0, 0.0], np.float32), np.zeros(1, np.float32))
    assert int(alarm) == 0
    assert float(state[-3]) == 2.3125  # three times a quarter of 4, each forgotten by a quarter a step


def test_what_is_no_number_is_a_hit_and_is_not_remembered() -> None:
    for wrong in (np.nan, np.inf, -np.inf):
        assert alarms(small(), [[0.0] * 3, [0.0, wrong, 0.0], [0.0] * 3]) == [0, 2, 2]


def test_repetitions_are_counted_bit_for_bit() -> None:
    program = (Operation("constant", (), 2.5), Operation("gt", (7, 10)), Operation("constant", (), 9.0),
               Operation("constant", (), 0.0), Operation("select", (11, 12, 13)))  # fmt: skip
    monitor = small(features=(Feature("stuck", (0,), 14),), program=program)
    still = [[0.5, float(k), 0.0] for k in range(5)]
    assert alarms(monitor, still) == [0, 0, 0, 1, 1]
    assert monitor.names == ("seen", "before_0", "repeats_0", "worst", "alarm")


def test_a_program_computes_what_was_traced() -> None:
    from wann_rt.core.activations import cos, sin

    root = trace(lambda x, y: sin(x) * cos(y) + sin(x), "x", "y")
    program, (result,) = program_of([root], ["x", "y"])
    assert [line.op for line in program] == ["sin", "cos", "mul", "add"]
    x, y = np.float32(0.3), np.float32(-1.25)
    assert computed(program, [x, y])[result] == sin(x) * cos(y) + sin(x)


def test_a_file_keeps_the_monitor() -> None:
    controller = monitored()
    text = files.to_text(controller)
    assert json.loads(text)["version"] == 2
    assert files.from_text(text) == controller
    assert files.digest(controller) != files.digest(replace(controller, monitor=None))
    assert files.to_text(replace(controller, monitor=None)) == files.to_text(zoo.load("pendulum"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"program": [["exec", 1]]}, "unknown operation 'exec'"),
        ({"program": [["add", 1, 99]]}, "number below 10"),
        ({"program": [["lt", 0, 1], ["neg", 10]]}, "a comparison is what select asks"),
        ({"program": [["add", 1.5, 2]]}, "expected an integer"),
        ({"program": [["constant"]]}, "constant needs one number"),
        ({"features": []}, "at least one feature"),
        ({"features": [{"kind": "x", "channels": [0, 0], "value": 0, "center": 0, "scale": 1}]}, "stands twice"),
        ({"features": [{"kind": "x", "channels": [3], "value": 0, "center": 0, "scale": 1}]}, "below 3"),
        ({"features": [{"kind": "x", "channels": [0], "value": 0, "center": 0, "scale": 0}]}, "a scale above 0"),
        ({"levels": [{"hits": 2, "of": 1, "above": 1}]}, "1 to 64 hits"),
        ({"levels": [{"share": 0, "most": 1, "above": 1}]}, r"levels\[0\]: share is 0.0; expected .* up to 1$"),
        ({"levels": [{"share": 2, "most": 1, "above": 1}]}, "share is 2.0"),
        ({"levels": [{"share": 0.5, "most": 1e16, "above": 1}]}, r"most is 1\.\d*e\+16; .* up to 1e\+15$"),
        ({"levels": [{"share": 0.5, "most": 1, "above": -1}]}, "above is -1.0"),
        ({"levels": [{"share": 0.5, "above": 1}]}, "key 'most' is missing"),
        ({"levels": [{"share": 0.5, "most": 1, "above": 1, "hits": 1}]}, "unknown key 'hits'"),
        ({"fail_safe": []}, "for each of 1 actions"),
        ({"false_alarms": 0}, "a share of steps"),
        ({"kind": "plant"}, "unknown key 'kind'"),
    ],
)
def test_a_file_is_refused_with_a_sentence(change: dict[str, Any], said: str) -> None:
    document = json.loads(files.to_text(monitored()))
    document["monitor"] |= change
    with pytest.raises(FileError, match=said):
        files.from_text(json.dumps(document), check_digest=False)


def test_constants_too_large_to_multiply_are_traced_without_a_warning() -> None:
    program = (Operation("constant", (), 3e38), Operation("mul", (10, 10)), Operation("mul", (0, 11)))
    monitor = small(program=program, features=(Feature("x", (0,), 12),))
    assert monitor.traced[1][-1].op == "select"
    assert alarms(monitor, [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]) == [0, 1]


def test_another_weight_has_another_monitor() -> None:
    controller = replace(zoo.load("pendulum.shared"), monitor=small())
    assert controller.with_weight(0.5).monitor is None


def test_a_monitor_of_other_channels_is_refused() -> None:
    with pytest.raises(ControllerError, match="is for 3 observations and 1 actions"):
        replace(zoo.load("cartpole-swingup"), monitor=small())
