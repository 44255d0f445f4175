"""``wann-rt import``: turn a published champion, or an edited file, into a controller file."""

from pathlib import Path
from typing import Any

import click

from wann_rt.core.errors import FileError


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("weights", required=False, type=click.Path(path_type=Path))
@click.option("--task", help="Task it is for: brings channels, rate and what tuned parameters are relative to.")
@click.option("--inputs", type=click.IntRange(1), help="Number of inputs, if not to be inferred.")
@click.option("--outputs", type=click.IntRange(1), help="Number of outputs, if not to be inferred.")
@click.option("--weight", type=float, default=1.0, show_default=True, help="The shared weight of a bare topology.")
@click.option("--weight-bias", type=float, help="What tuned parameters are relative to.")
@click.option("--own-weights", is_flag=True, help="Keep the numbers in the .out file as weights per connection.")
@click.option("--out", type=click.Path(path_type=Path), help="Controller file.  [default: FILE's name, .json]")
def import_(file: Path, weights: Path | None, out: Path | None, weight: float, **options: Any) -> None:
    """Turn a published champion into a controller file.

    FILE is a topology of the reference code (.out), WEIGHTS its tuned weights (.wann.json). FILE may also be a
    controller file that was edited by hand: it is checked and gets a new digest.
    """
    from wann_rt.core import files
    from wann_rt.zoo import published

    if file.suffix == ".out":
        controller = published.load_out(file, weights=weights, shared_weight=weight, **options)
    elif file.name.endswith(".wann.json"):
        raise FileError(f"{file}: holds weights only; name its topology too: wann-rt import TOPOLOGY.out {file.name}")
    else:
        controller = files.from_text(files.read_text(file), str(file), check_digest=False)
    path = out or file.with_suffix(".json").name
    files.save(controller, path)
    network = controller.network
    click.echo(
        f"wrote {path}: {network.n_inputs} inputs, {network.n_hidden} hidden nodes, {network.n_outputs} outputs, "
        f"{network.n_connections} connections that matter; weight: {controller.weight.kind}"
    )
