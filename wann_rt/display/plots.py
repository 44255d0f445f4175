"""Plots: return over the shared weight, one episode, the progress of a search; each a figure, on demand a file."""

import math
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Channel, Controller
from wann_rt.core.errors import WannError
from wann_rt.display.figure import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    SERIES,
    VERMILLION,
    WIDTH,
    canvas,
    label,
    signed,
)
from wann_rt.tasks.task import Task

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from wann_rt.evaluation.sweep import Sweep
    from wann_rt.evolution.search import Generation

Path = str | os.PathLike[str]
FITNESS = {"mean": "mean of the generation", "best": "best of the generation", "champion": "champion, retested"}
CONNECTIONS = {"mean_connections": "", "best_connections": "", "champion_connections": ""}
PROGRESS_LINES: tuple[dict[str, Any], ...] = (
    {"color": GREY, "linewidth": 1.2},
    {"color": ORANGE, "linewidth": 1.2},
    {"color": BLUE, "linewidth": 2.2, "drawstyle": "steps-post"},
)
MOST_LABELLED = 6  # lines of a panel that its legend names


def plot_weight_profile(
    sweep: "Sweep",
    path: Path | None = None,
    *,
    axes: "Axes | None" = None,
    marks: Sequence[float] | None = None,
    own: float | None = None,
    title: str = "",
) -> "Figure":
    """Plots the mean return over the shared weight, with its 95 % interval as a band.

    Args:
        sweep: see ``evaluation.sweep.sweep``.
        path: file to write, if any.
        axes: where to draw, instead of on a figure of its own.
        marks: weights to mark; by default those that a search samples.
        own: the controller's own shared weight, if it is to be marked too.
        title: what was played, e.g. the task's name.

    Raises:
        MissingExtraError: matplotlib is not installed.
        FileError: the suffix is none of ``FORMATS``, or the file cannot be written.
    """
    if marks is None:
        from wann_rt.evolution.config import Config  # which imports numba: who only draws shall not wait for it

        marks = Config.weights
    at_marks = np.interp(marks, sweep.weights, sweep.means)
    best = float(np.interp(sweep.best, sweep.weights, sweep.means))
    with canvas(path, axes) as sheet:
        axes = sheet.axes(xlabel="shared weight", ylabel="mean return", title=title)
        band = sweep.means - sweep.intervals, sweep.means + sweep.intervals
        axes.fill_between(sweep.weights, *band, color=BLUE, alpha=0.2, linewidth=0, label="95 % interval")
        axes.plot(sweep.weights, sweep.means, color=BLUE)
        label = f"the {len(marks)} weights of the search: mean {at_marks.mean():.0f}"
        axes.plot(marks, at_marks, "o", color=VERMILLION, label=label, zorder=3)
        star: dict[str, Any] = {"zorder": 4, "markersize": 15, "markeredgecolor": INK, "markeredgewidth": 0.6}
        axes.plot(sweep.best, best, "*", color=ORANGE, label=f"best: {best:.0f} at {signed(sweep.best)}", **star)
        if own is not None:
            axes.axvline(own, color=GREY, linestyle=(0, (4, 3)), linewidth=1.2, label=f"own weight: {signed(own)}")
        axes.margins(x=0.02, y=0.08)
        sheet.legend(axes, ncols=2)
    return sheet.figure


def titled(controller: str, task: str) -> str:
    """Returns a title that names a controller and the task it plays, each once."""
    return task if controller == task else f"{controller} on {task}"


class _Recording(NamedTuple):
    """One episode, a row per step; ``states`` are those in which the step began."""

    states: NDArray[np.float32]
    observations: NDArray[np.float32]
    actions: NDArray[np.float32]
    rewards: NDArray[np.float32]


