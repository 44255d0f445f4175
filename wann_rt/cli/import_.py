"""``wann-rt import``: turn a published champion, or an edited file, into a controller file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann_rt.cli.options import say
from wann_rt.core.errors import FileError

if TYPE_CHECKING:
    from wann_rt.core.controller import Controller


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("weights", required=False, type=click.Path(path_type=Path))
@click.option("--task", help="Task it is for: brings channels, rate and what tuned parameters are relative to.")
@click.option("--inputs", type=click.IntRange(1, 65_535), help="Number of inputs, if not to be inferred.")
@click.option("--outputs", type=click.IntRange(1, 65_535), help="Number of outputs, if not to be inferred.")
@click.option("--weight", type=float, help="The shared weight of a bare topology.  [default: a demo's own, or 1]")
@click.option("--weight-bias", type=float, help="What tuned parameters are relative to.")
@click.option("--own-weights", is_flag=True, help="Keep the file's numbers as weights per connection.")
@click.option("--stage", help="Which champion of a demo that holds several, by name or number.")
@click.option("--out", type=click.Path(path_type=Path), help="Controller file.  [default: FILE's name, .json]")
def import_(file: Path, out: Path | None, **options: Any) -> None:
    """Turn a published champion into a controller file.

    FILE is a topology of the reference code (.out), WEIGHTS its tuned weights (.wann.json). FILE may also be a script
    of the demos in the paper's web article (arrays aVec, wKey and weights), or a controller file that was edited by
    hand: that is checked and gets a new digest.
    """
    from wann_rt.core import files

    controller = _imported(file, **options)
    path = out or file.with_suffix(".json").name
    files.save(controller, path)
    network = controller.network
    say(
        f"wrote {path}: {network.n_inputs} inputs, {network.n_hidden} hidden nodes, {network.n_outputs} outputs, "
        f"{network.n_connections} connections that matter; weight: {controller.weight.kind}"
    )


def _imported(
    file: Path, weights: Path | None, weight: float | None, stage: str | None, **options: Any
) -> "Controller":
    """Returns the controller that a file holds, of whatever format it is."""
    from wann_rt.core import files
    from wann_rt.zoo import published, web_demo

    if file.suffix == ".out":
        _refuse(file, "is one network", stage=stage)
        return published.load_out(file, weights=weights, shared_weight=1.0 if weight is None else weight, **options)
    if file.name.endswith(".wann.json"):
        raise FileError(f"{file}: holds weights only; name its topology too: wann-rt import TOPOLOGY.out {file.name}")
    text = files.read_text(file)
    if file.suffix == ".js" or web_demo.is_demo(text):
        _refuse(file, "is a demo, which holds its weights itself", weights=weights)
        return web_demo.load_demo(file, shared_weight=weight, stage=stage, **options)
    return files.from_text(text, str(file), check_digest=False)


def _refuse(file: Path, what: str, **options: Any) -> None:
    """Refuses an option that means nothing for a file of this kind."""
    for name, value in options.items():
        if value is not None:
            raise FileError(f"{file}: {what}; leave {name.upper() if name == 'weights' else f'--{name}'} out")
