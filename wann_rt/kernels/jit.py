"""The one decorator of every compiled function, and the bridge from the one arithmetic to numba.

Import this module before compiling anything that calls ``arithmetic`` or ``activations``: it tells numba what the
primitives mean and that the functions over them may be compiled into their callers.
"""

import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import event
from numba.extending import register_jitable

from wann_rt.core import activations, arithmetic, stages
from wann_rt.core.signals import uninterrupted
from wann_rt.kernels import block
from wann_rt.kernels.cache import cache_for
from wann_rt.kernels.turns import in_turn

assert block  # gives ``select`` and the operators their meaning


# What a kernel can be compiled from: the import contract lets nothing else reach one. An edit elsewhere, of a command
# say, leaves the kernels on disk as they are.
ROOMS = ("core", "kernels", "tasks")


def source_stamp(root: Path) -> str:
    """Returns a digest of all Python source in the rooms below ``root`` from which kernels are compiled."""
    digest = hashlib.sha256()
    for path in sorted(path for room in ROOMS for path in (root / room).rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


SOURCE_STAMP = source_stamp(Path(__file__).parents[1])


def jit(function: Callable[..., Any]) -> Any:
    """Compiles strictly (no fastmath), without the GIL, cached on disk until any source of a kernel changes.

    numba's own cache looks only at the file of the function itself, so a changed callee in another file would leave
    a stale kernel behind (measured with 0.68.1, even over a reinstallation). The stamp it compares is replaced by one
    over all of ``ROOMS``. Where no folder is private and writable, functions are compiled without a cache.
    """
    dispatcher: Any = numba.njit(nogil=True, error_model="numpy")(function)
    cache = cache_for(function, SOURCE_STAMP)
    if cache is not None:
        dispatcher._cache = cache
        dispatcher.compile = in_turn(dispatcher.compile, Path(cache.cache_path) / f"{cache._impl.filename_base}.lock")
    dispatcher._compile_for_args = _held(dispatcher._compile_for_args)
    return dispatcher


def _held(compiling: Callable[..., Any]) -> Callable[..., Any]:
    """Returns what numba calls to compile such that Ctrl-C waits for its end: in the midst it becomes any error."""

    def compile_for_args(*arguments: Any, **named: Any) -> Any:
        with uninterrupted():
            return compiling(*arguments, **named)

    return compile_for_args


def inlined(function: Callable[..., Any]) -> Any:
    """Compiles a function into each of its callers: for what runs once a node or once a step.

    A call would pass a program as some thirty numbers, in memory (measured: a third of the speed).
    """
    return numba.njit(**_INLINED)(function)


# Nothing but compiled code calls such a function; without wrappers for others it compiles in half the time.
_INLINED: Any = {
    "nogil": True,
    "error_model": "numpy",
    "forceinline": True,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


def _cache_file(dispatcher: Any) -> Any:
    """Returns numba's index of what is on disk for a function; None where this numba keeps it elsewhere."""
    return getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)


def _functions_of(module: Any) -> list[Callable[..., Any]]:
    """Returns the functions that a module defines itself."""
    return [f for f in vars(module).values() if inspect.isfunction(f) and f.__module__ == module.__name__]


for _definition in (*_functions_of(arithmetic), *_functions_of(activations)):
    if _definition is not arithmetic.select:  # ``block`` says what that is
        register_jitable(_definition)


NAMES = {"rollouts": "the episodes", "breed": "the search", "forward_range": "the network"}


class _Compiling(event.Listener):
    """Says when something is compiled that is not on disk, and what."""

    def __init__(self) -> None:
        self._said: list[Any] = []

    def on_start(self, event: Any) -> None:
        """Says it; what is compiled on the way, into the first, is not told of."""
        name = getattr(event.data.get("dispatcher"), "__name__", "a kernel")
        saying = stages.within(f"compiling {NAMES.get(name, name)}, once")
        if not self._said:
            saying.__enter__()
        self._said.append(saying)

    def on_end(self, event: Any) -> None:
        """Says that it is done."""
        saying = self._said.pop() if self._said else None
        if saying is not None and not self._said:
            saying.__exit__(None, None, None)


event.register("numba:compile", _Compiling())  # type: ignore[no-untyped-call]  # numba has no types


def is_cached(dispatcher: Any) -> bool:
    """Returns whether a compiled form for this source is on disk; False where that cannot be told."""
    try:
        return bool(_cache_file(dispatcher)._load_index())
    except (AttributeError, OSError, ValueError):
        return False
