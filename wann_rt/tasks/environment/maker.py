"""What makes an environment: the text that names it, or a class, a function, a lambda.

An object is sent to the processes that play it by value (cloudpickle, which Gymnasium brings), also where it was
defined in a script or a notebook, which no other process can import. That happens between a process and its own
workers only; nothing of it is ever written to a file or read from one.
"""

import importlib
import json
import pickle
import sys
import types
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wann_rt.core.errors import TaskError

if TYPE_CHECKING:  # Gymnasium takes long to import: only where an environment is made
    from gymnasium.envs.registration import EnvSpec

MAIN = "__main__"
OURS = "wann_rt/"  # begins the ids of our own environments
OUR_IDS = "wann_rt.tasks.gym_env"  # registers them
Make = Callable[..., Any]


@dataclass(frozen=True)
class Maker:
    """What makes an environment.

    Attributes:
        env_id: what it is called: in files, messages and, where nothing else is given, for Gymnasium.
        blob: the object that makes it, pickled by value; None: the text says all.
    """

    env_id: str
    blob: bytes | None = None

    @classmethod
    def of(cls, given: Any) -> "Maker":
        """Returns what makes the environment that a user gives or names.

        Raises:
            TaskError: it is neither text nor something that makes an environment.
        """
        gymnasium = sys.modules.get("gymnasium")  # nobody can give an object of it who has not imported it
        if isinstance(given, str):
            found = _known_here_only(given, gymnasium)
            return cls(given) if found is None else cls(given, _pickled(given, found))
        if gymnasium is not None and isinstance(given, gymnasium.envs.registration.EnvSpec):
            return cls(given.id, _pickled(given.id, given))
        if gymnasium is not None and isinstance(given, gymnasium.Env):
            kind = type(given.unwrapped).__name__
            raise TaskError(
                f"an environment itself came, {kind}: give what makes it, a class or a function without arguments "
                f"(lambda: {kind}(...)), because each process that plays needs one of its own"
            )
        if not callable(given):
            raise TaskError(
                "an environment is named by text, such as 'Pendulum-v1' or 'my_module:MyClass', or given as a class or "
                f"a function that makes it; {given!r} came"
            )
        env_id = _called(given)
        return cls(env_id, _pickled(env_id, _with_registered(given)))

    @property
    def name(self) -> str:
        """What files are called after it."""
        return self.env_id.rpartition(":")[2].replace("/", "-").replace("<lambda>", "lambda").replace("<locals>.", "")

    def make(self, kwargs: Mapping[str, Any]) -> Any:
        """Returns a new environment; a module in the id is imported.

        Raises:
            Exception: whatever importing or making it raises.
        """
        import gymnasium

        try:
            return self._made(kwargs)
        except gymnasium.error.UnregisteredEnv:
            if OUR_IDS in sys.modules:
                raise
            importlib.import_module(OUR_IDS)  # a function may wrap an environment of ours
            return self._made(kwargs)

    def _made(self, kwargs: Mapping[str, Any]) -> Any:
        import gymnasium

        with warnings.catch_warnings():
            # We cannot mend these warnings, and where warnings are errors, importing Box2D crashes the interpreter.
            warnings.simplefilter("ignore", DeprecationWarning)
            if self.blob is not None:
                given = pickle.loads(self.blob)  # of this process or of the one that started it, never of a file
                if isinstance(given, gymnasium.envs.registration.EnvSpec):
                    gymnasium.registry.setdefault(given.id, given)
                    return gymnasium.make(given, disable_env_checker=True, **kwargs)
                return given(**kwargs)
            module, _, name = self.env_id.rpartition(":")
            if self.env_id.startswith(OURS):
                importlib.import_module(OUR_IDS)
            made = getattr(importlib.import_module(module), name, None) if module else None
            if made is None:
                return gymnasium.make(name, disable_env_checker=True, **kwargs)
            return made(**kwargs)

    def code(self) -> list[Any]:
        """Returns the functions and classes that make the environment, as far as they are known here."""
        if self.blob is not None:
            given = pickle.loads(self.blob)
            given = given.given if isinstance(given, Registered) else given
            return [getattr(given, "entry_point", given)]
        module, _, name = self.env_id.rpartition(":")
        made = getattr(sys.modules.get(module), name, None)
        return [] if made is None else [made]


@dataclass(frozen=True)
class Registered:
    """A class or function that makes an environment, with the ids that it may ask Gymnasium for.

    Attributes:
        given: the class or function.
        specs: what this process has registered, by a script or by a module that it imported, and another has not.
    """

    given: Callable[..., Any]
    specs: tuple[Any, ...]

    def __call__(self, **kwargs: Any) -> Any:
        """Makes the environment, in a process that may know nothing of the ids."""
        import gymnasium

        for spec in self.specs:
            gymnasium.registry.setdefault(spec.id, spec)
        return self.given(**kwargs)


def _with_registered(given: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a class or function with the ids that only this process knows; as it is where there are none."""
    registry = getattr(sys.modules.get("gymnasium"), "registry", {})
    own = ("gymnasium.", "wann_rt.")
    specs = tuple(_by_value(spec) for spec in registry.values() if not str(spec.entry_point).startswith(own))
    return Registered(given, specs) if specs and not isinstance(given, type) else given


def json_values(env_id: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a constructor's arguments as what files can hold; numpy's numbers become Python's.

    Raises:
        TaskError: an argument is no JSON value.
    """
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in kwargs.items()}
    try:
        json.dumps(plain, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TaskError(
            f"environment {env_id}: its arguments must be JSON values: {error}; a function that makes the environment "
            "may use anything (wr.environment(lambda: ...))"
        ) from None
    return plain


def _known_here_only(env_id: str, gymnasium: Any) -> Any:
    """Returns what a text means in this process and would not in another: of a script, or registered by one."""
    module, _, name = env_id.rpartition(":")
    if module == MAIN:
        found = getattr(sys.modules[MAIN], name, None)
        if found is not None:
            return found
    spec = gymnasium.registry.get(name) if gymnasium is not None and module in ("", MAIN) else None
    if spec is None or str(spec.entry_point).startswith("gymnasium."):
        return None
    return _by_value(spec)


def _by_value(spec: "EnvSpec") -> "EnvSpec":
    """Returns a spec whose entry point is an object where only this process could find it by its name."""
    module, _, name = str(spec.entry_point).partition(":")
    found = getattr(sys.modules[MAIN], name, None) if module == MAIN else None
    if found is None:
        return spec
    copied = type(spec)(**{key: getattr(spec, key) for key in _SPEC_FIELDS})
    copied.entry_point = found
    return copied


_SPEC_FIELDS = (
    "id", "entry_point", "reward_threshold", "nondeterministic", "max_episode_steps", "order_enforce",
    "disable_env_checker", "kwargs", "additional_wrappers", "vector_entry_point",
)  # fmt: skip


def _called(given: Any) -> str:
    """Returns "module:name" of a class, a function or an object that can be called."""
    inner = getattr(given, "func", given) if not isinstance(given, (type, types.FunctionType)) else given
    kind = inner if hasattr(inner, "__qualname__") else type(inner)
    return f"{kind.__module__}:{kind.__qualname__}"


def _pickled(env_id: str, given: Any) -> bytes:
    import cloudpickle

    try:
        return bytes(cloudpickle.dumps(given))
    except Exception as error:  # of whatever the object holds
        raise TaskError(
            f"environment {env_id} cannot be sent to the processes that play it: {type(error).__name__}: {error}: make "
            "what it needs inside of the function or constructor"
        ) from None