def _record(task: Task, controller: Controller, seed: int) -> _Recording:
    from wann_rt.play.plain import moments  # imports numba

    played = moments(task, controller.inner, task.start(seed)[:, np.newaxis])
    rows = [(np.array(m.state)[:, 0], m.observations[0], m.actions[0], m.rewards[0]) for m in played]
    return _Recording(*(np.array(column, np.float32) for column in zip(*rows, strict=True)))


def plot_episode(
    task: Task, controller: Controller, path: Path | None = None, *, axes: "Axes | None" = None, seed: int = 0
) -> "Figure":
    """Plays one episode and plots observations, actions and reward over time, under some moments of it, drawn.

    Args:
        task: the task; without a row in ``STRIPS``, no moments are drawn.
        controller: what plays it.
        path: file to write, if any.
        axes: where to draw, instead of on a figure of its own; the panels share its place.
        seed: of the episode.

    Raises:
        TaskError: the controller's channels are not the task's.
        MissingExtraError: matplotlib is not installed.
        FileError: the suffix is none of ``FORMATS``, or the file cannot be written.
    """
    from wann_rt.tasks.any_task import check_fits  # imports numba

    check_fits(task, controller)
    panels = _panels(task)
    strip = [0.75] if task.name in STRIPS else []
    heights = [*strip, *(0.85 for _ in panels)]
    with canvas(path, axes, (WIDTH, 0.9 + sum(heights))) as sheet:
        episode = _record(task, controller, seed)
        seconds = np.arange(len(episode.rewards)) / task.rate_hz
        rows = sheet.rows(heights)
        if strip:
            STRIPS[task.name](rows[0], task, seconds, episode.states)
        for row, panel in zip(rows[len(strip) :], panels, strict=True):
            _plot_panel(row, panel, seconds, episode)
        total = f"return {episode.rewards.sum(dtype=float):.1f} in {len(seconds) / task.rate_hz:g} s"
        rows[0].set_title(f"{controller.name}, seed {seed}: {total}{_behaviour(episode, task)}")
        rows[-1].set_xlabel("time [s]")
        for row in rows[:-1]:
            row.tick_params(bottom=False)
        sheet.figure.align_ylabels(rows)
    return sheet.figure


def _behaviour(episode: _Recording, task: Task) -> str:
    """Returns how hard and how restlessly a controller acted, for a title; nothing of the choice of an action."""
    if task.decision == "argmax":
        return ""
    turns = (np.diff(np.sign(episode.actions), axis=0) != 0).sum() / (len(episode.actions) / task.rate_hz)
    return f", mean effort {np.abs(episode.actions).mean():.2f}, {turns:.1f} sign changes a second"


class _Panel(NamedTuple):
    """Some channels of one kind that share their unit; ``kind`` names the field of ``_Recording``."""

    kind: str
    columns: list[int]
    channels: list[Channel]


def _panels(task: Task) -> list[_Panel]:
    """Returns the panels from top to bottom: observations, then actions, by unit; reward."""
    panels: dict[tuple[str, str], _Panel] = {}
    for kind, channels in (("observations", task.observations), ("actions", task.actions)):
        for i, channel in enumerate(channels):
            panel = panels.setdefault((kind, channel.unit), _Panel(kind, [], []))
            panel.columns.append(i)
            panel.channels.append(channel)
    return [*panels.values(), _Panel("rewards", [0], [Channel("reward", "per step")])]


def _plot_panel(axes: "Axes", panel: _Panel, seconds: NDArray[np.float64], episode: _Recording) -> None:
    values = getattr(episode, panel.kind).reshape(len(seconds), -1)
    colours = SERIES if panel.kind == "observations" else (INK,) if panel.kind == "actions" else (GREEN,)
    held = panel.kind == "actions"  # between two steps an action keeps its value
    look: dict[str, Any] = {"linewidth": 0.5, "alpha": 0.75, "drawstyle": "steps-post"} if held else {"linewidth": 1.1}
    lines = [
        axes.plot(seconds, values[:, column], color=colours[i % len(colours)], **look)[0]
        for i, column in enumerate(panel.columns)
    ]
    names = [label(channel) for channel in panel.channels]
    if len(names) > MOST_LABELLED:
        names[MOST_LABELLED - 1 :] = [f"... {len(names) - MOST_LABELLED + 1} more"]
    axes.legend(lines[: len(names)], names, loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.2)
    unit = panel.channels[0].unit
    axes.set_ylabel(unit if unit not in ("", "1") else "no unit")
    axes.locator_params(axis="y", nbins=3)
    axes.margins(x=0.01, y=0.12)


