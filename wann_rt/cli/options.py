"""What the commands share: arguments, options, reading a controller, printing JSON."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from wann_rt.core.controller import Controller

CONTROLLER = click.argument("controller", type=click.Path(path_type=Path))
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of text for people.")
TASK_SET = click.option(
    "--task-set",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="Change a param of the task, e.g. pole_length=0.9, or an option of the environment; may be repeated.",
)
SEED = click.option("--seed", type=click.IntRange(0, 2**53), default=0, show_default=True, help="Of the episodes.")
THREADS = click.option("--threads", type=click.IntRange(1), help="Threads to use; the result does not depend on it.")

ENV = click.option("--env", help="Environment: an id that Gymnasium knows, MODULE:ID or MODULE:CLASS.")
ENV_SET = click.option(
    "--env-set", multiple=True, metavar="NAME=VALUE", help="Argument of the environment; may be repeated."
)

_ENVIRONMENT = (
    ENV,
    ENV_SET,
    click.option(
        "--backend",
        type=click.Choice(["processes", "envpool", "ray"]),
        help="Who plays the environment: Gymnasium in processes, here or on a Ray cluster, or EnvPool: faster, other "
        "episodes.  [default: processes]",
    ),
    click.option(
        "--address",
        help="Ray cluster: local (one is started here), auto (this machine is a node of it), HOST:PORT or "
        "ray://HOST:10001.  [default: $RAY_ADDRESS, else local]",
    ),
    click.option(
        "--step-timeout", type=click.FloatRange(0, min_open=True), default=60.0, show_default=True,
        help="Seconds after which an environment that does not return is an error.",
    ),
)  # fmt: skip


def environment(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that select an environment; the command gets them as ``environment_arguments`` reads them."""
    for option in reversed(_ENVIRONMENT):
        command = option(command)
    return command


def environment_arguments(options: dict[str, Any]) -> dict[str, Any]:
    """Takes the options of ``environment`` out and returns them as the library's arguments.

    The module of an environment may lie where the command is given, as for ``python -m``.
    """
    from wann_rt.evolution import config

    env, given = options.pop("env"), options.pop("env_set")
    if env is not None and ":" in env:
        sys.path.insert(0, str(Path.cwd()))
    names = ("backend", "address", "step_timeout")
    other: dict[str, Any] = {name: options.pop(name) for name in names if name in options}
    return {"env": env, "env_kwargs": dict(config.parse_setting(text) for text in given) or None, **other}


def load(path: Path) -> "Controller":
    """Reads the controller file that a command was given, or the champion of that name, e.g. zoo:pendulum."""
    from wann_rt import zoo
    from wann_rt.core import files

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
