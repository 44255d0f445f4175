"""Laws of the knob: what it finds on changed plants, and what ``wann-rt knob`` says of it and refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from wann_rt import tasks, zoo
from wann_rt.cli import main
from wann_rt.core.errors import ConfigError, ControllerError, TaskError
from wann_rt.tasks import with_params
from wann_rt.tuning.knob_gain import KnobSettings, bounds, changes, gains, knob_weight

TASK = tasks.get("cartpole-swingup")
BRIEF = KnobSettings(trials=24, episodes=48, sweep_weights=81, threads=1)
SHARED = "zoo:cartpole-swingup.shared"
QUICK = ("--trials", "2", "--episodes", "2", "--threads", "1")


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(main, ["knob", *map(str, arguments)])


def test_the_knob_gives_nine_tenths_of_what_the_best_weight_gives_on_a_changed_plant() -> None:
    worn, heavy = gains(TASK, zoo.shared("cartpole-swingup"), [{"max_force": 6.0}, {"pole_mass": 1.0}], BRIEF)
    for gain in (worn, heavy):
        assert gain.reached >= 0.9
        assert gain.knob >= 0.9 * gain.best
        assert gain.best - gain.own > 80, "the changed plant wants another weight"
    assert worn.own == pytest.approx(503, abs=25)
    assert worn.knob > worn.own + 150
    assert worn.worst <= worn.knob <= worn.best + 20


def test_a_plant_that_has_not_changed_keeps_what_it_has() -> None:
    (gain,) = gains(TASK, zoo.shared("cartpole-swingup"), [{}], BRIEF)
    assert gain.knob > 0.97 * gain.own


def test_the_same_seed_gives_the_same_gains() -> None:
    settings = KnobSettings(trials=3, episodes=4, sweep_weights=5, threads=1)
    first, again = (list(gains(TASK, zoo.shared("cartpole-swingup"), [{"max_force": 6.0}], settings)) for _ in range(2))
    assert first == again


def test_every_uncertain_param_is_changed_by_each_factor() -> None:
    rows = changes(TASK, (0.5, 2.0))
    assert rows[0] == {}
    assert {name for row in rows for name in row} == set(TASK.params._fields) - {"dt", "gravity"}
    assert {"max_force": 20.0} in rows
    disturbed = with_params(TASK, delay=2)
    assert changes(disturbed, (0.5, 2.0)) == rows, "a condition is no param of the plant"


def test_the_bounds_are_on_the_side_of_the_weight() -> None:
    assert bounds(1.6, KnobSettings()) == (0.2, 2.0)
    assert bounds(-1.6, KnobSettings()) == (-2.0, -0.2)
    assert bounds(4.0, KnobSettings(low=1.0)) == (1.0, 4.0)


def test_what_has_no_knob_is_refused() -> None:
    with pytest.raises(ControllerError, match="a weight for each connection, so there is no knob"):
        knob_weight(zoo.load("cartpole-swingup"))
    with pytest.raises(TaskError, match="has no param 'nope'"):
        next(gains(TASK, zoo.shared("cartpole-swingup"), [{}, {"nope": 1.0}], BRIEF))
    with pytest.raises(ConfigError, match="enclose"):
        next(gains(TASK, zoo.shared("cartpole-swingup"), [{}], KnobSettings(low=-1.0)))


def test_the_command_prints_a_table_and_the_line_for_the_firmware() -> None:
    shown = run(SHARED, "--change", "max_force=6", *QUICK)
    assert shown.exit_code == 0, shown.output
    assert "max_force = 6" in shown.output
    assert "wann_tune_start(&tune, 1.45f, 0.18125f, 2.0f, WANN_TUNE_NO_FLOOR, 20u)" in shown.output
    found = json.loads(run(SHARED, "--change", "max_force=6", "--floor", 100, *QUICK, "--json").stdout)
    assert [row["changed"] for row in found["gains"]] == [{}, {"max_force": 6.0}]
    assert set(found["gains"][1]) >= {"own", "best", "knob", "reached"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("zoo:cartpole-swingup",), "there is no knob"),
        (("zoo:lunar-lander.shared",), "searched in an environment"),
        ((SHARED, "--change", "max_force=abc"), "expected NAME=NUMBER"),
        ((SHARED, "--change", "force=3"), "has no param 'force'"),
        ((SHARED, "--low", "-1"), "enclose the weight"),
        ((SHARED, "--floor", "nan"), "floor is nan"),
    ],
)
def test_bad_input_is_one_clear_error(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    refused = run(*arguments, *QUICK)
    assert refused.exit_code == 2
    assert words in refused.output
    assert "Traceback" not in refused.output
