"""What the command line shows to people: tables and a progress bar, with rich."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich import box, markup
from rich.console import Console
from rich.table import Table

from wann_rt.core.controller import Channel, Controller
from wann_rt.core.files import digest, shortest
from wann_rt.core.plain import plain
from wann_rt.display.formulas import formulas, number

if TYPE_CHECKING:
    from wann_rt.tasks.task import Task


def escape(text: str) -> str:
    """Returns text that came from a file as it may stand in a table: no command to the terminal, no markup."""
    return markup.escape(plain(text))


def console() -> Console:
    """Returns a console on stdout; narrow enough to read, wide enough for tables when piped."""
    return Console(width=None if sys.stdout.isatty() else 110, highlight=False, emoji=False)


def table(title: str, *columns: str) -> Table:
    """Returns an empty table in the house style; a column that starts with ">" is aligned right."""
    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold", pad_edge=False)
    for column in columns:
        right = column.startswith(">")
        made.add_column(column.lstrip(">"), justify="right" if right else "left", overflow="fold")
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
    made = table("Compiled tasks", "task", "or", "what to do", ">in", ">out", ">rate")
    for column in made.columns[:2]:
        column.no_wrap = True  # what one types stays in one piece
    for task in tasks:
        counts = str(len(task.observations)), str(len(task.actions)), f"{task.rate_hz:g} Hz"
        made.add_row(task.name, ", ".join(task.aliases), task.title, *counts)
    out = console()
    out.print(made)
    out.print("wann-rt search TASK; --json says more; environments of Gymnasium: wann-rt search --env ID")


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
        out.print(plain(f"  {name} = {formula}"), soft_wrap=True, markup=False)
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
