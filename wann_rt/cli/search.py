"""``wann-rt search``: find a controller."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann_rt.cli.options import (
    AS_JSON,
    DATA,
    TASK_SET,
    THREADS,
    environment,
    print_json,
    read_controller,
    say,
    settings_of,
    taken_task,
)
from wann_rt.core.errors import ConfigError

if TYPE_CHECKING:
    from wann_rt.tasks.any_task import AnyTask

PRESET = (
    "Settings to start from: robust (disturbed, calm, a weight for each connection), minimal (any shared weight), "
    "tuned (one), agnostic (random weights too), paper (as published), environment (few episodes), dataset (samples), "
    "digits (classes, grown), mask (classes, proposed by gradients), paper-digits (digits as published).  "
    "[default: robust; for an environment: environment; for a data set: dataset]"
)

SHORTCUTS = ("seed", "generations", "population")  # settings with options of their own


@click.command()
@click.argument("task", required=False)
@DATA
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
@click.option("--changed-code", is_flag=True, help="Resume although the environment's code has changed since.")
@click.option("--target", type=float, help="End once the champion's fitness is at least this.")
@click.option("--patience", type=click.IntRange(1), help="End after so many generations without a better champion.")
@click.option(
    "--budget",
    help="End once so much is spent: 90s, 10min, 2h, or '500 episodes' of an environment; compiling is free.",
)
@click.option("--keep-best", is_flag=True, help="Keep the best network of each generation, in OUT/best.")
@click.option("--observe", metavar="NAMES", help="Observations that it sees, of those that there are: x,cos_theta.")
@click.option(
    "--derive", multiple=True, metavar="NAME=HOW",
    help="Channel computed from these, e.g. theta_dot=rate_of:cos_theta/sin_theta,filter:0.5; may be repeated.",
)  # fmt: skip
@TASK_SET
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@THREADS
@AS_JSON
def search(
    preset: str | None,
    file: Path | None,
    settings: tuple[str, ...],
    out: Path | None,
    overwrite: bool,
    changed_code: bool,
    quiet: bool,
    threads: int | None,
    as_json: bool,
    start: Path | None,
    target: float | None,
    patience: int | None,
    budget: str | None,
    keep_best: bool,
    observe: str | None,
    derive: tuple[str, ...],
    **shortcuts: Any,
) -> None:
    """Search a controller for TASK, or for an environment (--env).

    Ctrl-C stops cleanly and keeps the best so far; the same command then goes on.

    TASK is a compiled task (`wann-rt tasks`), or one of your own: FILE.py:NAME or MODULE:NAME, whose code is run.

    A finished run goes on with more --generations, as if it had been to have so many from the start.
    """
    from wann_rt.display.search import SearchProgress, show_champion
    from wann_rt.evolution.callbacks import KeepBest
    from wann_rt.evolution.journal import champion_file
    from wann_rt.evolution.run import configured, run_search
    from wann_rt.evolution.stopping import Stopping

    stopping = Stopping.of(target, patience, budget)
    overlay = _overlay(file, settings, {name: shortcuts.pop(name) for name in SHORTCUTS})
    _refuse(shortcuts.get("env"), preset, overlay)
    given = None if start is None else read_controller(start)
    task = _seen(taken_task(shortcuts), observe, derive)
    config, network = configured(task, preset, given, overlay)
    folder = out or Path("runs") / f"{task.name}-{config.seed}"
    with SearchProgress(config.generations, quiet=quiet or as_json) as progress:
        controller = run_search(
            task, config, network, out=folder, overwrite=overwrite, changed_code=changed_code, threads=threads,
            on_generation=progress.update, callbacks=[KeepBest(folder / "best")] * keep_best,
            stopping=stopping,
            on_resume=lambda done: progress.say(f"resuming {folder} at generation {done}"),
        )  # fmt: skip
    done = controller.provenance["generations"]
    if done < config.generations or "stopped" in controller.provenance:
        why = controller.provenance.get("stopped", "interrupted")
        say(f"stopped after {done} generation{'s' * (done != 1)}: {why}; the same command goes on from here", err=True)
    if as_json:
        print_json({"champion": str(champion_file(folder)), **controller.provenance})
    else:
        show_champion(controller, champion_file(folder))


def _refuse(env: str | None, preset: str | None, overlay: dict[str, Any]) -> None:
    """Refuses wrong settings before an environment is made and tried, which may take a while and run a user's code."""
    if env is None:
        return
    from wann_rt.evolution import config as configs
    from wann_rt.evolution.conditions import check_environment
    from wann_rt.evolution.preset_files import OF_ENVIRONMENTS

    check_environment(env, configs.load(preset or OF_ENVIRONMENTS, overlay))


def _seen(task: "AnyTask", observe: str | None, derive: tuple[str, ...]) -> "AnyTask":
    """Returns the task as the options say that it is seen."""
    from wann_rt.tasks.deriving import parsed, seen_through

    if observe is None and not derive:
        return task
    names = None if observe is None else [name.strip() for name in observe.split(",")]
    return seen_through(task, names, parsed(derive))


def _overlay(file: Path | None, settings: tuple[str, ...], shortcuts: dict[str, Any]) -> dict[str, Any]:
    """Returns the settings of the TOML file, then those of --set, then those of their own options."""
    import tomllib

    from wann_rt.core import files

    overlay: dict[str, Any] = {}
    if file is not None:
        try:
            overlay |= tomllib.loads(files.read_text(file))
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{file}: is not valid TOML: {error}") from None
    overlay |= settings_of(settings)
    return overlay | {name: value for name, value in shortcuts.items() if value is not None}
