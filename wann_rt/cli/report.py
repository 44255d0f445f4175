"""``wann-rt report``: a run as one HTML file."""

import time
from pathlib import Path

import click

from wann_rt.cli.options import SEED, say, task_option


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="The file.  [default: report.html in the first run]")
@click.option("--episodes", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help="Per condition.")
@click.option(
    "--watch", type=click.IntRange(1, 10**6), metavar="SECONDS", help="Write it anew so often, until the run ends."
)
@task_option("play")
@SEED
def report(
    runs: tuple[Path, ...], out: Path | None, episodes: int, watch: int | None, task: str | None, seed: int
) -> None:
    """Write a report of RUNS, folders of searches, as one HTML file.

    One run in detail, several beside each other.
    """
    from wann_rt.core.files import write_atomic
    from wann_rt.display.live import Live
    from wann_rt.display.report import report as reports
    from wann_rt.display.report.run import Run

    path = out or runs[0] / "report.html"
    while True:
        read = [Run.read(folder) for folder in runs]
        if watch and not all(run.generations for run in read):
            time.sleep(watch)
            continue
        going = watch if any(run.champion is None for run in read) else None
        with Live("writing the report"):
            text = reports.report(runs, task=task, episodes=episodes, seed=seed, refresh=going)
        write_atomic(path, text.encode())
        say(f"wrote {path}, open it in a browser")
        if going is None:
            return
        time.sleep(going)
