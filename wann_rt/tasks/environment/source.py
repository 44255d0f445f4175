"""Which code an environment is: a digest that changes when somebody edits it.

A package is known by its version, which is recorded anyway; a file that belongs to no package is read, and so are the
files that it imports. What is defined in a script or a notebook has no file of its own: there the compiled code counts,
with the functions, classes and plain values that it names, so that edits elsewhere in a notebook change nothing.
"""

import hashlib
import inspect
import site
import sys
import sysconfig
import types
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

PLAIN = (bool, int, float, complex, str, bytes, type(None))
DEEPEST = 8  # of values inside of values
MAIN = "__main__"
_FUNCTIONS: tuple[type, ...] = (types.FunctionType, types.BuiltinFunctionType)


def source_digest(things: Iterable[Any]) -> str | None:
    """Returns "sha256:..." of the code of classes and functions; None if packages brought all of it."""
    pieces: dict[str, bytes] = {}
    for thing in things:
        _collect(thing, pieces)
    if not pieces:
        return None
    content = hashlib.sha256()
    for name, data in sorted(pieces.items()):
        content.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
    return f"sha256:{content.hexdigest()}"


def _collect(thing: Any, pieces: dict[str, bytes]) -> None:
    kinds = thing.__mro__ if isinstance(thing, type) else (thing,)
    for kind in kinds:
        module = _module_of(kind)
        if module is None or _is_in_memory(module):
            if getattr(kind, "__module__", None) not in ("builtins", None):
                pieces[f"{kind.__module__}:{getattr(kind, '__qualname__', kind)}"] = _compiled(kind).encode()
                for other in _modules_named_by(kind):
                    _collect_files(other, pieces)
        else:
            _collect_files(module, pieces)


def _collect_files(module: types.ModuleType, pieces: dict[str, bytes]) -> None:
    """Adds the file of a module that no package brought, and of those that it has imported."""
    path = _own_file(module)
    if path is None or module.__name__ in pieces:
        return
    try:
        pieces[module.__name__] = path.read_bytes()
    except OSError:
        return
    for value in list(vars(module).values()):
        other = _module_of(value)
        if other is not None:
            _collect_files(other, pieces)


def _module_of(value: Any) -> types.ModuleType | None:
    """Returns a module itself, or the one in which something was defined."""
    if isinstance(value, types.ModuleType):
        return value
    name = getattr(value, "__module__", None)
    return sys.modules.get(name) if isinstance(name, str) else None


def _is_in_memory(module: types.ModuleType) -> bool:
    return module.__name__ == MAIN or (getattr(module, "__file__", None) is None and not _is_builtin(module))


def _is_builtin(module: types.ModuleType) -> bool:
    return module.__name__.partition(".")[0] in sys.stdlib_module_names


def _own_file(module: types.ModuleType) -> Path | None:
    """Returns the file of a module of the user's own: none of Python, of an installed package, of wann_rt, or main."""
    file, top = getattr(module, "__file__", None), module.__name__.partition(".")[0]
    if not isinstance(file, str) or not file.endswith(".py") or top in ("wann_rt", MAIN) or _is_builtin(module):
        return None
    path = Path(file).resolve()
    return None if any(path.is_relative_to(folder) for folder in _installed()) else path


@cache
def _installed() -> tuple[Path, ...]:
    paths = sysconfig.get_paths()
    folders = {*(paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")), *site.getsitepackages()}
    return tuple(Path(folder).resolve() for folder in {*folders, site.getusersitepackages()})


def _compiled(thing: Any) -> str:
    """Returns what the code of a class or function says, as text; the same in another process of the same Python."""
    return "\n".join(_said(thing, 0, set()))


def _said(value: Any, depth: int, seen: set[int]) -> Iterator[str]:
    if isinstance(value, PLAIN):
        yield repr(value)
    elif depth > DEEPEST or id(value) in seen:
        yield type(value).__name__
    else:
        seen.add(id(value))
        yield from _said_of(value, depth + 1, seen)


def _said_of(value: Any, depth: int, seen: set[int]) -> Iterator[str]:
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    if isinstance(value, property):
        value = (value.fget, value.fset)
    if isinstance(value, types.FunctionType):
        yield from _said_of_function(value, depth, seen)
    elif isinstance(value, types.CodeType):
        yield from _said_of_code(value, depth, seen)
    elif isinstance(value, type):
        yield from _said_of_class(value, depth, seen)
    elif isinstance(value, dict):
        for key in sorted(value, key=repr):
            yield repr(key)
            yield from _said(value[key], depth, seen)
    elif isinstance(value, (set, frozenset)):
        yield from sorted(map(repr, value))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _said(item, depth, seen)
    else:
        yield _shown(value)


def _said_of_function(function: types.FunctionType, depth: int, seen: set[int]) -> Iterator[str]:
    yield from _said(function.__code__, depth, seen)
    yield from _said((function.__defaults__, function.__kwdefaults__), depth, seen)
    for cell in function.__closure__ or ():
        try:
            yield from _said(cell.cell_contents, depth, seen)
        except ValueError:  # not filled yet
            continue
    for name in _names(function.__code__):
        if name in function.__globals__:
            yield name
            yield from _said_elsewhere(function.__globals__[name], depth, seen)


def _names(code: types.CodeType) -> list[str]:
    """Returns the names that a code uses, those of the functions inside of it included."""
    inner = [name for const in code.co_consts if isinstance(const, types.CodeType) for name in _names(const)]
    return sorted({*code.co_names, *inner})


def _said_of_code(code: types.CodeType, depth: int, seen: set[int]) -> Iterator[str]:
    yield f"{code.co_name} {code.co_argcount} {code.co_varnames} {code.co_names} {code.co_code.hex()}"
    for const in code.co_consts:
        yield from _said(const, depth, seen)


def _said_of_class(kind: type, depth: int, seen: set[int]) -> Iterator[str]:
    for base in kind.__bases__:
        yield from _said_elsewhere(base, depth, seen)
    skipped = ("__dict__", "__weakref__", "__module__", "__doc__", "__firstlineno__", "__static_attributes__")
    for name in sorted(vars(kind)):
        if name not in skipped:
            yield name
            yield from _said(vars(kind)[name], depth, seen)


def _said_elsewhere(value: Any, depth: int, seen: set[int]) -> Iterator[str]:
    """Says only the name of a module, and of what one defines that is a file: files are read as a whole."""
    module = _module_of(value)
    if isinstance(value, types.ModuleType):
        yield value.__name__
    elif isinstance(value, (type, *_FUNCTIONS)) and module is not None and not _is_in_memory(module):
        yield f"{value.__module__}:{getattr(value, '__qualname__', '')}"
    else:
        yield from _said(value, depth, seen)


def _modules_named_by(kind: Any) -> Iterator[types.ModuleType]:
    """Yields the modules that the code of a class or function names by what is global where it was defined."""
    for function in _functions_of(kind):
        for name in _names(function.__code__):
            module = _module_of(function.__globals__.get(name))
            if module is not None:
                yield module


def _functions_of(kind: Any) -> Iterator[types.FunctionType]:
    members = vars(kind).values() if isinstance(kind, type) else (kind,)
    for member in members:
        function = inspect.unwrap(getattr(member, "__func__", member)) if callable(member) else None
        if isinstance(function, types.FunctionType):
            yield function


def _shown(value: Any) -> str:
    """Returns a value as text, unless the text would say where in memory it is."""
    try:
        text = repr(value)
    except Exception:  # somebody else's code
        return type(value).__name__
    return type(value).__name__ if " at 0x" in text else text
