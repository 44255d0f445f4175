"""``wann-rt rival``: what a user would take instead, tuned as ours are, in the same episodes."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wann_rt.cli.options import AS_JSON, SEED, TASK_SET, THREADS, print_json, read_controller, settings_of
from wann_rt.core.errors import FileError, TaskError
from wann_rt.core.guess import near

if TYPE_CHECKING:
    from wann_rt.tasks.task import Task


@click.command()
@click.argument("task")
@TASK_SET
@click.option(
    "--controller", "controllers", multiple=True, type=click.Path(path_type=Path),
    help="What to compare with; may be repeated.  [default: the zoo's champions for the task]",
)  # fmt: skip
@click.option("--method", type=click.Choice(["cma", "pepg"]), default="cma", show_default=True, help="Tunes the gains.")
@click.option(
    "--steps", type=click.IntRange(1), default=300_000_000, show_default=True, help="Budget of task steps, each rival."
)
@click.option(
    "--smoothness", type=click.FloatRange(0), help="Price of changing actions.  [default: that of preset robust]"
)
@click.option("--episodes", type=click.IntRange(2, 1_000_000), default=1000, show_default=True, help="Held out.")
@click.option(
    "--disturb",
    multiple=True,
    metavar="NAME=VALUE",
    help="Disturbance that rivals are tuned and all are judged under, together; may be repeated.  "
    "[default: all that evaluate --disturbed names]",
)
@click.option("--only", multiple=True, metavar="RIVAL", help="Rival that takes part; may be repeated.  [default: all]")
@click.option(
    "--gains",
    type=click.Path(path_type=Path),
    help="Gains of rivals that are not tuned: docs/rivals.json or what --json printed, changed by hand or not.",
)
@click.option(
    "--own",
    "owns",
    multiple=True,
    metavar="FILE.py:NAME",
    help="Controller of your own: a Python function of an observation, or a class of which each episode gets one; "
    "may be repeated.",
)
@click.option("--mpc", is_flag=True, help="With model-predictive control, where it shall be held at a point of rest.")
@click.option("--regret", is_flag=True, help="How far from the best there can be, by a grid: pendulum, mountain-car.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the linear rivals, as controller files.")
@SEED
@THREADS
@AS_JSON
def rival(
    task: str,
    params: tuple[str, ...],
    controllers: tuple[Path, ...],
    method: str,
    steps: int,
    smoothness: float | None,
    episodes: int,
    disturb: tuple[str, ...],
    only: tuple[str, ...],
    gains: Path | None,
    owns: tuple[str, ...],
    mpc: bool,
    regret: bool,
    out: Path | None,
    seed: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Tune textbook controllers for TASK, compare them with ours.

    All are played plain, and under all disturbances at once.

    Random actions, PID loops, a linear-quadratic regulator, and for swing-ups energy shaping with such a regulator
    at the top; each tuned by the same strategy as ours, under the same disturbances and price.
    """
    from wann_rt.display.rivals import RivalTable
    from wann_rt.evolution import config
    from wann_rt.rivals import given
    from wann_rt.rivals.contest import champions, contest
    from wann_rt.tasks import any_task
    from wann_rt.tuning.polish import PolishSettings

    played = any_task.task(task, **settings_of(params))
    if played.base is not None:
        raise TaskError(
            "--task-set: name physical params only; disturbances are mixed by --disturb, and prices are of tuning"
        )
    _check_known(played, mpc, regret)
    _check_only(played, only)
    mixed = given.disturbing(played, settings_of(disturb)) or None
    known = {} if gains is None else given.gains_in(gains, played)
    functions = [given.own(name) for name in owns]
    ours = {str(path): read_controller(path) for path in controllers} or champions(played)
    if out is not None and out.exists() and not out.is_dir():
        raise FileError(f"{out}: is a file; --out names the folder, there already or new, for the controller files")
    robust = config.load("robust")
    price = robust.smoothness_penalty if smoothness is None else smoothness
    settings = PolishSettings(
        "pepg" if method == "pepg" else "cma", episodes=robust.polish_episodes, steps=steps, seed=seed, threads=threads
    )
    with RivalTable(played.name, quiet=as_json) as shown:
        found = contest(played, ours, settings, smoothness=price, episodes=episodes, seed=seed, regret=regret,
                        predictive=mpc, only=only, known=known, disturbances=mixed, own=functions)  # fmt: skip
        entries = [shown.told(entry) for entry in found]
    for entry in entries:
        if out is not None and entry.law is not None and entry.controller is not None:
            from wann_rt.core import files

            files.save(entry.controller, out / f"{played.name}.{entry.name.lower()}.json")
    if as_json:
        print_json({"task": played.name, "entries": {entry.name: entry.to_dict() for entry in entries}})


def _check_only(task: "Task", only: tuple[str, ...]) -> None:
    from wann_rt.rivals.given import names_of

    known = names_of(task)
    for name in only:
        if name not in known:
            raise TaskError(
                f"--only: {name!r} is no rival of {task.name}; there are {', '.join(known)}{near(name, known)}"
            )


def _check_known(task: "Task", mpc: bool, regret: bool) -> None:
    """Refuses what is asked for of a task for which there is none: a table without it would say nothing of that."""
    from wann_rt.rivals.mpc import HOLDING
    from wann_rt.rivals.optimum import GRIDS
    from wann_rt.tasks.dataset.task import DataTask

    if isinstance(task, DataTask):
        raise TaskError(f"{task.name} is a data set, and rivals control a plant: name another task")
    if mpc and task.name not in HOLDING:
        raise TaskError(
            f"--mpc: {task.name} is not held at a point of rest from the start on, so there is no plan about one; "
            f"tasks that are: {', '.join(HOLDING)}"
        )
    if regret and task.name not in GRIDS:
        raise TaskError(
            f"--regret: there is no grid over the states of {task.name}; tasks with one: {', '.join(GRIDS)}"
        )
