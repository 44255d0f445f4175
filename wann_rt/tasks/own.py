"""Tasks that users bring: in a file, in a module, or in an installed package that announces them.

A task is code, so it is run only when the user names it; nothing that a file says (a controller, a run folder) leads
here. A file is read once, and what is run is what was read: its module is named after its content, so that an edited
file is another module with other kernels.
"""

import hashlib
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from wann_rt.core.errors import TaskError
from wann_rt.core.guess import near
from wann_rt.core.limited import TooLongError, limited
from wann_rt.tasks.environment.source import source_digest
from wann_rt.tasks.task import Task
from wann_rt.tasks.trial import line_of, refuse

GROUP = "wann_rt.tasks"  # of entry points: a package announces its tasks as NAME = "package.module:task"
USUAL = "task"  # what the task is called where the user does not say
SECONDS = 60.0  # that a file may take to be run
OURS = "wann_rt."


def is_own(name: str) -> bool:
    """Returns whether a name is of a file or a module: my_plant.py:task, package.module:task."""
    return ":" in name or name.endswith(".py")


def announced() -> tuple[EntryPoint, ...]:
    """Returns the tasks that installed packages announce; none of them is imported."""
    return tuple(sorted(entry_points(group=GROUP), key=lambda point: point.name))


def load_task(name: str) -> Task:
    """Returns the task that a file, a module or an entry point defines, after a trial; see ``read``."""
    task = read(name)
    refuse(task)
    return task


def read(name: str) -> Task:
    """Returns the task that a file, a module or an entry point defines, and runs that code to get it.

    Args:
        name: "my_plant.py:task", "package.module:task", or the name of an entry point. Without ":NAME", "task".

    Raises:
        TaskError: there is none, or its code fails; the message says in which line.
    """
    points = {point.name: point.value for point in announced()}
    module, place, attribute = _named(points.get(name, name), USUAL)
    task = _member(module, place, attribute)
    return replace(task, given=name if name in points else _given(place, attribute), source=source_of(task))


def thing(name: str, usual: str) -> tuple[str, Any]:
    """Returns "FILE.py:NAME" and the thing of that name in a file or a module, whose code is run to get it.

    Args:
        name: "my_rivals.py:pid", "package.module:pid".
        usual: the NAME of one without.

    Raises:
        TaskError: there is none, or its code fails; the message says in which line.
    """
    module, place, attribute = _named(name, usual)
    if not hasattr(module, attribute):
        known = [one for one in vars(module) if not one.startswith("_")]
        raise TaskError(f"{place} has no {attribute!r}; expected {place}:NAME{near(attribute, known)}")
    return _given(place, attribute), getattr(module, attribute)


def _named(name: str, usual: str) -> tuple[ModuleType, str, str]:
    """Returns the module of PLACE:NAME, the place and the name."""
    place, _, attribute = name.rpartition(":")
    if not place or attribute.endswith(".py"):  # a drive of Windows has a colon, too
        place, attribute = name, usual
    return _of_file(Path(place)) if place.endswith(".py") else _of_module(place), place, attribute


def _given(place: str, attribute: str) -> str:
    return f"{Path(place).name if place.endswith('.py') else place}:{attribute}"


def source_of(task: Task) -> str:
    """Returns "sha256:..." of the code that a task is defined in; empty for those that come with wann_rt."""
    if task.source or task.base is not None:
        return task.source or source_of(task.base or task)
    things = [thing for thing in (task.start, task.observe, task.step, type(task.params)) if not _is_ours(thing)]
    if not things:
        return ""
    return source_digest(things) or _of_package(things)


def _of_package(things: list[Any]) -> str:
    """Returns a digest of the files of an installed package that define a task."""
    names = sorted({str(thing.__module__) for thing in things})
    files = [getattr(sys.modules.get(name), "__file__", None) for name in names]
    digest = hashlib.sha256()
    for name, file in zip(names, files, strict=True):
        digest.update(name.encode() + b"\0" + (Path(file).read_bytes() if file else b""))
    return f"sha256:{digest.hexdigest()}"


def _is_ours(thing: Any) -> bool:
    return f"{getattr(thing, '__module__', '')}.".startswith(OURS)


def _of_file(path: Path) -> ModuleType:
    """Runs a file as a module of its own; the modules beside it can be imported, as for ``python my_plant.py``."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise TaskError(f"{path}: cannot be read: {error.strerror}; expected FILE.py:NAME of a wr.Task") from None
    name = f"{path.stem}@{hashlib.sha256(text).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(path.resolve())
    with _own_code(str(path), path), _imports_from(path.resolve().parent):
        sys.modules[name] = module  # where dataclasses and the digest of the source look for it
        try:
            exec(compile(text, str(path), "exec"), module.__dict__)
        except BaseException:
            del sys.modules[name]
            raise
    return module


def _of_module(name: str) -> ModuleType:
    """Imports a module; it may lie in the current folder, as for ``python -m``."""
    with _own_code(f"module {name}", None), _imports_from(Path.cwd()):
        return importlib.import_module(name)


@contextmanager
def _imports_from(folder: Path) -> Iterator[None]:
    """Lets modules of a folder be imported, in this block and when their functions run; leaves no files there."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


@contextmanager
def _own_code(what: str, path: Path | None) -> Iterator[None]:
    """Turns what a user's code raises, or that it does not end, into one TaskError with its line."""
    try:
        with limited(SECONDS):
            yield
    except TaskError as error:
        where = line_of(error, path)
        raise TaskError(f"{where}: {error}" if where else str(error)) from None
    except SyntaxError as error:
        raise TaskError(f"{error.filename or what}, line {error.lineno}: {error.msg}") from None
    except TooLongError as error:
        raise TaskError(f"{line_of(error, path) or what}: runs for more than {SECONDS:g} s") from None
    except (Exception, SystemExit) as error:
        raise TaskError(f"{line_of(error, path) or what}: {type(error).__name__}: {error}") from None


def _member(module: ModuleType, place: str, attribute: str) -> Task:
    """Returns the task of that name in a module."""
    known = [name for name, value in vars(module).items() if isinstance(value, Task)]
    if not hasattr(module, attribute):
        tasks = f"the tasks in it: {', '.join(known)}" if known else "and there is no wr.Task in it"
        raise TaskError(f"{place} has no {attribute!r}; {tasks}; expected {place}:NAME{near(attribute, known)}")
    task = getattr(module, attribute)
    if not isinstance(task, Task):
        raise TaskError(f"{place}:{attribute} is {type(task).__name__}; expected a wr.Task")
    return task
