"""The command line, ``wann-rt``: reads arguments, calls the library, prints. Nothing heavy is imported before its use.

Exit codes: 0 done; 1 ``verify`` found a promise broken, or ``doctor`` something missing; 2 bad input or usage;
3 ``verify`` found nothing broken, but something untested; 130 interrupted before there was a result.
"""

import contextlib
import shutil
import sys
import textwrap
import warnings
from collections.abc import Iterator
from typing import Any, NoReturn, TextIO

import click

from wann_rt.cli import (
    analyze,
    check_task,
    compare,
    doctor,
    evaluate,
    evidence,
    export,
    import_,
    knob,
    monitor,
    new_task,
    package,
    page,
    plant,
    play,
    plot,
    propose,
    report,
    rival,
    search,
    settings,
    show,
    streams,
    tasks,
    tune,
    verify,
    zoo,
)
from wann_rt.cli.options import say
from wann_rt.core.errors import WannError
from wann_rt.core.guess import near
from wann_rt.core.plain import plain
from wann_rt.core.signals import ended_like_ctrl_c, interrupted
from wann_rt.core.version import __version__


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Says a warning to people who have no use for the line of our code that it came from."""
    _say(f"wann-rt: warning: {message}")


def _say(text: str) -> None:
    """Says something on stderr; a terminal gets it broken between words, a file or a program in whole lines."""
    if sys.stderr.isatty():
        width = max(shutil.get_terminal_size().columns, 20)
        kept: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
        text = "\n".join(textwrap.fill(line, width, **kept) for line in plain(text, kept="\n").split("\n"))
    say(text, err=True)


@contextlib.contextmanager
def _escaped_usage() -> Iterator[None]:
    """Lets click complain of arguments with escapes: a shell's * makes arguments of whatever files are called."""
    try:
        yield
    except click.UsageError as error:
        text = error.format_message()
        if plain(text, kept="\n") == text:
            raise
        raise click.UsageError(plain(text, kept="\n"), error.ctx) from None


SECTIONS = {
    "Find": (
        "search",
        "compare",
        "propose",
        "tune",
        "import",
        "tasks",
        "zoo",
        "new-task",
        "check-task",
        "presets",
        "settings",
    ),
    "Judge": ("evaluate", "rival", "knob", "analyze", "monitor", "verify", "show", "doctor"),
    "Ship": ("export", "package", "plant", "evidence"),
    "Look": ("play", "page", "plot", "report"),
}


class _Group(click.Group):
    """Turns the package's own errors, and Ctrl-C, into one line on stderr and an exit code."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Returns a command; for a mistyped one says which was meant."""
        command = super().get_command(ctx, cmd_name)
        if command is None and not ctx.resilient_parsing:
            guess = near(cmd_name, self.commands) or "; wann-rt --help lists all"
            ctx.fail(f"there is no command {cmd_name!r}{guess}")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the commands by what they are for."""
        listed = {name: self.commands[name] for names in SECTIONS.values() for name in names}
        column = max(map(len, listed))  # one for all sections
        others = tuple(name for name in self.commands if name not in listed)
        for title, names in {**SECTIONS, **({"Other": others} if others else {})}.items():
            with formatter.section(title):
                formatter.write_dl(
                    [(name.ljust(column), self.commands[name].get_short_help_str(120)) for name in names]
                )

    def main(self, *args: Any, **extra: Any) -> Any:
        """Runs the program."""
        streams.ready()
        with streams.written():
            return super().main(*args, **extra)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Reads the arguments before the command."""
        with _escaped_usage():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command."""
        warnings.showwarning = _show_warning
        try:
            with _escaped_usage(), ended_like_ctrl_c():
                return super().invoke(ctx)
        except WannError as error:
            _say(f"wann-rt: error: {error}")
            sys.exit(2)
        except MemoryError:
            say("wann-rt: error: there is not enough memory for this; ask for less at once", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            _end_interrupted()
        except Exception:
            if not interrupted():
                raise
            _end_interrupted()  # what a library makes of an interrupt is no error of its own


def _end_interrupted() -> NoReturn:
    say("wann-rt: interrupted before there was a result", err=True)
    sys.exit(130)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="wann-rt")
def main() -> None:
    """Search minimal controllers, export them, and prove that every export computes the same bits."""


for _command in (
    tasks.tasks,
    zoo.zoo,
    new_task.new_task,
    check_task.check_task,
    search.search,
    compare.compare,
    propose.propose,
    evaluate.evaluate,
    analyze.analyze,
    monitor.monitor,
    rival.rival,
    knob.knob,
    tune.tune,
    play.play,
    page.page,
    plot.plot,
    report.report,
    export.export,
    package.package,
    plant.plant,
    verify.verify,
    evidence.evidence,
    show.show,
    import_.import_,
    settings.settings,
    settings.presets,
    doctor.doctor,
):
    main.add_command(_command)
