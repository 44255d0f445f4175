"""Kills a search at every single file operation that it makes, resumes it, and compares what it leaves.

Run as a program, by tests/evolution/test_run_folder.py: it forks, which wants a process without threads. The run folder
is written with the settings that everybody has. Prints what it saw as JSON.
"""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from resume_under_fire import TASK, story

from wann_rt.evolution import config
from wann_rt.evolution import run as api
from wann_rt.evolution.journal import SECONDS_PER_CHECKPOINT, Journal
from wann_rt.evolution.search import Search

SETTINGS = {"population": 16, "generations": 6, "episodes": 1, "retest_episodes": 2, "seed": 11}
CONFIG = config.load("paper", {**SETTINGS, "scored_episodes": 1})  # scoring would take longer than all the rest
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "fcntl.flock"}


def play(folder: Path, interval: float, deadline: int, clock_step: float) -> None:
    """Runs or resumes the search; kills itself right before file operation number ``deadline``."""
    seen = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if event in EVENTS and str(folder) in str(arguments[0]):
            if seen == deadline:
                os.kill(os.getpid(), signal.SIGKILL)
            seen += 1

    sys.addaudithook(watch)
    real, skipped = time.monotonic, 0.0

    def hurried() -> float:  # so that a run of a second sees several of the default intervals pass
        nonlocal skipped
        skipped += clock_step
        return real() + skipped

    time.monotonic = hurried
    running = Search(TASK, CONFIG, threads=1)
    with Journal(folder, TASK, CONFIG, seconds_per_checkpoint=interval) as journal:
        journal.resume(running)
        api.run(running, journal)


def lived(folder: Path, interval: float, deadline: int, clock_step: float) -> bool:
    """Plays in a child; returns whether it got through."""
    child = os.fork()
    if child == 0:
        try:
            play(folder, interval, deadline, clock_step)
        except BaseException as error:
            if "already holds a run, and nothing in it to resume" in str(error):
                os._exit(0)  # it was killed after its end; ``main`` compares what is there
            print(f"operation {deadline}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not (os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0) and not os.WIFSIGNALED(status):
        raise SystemExit(f"the search failed where it should go on: operation {deadline}")
    return os.WIFEXITED(status)


def main(root: Path, clock_step: float, stride: int = 1) -> None:
    """Kills at operation 0, stride, 2 stride, ... until one run gets through without; resumes each time."""
    play_through, kills, differences = 10**9, 0, 0
    lived(root / "calm", SECONDS_PER_CHECKPOINT, play_through, 0.0)
    while True:
        folder = root / f"at-{kills}"
        if lived(folder, SECONDS_PER_CHECKPOINT, kills * stride, clock_step):
            break
        assert lived(folder, SECONDS_PER_CHECKPOINT, play_through, clock_step)
        differences += story(folder) != story(root / "calm")
        differences += {path.name for path in folder.iterdir()} != {path.name for path in (root / "calm").iterdir()}
        shutil.rmtree(folder)
        kills += 1
    print(json.dumps({"kills": kills, "differences": differences}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), *map(int, sys.argv[3:]))