def _cartpole_strip(axes: "Axes", task: Task, seconds: NDArray[np.float64], states: NDArray[np.float32]) -> None:
    """Draws cart and pole at evenly spaced times, each at its place on the time axis; not to scale."""
    from matplotlib.transforms import ScaledTranslation

    inch: Any = axes.figure.dpi_scale_trans
    time_axis: Any = axes.get_xaxis_transform()
    axes.set(ylim=(0, 1), yticks=[])
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    for moment in np.linspace(0, len(seconds) - 1, 11).astype(int):
        x, _, theta, *_ = states[moment]  # a disturbed variant of the task has more
        here = inch + ScaledTranslation(seconds[moment], 0.5, time_axis)
        cart = 0.15 * float(x / task.params.track)
        pole = [cart, cart - 0.26 * math.sin(theta)], [0, 0.26 * math.cos(theta)]
        axes.plot([-0.22, 0.22], [0, 0], color="#BBBBBB", linewidth=0.8, transform=here)
        axes.plot([cart - 0.07, cart + 0.07], [0, 0], color=INK, linewidth=6, solid_capstyle="butt", transform=here)
        axes.plot(*pole, color=VERMILLION, linewidth=2.2, solid_capstyle="round", transform=here)


# Task -> what draws some moments of its episodes on the axes above the panels.
STRIPS: dict[str, Callable[["Axes", Task, NDArray[np.float64], NDArray[np.float32]], None]] = {
    "cartpole-swingup": _cartpole_strip,
}


def plot_progress(
    generations: "Sequence[Generation]",
    path: Path | None = None,
    *,
    axes: "Axes | None" = None,
    title: str = "",
    cap: int | None = None,
) -> "Figure":
    """Plots fitness and connections over the environment steps of a search.

    Args:
        generations: reports, from ``on_generation`` or ``journal.read_generations``.
        path: file to write, if any.
        axes: where to draw, instead of on a figure of its own; both panels share its place.
        title: what was searched; wall time and number of generations are added.
        cap: the most connections that the search allowed, if it had a limit.

    Raises:
        WannError: there are no generations.
        MissingExtraError: matplotlib is not installed.
        FileError: the suffix is none of ``FORMATS``, or the file cannot be written.
    """
    if not generations:
        raise WannError("there is no progress to plot: the search has no generations yet")
    steps = [report.env_steps for report in generations]
    with canvas(path, axes) as sheet:
        from matplotlib.ticker import EngFormatter

        upper, lower = sheet.rows((3, 2))
        for panel, columns in ((upper, FITNESS), (lower, CONNECTIONS)):
            for (name, label), look in zip(columns.items(), PROGRESS_LINES, strict=True):
                panel.plot(steps, [getattr(report, name) for report in generations], label=label, **look)
        last = generations[-1]
        cost = f"{len(generations)} generations, {EngFormatter()(last.env_steps)} steps, {last.seconds:.0f} s"
        upper.set_title(f"{title}: {cost}" if title else cost)
        upper.set_ylabel("fitness: mean return less prices")
        if cap is not None:
            lower.axhline(cap, color=VERMILLION, linewidth=1, linestyle=(0, (4, 3)), label=f"most allowed: {cap}")
            lower.legend(loc="lower right")
        lower.set(xlabel="environment steps", ylabel="connections", ylim=(0, None))
        lower.xaxis.set_major_formatter(EngFormatter())
        sheet.legend(upper, ncols=3)
    return sheet.figure
