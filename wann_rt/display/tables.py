"""What the command line shows to people: tables and a progress bar, with rich."""

import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from rich import box, markup
from rich.console import Console
from rich.table import Table

from wann_rt.core.controller import Channel, Controller, Derived
from wann_rt.core.files import digest, shortest
from wann_rt.core.plain import plain
from wann_rt.display.formulas import formulas, number

if TYPE_CHECKING:
    from wann_rt.tasks.task import Task


def escape(text: str) -> str:
    """Returns text that came from a file as it may stand in a table: no command to the terminal, no markup."""
    return markup.escape(plain(text))


_ANOTHER: ContextVar[Console | None] = ContextVar("another console", default=None)


@contextmanager
def printed_on(other: Console) -> Iterator[None]:
    """Has all that is printed meanwhile go to another console than that of stdout."""
    token = _ANOTHER.set(other)
    try:
        yield
    finally:
        _ANOTHER.reset(token)


def console() -> Console:
    """Returns a console on stdout; narrow enough to read, wide enough for tables when piped."""
    return _ANOTHER.get() or Console(width=None if sys.stdout.isatty() else 110, highlight=False, emoji=False)


def paragraph(text: str, *, hang: int = 0) -> None:
    """Prints a line, which a terminal breaks between words and a file keeps whole.

    Args:
        text: the line, or several; what came from a file or a user is escaped.
        hang: by how many columns what follows a break is indented.
    """
    out = console()
    for line in plain(text, kept="\n").split("\n"):
        parts = _broken(line, out.width, " " * hang) if sys.stdout.isatty() else [line]
        out.print("\n".join(parts), soft_wrap=True, markup=False)


def _broken(line: str, width: int, indent: str) -> list[str]:
    """Returns a line broken between words; what is longer than a line, such as a path, stays in one piece."""
    return textwrap.wrap(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    ) or [""]


def counted(many: int, what: str) -> str:
    """Returns a count with its noun: "1 hidden node", "2 hidden nodes"."""
    return f"{many} {what}{'s' * (many != 1)}"


def table(title: str, *columns: str, tight: bool = False) -> Table:
    """Returns an empty table in the house style; a column that starts with ">" is aligned right.

    Args:
        title: above it.
        *columns: their heads.
        tight: whether columns stand close, because there are so many that 80 columns of a terminal would not hold them.
    """
    gap = (0, 1, 0, 0) if tight else (0, 1)
    made = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold", pad_edge=False, padding=gap
    )
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
    made = table("Compiled tasks", "task", "what to do", ">in", ">out", ">rate")
    made.columns[0].no_wrap = True  # what one types stays in one piece
    for task in tasks:
        counts = str(len(task.observations)), str(len(task.actions)), f"{task.rate_hz:g} Hz"
        names = "\n".join([task.name, *(f"  or {alias}" for alias in task.aliases)])
        made.add_row(names, task.title.replace(" (Gymnasium's", "\n(Gymnasium's"), *counts)
    console().print(made)
    paragraph("wann-rt search TASK; --json says more; environments of Gymnasium: wann-rt search --env ID")


def controller_dict(controller: Controller) -> dict[str, Any]:
    """Returns a summary of a controller as JSON values."""
    network = controller.network
    return {
        "name": controller.name,
        "digest": digest(controller),
        "observations": [channel.name for channel in controller.observations],
        **({"derived": {one.name: one.told for one in controller.derived}} if controller.derived else {}),
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
    out, network = console(), controller.network
    rate = f"{controller.rate_hz:g} Hz" if controller.rate_hz else "rate not stated"
    out.print(f"[bold]{escape(controller.name)}[/]  {rate}\n{digest(controller)}\n", soft_wrap=True)
    for title, channels in (("Observations", controller.observations), ("Actions", controller.actions)):
        out.print(_channel_table(title, channels))
        if title == "Observations" and controller.derived:
            out.print(_derived_table(controller.derived))
    out.print("[bold]Network[/]")
    sizes = counted(network.n_hidden, "hidden node"), counted(network.n_connections, "connection")
    paragraph(f"{', '.join(sizes)}, {counted(max(network.levels), 'level')}; {_weights(controller)}")
    for name, formula in formulas(controller).items():
        paragraph(f"  {name} = {formula}", hang=6)
    made = table("\nProvenance", "key", "value")
    made.columns[0].no_wrap = True
    for key, value in controller.provenance.items():
        made.add_row(escape(key), markup.escape(plain(_told(value), kept="\n")))
    if controller.provenance:
        out.print(made)


def _derived_table(derived: Sequence[Derived]) -> Table:
    made = table("Derived from these, with memory", "name", "unit", "what")
    for one in derived:
        made.add_row(escape(one.name), escape(one.channel.unit), escape(one.told))
    return made


def _weights(controller: Controller) -> str:
    """Returns the weights in words."""
    values = controller.weight.values
    if controller.weight.kind == "shared":
        return f"the shared weight w is {number(values[0])}"
    if controller.weight.kind == "ensemble":
        return f"an ensemble of the shared weights {', '.join(map(number, values))}; w is each of them"
    return f"every connection has a weight of its own, from {number(min(values))} to {number(max(values))}"


def _told(value: Any) -> str:
    """Returns a JSON value for people: nested ones as lines, a digest as its beginning, since --json has it whole."""
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {_told(one)}" for key, one in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return "\n".join(map(_told, value)) or "none"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    text = str(value)
    return f"{text[:19]}..." if re.fullmatch("sha256:[0-9a-f]{64}", text) else text


def _channel_table(title: str, channels: Sequence[Channel]) -> Table:
    made = table(title, ">#", "name", "unit", ">low", ">high", "conditioning")
    for i, c in enumerate(channels):
        steps = [f"- {number(c.offset)}" * (c.offset != 0), f"* {number(c.scale)}" * (c.scale != 1), "clip" * c.clip]
        conditioning = " ".join(filter(None, steps)) or "raw"
        made.add_row(str(i), escape(c.name), escape(c.unit), number(c.low), number(c.high), conditioning)
    return made
