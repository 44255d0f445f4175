"""From an environment to a task: opens it, reads spaces, rate and length, and checks that it can be played.

This runs the environment's code, so it is done in a process of its own, see ``answering``.
"""

import importlib.metadata
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import gymnasium
from gymnasium import spaces

from wann_rt.core.errors import MissingExtraError, TaskError, WannError
from wann_rt.core.guess import near
from wann_rt.tasks.environment.maker import Maker
from wann_rt.tasks.environment.rate import rate_of
from wann_rt.tasks.environment.simulator import has_mask, told
from wann_rt.tasks.environment.source import source_digest
from wann_rt.tasks.environment.spaces import action_channels, observation_channels
from wann_rt.tasks.environment.task import EnvironmentTask
from wann_rt.tasks.environment.wrappers import fold

OWN_STEPS = 1000  # length at which we end an episode if the environment sets no limit
# Libraries that compute the physics, by a part of the name of the module that the environment's class is in. The extras
# that bring them are called as they are.
PHYSICS = {"box2d": "box2d", "mujoco": "mujoco"}
PLACES = {"gymnasium.envs.box2d": "box2d", "gymnasium.envs.mujoco": "mujoco", "wann_rt.tasks.car": "box2d"}


class Described(NamedTuple):
    """What an environment is like.

    Attributes:
        task: with the channels as the environment says them.
        inner_id: under which what is inside of all wrappers is registered, if it is.
        close: closes the environment.
    """

    task: EnvironmentTask
    inner_id: str | None
    close: Callable[[], Any]


def described(maker: Maker, kwargs: dict[str, Any], made: Callable[[], Any] = lambda: None) -> Described:
    """Makes an environment and returns it as a task that Gymnasium plays in processes.

    Args:
        maker: makes it.
        kwargs: arguments of the constructor, JSON values.
        made: called once it is made: what takes long from here on is a reset.

    Raises:
        WannError: there is no such environment, it cannot be made, or a controller cannot play it as it is.
    """
    environment = _made(maker, kwargs)
    made()
    return Described(_described(maker, kwargs, environment), _inner_id(environment), environment.close)


def _made(maker: Maker, kwargs: Mapping[str, Any]) -> gymnasium.Env[Any, Any]:
    """Returns the environment, or raises TaskError saying what is wrong with its name or its making."""
    env_id = maker.env_id
    try:
        environment = maker.make(kwargs)
    except gymnasium.error.UnregisteredEnv as error:
        raise _unknown(maker, error) from None
    except (gymnasium.error.DependencyNotInstalled, ImportError) as error:
        raise _not_importable(env_id, error) from None
    except (Exception, SystemExit) as error:  # the environment is somebody else's code: it may raise anything
        raise TaskError(f"environment {env_id} cannot be made: {told(error)}") from None
    if isinstance(environment, gymnasium.vector.VectorEnv):
        raise TaskError(f"environment {env_id}: a VectorEnv came, which is several; give what makes one")
    missing = [name for name in ("observation_space", "action_space") if getattr(environment, name, None) is None]
    if not isinstance(environment, gymnasium.Env) or missing:
        what = f"a {type(environment).__name__} without {missing[0]}" if missing else f"a {type(environment).__name__}"
        raise TaskError(f"environment {env_id}: {what} came; a gymnasium.Env with its spaces was expected")
    return environment


def _unknown(maker: Maker, error: Exception) -> TaskError:
    """Returns the error for a name that neither Gymnasium nor the module in it knows, or that a function asks for."""
    env_id = maker.env_id
    module, _, name = env_id.rpartition(":")
    if maker.blob is not None or hasattr(sys.modules.get(module), name):
        return TaskError(f"environment {env_id} cannot be made: {told(error)}")
    if module:
        brought = [other for other in dir(sys.modules.get(module)) if not other.startswith("_")]
        guess = near(name, [*brought, *gymnasium.registry])
        return TaskError(f"module {module} has no class or function {name!r}, nor does it register such an id{guess}")
    said = str(error).partition(" Did you mean")[0].rstrip(".")
    return TaskError(f"Gymnasium has no environment {env_id!r}: {said}{near(name, gymnasium.registry, 3)}")


def _not_importable(env_id: str, error: Exception) -> WannError:
    """Returns the error that names our extra for what one of Gymnasium's own environments lacks, where there is one."""
    spec = gymnasium.registry.get(env_id.rpartition(":")[2])
    for place, library in PLACES.items():
        if spec is not None and str(spec.entry_point).startswith(place):
            return MissingExtraError(f"environment {env_id}", getattr(error, "name", None) or library, library)
    return TaskError(f"environment {env_id} cannot be imported: {error}")


def _described(maker: Maker, kwargs: dict[str, Any], environment: gymnasium.Env[Any, Any]) -> EnvironmentTask:
    env_id, folded = maker.env_id, fold(environment)
    inner = folded.environment
    actions = action_channels(env_id, inner.action_space)
    observations = folded.conditioned(observation_channels(env_id, inner.observation_space))
    return EnvironmentTask(
        name=maker.name,
        env_id=env_id,
        kwargs=kwargs,
        maker=maker,
        version=_version(environment),
        observations=observations,
        actions=actions.channels,
        decision=actions.decision,
        rate_hz=rate_of(environment),
        own_steps=folded.limit or OWN_STEPS,
        source=source_digest([*maker.code(), *_layers(environment)]),
        masked=isinstance(inner.action_space, spaces.Discrete) and has_mask(inner),
        wrappers=folded.wrappers,
        lost=folded.lost,
        own_wrappers=folded.own,
        limited=folded.limit is not None,
        stacked=folded.stacked,
    )


def _inner_id(environment: gymnasium.Env[Any, Any]) -> str | None:
    """Returns the id under which what is inside of all wrappers is registered."""
    spec = environment.unwrapped.spec
    return None if spec is None else spec.id


def _layers(environment: Any) -> list[type]:
    """Returns the classes of an environment and of its wrappers."""
    kinds = [type(environment)]
    while isinstance(environment, gymnasium.Wrapper):
        environment = environment.env
        kinds.append(type(environment))
    return kinds


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
