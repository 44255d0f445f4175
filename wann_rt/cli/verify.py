"""``wann-rt verify``: prove the exports of a controller equal."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wann_rt.cli.options import AS_JSON, CONTROLLER, print_json, read_controller
from wann_rt.core.errors import ExportError

if TYPE_CHECKING:
    from wann_rt.core.controller import Controller
    from wann_rt.exporters.targets.run import TargetResult
    from wann_rt.exporters.targets.targets import Target


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
    loaded = read_controller(controller)
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
