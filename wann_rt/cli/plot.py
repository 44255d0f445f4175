"""``wann-rt plot``: a controller, a run or a front as a picture."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from wann_rt.cli.options import SEED, THREADS, read_controller, say, task_option
from wann_rt.core.guess import near

if TYPE_CHECKING:
    from wann_rt.display.plot import Plot


@click.command()
@click.argument("kind", metavar="KIND")
@click.argument("subject", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Picture: .svg, .png or .pdf.  [default: KIND.svg]")
@click.option("--episodes", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help="Of each bar.")
@task_option("play")
@SEED
@THREADS
def plot(
    kind: str, subject: Path, out: Path | None, episodes: int, task: str | None, seed: int, threads: int | None
) -> None:
    """Draw SUBJECT as a picture of KIND.

    \b
    network     a controller's network
    weights     its mean return over the shared weight
    episode     one episode, that of --seed
    conditions  its scores in the paper's conditions
    disturbed   its scores under disturbances
    stencils    which pixels each output of a classifier adds and subtracts
    search      the progress of a run, SUBJECT is its folder
    front       connections against score, SUBJECT is a folder of controllers
    """  # noqa: D301  # click reads the character \b as "keep these lines"
    if kind not in DRAWN:
        raise click.UsageError(f"there is no picture {kind!r}; pictures: {', '.join(DRAWN)}{near(kind, DRAWN)}")
    from wann_rt.display.live import Live

    path = out or Path(f"{kind}.svg")
    with Live("drawing"):
        from wann_rt.display.plot import plot as drawing  # imports numba

        DRAWN[kind](Wanted(subject, path, task, episodes, seed, threads), drawing)
    say(f"wrote {path}")


class Wanted(NamedTuple):
    """What shall be drawn: of what, into which file, and which episodes."""

    subject: Path
    out: Path
    task: str | None
    episodes: int
    seed: int
    threads: int | None


def _network(wanted: Wanted, plot: "Plot") -> None:
    plot.network(read_controller(wanted.subject), wanted.out)


def _weights(wanted: Wanted, plot: "Plot") -> None:
    played: dict[str, Any] = {"task": wanted.task, "seed": wanted.seed, "threads": wanted.threads}
    plot.weights(read_controller(wanted.subject), wanted.out, **played)


def _episode(wanted: Wanted, plot: "Plot") -> None:
    plot.episode(read_controller(wanted.subject), wanted.out, seed=wanted.seed, task=wanted.task)


def _conditions(wanted: Wanted, plot: "Plot") -> None:
    played: dict[str, Any] = {
        "task": wanted.task,
        "episodes": wanted.episodes,
        "seed": wanted.seed,
        "threads": wanted.threads,
    }
    plot.conditions(read_controller(wanted.subject), wanted.out, **played)


def _disturbed(wanted: Wanted, plot: "Plot") -> None:
    played: dict[str, Any] = {"task": wanted.task, "episodes": wanted.episodes, "seed": wanted.seed}
    plot.disturbed(read_controller(wanted.subject), wanted.out, **played)


def _stencils(wanted: Wanted, plot: "Plot") -> None:
    plot.stencils(read_controller(wanted.subject), wanted.out)


def _search(wanted: Wanted, plot: "Plot") -> None:
    plot.search(wanted.subject, wanted.out)


def _front(wanted: Wanted, plot: "Plot") -> None:
    plot.front(wanted.subject, wanted.out)


DRAWN: dict[str, Callable[[Wanted, "Plot"], None]] = {
    "network": _network,
    "weights": _weights,
    "episode": _episode,
    "conditions": _conditions,
    "disturbed": _disturbed,
    "stencils": _stencils,
    "search": _search,
    "front": _front,
}
