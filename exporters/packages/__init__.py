"""Writes a controller as a folder that people of one ecosystem can use at once.

Code, manifest, example, README and licence are in it.

Each kind is one row of ``KINDS`` and one file beside this one; what kinds share is in ``subject.py``.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from wann_rt.core.controller import Controller
from wann_rt.core.disk import write_folder
from wann_rt.core.errors import ExportError
from wann_rt.core.given import only_a_controller
from wann_rt.core.guess import near
from wann_rt.core.stateful import only_without_monitor
from wann_rt.exporters.packages.subject import Subject, subject

__all__ = ["KINDS", "Kind", "package"]

Files = dict[str, str]  # text by path within the folder, with slashes


@dataclass(frozen=True)
class Kind:
    """One kind of package.

    Attributes:
        name: on the command line.
        load: returns its function, what is packed -> files; imports what that needs.
        description: for people.
        numbers: the forms of numbers that it can carry.
        watches: whether it can carry a monitor.
    """

    name: str
    load: Callable[[], Callable[[Subject], Files]]
    description: str
    numbers: tuple[str, ...] = ("float32", "q12")
    watches: bool = True


def _arduino() -> Callable[[Subject], Files]:
    from wann_rt.exporters.packages.arduino import files

    return files


def _platformio() -> Callable[[Subject], Files]:
    from wann_rt.exporters.packages.platformio import files

    return files


def _esp_idf() -> Callable[[Subject], Files]:
    from wann_rt.exporters.packages.esp_idf import files

    return files


def _zephyr() -> Callable[[Subject], Files]:
    from wann_rt.exporters.packages.zephyr import files

    return files


def _cmake() -> Callable[[Subject], Files]:
    from wann_rt.exporters.packages.cmake import files

    return files


def _micropython() -> Callable[[Subject], Files]:
    from wann_rt.exporters.packages.micropython import files

    return files


def _rust() -> Callable[[Subject], Files]:
    from wann_rt.exporters.packages.rust import files

    return files


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("arduino", _arduino, "Arduino library, with a sketch"),
        Kind("platformio", _platformio, "PlatformIO library, with a project for the host"),
        Kind("esp-idf", _esp_idf, "ESP-IDF component, with a project"),
        Kind("zephyr", _zephyr, "Zephyr module, with a sample"),
        Kind("cmake", _cmake, "CMake library: add_subdirectory, FetchContent, find_package"),
        Kind("micropython", _micropython, "MicroPython native module", watches=False),
        Kind("rust", _rust, "Rust crate without std and without unsafe code", ("float32",), watches=False),
    )
}


def package(
    controller: Controller,
    kind: str,
    *,
    out: str | os.PathLike[str],
    version: str = "0.1.0",
    author: str | None = None,
    url: str | None = None,
    number: str = "float32",
    prefix: str | None = None,
) -> Path:
    """Writes a controller as a package; same arguments, same files. Returns the folder.

    Args:
        controller: what to pack.
        kind: "arduino", "platformio", "esp-idf", "zephyr", "cmake", "micropython" or "rust".
        out: the folder: a new or an empty one. It appears whole or not at all.
        version: of the package: three numbers, as all these ecosystems want it.
        author: who is responsible, e.g. "Ada Lovelace <ada@example.org>".
        url: of the package's page.
        number: "float32" or "q12": integers only.
        prefix: the name of package, module and C functions; by default made from the controller's name.

    Raises:
        ControllerError: something else came than a controller, such as its name.
        ExportError: unknown kind, a bad version, author, address or prefix, or the kind cannot express it.
        FileError: the folder is not empty or cannot be written.
    """
    only_a_controller(controller)
    if kind not in KINDS:
        raise ExportError(f"unknown kind of package {kind!r}; known kinds: {', '.join(KINDS)}{near(kind, KINDS)}")
    row = KINDS[kind]
    if number not in row.numbers:
        raise ExportError(f"number {number!r} in a package of kind {kind}: expected {' or '.join(row.numbers)}")
    if not row.watches:
        only_without_monitor(controller, f"a package of kind {kind}")
    made = subject(controller, kind, version=version, author=author, url=url, number=number, prefix=prefix)
    files = row.load()(made)
    return write_folder(out, {path: text.encode() for path, text in files.items()})
