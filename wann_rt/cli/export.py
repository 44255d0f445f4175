"""``wann-rt export``: write a controller in other formats."""

from pathlib import Path

import click

from wann_rt.cli import export_fixed as fixed
from wann_rt.cli.options import CONTROLLER, named_after, read_controller, settings_of


@click.command()
@CONTROLLER
@click.option("--to", "formats", multiple=True, help="Format, see below; may be repeated.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; a folder if there are several formats.")
@click.option("--compat", help="Of ONNX: write only what this compiler accepts: onnx2c.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Of the format: opset=17, weight=input.")
@fixed.NUMBER
@fixed.RANGE
def export(
    controller: Path,
    formats: tuple[str, ...],
    out: Path | None,
    compat: str | None,
    settings: tuple[str, ...],
    number: str,
    limits: tuple[str, ...],
) -> None:
    """Export CONTROLLER to other formats.

    \b
    onnx        ONNX, standard operators: readable; equal within a stated bound
    onnx-exact  ONNX, elementary operators: equal bit for bit
    c           one C header without any library: equal bit for bit
    blob        bytes for the C runtime, from flash or over the air: equal bit for bit

    Without --to, the suffix of --out says the format (.onnx, .exact.onnx, .h, .blob). Without --out, files are written
    beside CONTROLLER.
    """  # noqa: D301  click wants the backspace itself
    if not formats and out is None:
        raise click.UsageError("name a format with --to, or a file with --out")
    loaded = read_controller(controller)
    from wann_rt import exporters

    chosen = formats or (exporters.format_of(str(out)),)
    ranges = fixed.ranges(chosen, number, limits)
    options = settings_of(settings)
    if number != "float32":
        options |= {"number": number, "ranges": ranges}
    if compat is not None:
        options["compat"] = compat
    for name in chosen:
        beside = fixed.default_path(exporters.default_path(named_after(controller), name), number)
        path = beside if out is None else out / beside.name if len(formats) > 1 else out
        exporters.write(loaded, path, name, **options)
        click.echo(f"wrote {path}")
    if number != "float32":
        fixed.report(loaded, ranges)
