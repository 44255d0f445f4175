"""The task that a controller plays: the one it was searched for, unless somebody names another.

Code that only a file names is never run: an environment of a module must be named by whoever plays it.
"""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wann_rt import tasks
from wann_rt.core.controller import Controller
from wann_rt.core.errors import TaskError
from wann_rt.core.given import only_a_controller
from wann_rt.tasks.any_task import AnyTask, as_task, named, seen_as_by, shipped
from wann_rt.tasks.environment.observed import observed
from wann_rt.tasks.environment.task import EnvironmentTask
from wann_rt.tasks.own import source_of
from wann_rt.tasks.seen import places_of
from wann_rt.tasks.task import Task

Values = Mapping[str, Any]
_WANTED = {"values": "numbers as actions", "argmax": "the number of an action"}


def task_of(controller: Controller, task: AnyTask | str | None = None) -> AnyTask:
    """Returns the task that a controller is to play, through the controller's own channels where it is an environment.

    Args:
        controller: the controller.
        task: a task, or the name of a compiled one, with the params that the controller was searched with; by default
            the task that it was searched for.

    Raises:
        ControllerError: something else came than a controller, such as its name.
        TaskError: nobody names a task, it is unknown, or it does not have the controller's observations and actions.
    """
    only_a_controller(controller)
    if isinstance(task, EnvironmentTask):
        return _through_channels(task, controller)
    if task is None and isinstance(controller.provenance.get("environment"), dict):
        return environment_of(controller)
    if task is None or isinstance(task, str):
        return compiled_task_of(controller, task)
    given = as_task(task)
    return seen_as_by(given, controller) if isinstance(given, Task) else given


def compiled_task_of(controller: Controller, name: str | None = None, params: Values | None = None) -> Task:
    """Returns a compiled task; what is left out is what the controller was searched for.

    Raises:
        TaskError: the task or a param is unknown, or neither the caller nor the controller names a task.
    """
    own = _object(controller.provenance, "task_params")
    chosen = own if params is None else params
    if name is not None:
        task = tasks.with_params(named(name), **chosen)
        _warn_of_other_code(controller, task)
        return seen_as_by(task, controller)
    return seen_as_by(tasks.with_params(shipped(_trusted_task(controller.provenance)), **chosen), controller)


def tuned_under(controller: Controller, task: Task) -> dict[str, float]:
    """Returns the conditions of a task that it has because the controller was searched or tuned under them."""
    recorded = _object(controller.provenance, "task_params")
    return {name: level for name, level in tasks.conditions_of(task).items() if name in recorded}


def _trusted_task(says: Values) -> str:
    """Returns the name of the task that a file was searched for, if it is one that comes with wann_rt."""
    known = says.get("task")
    if not isinstance(known, str):
        raise TaskError("the controller does not say which task it is for: name one (--task, task=)")
    if "task_source" in says:
        given = says.get("task_given") or "FILE.py:NAME"
        raise TaskError(
            f"the controller was searched on the task {known} of {given}, which is code, and a file is not trusted to "
            f"name code: if you trust it, name it yourself (--task {given}, wr.task({given!r}))"
        )
    return known


def _warn_of_other_code(controller: Controller, task: Task) -> None:
    """Says so where a controller was searched on a task of the same name, but of other code."""
    says = controller.provenance
    if says.get("task") == task.name and says.get("task_source", "") != source_of(task):
        warnings.warn(
            f"the code of task {task.name} is not that on which the controller was searched",
            RuntimeWarning,
            stacklevel=4,
        )


