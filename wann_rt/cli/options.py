"""What the commands share: arguments, options, reading a controller, printing JSON."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from wann_rt.controller import Controller

CONTROLLER = click.argument("controller", type=click.Path(path_type=Path))
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of text for people.")
TASK_SET = click.option(
    "--task-set",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="Change a param of the task, e.g. pole_length=0.9 or effort_penalty=0.1; may be repeated.",
)
SEED = click.option("--seed", type=click.IntRange(0, 2**53), default=0, show_default=True, help="Of the episodes.")
THREADS = click.option("--threads", type=click.IntRange(1), help="Threads to use; the result does not depend on it.")


def load(path: Path) -> "Controller":
    """Reads the controller file that a command was given, or the champion of that name, e.g. zoo:pendulum."""
    from wann_rt import files, zoo

    name = _champion(path)
    return files.load(path) if name is None else zoo.load(name)


def named_after(path: Path) -> Path:
    """Returns the file whose name results get: a champion's has its name, and the current folder."""
    name = _champion(path)
    return path if name is None else Path(f"{name}.json")


def _champion(path: Path) -> str | None:
    """Returns the name of the champion that is asked for, None for a path."""
    prefix, colon, name = str(path).partition(":")
    return name if colon and prefix == "zoo" else None


def print_json(value: Any) -> None:
    """Prints a value for programs."""
    click.echo(json.dumps(value, indent=2))
