"""Several runs beside each other: a table with means over seeds, and their curves in one plot."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wann_rt.display.figure import SERIES, canvas
from wann_rt.display.report.run import Run
from wann_rt.evaluation.score import Score

Picture = Callable[[Callable[[Path], Any], str], str]
Table = Callable[[Sequence[str], Sequence[Sequence[str]]], str]


def compared(runs: Sequence[Run], picture: Picture, table: Table) -> str:
    """Returns the body of a report over several runs; ``picture`` and ``table`` make HTML."""
    head = ("run", "task", "preset", "seed", "generations", "steps", "champion", "connections")
    rows = [_row(run) for run in runs]
    groups = [(f"{task}, preset {preset}", *_group(some)) for (task, preset), some in _grouped(runs).items()]
    curves = picture(lambda path: plot_runs(runs, path), "champions over the steps of each run")
    over = table(("group", "runs", "champion: mean and 95 % interval", "best", "connections"), groups)
    return f"{curves}<h2>By preset</h2>{over}<h2>Runs</h2>{table(head, rows)}"


def _row(run: Run) -> tuple[str, ...]:
    last, config = run.generations[-1], run.config
    names = (str(run.folder), str(run.settings.get("task")), str(config.get("preset")), str(config.get("seed")))
    counts = f"{len(run.generations)} of {config.get('generations')}", f"{last.env_steps:,}"
    return (*names, *counts, f"{last.champion:.1f}", str(last.champion_connections))


def _grouped(runs: Sequence[Run]) -> dict[tuple[str, str], list[Run]]:
    """Returns the runs by task and preset, in the order in which they came."""
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((str(run.settings.get("task")), str(run.config.get("preset"))), []).append(run)
    return groups


def _group(runs: Sequence[Run]) -> tuple[str, ...]:
    """Returns what is known of runs that differ in their seeds only; of a single one there is no interval."""
    score = Score.of(np.array([run.generations[-1].champion for run in runs]))
    connections = np.mean([run.generations[-1].champion_connections for run in runs])
    interval = f" ± {score.ci95:.1f}" if len(runs) > 1 else ""
    return str(len(runs)), f"{score.mean:.1f}{interval}", f"{score.high:.1f}", f"{connections:.1f}"


def plot_runs(runs: Sequence[Run], path: Path) -> None:
    """Plots each run's champion over its environment steps; runs of one task and preset share a colour."""
    groups = list(_grouped(runs))
    with canvas(path) as sheet:
        axes = sheet.axes(xlabel="environment steps", ylabel="champion, retested")
        for run in runs:
            key = str(run.settings.get("task")), str(run.config.get("preset"))
            steps = [g.env_steps for g in run.generations]
            label = ", preset ".join(key) if run is _grouped(runs)[key][0] else None
            colour = SERIES[groups.index(key) % len(SERIES)]
            axes.plot(steps, [g.champion for g in run.generations], color=colour, label=label, drawstyle="steps-post")
        sheet.figure.legend(loc="outside upper center", ncols=2)
