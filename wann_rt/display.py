"""What the command line shows to people: tables and a progress bar, with rich."""

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.table import Table

from wann_rt.activations import BY_ID
from wann_rt.baseline import CONDITIONS as BASELINE_CONDITIONS
from wann_rt.baseline import nearest
from wann_rt.controller import Channel, Controller
from wann_rt.files import digest, shortest
from wann_rt.network import Network

if TYPE_CHECKING:
    from wann_rt.diagnosis import Finding
    from wann_rt.disturbances import Robustness
    from wann_rt.evaluation import Evaluation
    from wann_rt.evolution import Generation
    from wann_rt.tasks import Task

SECONDS_PER_LINE = 10  # of progress, where there is no terminal
CONDITIONS = {
    "random_weights": "random weights, U(-2, 2) each",
    "random_shared": "random shared weight, U(-2, 2)",
    "six_weights": "mean of the six shared weights",
    "tuned_shared": "tuned shared weight",
    "own_weight": "the controller as it is",
}


def console() -> Console:
    """Returns a console on stdout; narrow enough to read, wide enough for tables when piped."""
    return Console(width=None if sys.stdout.isatty() else 110, highlight=False)


def table(title: str, *columns: str) -> Table:
    """Returns an empty table in the house style; a column that starts with ">" is aligned right."""
    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left")
    return made


def task_dict(task: "Task") -> dict[str, Any]:
    """Returns a task as JSON values."""
    return {
        "name": task.name,
        "aliases": list(task.aliases),
        "title": task.title,
        "version": task.version,
        "env_id": task.env_id,
        "rate_hz": task.rate_hz,
        "max_steps": task.max_steps,
        "observations": [channel.name for channel in task.observations],
        "actions": [channel.name for channel in task.actions],
    }


def show_tasks(tasks: Sequence["Task"]) -> None:
    """Prints the tasks."""
    made = table("Compiled tasks", "task", "what to do", ">observations", ">actions", ">rate", "Gymnasium id")
    for task in tasks:
        counts = str(len(task.observations)), str(len(task.actions)), f"{task.rate_hz:g} Hz"
        made.add_row(f"{task.name} ({', '.join(task.aliases)})", task.title, *counts, task.env_id)
    console().print(made)


