"""``wann-rt plot``: a controller, a run or a front as a picture."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click

from wann_rt.cli.options import SEED, THREADS, read_controller, say, task_option
from wann_rt.core.errors import FileError
from wann_rt.core.guess import near


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
    weight      its mean return over the shared weight
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
        DRAWN[kind](Wanted(subject, path, task, episodes, seed, threads))
    say(f"wrote {path}")


class Wanted(NamedTuple):
    """What shall be drawn: of what, into which file, and which episodes."""

    subject: Path
    out: Path
    task: str | None
    episodes: int
    seed: int
    threads: int | None


def _network(wanted: Wanted) -> None:
    from wann_rt.display.network import draw_network

    draw_network(read_controller(wanted.subject), wanted.out)


def _weight(wanted: Wanted) -> None:
    from wann_rt.display.plots import plot_weight_profile, titled
    from wann_rt.evaluation.sweep import sweep, tuned_weight
    from wann_rt.play.task_of import task_of

    controller = read_controller(wanted.subject)
    task = task_of(controller, wanted.task)
    own = controller.weight.values[0] if controller.weight.kind == "shared" else None
    network, seed, threads = controller.network, wanted.seed, wanted.threads
    swept = sweep(task, network, seed=seed, threads=threads) if seed else tuned_weight(task, network, threads=threads)
    plot_weight_profile(swept, wanted.out, own=own, title=titled(controller.name, task.name))


def _episode(wanted: Wanted) -> None:
    from wann_rt.display.plot import plot as draw

    draw(read_controller(wanted.subject), wanted.out, episode=wanted.seed, task=wanted.task)


def _conditions(wanted: Wanted) -> None:
    from wann_rt.display.comparisons import plot_conditions
    from wann_rt.evaluation.conditions import evaluate

    of, how_many = read_controller(wanted.subject), wanted.episodes
    plot_conditions(evaluate(of, wanted.task, episodes=how_many, seed=wanted.seed, threads=wanted.threads), wanted.out)


def _disturbed(wanted: Wanted) -> None:
    from wann_rt.display.comparisons import plot_disturbed
    from wann_rt.evaluation.robustness import robustness

    of, how_many = read_controller(wanted.subject), wanted.episodes
    plot_disturbed(robustness(of, wanted.task, episodes=how_many, seed=wanted.seed), wanted.out)


def _stencils(wanted: Wanted) -> None:
    from wann_rt.display.stencils import plot_stencils

    plot_stencils(read_controller(wanted.subject), wanted.out)


def _search(wanted: Wanted) -> None:
    from wann_rt.display.plot import plot_search

    plot_search(wanted.subject, wanted.out)


def _front(wanted: Wanted) -> None:
    from wann_rt.core.files import load
    from wann_rt.display.comparisons import plot_front

    found = sorted(wanted.subject.glob("*.json"))
    if not found:
        raise FileError(
            f"{wanted.subject}: is no folder with controller files (*.json); `wann-rt tune --prune` writes one"
        )
    plot_front([load(path) for path in found], wanted.out)


DRAWN: dict[str, Callable[[Wanted], None]] = {
    "network": _network,
    "weight": _weight,
    "episode": _episode,
    "conditions": _conditions,
    "disturbed": _disturbed,
    "stencils": _stencils,
    "search": _search,
    "front": _front,
}
