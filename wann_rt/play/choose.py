"""Selecting a task: by the name of a compiled one, by the id of an environment, or as a controller's file says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from wann_rt import tasks
from wann_rt.core.controller import Controller
from wann_rt.core.errors import TaskError
from wann_rt.tasks.any_task import AnyTask
from wann_rt.tasks.environment.channels import Overlay
from wann_rt.tasks.environment.task import DEFAULT_BACKEND, BackendName, EnvironmentTask, with_options

STEP_TIMEOUT = 60.0


@dataclass(frozen=True)
class Selection:
    """Which task to play, as a user says it.

    Attributes:
        task: name of a compiled task.
        env: id of an environment, see ``environment.environment_task``; the other fields but ``params`` are for it.
        env_kwargs: arguments of its constructor.
        channels: names, units and conditioning of its channels.
        backend: who plays its episodes; "processes" by default.
        step_timeout: seconds that one of its steps or resets may take.
        params: params of a compiled task, or options of an environment, that are not as they are by default.
        address: of the Ray cluster that plays an environment.
    """

    task: str | None = None
    env: str | None = None
    env_kwargs: Mapping[str, Any] | None = None
    channels: Overlay | None = None
    backend: BackendName | None = None
    step_timeout: float = STEP_TIMEOUT
    params: Mapping[str, Any] | None = None
    address: str | None = None


def selected(selection: Selection) -> AnyTask:
    """Returns the selected task.

    Raises:
        TaskError: none or two are named, or it is unknown, or it cannot be played so.
    """
    if (selection.task is None) == (selection.env is None):
        raise TaskError("name either a task or an environment (--env, env=)")
    params = selection.params or {}
    if selection.env is not None:
        return with_options(_environment(selection, selection.env, selection.env_kwargs), **params)
    _refuse_environment_settings(selection)
    return tasks.with_params(tasks.get(str(selection.task)), **params)




def task_of(controller: Controller, selection: Selection) -> AnyTask:
    """Returns the selected task, by default that which the controller was searched for, with its params.

    An environment is played through the controller's own channels. Code that only a file names is not run: an
    environment of a module must be selected by whoever plays it.

    Raises:
        TaskError: as for ``selected``; or nobody names a task, or it does not have the controller's channels.
    """
    says = controller.provenance.get("environment")
    if selection.task is None and (selection.env is not None or isinstance(says, dict)):
        return _environment_of(controller, selection, says if isinstance(says, dict) else {})
    _refuse_environment_settings(selection)
    return tasks.task_of(controller, selection.task, selection.params)


def _environment_of(controller: Controller, selection: Selection, says: Mapping[str, Any]) -> EnvironmentTask:
    env_id, kwargs, params = selection.env, selection.env_kwargs, selection.params
    same = env_id is None or env_id == says.get("id")
    if env_id is None:
        env_id = _trusted_id(says)
    if kwargs is None and same:
        kwargs = _trusted_kwargs(says, selection.env is not None)
    if params is None and same:
        params = controller.provenance.get("task_params", {})
        if not isinstance(params, dict):
            raise TaskError("the controller's provenance is damaged: task_params must be an object")
    task = with_options(_environment(selection, env_id, kwargs), **(params or {}))
    for side in ("observations", "actions"):
        came, wanted = len(getattr(controller, side)), len(getattr(task, side))
        if came != wanted:
            raise TaskError(f"environment {env_id} has {wanted} {side}; the controller has {came}")
    if controller.decision != task.decision:
        raise TaskError(
            f"environment {env_id} wants {_WANTED[task.decision]}; the controller gives {_WANTED[controller.decision]}"
        )
    return replace(task, observations=controller.observations, actions=controller.actions)


_WANTED = {"values": "numbers as actions", "argmax": "the number of an action"}


def _environment(selection: Selection, env_id: str, kwargs: Mapping[str, Any] | None) -> EnvironmentTask:
    from wann_rt.play.environment import environment_task  # Gymnasium takes long to import

    backend = selection.backend or DEFAULT_BACKEND
    address, timeout = selection.address, selection.step_timeout
    return environment_task(
        env_id, kwargs=kwargs, channels=selection.channels, backend=backend, timeout=timeout, address=address
    )


_OF_ENVIRONMENTS = {
    "env_kwargs": "--env-set",
    "channels": "--channels",
    "backend": "--backend",
    "address": "--address",
}


def _refuse_environment_settings(selection: Selection) -> None:
    """Refuses what says something about an environment where there is none."""
    plain = Selection()
    for name, option in _OF_ENVIRONMENTS.items():
        if getattr(selection, name) != getattr(plain, name):
            raise TaskError(
                f"{option} is for environments, and none was named (--env, env=); "
                "a compiled task is played in threads of this machine, where its search takes about a minute"
            )


def _trusted_id(says: Mapping[str, Any]) -> str:
    """Returns the id that a file names, if playing it runs no code but what is registered with Gymnasium."""
    env_id = says.get("id")
    if not isinstance(env_id, str):
        raise TaskError("the controller does not say which environment it is for: name one (--env, env=)")
    if ":" in env_id or env_id.startswith("GymV"):
        raise TaskError(
            f"the controller was searched in {env_id}, which runs code of a module, and a file is not trusted to name "
            f"code: if you trust it, name it yourself (--env {env_id}, env={env_id!r})"
        )
    return env_id


def _trusted_kwargs(says: Mapping[str, Any], trusted: bool) -> Mapping[str, Any]:
    """Returns the constructor's arguments that a file names; text, which may name files or code, only if trusted."""
    kwargs = says.get("kwargs", {})
    if not isinstance(kwargs, dict):
        raise TaskError("the controller's provenance is damaged: environment.kwargs must be an object")
    text = [name for name, value in kwargs.items() if not isinstance(value, (bool, int, float, type(None)))]
    if text and not trusted:
        raise TaskError(
            f"the controller's environment is made with {text[0]}={kwargs[text[0]]!r}, and a file is not trusted to "
            "name files or code: if you trust it, name the environment yourself (--env, env=)"
        )
    return kwargs