class Progress:
    """Shows generations as they come: a live bar on a terminal, a line now and then elsewhere, or nothing."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        """Prepares for ``total`` generations; ``quiet`` shows nothing."""
        self.console = Console(stderr=True, highlight=False)
        self.quiet = quiet
        self.total = total
        self._last_line = 0.0
        self._first: tuple[float, int] | None = None
        self._bar = RichProgress(
            TextColumn("generation"),
            MofNCompleteColumn(),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[text]}"),
            TextColumn("left"),
            TimeRemainingColumn(compact=True),
            console=self.console,
            disable=quiet or not self.console.is_terminal,
        )
        self._task = self._bar.add_task("search", total=total, text="")

    def __enter__(self) -> "Progress":
        self._announce()
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def update(self, report: "Generation") -> None:
        """Shows a generation."""
        now = time.monotonic()
        if self._first is None:
            self._first = now, report.env_steps  # the rate leaves out the first generation, which may compile
        rate = (report.env_steps - self._first[1]) / max(now - self._first[0], 1e-9)
        speed = f"{rate / 1e6:4.1f} M" if rate >= 1e5 else f"{rate / 1e3:4.1f} k"
        text = (
            f"best {report.best:5.0f}  mean {report.mean:5.0f}  champion {report.champion:5.1f} "
            f"({report.champion_connections} connections)  {speed} steps/s"
        )
        self._bar.update(self._task, completed=report.generation + 1, text=text)
        due = now - self._last_line > SECONDS_PER_LINE or report.generation + 1 == self.total
        if due and not (self.quiet or self.console.is_terminal):
            self._last_line = now
            self.console.print(f"generation {report.generation + 1}/{self.total}  {text}", soft_wrap=True)

    def _announce(self) -> None:
        """Says why the first generation takes a while when the kernels must be compiled."""
        from wann_rt.kernels.jit import is_cached
        from wann_rt.kernels.rollout import rollouts

        if not self.quiet and not is_cached(rollouts):
            self.console.print("compiling the search for this machine (first use only, about 20 seconds) ...")


def show_champion(controller: Controller, path: Path) -> None:
    """Prints what a search found and what to do next."""
    score = controller.provenance["score"]
    out = console()
    out.print(
        f"champion: {controller.network.n_connections} connections, {controller.network.n_hidden} hidden nodes, "
        f"shared weight {number(controller.weight.values[0])}: scores {score['mean']:.0f} +- {score['ci95']:.0f} "
        f"over {score['episodes']} fresh episodes"
    )
    out.print(f"wrote {path}\nnext: wann-rt verify {path}", soft_wrap=True)


def show_evaluation(result: "Evaluation") -> None:
    """Prints scores by condition."""
    made = table(
        f"{result.task}: {result.connections} connections",
        *("condition", ">mean", ">95 % interval", ">sd", ">episodes", ">effort", ">sign changes/s"),
    )
    for name, score in result.scores.items():
        label = CONDITIONS[name] + (f" {number(result.tuned_weight)}" if name == "tuned_shared" else "")
        behaviour = ("" if x is None else f"{x:.{digits}f}" for x, digits in ((score.effort, 3), (score.chatter, 1)))
        figures = f"{score.mean:.1f}", f"+- {score.ci95:.1f}", f"{score.sd:.1f}", str(score.episodes)
        made.add_row(label, *figures, *behaviour)
    console().print(made)
    guessed = nearest(result.task, result.connections)
    if guessed is not None:
        for condition in BASELINE_CONDITIONS:
            text = f"{CONDITIONS[condition]}: {guessed.text(condition)}"
            console().print(f"random networks of {guessed.connections} connections, {text}", soft_wrap=True)


def show_robustness(result: "Robustness") -> None:
    """Prints scores by disturbance."""
    made = table(
        "The controller as it is, disturbed; up to so much in each episode",
        *("disturbance", ">mean", ">95 % interval", ">sd", ">lowest", ">lost"),
    )
    for name, score in {"none": result.plain, **result.scores}.items():
        lost = result.plain.mean - score.mean
        made.add_row(
            name, f"{score.mean:.1f}", f"+- {score.ci95:.1f}", f"{score.sd:.1f}", f"{score.low:.0f}", f"{lost:.1f}"
        )
    console().print(made)


def number(value: float) -> str:
    """Returns a float32 with the fewest digits that read back."""
    return f"{shortest(value):g}" if abs(shortest(value)) < 1e6 else repr(shortest(value))


def show_findings(findings: Sequence["Finding"]) -> None:
    """Prints what ``doctor`` found."""
    made = table("wann_rt doctor", "", "what", "found", "what to do")
    for finding in findings:
        mark = "ok" if finding.ok else "[red]missing[/]" if finding.required else "optional"
        made.add_row(mark, finding.name, finding.found, "" if finding.ok else escape(finding.advice))
    console().print(made)


def controller_dict(controller: Controller) -> dict[str, Any]:
    """Returns a summary of a controller as JSON values."""
    network = controller.network
    return {
        "name": controller.name,
        "digest": digest(controller),
        "observations": [channel.name for channel in controller.observations],
        "actions": [channel.name for channel in controller.actions],
        "rate_hz": controller.rate_hz,
        "hidden": network.n_hidden,
        "connections": network.n_connections,
        "levels": max(network.levels),
        "weight": {"kind": controller.weight.kind, "values": [shortest(v) for v in controller.weight.values]},
        "nodes": formulas(controller),
        "provenance": dict(controller.provenance),
    }


def show_controller(controller: Controller) -> None:
    """Prints what a controller observes, computes and does, and where it came from."""
    out, network, weight = console(), controller.network, controller.weight
    rate = f"{controller.rate_hz:g} Hz" if controller.rate_hz else "rate not stated"
    out.print(f"[bold]{escape(controller.name)}[/]  {rate}  {digest(controller)}", soft_wrap=True)
    for title, channels in (("Observations", controller.observations), ("Actions", controller.actions)):
        out.print(_channel_table(title, channels))
    values = ", ".join(number(v) for v in weight.values[:8]) + ", ..." * (len(weight.values) > 8)
    out.print(
        f"[bold]Network[/]  {network.n_hidden} hidden nodes, {network.n_connections} connections, "
        f"{max(network.levels)} levels; weight w: {weight.kind} {values}"
    )
    for name, formula in formulas(controller).items():
        out.print(f"  {name} = {formula}", soft_wrap=True, markup=False)
    made = table("\nProvenance", "key", "value")
    for key, value in controller.provenance.items():
        made.add_row(escape(key), escape(str(value)))
    if controller.provenance:
        out.print(made)


def _channel_table(title: str, channels: Sequence[Channel]) -> Table:
    made = table(title, ">#", "name", "unit", ">low", ">high", "conditioning")
    for i, c in enumerate(channels):
        steps = [f"- {number(c.offset)}" * (c.offset != 0), f"* {number(c.scale)}" * (c.scale != 1), "clip" * c.clip]
        conditioning = " ".join(filter(None, steps)) or "raw"
        made.add_row(str(i), escape(c.name), escape(c.unit), number(c.low), number(c.high), conditioning)
    return made


def formulas(controller: Controller) -> Mapping[str, str]:
    """Returns each computed node's name and formula, in the order in which they are computed."""
    network = controller.network
    names = node_names(controller)
    shared = controller.weight.kind != "connections"
    weights = iter(controller.weight.values * (1 if not shared else 0))
    result = {}
    for k, activation in enumerate(network.activations):
        terms = []
        for source, sign in zip(network.sources[k], network.signs[k], strict=True):
            term = names[source] if shared else f"{number(next(weights))}*{names[source]}"
            terms.append(("- " if sign < 0 else "+ ") + term)
        total = " ".join(terms).removeprefix("+ ") or "0"
        argument = f"w * ({total})" if shared else total
        function = BY_ID[activation].name
        result[names[network.first + k]] = argument if function == "linear" else f"{function}({argument})"
    return result


def node_names(controller: Controller) -> list[str]:
    """Returns a name for every node: channels by theirs, hidden nodes by their number, the bias 1."""
    network: Network = controller.network
    hidden = [f"n{network.first + k}" for k in range(network.n_hidden)]
    inputs, outputs = ([channel.name for channel in side] for side in (controller.observations, controller.actions))
    return ["1", *inputs, *hidden, *outputs]
