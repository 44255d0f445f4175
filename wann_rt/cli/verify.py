"""``wann-rt verify``: prove a controller's exports equal: here, on other processors, in other runtimes."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wann_rt.cli.options import AS_JSON, CONTROLLER, named_targets, print_json, read_controller, say

if TYPE_CHECKING:
    from wann_rt.core.controller import Controller
    from wann_rt.exporters.parity.report import Report
    from wann_rt.exporters.targets.run import TargetResult
    from wann_rt.exporters.targets.target import Target

KEPT, BROKEN, NOT_TESTED = 0, 1, 3


@click.command()
@CONTROLLER
@click.option(
    "--vectors", type=click.IntRange(1, 10_000_000), default=2000, show_default=True, help="Random vectors to run."
)
@click.option(
    "--targets",
    is_flag=False,
    flag_value="all",
    metavar="NAMES",
    help="Also run the C header on other processors: all, or names with commas between, as far as installed.",
)
@click.option(
    "--runtime",
    "runtimes",
    multiple=True,
    metavar="NAME",
    help="Also run both ONNX forms in onnxruntime, onnxruntime-node, onnxruntime-web, onnx-reference, openvino, emx, "
    "onnx2c, or in all of them that are installed; may be repeated.",
)
@click.option(
    "--cc",
    metavar="COMMAND",
    help="Also compile the C header, the fixed-point header and the blob's runtime with exactly this command line.",
)
@click.option("--run", metavar="COMMAND", help="What runs the programs of --cc, such as qemu-arm.")
@click.option("--detail", is_flag=True, help="Also distances, times, and the worst vectors in hexadecimal.")
@AS_JSON
def verify(
    controller: Path,
    vectors: int,
    targets: str | None,
    runtimes: tuple[str, ...],
    cc: str | None,
    run: str | None,
    detail: bool,
    as_json: bool,
) -> None:
    """Prove that every form of CONTROLLER computes the same actions.

    Oracle, kernels, onnxruntime and compiled C, on the same vectors.

    \b
    Exit code 0  every promise was tested and kept; evaluators that cannot
                 run here are named and left out
              1  a promise was broken
              2  bad input or usage, or a runtime that was asked for is not
                 installed
              3  none was broken, but one was not tested: all its vectors lie
                 outside, or nothing could be run
    """  # noqa: D301  click wants the backspace itself
    loaded = read_controller(controller)
    from wann_rt.display.live import Live
    from wann_rt.exporters.parity.runtimes import named
    from wann_rt.exporters.parity.verify import rows_of
    from wann_rt.exporters.parity.verify import verify as compare

    if run is not None and cc is None:
        raise click.UsageError("--run says what runs the programs of --cc: name a compiler there")
    chosen = [*(named_targets(targets) if targets else []), *_named(cc, run)]
    rows = [row for runtime in named(runtimes) for row in runtime.rows()]
    with Live("verifying", quiet=as_json):
        report = compare(loaded, n_random=vectors, evaluators=[*rows_of(loaded), *rows])
        elsewhere = _on_targets(loaded, chosen) if chosen else []
    if as_json:
        _print_values(report, elsewhere, with_targets=bool(targets or cc))
    else:
        _print_tables(report, elsewhere, detail)
    sys.exit(_exit_code(report, elsewhere))


def _exit_code(report: "Report", elsewhere: "list[TargetResult]") -> int:
    """Returns 0 only where something was tested; targets that were asked for count as one more promise."""
    ran = [result for result in elsewhere if not result.skipped]
    if report.broken or not all(result.ok for result in ran):
        return BROKEN
    return KEPT if report.ok and (ran or not elsewhere) else NOT_TESTED


def _print_values(report: "Report", elsewhere: "list[TargetResult]", with_targets: bool) -> None:
    from wann_rt.exporters.targets.table import target_values

    on_targets = {"targets": {r.target.key: target_values(r) for r in elsewhere}} if with_targets else {}
    print_json(report.to_dict() | on_targets)


def _print_tables(report: "Report", elsewhere: "list[TargetResult]", detail: bool) -> None:
    from wann_rt.display import tables as display
    from wann_rt.exporters.parity.table import report_table
    from wann_rt.exporters.targets.table import target_table

    display.console().print(report_table(report, detail=detail))
    if elsewhere:
        display.console().print(target_table(elsewhere))
    for result in elsewhere:
        if result.skipped:
            say(f"not run on {result.target.title}: {result.skipped}")
        for text in result.notes:
            say(text)


def _named(cc: str | None, run: str | None) -> "list[Target]":
    """Returns the target of a user's own compiler, if one is named."""
    from wann_rt.exporters.targets.target import named_target

    return [] if cc is None else [named_target(cc, run or "")]


def _on_targets(controller: "Controller", targets: "list[Target]") -> "list[TargetResult]":
    """Runs the generated headers, on a user's compiler the blob too; targets without a toolchain are left out."""
    from wann_rt.exporters.targets.blobs import blob_subject
    from wann_rt.exporters.targets.fixed import subjects_of
    from wann_rt.exporters.targets.program import header_subject
    from wann_rt.exporters.targets.run import run_targets
    from wann_rt.exporters.to_c.names import c_prefix

    plain = replace(controller, monitor=None)  # what follows has none, and the same actions
    subjects = [header_subject(controller, c_prefix(controller), 256), *subjects_of(plain, 256)]
    blob = blob_subject(plain, "blob", 256)
    own = [target for target in targets if not target.is_strict]
    others = [target for target in targets if target.is_strict]
    return [*run_targets(subjects, others, ("-O2",)), *run_targets([*subjects, blob], own)]
