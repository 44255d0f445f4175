"""Laws of the command line where an environment is played."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wann_rt.cli import main

pytestmark = pytest.mark.xdist_group("backends")
TINY = ["--population", "6", "--generations", "2", "--set", "drawn_weights=2", "--set", "retest_episodes=1"]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.long
def test_search_evaluate_and_verify_on_an_environment_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text("from helpers.odd_environments import Glider\n\nclass Mine(Glider):\n    pass\n")
    (tmp_path / "mine.toml").write_text('observations = ["x", "v"]\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1]))
    options = ["--env", "mine:Mine", "--env-set", "low=-2", "--channels", "mine.toml", "--task-set", "max_steps=20"]
    searched = run("search", *options, *TINY, "--json")
    assert searched.exit_code == 0, searched.output
    champion = Path("runs/Mine-0/champion.json")
    said = json.loads(searched.stdout)
    for digest in ("source", "channels"):  # of its code, and of what --channels says
        assert said["environment"].pop(digest).startswith("sha256:")
    assert said["environment"] == {"id": "mine:Mine", "kwargs": {"low": -2}, "engine": "gymnasium"}
    assert [o["name"] for o in json.loads(champion.read_text())["observations"]] == ["x", "v"]
    alone = run("evaluate", champion, "--episodes", "2")
    assert alone.exit_code == 2
    assert "--env mine:Mine" in alone.stderr
    evaluated = run("evaluate", champion, "--episodes", "2", "--env", "mine:Mine", "--json")
    assert evaluated.exit_code == 0, evaluated.output
    assert json.loads(evaluated.stdout)["scores"]["own_weight"]["episodes"] == 2
    assert run("verify", champion, "--vectors", "50").exit_code == 0


@pytest.mark.slow
def test_the_environment_of_the_manual_can_be_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "environments.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(# my_glider\.py\n.*?)```", page, re.DOTALL)
    [command] = re.findall(r"^wann-rt (search --env my_glider:Glider .*)$", page, re.MULTILINE)
    (tmp_path / "my_glider.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    searched = run(*command.split(), "--task-set", "max_steps=20", *TINY)
    assert searched.exit_code == 0, searched.output
    assert Path("runs/Glider-0/champion.json").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["search"], "name either a task or an environment"),
        (["search", "swingup", "--env", "Pendulum-v1"], "name either a task or an environment"),
        (["search", "swingup", "--backend", "envpool"], "--backend is for environments"),
        (["search", "--env", "Pendulun-v1"], "Pendulum"),
        (["search", "--env", "Pendulum-v1", "--channels", "none.toml"], "none.toml"),
        (["search", "--env", "Pendulum-v1", "--task-set", "gravity=3"], "no option 'gravity'"),
        (["search", "--env", "Pendulum-v1", "--env-set", "when=2026-01-01"], "must be JSON values"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments: list[str], says: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--preset", "mask"], "is no data set: .*--preset environment"),
        (["--set", "proposal=mask"], "for data sets of classes only"),
        (["--preset", "robust"], "knows no disturbances and no prices: leave out .*--preset environment"),
        (["--set", "chatter_penalty=1"], "leave out chatter_penalty, or"),
        (["--set", "scoring=accuracy"], "is no data set"),
        (["--preset", "nonesuch"], "there is no preset 'nonesuch'"),
        (["--set", "populaton=3"], "there is no setting 'populaton'"),
        (["--budget", "soon"], "budget is 'soon'"),
        (["--start", "nowhere.json"], "nowhere.json"),
    ],
)
def test_wrong_settings_are_refused_before_an_environment_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    (tmp_path / "untried.py").write_text("raise SystemExit('it was tried')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    refused = run("search", "--env", "untried:Env", *arguments)
    assert refused.exit_code == 2
    assert re.search(says, " ".join(refused.stderr.split())), refused.stderr
