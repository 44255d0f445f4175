"""``wann-rt compare``: several presets and seeds of one search, beside each other."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann_rt.cli.options import AS_JSON, TASK_SET, THREADS, environment, print_json, say, settings_of, taken_task

if TYPE_CHECKING:
    from wann_rt.core.controller import Controller
    from wann_rt.evolution.config import Config
    from wann_rt.tasks.any_task import AnyTask


@click.command()
@click.argument("task", required=False)
@environment
@click.option("--channels", type=click.Path(path_type=Path), help="TOML file: names and units of an environment.")
@click.option("--seeds", default="1-5", show_default=True, help="Of the searches: 1-5, or 1,2,7.")
@click.option("--preset", "presets", multiple=True, metavar="NAME", help="May be repeated.  [default: as of a search]")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Replace one setting; may be repeated.")
@click.option("--generations", type=click.IntRange(1), help="How many each search runs.")
@click.option("--population", type=click.IntRange(2), help="Genomes per generation.")
@click.option("--episodes", type=click.IntRange(2), default=100, show_default=True, help="Each champion is scored in.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the run folders.  [default: runs/compare-TASK]")
@click.option("--plot", type=click.Path(path_type=Path), help="Also draw the scores (.svg, .png, .pdf).")
@TASK_SET
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@THREADS
@AS_JSON
def compare(
    seeds: str,
    presets: tuple[str, ...],
    settings: tuple[str, ...],
    episodes: int,
    out: Path | None,
    plot: Path | None,
    quiet: bool,
    threads: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Search TASK with several seeds and presets; compare them.

    Prints mean, interval and interquartile mean over the seeds.

    What is finished in the folder is taken as it is, what was interrupted goes on: the same command can be repeated,
    also with more seeds or presets.
    """
    from wann_rt.display.search import show_comparison
    from wann_rt.evolution.comparison import compare as run
    from wann_rt.evolution.comparison import read_seeds

    task = taken_task(options)
    folder = out or Path("runs") / f"compare-{task.name}"
    own = {name: options[name] for name in ("generations", "population") if options[name] is not None}
    chosen, found = read_seeds(seeds), settings_of(settings) | own
    result = run(
        task, presets, chosen, folder, episodes=episodes, threads=threads, settings=found,
        search=_shown(quiet or as_json),
    )  # fmt: skip
    if plot is not None:
        from wann_rt.display.comparisons import plot_runs

        plot_runs(result, plot)
    if as_json:
        print_json(result.to_dict())
    else:
        show_comparison(result, folder)


def _shown(quiet: bool) -> "Callable[..., Controller]":
    """Returns what runs one search and shows its progress below its name."""

    def search(task: "AnyTask", config: "Config", *, out: Path, threads: int | None) -> "Controller":
        from wann_rt.display.search import SearchProgress
        from wann_rt.evolution.run import run_search

        if not quiet:
            say(f"{out}", err=True)
        with SearchProgress(config.generations, quiet=quiet) as progress:
            return run_search(task, config, out=out, threads=threads, on_generation=progress.update)

    return search
