"""Commands before there is a controller: list the tasks, search."""

from pathlib import Path
from typing import Any

import click

from wann_rt.cli.options import AS_JSON, TASK_SET, THREADS, environment, environment_arguments, load, print_json
from wann_rt.core.errors import ConfigError


@click.command()
@AS_JSON
def tasks(as_json: bool) -> None:
    """List the tasks that can be searched."""
    from wann_rt.display import tables as display
    from wann_rt.tasks import TASKS

    if as_json:
        print_json([display.task_dict(task) for task in TASKS])
    else:
        display.show_tasks(TASKS)


PRESET = (
    "Settings to start from: minimal (any shared weight), tuned (one), agnostic (random weights too), paper (as "
    "published), environment (few episodes).  [default: minimal; for an environment: environment]"
)


@click.command()
@click.argument("task", required=False)
@environment
@click.option("--channels", type=click.Path(path_type=Path), help="TOML file: names and units of an environment.")
@click.option("--preset", metavar="NAME", help=PRESET)
@click.option("--start", type=click.Path(path_type=Path), help="Controller whose network to start from.")
@click.option("--config", "file", type=click.Path(path_type=Path), help="TOML file with settings to replace.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Replace one setting; may be repeated.")
@click.option("--seed", type=click.IntRange(0, 2**53), help="All random numbers follow from it.  [default: 0]")
@click.option("--generations", type=click.IntRange(1), help="How many to run.")
@click.option("--population", type=click.IntRange(2), help="Genomes per generation.")
@click.option("--out", type=click.Path(path_type=Path), help="Run folder.  [default: runs/TASK-SEED]")
@click.option("--overwrite", is_flag=True, help="Allow --out to hold an earlier run, which is replaced.")
@TASK_SET
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@THREADS
@AS_JSON
def search(
    task: str | None,
    preset: str | None,
    file: Path | None,
    settings: tuple[str, ...],
    params: tuple[str, ...],
    out: Path | None,
    overwrite: bool,
    quiet: bool,
    threads: int | None,
    as_json: bool,
    channels: Path | None,
    start: Path | None,
    **shortcuts: Any,
) -> None:
    """Search a controller for TASK, or for an environment; Ctrl-C stops cleanly and keeps the best so far."""
    from wann_rt.display.search import Progress, show_champion
    from wann_rt.evolution import config
    from wann_rt.evolution import run as api
    from wann_rt.evolution.config import default_preset
    from wann_rt.evolution.journal import Journal
    from wann_rt.evolution.search import Search
    from wann_rt.evolution.warm_start import start_from
    from wann_rt.play.choose import Selection, selected
    from wann_rt.tasks.environment import channels as environment_channels

    names = None if channels is None else environment_channels.read(channels)
    changed = dict(config.parse_setting(text) for text in params)
    found = selected(Selection(task, channels=names, params=changed, **environment_arguments(shortcuts)))
    overlay = _overlay(file, settings, shortcuts)
    chosen, network = config.load(preset or default_preset(found), overlay), None
    if start is not None:
        network, chosen = start_from(load(start), chosen)
    folder = out or Path("runs") / f"{found.name}-{chosen.seed}"
    running = Search(found, chosen, threads, network)
    with Journal(folder, found, chosen, overwrite=overwrite) as journal:
        if journal.resume(running):
            click.echo(f"resuming {folder} at generation {running.generation}", err=True)
        with Progress(chosen.generations, quiet=quiet or as_json) as progress:
            controller = api.run(running, journal, progress.update)
    if running.generation < chosen.generations:
        click.echo(f"stopped after {running.generation} generations; the same command goes on from here", err=True)
    if as_json:
        print_json({"champion": str(journal.champion_path), **controller.provenance})
    else:
        show_champion(controller, journal.champion_path)


def _overlay(file: Path | None, settings: tuple[str, ...], shortcuts: dict[str, Any]) -> dict[str, Any]:
    """Returns the settings of the TOML file, then those of --set, then those of their own options."""
    import tomllib

    from wann_rt.core import files
    from wann_rt.evolution import config

    overlay: dict[str, Any] = {}
    if file is not None:
        try:
            overlay |= tomllib.loads(files.read_text(file))
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{file}: is not valid TOML: {error}") from None
    overlay |= dict(config.parse_setting(setting) for setting in settings)
    return overlay | {name: value for name, value in shortcuts.items() if value is not None}
