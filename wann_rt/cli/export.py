"""Commands that bring a controller to where it runs: export it, prove the exports equal."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wann_rt.cli import fixed
from wann_rt.cli.options import AS_JSON, CONTROLLER, SEED, TASK_SET, load, named_after, print_json
from wann_rt.core.errors import ExportError

if TYPE_CHECKING:
    from wann_rt.core.controller import Controller
    from wann_rt.exporters.targets.run import TargetResult
    from wann_rt.exporters.targets.targets import Target


@click.command()
@CONTROLLER
@click.option("--to", "formats", multiple=True, help="Format, see below; may be repeated.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; a folder if there are several formats.")
@click.option("--compat", help="Of ONNX: write only what this compiler accepts: onnx2c.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Option of the format, e.g. opset=17.")
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
    loaded = load(controller)
    from wann_rt import exporters
    from wann_rt.evolution import config

    chosen = formats or (exporters.format_of(str(out)),)
    ranges = fixed.ranges(chosen, number, limits)
    options = dict(config.parse_setting(setting) for setting in settings)
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


@click.command()
@click.argument("task")
@TASK_SET
@SEED
@click.option("--prefix", default="plant", show_default=True, help="Of every name in the header.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write.  [default: plant.h]")
def plant(task: str, params: tuple[str, ...], seed: int, prefix: str, out: Path | None) -> None:
    """Write the plant of TASK as a C header: firmware can close its loop with what the search ran, bit for bit."""
    from wann_rt import tasks
    from wann_rt.core import files
    from wann_rt.evolution import config
    from wann_rt.exporters.to_c.plant import to_plant

    found = tasks.with_params(tasks.get(task), **dict(config.parse_setting(text) for text in params))
    path = out or Path("plant.h")
    files.write_atomic(path, to_plant(found, seed=seed, prefix=prefix).encode())
    click.echo(f"wrote {path}")


@click.command()
@CONTROLLER
@click.option("--vectors", type=click.IntRange(1), default=2000, show_default=True, help="Random vectors to run.")
@click.option(
    "--targets", is_flag=False, flag_value="all", metavar="NAMES",
    help="Also run the C header on other processors: all, or names with commas between, as far as installed.",
)  # fmt: skip
@AS_JSON
def verify(controller: Path, vectors: int, targets: str | None, as_json: bool) -> None:
    """Prove that oracle, kernels, onnxruntime and compiled C compute the same actions."""
    loaded = load(controller)
    from wann_rt.display import tables as display
    from wann_rt.exporters.parity.table import report_table
    from wann_rt.exporters.parity.verify import verify as compare

    chosen = _targets(targets) if targets else []
    report = compare(loaded, n_random=vectors)
    elsewhere = _on_targets(loaded, chosen) if chosen else []
    if as_json:
        from wann_rt.exporters.targets.table import target_values

        on_targets = {"targets": {r.target.key: target_values(r) for r in elsewhere}} if targets else {}
        print_json(report.to_dict() | on_targets)
    else:
        from wann_rt.exporters.targets.table import target_table

        display.console().print(report_table(report))
        if elsewhere:
            display.console().print(target_table(elsewhere))
        for result in elsewhere:
            if result.skipped:
                click.echo(f"not run on {result.target.title}: {result.skipped}")
    sys.exit(0 if report.ok and all(result.ok or result.skipped for result in elsewhere) else 1)


def _targets(names: str) -> "list[Target]":
    """Returns the targets of these names; of "all", every one."""
    from wann_rt.exporters.targets.targets import BY_KEY

    wanted = list(BY_KEY) if names == "all" else names.split(",")
    if unknown := [name for name in wanted if name not in BY_KEY]:
        raise ExportError(f"there is no target {unknown[0]!r}; targets: all, {', '.join(BY_KEY)}")
    return [BY_KEY[name] for name in wanted]


def _on_targets(controller: "Controller", targets: "list[Target]") -> "list[TargetResult]":
    """Runs the generated headers on the targets, those without a toolchain left out."""
    from wann_rt.exporters.targets.fixed import subjects_of
    from wann_rt.exporters.targets.program import header_subject
    from wann_rt.exporters.targets.run import run_targets
    from wann_rt.exporters.to_c.names import c_prefix

    subjects = [header_subject(controller, c_prefix(controller), 256), *subjects_of(controller, 256)]
    return run_targets(subjects, targets, ("-O2",))
