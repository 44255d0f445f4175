"""``wann-rt monitor``: a controller with a monitor that notices when the world is another one."""

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
    settings_of,
    taken_task,
    task_option,
)
from wann_rt.core.errors import FileError


@click.command()
@CONTROLLER
@click.option(
    "--false-alarms", type=float, default=1e-7, show_default=True,
    help="How many a step are borne; 1e-7 is one in 28 hours at 100 Hz.",
)  # fmt: skip
@click.option(
    "--kind", type=Choice(["auto", "plant", "range", "linear", "rnd"]), default="auto", show_default=True,
    help="What predicts the readings; auto: the plant's own step, or ranges where there is none.",
)  # fmt: skip
@click.option(
    "--spread", "spreads", multiple=True, metavar="NAME=VALUE",
    help="How machines differ, e.g. pole_mass_spread=0.2; may be repeated.  [default: as docs/monitor.md says]",
)  # fmt: skip
@click.option("--steps", type=float, help="Of nominal machines.  [default: what the rate needs, at most 1e9]")
@click.option(
    "--fail-safe", "safe", multiple=True, metavar="NAME=VALUE",
    help="Action to take after an alarm; may be repeated.  [default: what is nearest 0 in its range]",
)  # fmt: skip
@click.option(
    "--instructions", type=float, metavar="N",
    help="That it may add to a step on a Cortex-M4F; what finds most within is watched.  "
    "[default: 250, if neither is given; inf for rnd]",
)  # fmt: skip
@click.option(
    "--bytes", "flash_bytes", type=float, metavar="N",
    help="Of flash that it may take; see --instructions.  [default: 1024, if neither is given; inf for rnd]",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="Controller file.  [default: NAME.monitored.json]")
@task_option("vary")
@environment
@TASK_SET
@THREADS
@AS_JSON
def monitor(
    controller: Path,
    spreads: tuple[str, ...],
    safe: tuple[str, ...],
    steps: float | None,
    instructions: float | None,
    flash_bytes: float | None,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Give CONTROLLER a monitor beside it.

    It notices that plant, sensors or actuators are not those of the search, at a stated rate of false alarms.
    """
    loaded = read_controller(controller)
    from wann_rt.core.files import save
    from wann_rt.display.monitor import show_monitored
    from wann_rt.monitoring.make import monitor as monitored

    task = taken_task(options, loaded)
    said = {"instructions": instructions, "bytes": flash_bytes}
    budget = {name: limit for name, limit in said.items() if limit is not None}
    path = named_after(controller).with_suffix(".monitored.json") if out is None else out
    if not path.parent.is_dir():
        raise FileError(f"{path}: cannot be written: there is no folder {path.parent}")
    made = monitored(
        loaded, task, spread=settings_of(spreads), fail_safe=settings_of(safe),
        steps=steps, budget=budget, **options,
    )  # fmt: skip
    save(made.controller, path)
    if as_json:
        print_json({**made.to_dict(), "written": str(path)})
    else:
        show_monitored(made, path)
