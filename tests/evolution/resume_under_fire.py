"""Kills a running search at random moments, resumes it, and compares its champion with an uninterrupted run's.

Run as a program, by tests/evolution/test_resume.py: it forks, which wants a process without threads. Prints what it saw
as JSON.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from wann_rt import tasks
from wann_rt.evolution import config
from wann_rt.evolution import run as api
from wann_rt.evolution.journal import GENERATIONS, Journal
from wann_rt.evolution.search import Search

TASK = tasks.get("cartpole-swingup")
CONFIG = config.load("paper", {"population": 24, "generations": 20, "episodes": 1, "retest_episodes": 2, "seed": 11})
LONGEST_LIFE = 0.1  # seconds: some generations, and as many checkpoints, on a quiet machine
PATIENCE = 1.02  # lives grow by this factor, so that a busy machine gets through too


def play(folder: Path) -> None:
    """Runs or resumes the search, saving its state after every generation."""
    running = Search(TASK, CONFIG, threads=1)
    with Journal(folder, TASK, CONFIG, seconds_per_checkpoint=0.0) as journal:
        journal.resume(running)
        api.run(running, journal)


def live_and_die(folder: Path, seconds: float, aim: bool) -> bool:
    """Runs the search in a child and kills it after some time; returns whether it had ended by itself.

    Args:
        folder: the run folder.
        seconds: how long the child lives.
        aim: let it live on until it is writing, if it does soon.
    """
    child = os.fork()
    if child == 0:
        play(folder)
        os._exit(0)
    time.sleep(seconds)
    end = time.monotonic() + 1.0
    while aim and time.monotonic() < end and not writing(folder):
        time.sleep(0.0001)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFEXITED(status)


def writing(folder: Path) -> bool:
    """Returns whether a file in the folder is half-written or not yet in its place."""
    try:
        return any(path.suffix in (".tmp", ".new") for path in folder.iterdir())
    except OSError:
        return False  # not yet made


def story(folder: Path) -> tuple[bytes, list[list[object]]]:
    """Returns all that a run leaves but its wall times."""
    lines = [json.loads(line) for line in (folder / GENERATIONS).read_text().splitlines()]
    return (folder / "champion.json").read_bytes(), [[v for k, v in g.items() if k != "seconds"] for g in lines]


def main(root: Path, wanted_kills: int) -> None:
    """Runs the search under fire, from the beginning again each time it got through."""
    play(root / "calm")
    chance = random.Random(0)
    kills = inside_a_write = finished = differences = 0
    fire, longest = root / "fire", LONGEST_LIFE
    while kills < wanted_kills or 4 * inside_a_write < wanted_kills or not finished:
        longest *= PATIENCE
        if live_and_die(fire, chance.uniform(0, longest), aim=kills % 2 == 1):
            finished += 1
            differences += story(fire) != story(root / "calm")
            shutil.rmtree(fire)
        else:
            kills += 1
            inside_a_write += writing(fire)
    seen = {"kills": kills, "inside": inside_a_write, "finished": finished, "differences": differences}
    print(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
