"""Laws of what a newcomer runs first: every example and every block of code in the README works as it stands."""

import re
import runpy
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import wann_rt as wr

# The first example's search is shared by all that follows: keep it on one worker.
pytestmark = [pytest.mark.xdist_group("examples"), pytest.mark.slow]

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the first example has been run."""
    folder = tmp_path_factory.mktemp("examples")
    assert "wrote champion.json" in run(sys.executable, EXAMPLES / "01_search.py", cwd=folder)
    return folder


def test_an_exported_controller_runs_in_onnxruntime(folder: Path) -> None:
    assert "score of one episode" in run(sys.executable, EXAMPLES / "02_onnxruntime.py", cwd=folder)


def test_an_exported_header_compiles_into_a_small_program(folder: Path) -> None:
    cli = sys.executable, "-m", "wann_rt"
    run(*cli, "export", "champion.json", "--to", "c", "--out", "champion.h", cwd=folder)
    shutil.copy(EXAMPLES / "03_firmware_loop.c", folder)
    run("cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", "loop", "03_firmware_loop.c", cwd=folder)
    output = run(folder / "loop", cwd=folder)
    assert "self-test passed: sha256:" in output
    python = "import wann_rt as wr; print(wr.load('champion.json')([0, 0, -1, 0, 0])[0])"
    expected = float(run(sys.executable, "-c", python, cwd=folder))
    assert [float(x) for x in re.findall(r"force (\S+)", output)] == [pytest.approx(expected, abs=0, rel=1e-8)] * 3


@pytest.mark.long
@pytest.mark.parametrize("controller", ["champion.json", "zoo:cartpole"])
def test_a_deployed_controller_plays_the_identical_episode(folder: Path, controller: str) -> None:
    output = run(sys.executable, EXAMPLES / "04_deploy.py", controller, cwd=folder)
    assert output.count("the identical actions, bit for bit") == 2
    assert output.endswith("within its bound: True\n")


def test_the_code_in_the_readme_runs(folder: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert blocks
    whole = 'wr.search("cartpole-swingup", seed=1)'
    assert whole in "\n".join(blocks)
    script = "\n".join(blocks).replace(whole, f'{whole[:-1]}, preset="minimal", generations=3, population=32)')
    run(sys.executable, "-c", script, cwd=folder)


def test_the_commands_in_readme_and_tour_exist(folder: Path) -> None:
    text = "".join((ROOT / name).read_text() for name in ("README.md", "docs/tour.md"))
    commands = set(re.findall(r"^wann-rt (\w+)", text, re.MULTILINE))
    assert {"search", "export", "verify"} <= commands
    for command in commands:
        run(sys.executable, "-m", "wann_rt", command, "--help", cwd=folder)


@pytest.mark.long
def test_a_residual_on_a_frozen_champion_begins_as_the_champion_and_learns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = runpy.run_path(str(EXAMPLES / "05_residual.py"))
    champion = wr.load("zoo:cartpole-swingup")
    network, start, free = example["start_of"]("residual", champion, 1)
    same = replace(champion, network=network, weight=wr.Weight("connections", tuple(start)), vectors=())
    seen = np.random.default_rng(0).normal(size=(200, 5)).astype(np.float32)
    np.testing.assert_array_equal(same(seen), champion(seen))
    assert 0 < free.sum() < len(free)
    monkeypatch.setattr(sys, "argv", ["05_residual.py", "--seeds", "1", "--steps", "1"])  # one generation
    example["main"]()
    before, *ways = (int(line.split()[-1]) for line in capsys.readouterr().out.splitlines())
    residual, tuned, from_nothing = ways
    assert from_nothing < before < residual < tuned
