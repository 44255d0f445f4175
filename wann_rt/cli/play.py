"""``wann-rt play``: watch a controller at work."""

from pathlib import Path
from typing import Any

import click

from wann_rt.cli.options import (
    CONTROLLER,
    ENV,
    ENV_SET,
    SEED,
    TASK_SET,
    named_after,
    read_controller,
    say,
    taken_task,
    task_option,
)


@click.command()
@CONTROLLER
@click.option("--out", type=click.Path(path_type=Path), help="Film to write: .mp4 or .gif.  [default: a window]")
@task_option("play")
@ENV
@ENV_SET
@TASK_SET
@click.option("--episodes", type=click.IntRange(1, 1_000_000), default=1, show_default=True, help="How many.")
@click.option("--fps", "rate", type=click.FloatRange(0.1, 1000), help="Steps shown a second.  [default: as Gymnasium]")
@click.option("--max-steps", type=click.IntRange(1), help="Of an episode.  [default: the task's own]")
@SEED
def play(controller: Path, out: Path | None, **options: Any) -> None:
    """Watch CONTROLLER play its task: in a window or as a film.

    Gymnasium plays it. Without a display, a film is made. Its name is by default that of CONTROLLER, with .mp4, in the
    current folder.
    """
    loaded = read_controller(controller)
    from wann_rt.display import watch as display

    task = taken_task(options, loaded)
    path = out
    if path is None and not display.has_display():
        path = Path(named_after(controller).with_suffix(".mp4").name)
        say(f"there is no display here: making the film {path}")
    totals = []
    for outcome in display.watch(task, loaded, out=path, **options):
        totals.append(outcome.total)
        say(f"episode {len(totals)} (seed {outcome.seed}): return {outcome.total:.1f} in {outcome.steps} steps")
    if len(totals) > 1:
        say(f"mean return {sum(totals) / len(totals):.1f}")
    if path is not None:
        say(f"wrote {path}")
