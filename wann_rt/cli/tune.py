"""``wann-rt tune``: tune the weights of a controller, and prune it."""

from pathlib import Path
from typing import Any

import click

from wann_rt.cli.options import (
    AS_JSON,
    CONTROLLER,
    TASK_SET,
    THREADS,
    Choice,
    environment,
    named_after,
    print_json,
    read_controller,
    say,
    taken_task,
    task_option,
)
from wann_rt.core.errors import FileError


@click.command()
@CONTROLLER
@click.option("--method", type=Choice(["sweep", "cma", "pepg"]), default="cma", show_default=True)
@click.option("--prune", is_flag=True, help="Also remove connections one by one; keeps the best of each size.")
@click.option(
    "--smallest", type=click.IntRange(1, 1_000_000), default=4, show_default=True, help="Connections to prune down to."
)
@click.option("--steps", type=click.IntRange(1), default=50_000_000, show_default=True, help="Budget of task steps.")
@click.option(
    "--episodes", type=click.IntRange(1, 1_000_000), help="Per candidate and generation, or per weight of the sweep."
)
@click.option(
    "--population", type=click.IntRange(4, 100_000), default=32, show_default=True, help="Candidates a generation."
)
@click.option("--sigma", type=click.FloatRange(0, 10, min_open=True), help="First step, in sizes of the weights.")
@click.option("--relative", is_flag=True, help="--sigma counts in each weight's own size: for very different sizes.")
@click.option("--range", "limits", type=float, nargs=2, default=(-2.0, 2.0), show_default=True, help="Of the sweep.")
@click.option("--step", type=float, default=0.01, show_default=True, help="Distance between weights of the sweep.")
@task_option("tune on")
@environment
@TASK_SET
@click.option("--out", type=click.Path(path_type=Path), help="File to write.  [default: NAME.tuned.json]")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@click.option("--seed", type=click.IntRange(0, 2**53), default=0, show_default=True, help="Of all random numbers.")
@THREADS
@AS_JSON
def tune(
    controller: Path,
    out: Path | None,
    limits: tuple[float, float],
    quiet: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Tune the weights of CONTROLLER, or prune its connections.

    Ctrl-C stops cleanly and keeps the best so far.

    \b
    sweep  the one shared weight, over a fine grid
    cma    individual weights, by CMA-ES
    pepg   individual weights, by population-based REINFORCE

    With --prune, the result is the smallest controller that keeps 99 % of the best score, and the best of each size
    are written into a folder beside it.
    """  # noqa: D301  click wants the backspace itself
    loaded = read_controller(controller)
    from wann_rt.display import tuning as display
    from wann_rt.tuning.tune import save_tuned
    from wann_rt.tuning.tune import tune as tune_controller

    task = taken_task(settings, loaded)
    path = out or named_after(controller).with_suffix(".tuned.json")
    if not path.parent.is_dir():
        raise FileError(f"{path}: cannot be written: there is no folder {path.parent}")
    if settings["method"] != "sweep" and not (quiet or as_json):
        say("tuning does not resume: Ctrl-C keeps the best so far, the same command begins again", err=True)
    with display.TuningProgress(quiet=quiet or as_json) as progress:
        settings |= {"low": limits[0], "high": limits[1], "on_progress": progress.update}
        tuned = tune_controller(loaded, task, **settings)
    save_tuned(tuned, path)
    if as_json:
        print_json({"controller": str(path), **tuned.to_dict()})
    else:
        display.show_tuned(tuned, path)
