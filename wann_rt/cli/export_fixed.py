"""What ``export --number q12`` adds: ranges of observations, and what fixed point costs on the task."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wann_rt.cli.options import Choice, say
from wann_rt.core.errors import ExportError, WannError

if TYPE_CHECKING:
    from wann_rt.core.controller import Controller

NUMBER = click.option(
    "--number",
    type=Choice(["float32", "q12"]),
    default="float32",
    show_default=True,
    help="Of c: what it computes with; q12 is fixed point, for processors without a floating-point unit.",
)
RANGE = click.option(
    "--range",
    "limits",
    multiple=True,
    metavar="NAME=LOW:HIGH",
    help="With q12: what an observation's format must hold, in its unit; may be repeated.",
)


def ranges(formats: Sequence[str], number: str, limits: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Returns the stated ranges by name, or raises UsageError where the options do not fit together."""
    if number != "float32" and tuple(formats) != ("c",):
        raise click.UsageError(f"--number {number} belongs to --to c, alone")
    if number == "float32" and limits:
        raise click.UsageError("--range belongs to --number q12")
    return dict(_range(text) for text in limits)


def default_path(path: Path, number: str) -> Path:
    """Returns where the format's file goes in that kind of numbers, beside the one in float32."""
    return path if number == "float32" else path.with_suffix(f".{number}{path.suffix}")


def _range(text: str) -> tuple[str, tuple[float, float]]:
    """Returns the name and the limits of ``NAME=LOW:HIGH``."""
    name, _, limits = text.rpartition("=")
    low, _, high = limits.partition(":")
    try:
        return name, (float(low), float(high))
    except ValueError:
        raise ExportError(f"--range {text}: expected NAME=LOW:HIGH, e.g. theta_dot=-20:20") from None


def report(controller: "Controller", ranges: Mapping[str, Sequence[float]], task: str | None = None) -> None:
    """Prints which ranges nobody stated, and the score beside that in float32 if the task is known and compiled."""
    from wann_rt.core.fixed.plan import unstated
    from wann_rt.display.live import Live
    from wann_rt.evaluation.fixed_loss import loss
    from wann_rt.play.task_of import task_of

    for name, (low, high) in unstated(controller, ranges).items():
        say(f"{name} has no bounds: its format holds {low:g} to {high:g}; --range {name}=LOW:HIGH changes that")
    try:
        with Live("scoring"):
            found = loss(task_of(controller, task), controller, ranges)
    except WannError as error:
        say(f"the loss of score was not measured: {error}")
        return
    say(
        f"{found.task}, {found.fixed.episodes} episodes: {found.fixed.mean:.1f} ± {found.fixed.ci95:.1f} in q12, "
        f"{found.float32.mean:.1f} ± {found.float32.ci95:.1f} in float32; "
        f"paired difference {found.difference.mean:+.2f} ± {found.difference.ci95:.2f}"
    )
