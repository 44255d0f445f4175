"""Laws of worker pools: each search, thread and process has its own, so none ends, or gives answers to, another's."""

import concurrent.futures
import errno
import multiprocessing
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import wann_rt as wr
from wann_rt.core import files
from wann_rt.core.errors import TaskError
from wann_rt.play.backends import processes
from wann_rt.play.environment import environment

pytestmark = pytest.mark.slow
SMALL: dict[str, Any] = {"generations": 1, "population": 4, "drawn_weights": 2, "retest_episodes": 1}


def searched(seed: int) -> str:
    task = environment("Pendulum-v1", max_steps=20)
    return files.to_text(wr.search(task, seed=seed, threads=1, **SMALL))


@pytest.mark.long
def test_searches_in_threads_do_not_meet() -> None:
    alone = [searched(seed) for seed in (1, 2)]
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        assert list(threads.map(searched, (1, 2))) == alone
    assert processes._pools == []


@pytest.mark.long
@pytest.mark.parametrize("method", sorted({"fork", "spawn"} & set(multiprocessing.get_all_start_methods())))
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_searches_in_processes_do_not_meet(method: str) -> None:
    with processes.session():
        alone = [searched(seed) for seed in (1, 2)]  # the workers of this process are there while others are forked
        own = [worker.process.pid for pool in processes._pools for worker in pool.workers]
        with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context(method)) as others:
            assert list(others.map(searched, (1, 2))) == alone
        assert own
        assert all(os.waitpid(pid, os.WNOHANG) == (0, 0) for pid in own)


@pytest.mark.long
def test_an_edited_environment_is_played_as_it_is_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    module = tmp_path / "edited_env.py"
    text = "from helpers.odd_environments import Glider\n\n\nclass E(Glider):\n    def step(self, action):\n"
    module.write_text(f"{text}        return self.state.copy(), 1.0, False, False, {{}}\n")

    def score() -> Any:
        task = environment("edited_env:E", max_steps=5)
        return wr.search(task, threads=1, **SMALL).provenance["score"]["mean"]

    assert score() == 5
    module.write_text(f"{text}        return self.state.copy(), 20.0, False, False, {{}}\n")
    assert score() == 100


def test_workers_that_cannot_all_be_started_are_one_error_and_none_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def limited(*arguments: Any, **named: Any) -> subprocess.Popen[bytes]:
        if len(started) == 2:
            raise OSError(errno.EMFILE, "Too many open files")  # as under `ulimit -n 64`
        started.append(real(*arguments, **named))
        return started[-1]

    task = environment("Pendulum-v1", max_steps=20)
    monkeypatch.setattr(subprocess, "Popen", limited)
    with pytest.raises(TaskError, match="cannot be started: Too many open files: use fewer"):
        wr.search(task, threads=4, **SMALL)
    assert len(started) == 2
    assert all(process.poll() is not None for process in started)
    assert processes._pools == []
