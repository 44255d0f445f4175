"""From the name of an environment to a task: opens it, reads spaces, rate and length, and checks that it can be played.

Names and units of the channels come from ``tasks/channels.toml`` or from the user's own such file; the environment
itself does not tell them.
"""

import contextlib
import difflib
import importlib.metadata
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gymnasium
from gymnasium import spaces

from wann_rt.core.errors import MissingExtraError, TaskError, WannError
from wann_rt.tasks.environment.channels import Overlay, named
from wann_rt.tasks.environment.simulator import opened, told
from wann_rt.tasks.environment.spaces import action_channels, observation_channels
from wann_rt.tasks.environment.task import EnvironmentTask

OWN_STEPS = 1000  # length at which we end an episode if the environment sets no limit
# Libraries that compute the physics, by a part of the name of the module that the environment's class is in. The extras
# that bring them are called as they are.
PHYSICS = {"box2d": "box2d", "mujoco": "mujoco"}


def described(
    env_id: str, kwargs: Mapping[str, Any] | None = None, channels: Overlay | None = None, step_timeout: float = 60.0
) -> EnvironmentTask:
    """Returns an environment as a task that Gymnasium plays in processes.

    Args:
        env_id: an id that Gymnasium knows ("Pendulum-v1"); "module:Id-v0" for one that a module registers; or
            "module:Class", whose constructor, or a function, makes the environment. The module is imported.
        kwargs: arguments of the constructor, JSON values.
        channels: names, units and conditioning of the channels, where they shall not be what is known of them.
        step_timeout: seconds that a step or a reset may take.

    Raises:
        TaskError: there is no such environment, it cannot be made, or a controller cannot play it as it is.
    """
    if not isinstance(env_id, str):
        raise TaskError(f'an environment is named by text, such as "my_module:MyClass"; {env_id!r} came')
    try:
        json.dumps(kwargs, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TaskError(f"environment {env_id}: its arguments must be JSON values: {error}") from None
    environment = _made(env_id, kwargs or {})
    try:
        task = _described(env_id, dict(kwargs or {}), environment)
    finally:
        with contextlib.suppress(Exception):  # the task is known by now; an error of closing changes nothing in it
            environment.close()
    return replace(named(task, channels), step_timeout=step_timeout)


def _made(env_id: str, kwargs: Mapping[str, Any]) -> gymnasium.Env[Any, Any]:
    """Returns the environment, or raises TaskError saying what is wrong with its name or its making."""
    try:
        environment = opened(env_id, kwargs)
    except gymnasium.error.UnregisteredEnv as error:
        module, _, name = env_id.rpartition(":")
        brought = [other for other in dir(sys.modules.get(module)) if not other.startswith("_")]
        near = difflib.get_close_matches(name, [*gymnasium.registry, *brought], 3, 0.5)
        guess = f"; did you mean {' or '.join(near)}?" if near else ""
        raise TaskError(f"Gymnasium has no environment {env_id!r}: {error}{guess}") from None
    except (gymnasium.error.DependencyNotInstalled, ImportError) as error:
        raise _not_importable(env_id, error) from None
    except (Exception, SystemExit) as error:  # the environment is somebody else's code: it may raise anything
        raise TaskError(f"environment {env_id} cannot be made: {told(error)}") from None
    missing = [name for name in ("observation_space", "action_space") if getattr(environment, name, None) is None]
    if not isinstance(environment, gymnasium.Env) or missing:
        what = f"a {type(environment).__name__} without {missing[0]}" if missing else f"a {type(environment).__name__}"
        raise TaskError(f"environment {env_id}: {what} came; a gymnasium.Env with its spaces was expected")
    return environment


def _not_importable(env_id: str, error: Exception) -> WannError:
    """Returns the error that names our extra for what one of Gymnasium's own environments lacks, where there is one."""
    spec = gymnasium.registry.get(env_id.rpartition(":")[2])
    for part, library in PHYSICS.items():
        if spec is not None and str(spec.entry_point).startswith(f"gymnasium.envs.{part}"):
            return MissingExtraError(f"environment {env_id}", getattr(error, "name", None) or library, library)
    return TaskError(f"environment {env_id} cannot be imported: {error}")


def _described(env_id: str, kwargs: dict[str, Any], environment: gymnasium.Env[Any, Any]) -> EnvironmentTask:
    space = environment.action_space
    first = int(space.start) if isinstance(space, spaces.Discrete) else None
    return EnvironmentTask(
        name=env_id.rpartition(":")[2].replace("/", "-"),
        env_id=env_id,
        kwargs=kwargs,
        version=_version(environment),
        observations=observation_channels(env_id, environment.observation_space),
        actions=action_channels(env_id, space),
        decision="values" if first is None else "argmax",
        first_action=first or 0,
        rate_hz=_rate(environment),
        own_steps=_steps(env_id),
    )


def _version(environment: gymnasium.Env[Any, Any]) -> str:
    """Returns the versions of what computes the episodes: Gymnasium, the environment's own package and its physics."""
    modules = [kind.__module__ for kind in type(environment.unwrapped).__mro__]
    libraries = ["gymnasium", *_distributions(modules[0].partition(".")[0])]
    libraries += [library for part, library in PHYSICS.items() if any(part in module for module in modules)]
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in dict.fromkeys(libraries))


def _distributions(package: str) -> list[str]:
    """Returns what brings a package; nothing for one that is not installed, or is our own or Python's."""
    own = package in ("gymnasium", "wann_rt") or package in sys.stdlib_module_names
    return [] if own else sorted(set(importlib.metadata.packages_distributions().get(package, ())))


def _rate(environment: gymnasium.Env[Any, Any]) -> float | None:
    """Returns steps per simulated second; what the physics says counts before what the renderer says."""
    inner = environment.unwrapped
    for name in ("dt", "tau"):
        seconds = getattr(inner, name, None)
        if isinstance(seconds, (int, float)) and 0 < seconds < 1e6:
            return round(1 / float(seconds), 9)
    frames = (environment.metadata or {}).get("render_fps")
    return float(frames) if isinstance(frames, (int, float)) and 0 < frames < 1e6 else None


def _steps(env_id: str) -> int:
    """Returns the greatest length of an episode, as the environment was registered with it."""
    spec = gymnasium.registry.get(env_id.rpartition(":")[2])
    return (spec.max_episode_steps if spec else None) or OWN_STEPS
