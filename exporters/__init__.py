"""Turn a controller into text or bytes for other machines: ONNX, C, blob.

The folder stands at the top of the repository but is the package ``wann_rt.exporters``.
"""

# Imported as plain `exporters` (repository root on sys.path), every module would exist twice.
if __name__ != "wann_rt.exporters":
    raise ImportError(f"expected `import wann_rt.exporters`, got `import {__name__}`")

import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.core.files import write_atomic
from wann_rt.core.given import only_a_controller
from wann_rt.core.guess import near
from wann_rt.core.sight import Sight
from wann_rt.core.stateful import only_without_monitor
from wann_rt.exporters.spread import only_true_or_false, only_where_it_is

__all__ = ["EXPORTERS", "Exporter", "default_path", "export", "format_of", "write"]


@dataclass(frozen=True)
class Exporter:
    """One format.

    Attributes:
        name: on the command line.
        suffix: of its files; the longest suffix that fits a file name says its format.
        load: returns its function, controller and options -> text or bytes, or texts by file name; imports what that
            needs.
        description: for people.
        keeps_monitor: whether a controller's monitor is part of it.
        keeps_spread: whether it can say how far the members of an ensemble are apart.
    """

    name: str
    suffix: str
    load: Callable[[], Callable[..., str | bytes | dict[str, str]]]
    description: str
    keeps_monitor: bool = False
    keeps_spread: bool = False


def _to_onnx() -> Callable[..., bytes]:
    from wann_rt.exporters.to_onnx.model import to_onnx

    return to_onnx


def _to_exact_onnx() -> Callable[..., bytes]:
    from wann_rt.exporters.to_onnx.model import to_onnx

    def to_exact_onnx(
        controller: Controller,
        *,
        opset: int = 13,
        ir_version: int = 7,
        compat: str | None = None,
        weight: str = "constant",
        sight: Sight | None = None,
        spread: bool = False,
    ) -> bytes:
        options: dict[str, Any] = {"compat": compat, "weight": weight, "sight": sight, "spread": spread}
        return to_onnx(controller, exact=True, opset=opset, ir_version=ir_version, **options)

    return to_exact_onnx


def _to_c() -> Callable[..., str | dict[str, str]]:
    from wann_rt.exporters.to_c.header import unit
    from wann_rt.exporters.to_c_fixed.header import NUMBER, fixed_unit

    def to_c_number(
        controller: Controller,
        *,
        prefix: str | None = None,
        number: str = "float32",
        ranges: Any = None,
        file: str | None = None,
        split: bool = False,
        checked: bool = False,
        sight: Sight | None = None,
        spread: bool = False,
    ) -> str | dict[str, str]:
        if number not in ("float32", NUMBER) or (number == "float32" and ranges):
            raise ExportError(f"number {number!r} with ranges {ranges}: expected float32 without, or {NUMBER}")
        if checked and number == NUMBER:
            raise ExportError(f"a checked step is one of float32; number {number} has none")
        if sight is not None and number == NUMBER:
            raise ExportError(f"frames are read in float32; number {number} reads none")
        if spread and number == NUMBER:
            raise only_where_it_is(f"the header in {NUMBER}")
        made = (
            fixed_unit(controller, prefix, ranges)
            if number == NUMBER
            else unit(controller, prefix, is_checked=checked, sight=sight, has_spread=spread)
        )
        header = file or f"{made.names.p}.h"
        if split:
            return made.split(header, f"{Path(header).stem}.c")
        return made.header(header)

    return to_c_number


def _to_blob() -> Callable[..., bytes]:
    from wann_rt.exporters.to_blob import to_blob

    return to_blob


EXPORTERS: dict[str, Exporter] = {
    exporter.name: exporter
    for exporter in (
        Exporter("onnx", ".onnx", _to_onnx, "ONNX, standard operators: readable, equal within a stated bound"),
        Exporter(
            "onnx-exact", ".exact.onnx", _to_exact_onnx, "ONNX, elementary operators: equal bit for bit", True, True
        ),
        Exporter("c", ".h", _to_c, "one C header, C99 and C++11, no library: equal bit for bit", True, True),
        Exporter(
            "blob", ".blob", _to_blob, "bytes for runtime_c, from flash or over the air: equal bit for bit", True, True
        ),
    )
}


