"""From the name of an environment and of a back end to a task: checks that the one can play the other."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wann_rt.core.errors import TaskError
from wann_rt.play.backends import envpool_engine, ray_connection
from wann_rt.tasks.environment.channels import Overlay
from wann_rt.tasks.environment.describe import described
from wann_rt.tasks.environment.task import DEFAULT_BACKEND, ENGINES, BackendName, EnvironmentTask


def environment_task(
    env_id: str,
    *,
    kwargs: Mapping[str, Any] | None = None,
    channels: Overlay | None = None,
    backend: BackendName = DEFAULT_BACKEND,
    timeout: float = 60.0,
    address: str | None = None,
) -> EnvironmentTask:
    """Returns an environment as a task.

    Args:
        env_id: an id that Gymnasium knows ("Pendulum-v1"); "module:Id-v0" for one that a module registers; or
            "module:Class", whose constructor, or a function, makes the environment. The module is imported.
        kwargs: arguments of the constructor, JSON values.
        channels: names, units and conditioning of the channels, where they shall not be what is known of them.
        backend: who plays the episodes.
        timeout: seconds that a step or a reset may take.
        address: of a Ray cluster, see ``search``.

    Raises:
        TaskError: there is no such environment, it cannot be made, or a controller cannot play it as it is.
        MissingExtraError: the back end is not installed.
    """
    if backend not in ENGINES:
        raise TaskError(f"there is no back end {backend!r}; back ends: {', '.join(ENGINES)}")
    if backend == "ray":
        ray_connection.library()
    elif address is not None:
        raise TaskError(f"address {address!r} is of a Ray cluster, and the back end is {backend}: use --backend ray")
    task = replace(described(env_id, kwargs, channels, timeout), backend=backend, address=address)
    return replace(task, version=envpool_engine.check(task)) if backend == "envpool" else task
