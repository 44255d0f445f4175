"""``wann-rt plant``: write a task as a C header."""

from pathlib import Path

import click

from wann_rt.cli.options import SEED, TASK_SET, say, settings_of


@click.command()
@click.argument("task")
@TASK_SET
@SEED
@click.option("--prefix", default="plant", show_default=True, help="Of every name in the header.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write.  [default: plant.h]")
def plant(task: str, params: tuple[str, ...], seed: int, prefix: str, out: Path | None) -> None:
    """Write the plant of TASK as a C header.

    Firmware can close its loop with what the search ran, bit for bit.
    """
    from wann_rt.core import files
    from wann_rt.exporters.to_c.plant import to_plant
    from wann_rt.tasks import any_task

    made = any_task.task(task, **settings_of(params))
    path = out or Path("plant.h")
    files.write_atomic(path, to_plant(made, seed=seed, prefix=prefix).encode())
    say(f"wrote {path}")
