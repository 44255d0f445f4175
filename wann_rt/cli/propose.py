"""``wann-rt propose``: a topology for the classes of a data set, by gradients."""

from pathlib import Path
from typing import Any

import click

from wann_rt.cli.options import AS_JSON, DATA, THREADS, print_json, say, taken_task


@click.command()
@click.argument("task")
@DATA
@click.option(
    "--connections", type=click.IntRange(20, 100_000), default=985, show_default=True, help="At most so many."
)
@click.option("--hidden", type=int, default=64, show_default=True, help="Hidden nodes: 16, 32, 64 or 128.")
@click.option(
    "--epochs", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Passes over the samples."
)
@click.option("--trained", is_flag=True, help="A trained weight for each connection, not one shared weight.")
@click.option("--seed", type=click.IntRange(0, 2**53), default=0, show_default=True, help="Of all random numbers.")
@click.option("--out", type=click.Path(path_type=Path), help="Controller file.  [default: TASK.json]")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@THREADS
@AS_JSON
def propose(out: Path | None, quiet: bool, as_json: bool, trained: bool, threads: int | None, **options: Any) -> None:
    """Propose a topology for the classes of TASK, a data set.

    It is found by gradients in seconds, and decides alike with any shared weight but 0. The same command writes the
    same bytes everywhere. `wann-rt search TASK --start FILE` goes on from it.
    """
    from wann_rt.core import files
    from wann_rt.tuning.proposed import propose as proposed

    task = taken_task(options)

    def told(epoch: int, share: float) -> None:
        if not (quiet or as_json) and epoch % 5 == 4:
            say(f"pass {epoch + 1}: {100 * share:.2f} % of the training samples right", err=True)

    controller = proposed(task, trained=trained, threads=threads, on_epoch=told, **options)
    path = out or Path(f"{task.name}.json")
    files.save(controller, path)
    network, score = controller.network, controller.provenance["score"]
    if as_json:
        print_json({"controller": str(path), "connections": network.n_connections, **controller.provenance})
        return
    say(
        f"{network.n_connections} connections, {network.n_hidden} hidden nodes: {score['mean']:.2f} ± "
        f"{score['ci95']:.2f} % of {score['episodes']} test samples right\nwrote {path}\nnext: wann-rt verify {path}"
    )
