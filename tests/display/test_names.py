"""Law of tables: a name with brackets is no markup, and is shown as it is: no result is lost to its own name."""

from pathlib import Path

import numpy as np
import pytest
from helpers.small_controllers import example

from wann_rt.display.evaluation import show_evaluation
from wann_rt.display.knob import KnobTable
from wann_rt.display.search import show_comparison
from wann_rt.evaluation.conditions import Evaluation
from wann_rt.evaluation.score import Score
from wann_rt.evaluation.sweep import Sweep
from wann_rt.evolution.comparison import Comparison, Run
from wann_rt.tuning.knob_gain import KnobSettings

NAME = "a[/b]"
SCORE = Score.of(np.arange(3.0))


def test_of_an_evaluation(capsys: pytest.CaptureFixture[str]) -> None:
    sweep = Sweep(np.zeros(1, np.float32), np.zeros(1), np.zeros(1))
    show_evaluation(Evaluation(NAME, 0, 7, 1.4, {"own_weight": SCORE}, sweep))
    assert NAME in capsys.readouterr().out


def test_of_a_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    show_comparison(Comparison("task", (Run("minimal", 1, example(), SCORE),)), Path(NAME))
    assert f"{NAME}/minimal-1" in capsys.readouterr().out


def test_of_a_knob(capsys: pytest.CaptureFixture[str]) -> None:
    with KnobTable(NAME, 1.0, (-2.0, 2.0), KnobSettings()):
        pass
    assert NAME in capsys.readouterr().out
