"""The command line, ``wann-rt``: reads arguments, calls the library, prints. Nothing heavy is imported before its use.

Exit codes: 0 done; 1 ``verify`` found a promise broken, or ``doctor`` something missing; 2 bad input or usage;
3 ``verify`` found nothing broken, but something untested; 130 interrupted before there was a result.
"""

import sys
import warnings
from typing import Any, TextIO

import click

from wann_rt.cli import (
    doctor,
    evaluate,
    evidence,
    export,
    import_,
    page,
    plant,
    play,
    plot,
    report,
    search,
    show,
    tasks,
    tune,
    verify,
)
from wann_rt.core.errors import WannError
from wann_rt.core.plain import plain
from wann_rt.core.signals import ended_like_ctrl_c
from wann_rt.core.version import __version__

LINE_END = "\n"


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Says a warning to people who have no use for the line of our code that it came from."""
    click.echo(f"wann-rt: warning: {plain(str(message), kept=LINE_END)}", err=True)


class _Group(click.Group):
    """Turns the package's own errors, and Ctrl-C, into one line on stderr and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        warnings.showwarning = _show_warning
        try:
            with ended_like_ctrl_c():
                return super().invoke(ctx)
        except WannError as error:
            click.echo(f"wann-rt: error: {plain(str(error), kept=LINE_END)}", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("wann-rt: interrupted before there was a result", err=True)
            sys.exit(130)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="wann-rt")
def main() -> None:
    """Search minimal controllers, export them, and prove that every export computes the same bits."""


for _command in (
    tasks.tasks,
    search.search,
    evaluate.evaluate,
    tune.tune,
    play.play,
    page.page,
    plot.plot,
    report.report,
    export.export,
    plant.plant,
    verify.verify,
    evidence.evidence,
    show.show,
    import_.import_,
    doctor.doctor,
):
    main.add_command(_command)
