"""Builds the report of a run, or of several runs."""

import base64
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from wann_rt.core.controller import Controller
from wann_rt.core.disk import temporary_folder
from wann_rt.core.errors import WannError
from wann_rt.core.plain import in_html
from wann_rt.core.version import __version__
from wann_rt.display.comparisons import plot_conditions, plot_disturbed
from wann_rt.display.network import draw_network
from wann_rt.display.plots import plot_episode, plot_weight_profile
from wann_rt.display.report.champions import champions
from wann_rt.display.report.compare import compared
from wann_rt.display.report.run import Run
from wann_rt.evaluation.baseline import nearest
from wann_rt.evaluation.conditions import Evaluation, evaluate
from wann_rt.evaluation.robustness import robustness
from wann_rt.play.task_of import task_of
from wann_rt.tasks.task import Task

PATH = str | os.PathLike[str]
PAPER = {  # Gaier and Ha (2019), table 1: cart-pole swing-up, mean return
    "random_weights": "57 ± 121",
    "random_shared": "515 ± 58",
    "tuned_shared": "723 ± 16",
    "own_weight": "932 ± 6 (weights tuned)",
}


def report(
    folders: Sequence[PATH],
    *,
    task: str | None = None,
    episodes: int = 100,
    seed: int = 0,
    refresh: int | None = None,
) -> str:
    """Returns the report of one run folder, or of several beside each other, as one HTML file.

    Args:
        folders: of the runs.
        task: the compiled task to score on, if not the one that was searched for.
        episodes: fresh episodes per condition and disturbance.
        seed: of the episodes.
        refresh: seconds after which a browser reads the file again, for a search that goes on; None: never.

    Raises:
        FileError: a folder is no run folder, or is damaged.
        MissingExtraError: matplotlib is not installed.
        WannError: no folder is given, or a run has no generation yet.
    """
    runs = [Run.read(folder) for folder in folders]
    if not runs:
        raise WannError("there is nothing to report: name a run folder")
    empty = [run.folder for run in runs if not run.generations]
    if empty:
        raise WannError(f"{empty[0]}: has no generations yet; wait for the first, or search again")
    if len(runs) > 1:
        return _filled("Several runs", f"{len(runs)} runs", compared(runs, picture, table), refresh)
    return _filled(runs[0].title, _summary(runs[0]), "".join(_sections(runs[0], task, episodes, seed)), refresh)


def _summary(run: Run) -> str:
    last = run.generations[-1]
    state = "finished" if len(run.generations) >= run.config.get("generations", 0) else "not finished"
    return (
        f"{len(run.generations)} of {run.config.get('generations')} generations ({state}), {last.env_steps:,} steps, "
        f"{last.seconds:.0f} s; champion: {last.champion:.1f} with {last.champion_connections} connections"
    )


def _sections(run: Run, task: str | None, episodes: int, seed: int) -> Iterable[str]:
    from wann_rt.display.plot import plot

    yield section("Search", picture(lambda path: plot.search(run.folder, path), "progress of the search"))
    if run.ancestors:
        yield section("Champions over the generations", champions(run.ancestors))
    if run.champion is None:
        yield section("Champion", "<p>The champion is written when the search ends.</p>")
    else:
        yield section("Champion", picture(lambda path: draw_network(_champion(run), path), "the champion's network"))
        yield from _scores(run.champion, task, episodes, seed)
    rows = [(name, str(value)) for name, value in run.changed.items()]
    same = "<p>All settings but the seed are those of the preset.</p>"
    yield section("Settings that differ from the preset", table(("setting", "value"), rows) if rows else same)
    yield section("Repeat it", f"<pre>{in_html(run.command)}</pre>")


def _champion(run: Run) -> Controller:
    if run.champion is None:
        raise WannError(f"{run.folder}: has no champion")
    return run.champion


def _scores(controller: Controller, name: str | None, episodes: int, seed: int) -> Iterable[str]:
    """Yields what needs episodes: compiled tasks only, because an environment takes minutes."""
    try:
        task = task_of(controller, name)
    except WannError as error:
        yield section("Scores", f"<p>Not scored: {in_html(str(error))}</p>")
        return
    if not isinstance(task, Task):
        yield section("Scores", "<p>Not scored here, because an environment plays it: see `wann-rt evaluate`.</p>")
        return
    result = evaluate(controller, task, episodes=episodes, seed=seed)
    own = controller.weight.values[0] if controller.weight.kind == "shared" else None
    yield section(
        "Weight",
        picture(lambda path: plot_weight_profile(result.sweep, path, own=own, title=result.task), "weight curve"),
    )
    bars = picture(lambda path: plot_conditions(result, path), "scores by condition")
    yield section("Conditions of the paper", bars + table(*_conditions(result)))
    yield section("One episode", picture(lambda path: plot_episode(task, controller, path, seed=seed), "an episode"))
    try:
        disturbed = robustness(controller, task, episodes=episodes, seed=seed)
    except WannError:  # the task knows no disturbances
        return
    yield section("Disturbances", picture(lambda path: plot_disturbed(disturbed, path), "scores under disturbances"))


def _conditions(result: Evaluation) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Returns head and rows of the scores by condition, beside random networks of that size and the paper's."""
    random = nearest(result.task, result.connections)
    paper = PAPER if result.task == "cartpole-swingup" else {}
    rows: list[tuple[str, ...]] = []
    for name, score in result.scores.items():
        chance = random.text(name) if random else ""
        rows.append((name.replace("_", " "), f"{score.mean:.1f} ± {score.ci95:.1f}", chance, paper.get(name, "")))
    return ("condition", "mean and 95 % interval", "random networks of this size", "the paper"), rows


def section(title: str, body: str) -> str:
    """Returns a section of the page; the body is HTML already."""
    return f"<section><h2>{in_html(title)}</h2>{body}</section>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table; its texts are escaped here."""
    top = "".join(f"<th>{in_html(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{in_html(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def picture(draw: Callable[[Path], Any], alt: str) -> str:
    """Returns a plot within the page: an SVG as an image, so that nothing in it can run."""
    with temporary_folder() as folder:
        path = folder / "plot.svg"
        draw(path)
        data = base64.b64encode(path.read_bytes()).decode()
    return f'<figure><img alt="{in_html(alt)}" src="data:image/svg+xml;base64,{data}"></figure>'


def _filled(title: str, summary: str, body: str, refresh: int | None) -> str:
    style = _read("report.css")
    parts = {
        "POLICY": f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'",
        "REFRESH": "" if refresh is None else f'<meta http-equiv="refresh" content="{refresh}">',
        "TITLE": in_html(title),
        "SUMMARY": in_html(summary),
        "STYLE": style,
        "BODY": body,
        "VERSION": __version__,
    }
    return re.sub(r"@([A-Z]+)@", lambda match: parts[match[1]], _read("report.html"))


def _read(name: str) -> str:
    return resources.files("wann_rt.display.report").joinpath(name).read_text(encoding="utf-8")
