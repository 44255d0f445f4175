"""Laws of worker processes: time in which they are stopped is not theirs, and nothing that they start is left."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from helpers import needs
from helpers.playing import network_of

from wann_rt.core.errors import TaskError
from wann_rt.play.backends import processes
from wann_rt.play.environment import environment
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.environment import leftovers

pytestmark = pytest.mark.slow
LEAVING = "helpers.leaving_environments:Leaving"


def playing(told: Path, how: str = "", steps: int = 5, step_timeout: float = 30.0) -> None:
    task = environment(LEAVING, kwargs={"told": str(told), "how": how}, max_steps=steps, step_timeout=step_timeout)
    play(task, network_of(task), np.ones(1, np.float32), starts_of(task, range(1)), 1)


def alive(told: Path) -> list[int]:
    """Returns which of the simulators still run."""
    started = [int(line) for line in told.read_text().split()]
    assert started
    return [
        process for process in started if Path(f"/proc/{process}").exists() and leftovers.state(process) not in "ZX"
    ]


@needs.proc
@pytest.mark.parametrize("how", ["", "dies", "never closes"])
def test_nothing_that_an_environment_started_is_left(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("pool", "asking"):
        monkeypatch.setattr(f"wann_rt.play.backends.{module}.SECONDS_TO_CLOSE", 1.0)
    told = tmp_path / "told"
    expected = pytest.raises(TaskError, match="killed the process") if how == "dies" else contextlib.nullcontext()
    with expected:
        playing(told, how)
    processes.close()
    deadline = time.monotonic() + 10  # a killed process needs a moment to go
    while alive(told) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert alive(told) == []
    closed = told.with_suffix(".closed").read_text().split()
    assert len(closed) == (1 if how == "dies" else 2)  # of what was described, and of what was played


@needs.proc
def test_nothing_is_left_when_the_searching_process_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = (
        "import sys, pathlib; sys.path[:0] = sys.argv[2:]\n"
        "import test_leftovers\n"
        "test_leftovers.playing(pathlib.Path(sys.argv[1]), 'slow', 100_000)"
    )
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    with subprocess.Popen([sys.executable, "-c", script, str(told), *folders]) as searching:
        while not (told.exists() and len(told.read_text().split()) >= 4):  # of describing and of playing, two each
            assert searching.poll() is None
            time.sleep(0.05)
        searching.kill()
    deadline = time.monotonic() + 20
    while alive(told) and time.monotonic() < deadline:
        time.sleep(0.05)
    left = alive(told)
    for process in left:
        os.kill(process, signal.SIGKILL)
    assert left == []


@pytest.mark.long
@needs.proc
def test_a_stopped_worker_does_not_hang(tmp_path: Path) -> None:
    def stop_and_go() -> None:
        while not processes._pools or not processes._pools[0].workers[0].made:
            time.sleep(0.02)
        worker = processes._pools[0].workers[0].process.pid
        os.kill(worker, signal.SIGSTOP)
        time.sleep(3.0)
        os.kill(worker, signal.SIGCONT)

    thread = threading.Thread(target=stop_and_go)
    thread.start()
    began = time.monotonic()
    playing(tmp_path / "told", "slow", steps=100, step_timeout=1.5)
    thread.join()
    assert time.monotonic() - began > 3.0
    processes.close()
