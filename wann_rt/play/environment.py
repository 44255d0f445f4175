"""From the name of an environment and of a back end to a task: checks that the one can play the other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from wann_rt.core.errors import TaskError
from wann_rt.core.guess import near
from wann_rt.play.backends import envpool_engine, ray_connection
from wann_rt.play.backends.asking import described
from wann_rt.tasks.deriving import Derivations, seen_through
from wann_rt.tasks.environment.channels import Overlay, named, split
from wann_rt.tasks.environment.maker import Maker, json_values
from wann_rt.tasks.environment.task import (
    DEFAULT_BACKEND,
    ENGINES,
    STEP_TIMEOUT,
    BackendName,
    EnvironmentTask,
    channels_digest,
    check_wrappers,
    with_options,
)


def environment(
    env: Any,
    *,
    backend: BackendName = DEFAULT_BACKEND,
    kwargs: Mapping[str, Any] | None = None,
    channels: Overlay | None = None,
    address: str | None = None,
    step_timeout: float = STEP_TIMEOUT,
    observe: Sequence[str] | None = None,
    derive: Derivations | None = None,
    **options: Any,
) -> EnvironmentTask:
    """Returns an environment as a task: something to search, evaluate or tune on.

    Args:
        env: an id that Gymnasium knows ("Pendulum-v1"); "module:Id-v0" for one that a module registers;
            "module:Class", whose constructor, or a function, makes the environment (the module is imported); or a class
            or a function itself, also one that is defined in a script or a notebook.
        backend: who plays it: "processes"; "ray", the same on a cluster; or "envpool": faster, with other episodes than
            Gymnasium's.
        kwargs: arguments of the constructor, JSON values.
        channels: names, units and conditioning of the channels, where they shall not be what is known of them; see
            ``tasks.environment.channels``.
        address: of the Ray cluster: "local" to start one on this machine, "host:port" or "auto" where this machine is
            a node of it, or "ray://host:10001". By default what the variable ``RAY_ADDRESS`` says, else "local".
        step_timeout: seconds that a step or a reset may take.
        observe: names of the observations that a controller sees, in order; by default all but those that are derived.
        derive: channels that it computes from these, with memory: name -> how, see ``wr.task``.
        **options: what differs from the episodes as they are, e.g. ``max_steps=100``; see ``Options``.

    Raises:
        TaskError: there is no such environment, it cannot be made, or a controller cannot play it as it is.
        MissingExtraError: the back end is not installed.
    """
    if backend not in ENGINES:
        raise TaskError(f"there is no back end {backend!r}; back ends: {', '.join(ENGINES)}{near(backend, ENGINES)}")
    if backend == "ray":
        ray_connection.library()
    elif address is not None:
        raise TaskError(f"address {address!r} is of a Ray cluster, and the back end is {backend}: use --backend ray")
    channels, chosen, more = split(channels)
    observe, derive = chosen if observe is None else observe, {**more, **(derive or {})}
    maker = Maker.of(env)
    task, inner_id = described(maker, json_values(maker.env_id, kwargs or {}), step_timeout)
    task = replace(named(task, channels, inner_id), own_channels=channels_digest(named(task, None, inner_id)))
    task = replace(task, step_timeout=step_timeout, backend=backend, address=address)
    if backend == "envpool":
        task = replace(task, version=envpool_engine.check(task))
    task = with_options(task, **options)
    check_wrappers(task)
    derive = {**_stacked(task, observe), **derive}
    return task if observe is None and not derive else seen_through(task, observe, derive)


def _stacked(task: EnvironmentTask, observe: Sequence[str] | None) -> dict[str, str]:
    """Returns the derived channels that stand for a stack of observations: those before this one, the newest first."""
    earlier = range(1, task.stacked)
    names = [channel.name for channel in task.observations] if observe is None else observe
    return {f"{name}_{k}_before": f"delayed:{name},steps:{k}" for k in earlier for name in names}
