"""The page as one more format of ``wann-rt export``; no table of the exporters has it, for it is drawn above them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.core.guess import near
from wann_rt.exporters import EXPORTERS, default_path, format_of
from wann_rt.exporters.spread import only_ensembles, only_true_or_false

NAME, SUFFIX = "html", ".html"
ROW = (NAME, f"one HTML file that moves, as wann-rt page writes it ({SUFFIX})")


def format_of_file(out: str) -> str:
    """Returns the format that a file name's suffix stands for."""
    return NAME if Path(out).suffix.lower() == SUFFIX else format_of(out)


def beside(controller: Path, name: str) -> Path:
    """Returns where a format's file goes by default."""
    return controller.with_suffix(SUFFIX) if name == NAME else default_path(controller, name)


def check(names: Iterable[str], options: Mapping[str, Any]) -> None:
    """Refuses a format that is none, before anything is written, and options of a page, which has none.

    Raises:
        ExportError: which one, and what there is.
    """
    known = [*EXPORTERS, NAME]
    for name in names:
        if name not in known:
            raise ExportError(f"unknown format {name!r}; known formats: {', '.join(known)}{near(name, known)}")
        others = [option for option in options if option != "spread"]
        if name == NAME and others:
            raise ExportError(f"format {NAME} has no option {others[0]!r}: it has only spread")


def files_of(controller: Controller, path: Path, task: str | None, *, spread: bool = False) -> dict[str, bytes]:
    """Returns the page, by the name of its file; that of an ensemble always shows how far its members are apart.

    Raises:
        ExportError: that was asked for, and it is no ensemble, or ``spread`` is no truth value.
    """
    only_true_or_false(spread)
    if spread:
        only_ensembles(controller)
    from wann_rt.display.live import Live
    from wann_rt.display.page.of_controller import page_of

    with Live("playing the curve of the shared weight"):
        return {path.name: page_of(controller, task=task).encode()}
