"""Gaits by oscillators in MuJoCo, searched and tuned by commands; writes examples/gaits and docs/gait.json.

    python tests/bench/gait.py [half-cheetah] [swimmer]

An oscillator is a derived channel, ``sine,hz:3``: the network sees sine and cosine of a phase, and little else. Where a
folder of an earlier try is given (``--work``), commands whose result is there are not run again.
"""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import memory
import numpy as np

import wann_rt as wr
from wann_rt.core.files import write_atomic
from wann_rt.core.random import Purpose
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import starts_of
from wann_rt.play.task_of import task_of

ROOT = memory.DOCS.parent
STORE, GAITS = memory.DOCS / "gait.json", ROOT / "examples" / "gaits"
EPISODES = 100
# Every input to every output, so that a search of one generation only finds signs and a shared weight.
DENSE = (
    "--preset minimal --seed 1 --population 32 --generations 1 --set initial_enabled=1 --set parsimony=0 --set "
    "most_connections=0 --set delete_connection=0 --set delete_node=0 --set move_connection=0 --set add_node=0 --set "
    "drawn_weights=4 --set retest_episodes=2 --set sweep_weights=5 --set sweep_episodes=2 --set scored_episodes=4"
)
COMMANDS = {
    "half-cheetah": (
        "search --env HalfCheetah-v5 --backend envpool --observe angle,angle_dot --derive s=sine,hz:3 "
        f"--derive c=cosine,hz:3 --task-set max_steps=200 {DENSE} --out all",
        "tune all/champion.json --backend envpool --task-set max_steps=200 --episodes 1 --population 16 --sigma 0.5 "
        "--steps 600000 --out tuned.json",
    ),
    "swimmer": (
        "search --env Swimmer-v5 --backend envpool --observe angle --derive s=sine,hz:0.62 "
        f"--derive c=cosine,hz:0.62 --task-set max_steps=500 {DENSE} --out all",
        "tune all/champion.json --backend envpool --task-set max_steps=0 --episodes 1 --population 12 --sigma 0.5 "
        "--steps 1200000 --out tuned.json",
    ),
}


def made(name: str, folder: Path) -> wr.Controller:
    """Returns the controller that the commands give, run in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for command in COMMANDS[name]:
        out = shlex.split(command)[-1]
        if not (folder / out / "champion.json" if "." not in out else folder / out).exists():
            run = [sys.executable, "-m", "wann_rt", *shlex.split(command), "--quiet", "--threads", "1"]
            subprocess.run(run, cwd=folder, check=True)
    return wr.load(folder / "tuned.json")


def scored(controller: wr.Controller, backend: Any) -> tuple[float, float]:
    """Returns mean and standard deviation of the returns of episodes that nothing was chosen by."""
    env = controller.provenance["environment"]["id"]
    task = task_of(controller, wr.environment(env, backend=backend))
    starts = starts_of(task, episode_seeds(Purpose.TEST, 424_242, EPISODES))
    returns = play_controller(task, controller, starts, 1).returns
    return float(np.mean(returns)), float(np.std(returns))


def main() -> None:
    """Makes the gaits that are asked for, scores them, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(COMMANDS))
    parser.add_argument("--work", type=Path)
    arguments = parser.parse_args()
    rows: dict[str, Any] = json.loads(STORE.read_text()) if STORE.exists() else {}
    with tempfile.TemporaryDirectory() as spare:
        for name in arguments.names:
            controller = made(name, (arguments.work or Path(spare)) / name)
            GAITS.mkdir(exist_ok=True)
            wr.save(controller, GAITS / f"{name}.json")
            rows[name] = {
                "connections": controller.network.n_connections,
                "environment": controller.provenance["environment"]["id"],
                **{backend: scored(controller, backend) for backend in ("envpool", "processes")},
            }
            write_atomic(STORE, (json.dumps(rows, indent=1) + "\n").encode())
            print(name, rows[name], flush=True)
    memory.write()


if __name__ == "__main__":
    main()