def export(
    controller: Controller, to: str | None = None, *, out: str | os.PathLike[str] | None = None, **options: Any
) -> bytes:
    """Returns a controller in another format; same controller and options, same bytes.

    Args:
        controller: what to export.
        to: "onnx", "onnx-exact", "c" or "blob"; by default what the suffix of ``out`` stands for, else "onnx".
        out: file to write, too; an old file stays whole until the new one is.
        options: of the format's function, e.g. ``opset=17`` for onnx.

    Raises:
        ControllerError: something else came than a controller, such as its name.
        ExportError: unknown format or option, or the format cannot express it.
        FileError: the folder of ``out`` does not exist or cannot be written.
    """
    made = files_of(controller, to or ("onnx" if out is None else format_of(out)), out, **options)
    if out is None and len(made) > 1:
        raise ExportError(f"this export is {len(made)} files ({', '.join(made)}): say where, with out")
    if out is not None:
        for name, data in made.items():
            write_atomic(Path(out).with_name(name), data)
    return next(iter(made.values()))


def files_of(
    controller: Controller, to: str, out: str | os.PathLike[str] | None = None, **options: Any
) -> dict[str, bytes]:
    """Returns what an export would write, by name, the file that was named first.

    Args:
        controller: what to export.
        to: a key of ``EXPORTERS``.
        out: the file that it would be written to.
        options: see ``export``.

    Raises:
        ExportError: see ``export``.
    """
    only_a_controller(controller)
    row = _row(to)
    if not row.keeps_monitor:
        only_without_monitor(controller, f"the format {to}")
    function = row.load()
    spread = options.get("spread", False)
    only_true_or_false(spread)
    if spread and not row.keeps_spread:
        raise only_where_it_is(f"the format {to}")
    known = [p.name for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    unknown = sorted(set(options) - set(known))
    if unknown:
        guess = near(unknown[0], known)
        raise ExportError(f"format {to} has no option {unknown[0]!r}; its options: {', '.join(known)}{guess}")
    if out is not None and "file" in known:
        options.setdefault("file", Path(out).name)
    result = function(controller, **options)
    named = result if isinstance(result, dict) else {Path(out or to).name: result}
    return {name: text.encode() if isinstance(text, str) else text for name, text in named.items()}


def _row(to: str) -> Exporter:
    """Returns the format of that name, or raises ExportError naming the known ones."""
    if to not in EXPORTERS:
        raise ExportError(f"unknown format {to!r}; known formats: {', '.join(EXPORTERS)}{near(to, EXPORTERS)}")
    return EXPORTERS[to]


def format_of(path: str | os.PathLike[str]) -> str:
    """Returns the format that a file name's suffix stands for.

    Raises:
        ExportError: no format has that suffix.
    """
    fitting = [e for e in EXPORTERS.values() if Path(path).name.endswith(e.suffix)]
    if fitting:
        return max(fitting, key=lambda e: len(e.suffix)).name
    known = ", ".join(f"{e.name} ({e.suffix})" for e in EXPORTERS.values())
    raise ExportError(f"{path}: the suffix says no format; end it in one of, or name one of: {known}")


def default_path(controller_path: str | os.PathLike[str], to: str) -> Path:
    """Returns where a format's file goes by default: beside the controller file, under its name.

    Raises:
        ExportError: unknown format.
    """
    return Path(controller_path).with_suffix(_row(to).suffix)


def write(controller: Controller, path: str | os.PathLike[str], to: str | None = None, **options: Any) -> None:
    """Exports to a file; an old file stays whole until the new one is.

    Args:
        controller: what to export.
        path: the file.
        to: a key of ``EXPORTERS``; by default what the file's suffix stands for.
        options: see ``export``.

    Raises:
        ExportError: see ``export``.
        FileError: the folder does not exist or cannot be written.
    """
    export(controller, to, out=path, **options)
