"""Laws of comparing searches: what is finished is taken, figures are those of rliable, seeds are read strictly."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import needs

from wann_rt import tasks
from wann_rt.cli import main
from wann_rt.core.errors import ConfigError
from wann_rt.evaluation.score import interquartile_mean
from wann_rt.evolution.comparison import bootstrap, compare, read_seeds

SMALL: dict[str, Any] = {"generations": 1, "population": 8, "episodes": 1, "sweep_weights": 3, "scored_episodes": 2}


@pytest.mark.long
def test_runs_are_searched_once_and_scored_in_the_same_episodes(tmp_path: Path) -> None:
    task, searched = tasks.get("swingup"), list[Any]()
    for seeds in ([1, 2], [1, 2, 3]):
        result = compare(
            task, ["minimal", "paper"], seeds, tmp_path, episodes=4, settings=SMALL, search=noted(searched)
        )
    assert len(searched) == 6  # two presets of three seeds, each once
    assert result.presets == ("minimal", "paper")
    assert [run.seed for run in result.of("paper")] == [1, 2, 3]
    means = [run.score.mean for run in result.of("minimal")]
    row = result.row("minimal")
    assert row["iqm"] == interquartile_mean(means)
    assert row["lowest"] <= row["iqm_low"] <= row["iqm"] <= row["iqm_high"] <= row["highest"]
    assert json.loads(json.dumps(result.to_dict()))["presets"]["paper"]["runs"] == 3


def test_what_is_named_twice_is_searched_once_and_an_interrupted_search_ends_the_comparison(tmp_path: Path) -> None:
    task, searched = tasks.get("swingup"), list[Any]()
    result = compare(task, ["minimal", "minimal"], [1, 1], tmp_path, episodes=2, settings=SMALL, search=noted(searched))
    assert len(searched) == len(result.runs) == 1
    with pytest.raises(ConfigError, match="--seeds"):
        compare(task, [], [1], tmp_path, settings=SMALL | {"seed": 5})
    more = SMALL | {"generations": 2}
    with pytest.raises(KeyboardInterrupt):  # the champion of one generation is what an interrupted search gives
        compare(task, [], [2, 3], tmp_path, settings=more, search=lambda *_, **__: result.runs[0].controller)


def noted(searched: list[Any]) -> Any:
    from wann_rt.evolution.run import run_search

    def search(task: Any, config: Any, **more: Any) -> Any:
        searched.append(config)
        return run_search(task, config, **more)

    return search


def test_the_bootstrap_is_that_of_the_interquartile_mean() -> None:
    """Against numpy's own random numbers: intervals agree within what 2,000 resamples can tell."""
    values = np.array([700.0, 720.0, 650.0, 810.0, 640.0, 690.0, 705.0, 730.0, 500.0, 715.0])
    generator = np.random.default_rng(1)
    drawn = [interquartile_mean(generator.choice(values, len(values))) for _ in range(20_000)]
    assert bootstrap(values) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=6)
    assert bootstrap(values) == bootstrap(values)


def test_seeds_are_read_strictly() -> None:
    assert read_seeds("1-3,7, 2") == [1, 2, 3, 7]
    for text in ("", "a", "3-1", "1-", "-1", "1-999999", "1..3"):
        with pytest.raises(ConfigError, match="seeds are"):
            read_seeds(text)


@pytest.mark.long
def test_the_command_prints_a_table_and_a_plot(tmp_path: Path) -> None:
    needs.module("matplotlib")
    given = [f"--set={name}={value}" for name, value in SMALL.items()]
    out, picture = tmp_path / "runs", tmp_path / "runs.svg"
    arguments = ["compare", "swingup", "--seeds", "1-2", "--episodes", "2", "--out", str(out), "--plot", str(picture)]
    result = CliRunner().invoke(main, [*arguments, *given, "-q"], catch_exceptions=False)
    assert result.exit_code == 0
    assert "IQM" in result.output
    assert "robust-2" in result.output
    assert picture.read_text().startswith("<?xml")