def environment_of(
    controller: Controller,
    env_id: Any = None,
    *,
    kwargs: Values | None = None,
    params: Values | None = None,
    **settings: Any,
) -> EnvironmentTask:
    """Returns an environment; what is left out is that in which the controller was searched, as far as it is trusted.

    Args:
        controller: the controller; its channels become the task's.
        env_id: see ``play.environment``; naming the controller's own trusts what its file says of it.
        kwargs: arguments of the constructor.
        params: options, see ``tasks.environment.task.Options``.
        **settings: who plays it, see ``play.environment``.

    Raises:
        TaskError: nobody names an environment, it cannot be played so, or it does not fit the controller.
    """
    from wann_rt.play.environment import environment  # Gymnasium takes long to import

    says = controller.provenance.get("environment")
    says = says if isinstance(says, dict) else {}
    same = env_id is None or env_id == says.get("id")
    named = _trusted_id(says) if env_id is None else env_id
    if kwargs is None and same:
        kwargs = _trusted_kwargs(says, env_id is not None)
    if params is None and same:
        params = _object(controller.provenance, "task_params")
    made = environment(named, kwargs=kwargs, **settings, **(params or {}))
    return _through_channels(made, controller)


def _through_channels(task: EnvironmentTask, controller: Controller) -> EnvironmentTask:
    """Returns the task with the controller's own channels, or raises TaskError where it does not have as many."""
    plain, places = task.plain, _places(task, controller)
    for side, wanted in (("observations", len(places or plain.observations)), ("actions", len(plain.actions))):
        came = len(getattr(controller, side))
        if came != wanted:
            raise TaskError(f"environment {task.env_id} has {wanted} {side}; the controller has {came}")
    if controller.decision != task.decision:
        wants, gives = (_WANTED.get(side.decision, side.decision) for side in (task, controller))
        raise TaskError(f"environment {task.env_id} wants {wants}; the controller gives {gives}")
    whole = list(plain.observations)
    for place, channel in zip(places or range(len(whole)), controller.observations, strict=True):
        whole[place] = channel
    made = replace(plain, observations=tuple(whole), actions=controller.actions)
    if controller.derived:  # computed with the rate of the controller, whoever calls it
        made = replace(made, rate_hz=controller.rate_hz)
    return observed(made, places or range(len(whole)), controller.derived)


def _places(task: EnvironmentTask, controller: Controller) -> tuple[int, ...]:
    """Returns where the observations that a controller is fed stand among those of an environment; empty: all do."""
    known, says = task.plain.observations, _object(controller.provenance, "task_observed")
    given = says.get("places")
    if len(controller.observations) == len(known) and given is None:
        return ()
    if given is None:  # it was searched elsewhere
        names = [channel.name for channel in controller.observations]
        return places_of(f"environment {task.env_id}", known, names) if controller.derived else ()
    fits = isinstance(given, list) and all(type(place) is int and 0 <= place < len(known) for place in given)
    if not fits or not 0 < len(set(given)) == len(given) == len(controller.observations):
        raise TaskError(
            f"the controller's provenance says that it is fed with observations {given} of {len(known)}, and it has "
            f"{len(controller.observations)}: environment {task.env_id} is another one, or the file is damaged"
        )
    return tuple(given)


def _object(says: Values, key: str, where: str = "") -> dict[str, Any]:
    """Returns an object of the controller's provenance, {} where it has none."""
    value = says.get(key, {})
    if not isinstance(value, dict):
        raise TaskError(f"the controller's provenance is damaged: {where}{key} must be an object")
    return value


def _trusted_id(says: Values) -> str:
    """Returns the id that a file names, if playing it runs no code but what is registered with Gymnasium."""
    env_id = says.get("id")
    if not isinstance(env_id, str):
        raise TaskError("the controller does not say which environment it is for: name one (--env, wr.environment)")
    if ":" in env_id or env_id.startswith("GymV"):
        raise TaskError(
            f"the controller was searched in {env_id}, which runs code of a module, and a file is not trusted to name "
            f"code: if you trust it, name it yourself (--env {env_id}, wr.environment({env_id!r}))"
        )
    return env_id


def _trusted_kwargs(says: Values, trusted: bool) -> Values:
    """Returns the constructor's arguments that a file names; text, which may name files or code, only if trusted."""
    kwargs = _object(says, "kwargs", "environment.")
    text = [name for name, value in kwargs.items() if not isinstance(value, (bool, int, float, type(None)))]
    if text and not trusted:
        raise TaskError(
            f"the controller's environment is made with {text[0]}={kwargs[text[0]]!r}, and a file is not trusted to "
            "name files or code: if you trust it, name the environment yourself (--env, wr.environment)"
        )
    return kwargs
