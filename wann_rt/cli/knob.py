"""``wann-rt knob``: what turning the one shared weight buys on a changed plant."""

from pathlib import Path
from typing import Any

import click

from wann_rt.cli.options import (
    AS_JSON,
    CONTROLLER,
    SEED,
    TASK_SET,
    THREADS,
    print_json,
    read_controller,
    settings_of,
    taken_task,
    task_option,
)
from wann_rt.core.errors import TaskError


@click.command()
@CONTROLLER
@task_option("play")
@TASK_SET
@click.option(
    "--change", "changed", multiple=True, metavar="NAME=VALUE",
    help="Change of the plant, e.g. max_force=6, each alone; may be repeated.  [default: every param, by --factor]",
)  # fmt: skip
@click.option(
    "--factor", "factors", multiple=True, type=click.FloatRange(0, min_open=True),
    help="Times its usual value; may be repeated.  [default: 0.6 and 2]",
)  # fmt: skip
@click.option("--budget", type=click.IntRange(1, 1000), default=20, show_default=True, help="Episodes on the robot.")
@click.option("--trials", type=click.IntRange(1, 10_000), default=64, show_default=True, help="Searches tried.")
@click.option("--low", type=float, help="Bound of the weight.  [default: an eighth of the controller's]")
@click.option("--high", type=float, help="Bound of the weight.  [default: 2, on the side of the controller's]")
@click.option("--floor", type=float, help="Least return that can be borne: the scan ends there.  [default: none]")
@click.option("--episodes", type=click.IntRange(2, 100_000), default=256, show_default=True, help="Held out.")
@SEED
@THREADS
@AS_JSON
def knob(controller: Path, changed: tuple[str, ...], factors: tuple[float, ...], as_json: bool, **options: Any) -> None:
    """Turn the one shared weight of CONTROLLER on changed plants.

    Before it ships: what a worn motor or a heavier pole costs, what the best weight would give back, and what
    wann_tune.h finds on the robot within a few episodes.
    """
    loaded = read_controller(controller)
    from wann_rt.display.knob import KnobTable
    from wann_rt.tasks.task import Task
    from wann_rt.tuning.knob_gain import FACTORS, KnobSettings, bounds, changes, gains, knob_weight

    own = knob_weight(loaded)
    if options["task"] is None and "environment" in loaded.provenance:
        raise TaskError(f"{controller}: was searched in an environment; a plant that can be changed is a compiled task")
    task = taken_task(options, loaded)
    given = [{name: value} for name, value in map(_change, changed)]
    if not isinstance(task, Task):
        raise TaskError(f"task {task.name} is played by an environment, whose plant cannot be changed by its params")
    known = {name: value for name, value in options.items() if value is not None}
    settings = KnobSettings(**known)
    rows = [{}, *given] if given else changes(task, factors or FACTORS)
    with KnobTable(loaded.name, own, bounds(own, settings), settings, quiet=as_json) as shown:
        found = [shown.told(gain) for gain in gains(task, loaded, rows, settings)]
    if as_json:
        print_json({"task": task.name, "weight": own, "gains": [gain.to_dict() for gain in found]})


def _change(text: str) -> tuple[str, float]:
    """Reads a change of one param."""
    ((name, value),) = settings_of([text]).items()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TaskError(f"--change {text}: expected NAME=NUMBER, e.g. max_force=6")
    return name, float(value)
