"""``wann-rt evidence``: everything about one controller that a safety engineer asks for, in one folder."""

import sys
from pathlib import Path

import click

from wann_rt.cli.options import CONTROLLER, named_targets, read_controller, say

EQUAL, DIFFERS, NOT_TESTED = 0, 1, 3


@click.command()
@CONTROLLER
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new or empty folder.")
@click.option(
    "--targets",
    default="host",
    show_default=True,
    metavar="NAMES",
    help="Where to run the header: host, all, or names with commas between, as far as installed.",
)
@click.option("--vectors", type=click.IntRange(1), default=2000, show_default=True, help="Random vectors to run.")
def evidence(controller: Path, out: Path, targets: str, vectors: int) -> None:
    """Write what a safety engineer asks for, as a folder.

    Traceability, back-to-back test, MISRA table, bounds, digests, SBOM.

    \b
    Exit code 0  every promise was tested and kept
              1  a promise was broken; the folder says which
              2  bad input or usage
              3  none was broken, but one was not tested, or no target ran
    """  # noqa: D301  click wants the backspace itself
    loaded = read_controller(controller)
    from wann_rt.exporters.evidence.kit import write

    found = write(loaded, out, named_targets(targets), vectors)
    tried = sum(not values["skipped"] for values in found["targets"].values())
    say(f"wrote {out}: {found['verdict']}; header run on {tried} of {len(found['targets'])} targets")
    sys.exit({"equal": EQUAL, "differs": DIFFERS}.get(found["verdict"], NOT_TESTED))
