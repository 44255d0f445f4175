"""Measures how fast a plant of a user's file is beside a built-in one, and what conditions cost (``make bench``).

The file is the swing-up's own module with a ``wr.Task`` behind it. Both play the same networks in turns; a figure is
the median over the rounds of steps per second of CPU time, a ratio the median of the rounds' ratios. Writes
docs/bench_tasks.md.
"""

import statistics
import tempfile
from pathlib import Path

import numpy as np
from speed import machine
from work import NETWORKS, PAPER_LANES, SWING, TRACK, alternating, endless, lockstep, population, ratio

import wann_rt as wr
from wann_rt import tasks
from wann_rt.core import files
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.task import Task

ROOT = Path(__file__).parents[2]
CONNECTIONS = 25
BEHIND = """

import wann_rt as wr

task = wr.Task(
    name="my-swingup", observations=OBSERVATIONS, actions=ACTIONS, rate_hz=100.0, max_steps=MAX_STEPS, params=Params(),
    start=start, observe=observe, step=step, step_clips=True,
)
"""


def main() -> None:
    """Measures all and writes the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "my_swingup.py"
        module = ROOT / "wann_rt" / "tasks" / "compiled" / "cartpole_swingup.py"
        path.write_text(module.read_text(encoding="utf-8") + BEHIND, encoding="utf-8")
        own = tasks.with_params(wr.task(f"{path}:task"), track=TRACK)
        text = document(own)
    files.write_atomic(ROOT / "docs" / "bench_tasks.md", text.encode())
    print(text)


def document(own: Task) -> str:
    """Returns docs/bench_tasks.md."""
    programs, levels = population(NETWORKS, CONNECTIONS), dict(SWING.tested)
    subjects = {
        "built-in": endless(),
        "of a user's file": own,
        "built-in, effort priced": tasks.with_params(endless(), effort_penalty=0.1),
        "built-in, actions up to 2 steps late": tasks.with_params(endless(), delay=2.0),
        "built-in, all nine disturbances": tasks.with_params(endless(), **levels),
    }
    check_same_bits(endless(), own)
    rates = alternating({name: lockstep(task, programs, PAPER_LANES) for name, task in subjects.items()})
    plain = rates["built-in"]
    rows = []
    for name, found in rates.items():
        steps = f"{statistics.median(found) / 1e6:.0f} M"
        rows.append(f"| {name} | {len(subjects[name].variables)} | {steps} | {ratio(found, plain):.2f} |")
    return "\n".join(
        [
            "# How fast a plant of your own is, and what conditions cost",
            "",
            f"{machine()}. Written by `make bench`; ratios hold within one run. Steps per CPU-second of the swing-up,",
            f"networks of {CONNECTIONS} connections, {PAPER_LANES} lanes. That the file's task plays with the bits of",
            "the built-in one is checked before.",
            "",
            "| the swing-up | state variables | steps | built-in = 1 |",
            "|---|---:|---:|---:|",
            *rows,
            "",
        ]
    )


def check_same_bits(one: Task, other: Task) -> None:
    """Raises ValueError unless both tasks give the same returns."""
    programs, starts = population(NETWORKS, CONNECTIONS), starts_of(one, range(PAPER_LANES))
    weights = np.ones(PAPER_LANES, np.float32)
    first, second = (play(task, programs, weights, starts).returns for task in (one, other))
    if not np.array_equal(first, second):
        raise ValueError("the file's task plays otherwise than the built-in one")


if __name__ == "__main__":
    main()
