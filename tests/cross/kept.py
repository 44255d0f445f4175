"""Results of the whole matrix, cell by cell, so that a run that was stopped goes on where it was.

A cell is kept in ``build/cross`` under a digest of all that it computed: the code of every subject, what it must give,
the command lines and the compiler's version. Whatever changes any of these has the cell run again.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from cross.subjects import all_subjects, fault_subjects
from wann_rt.core.files import write_atomic
from wann_rt.exporters.targets.program import Subject, compiler_version
from wann_rt.exporters.targets.run import TargetResult
from wann_rt.exporters.targets.target import BOARDS, Target

FOLDER = Path(__file__).resolve().parents[2] / "build" / "cross"
Cell = tuple[TargetResult, TargetResult | None]


def load(target: Target) -> Cell | None:
    """Returns what a target computed when nothing was other than now, or None."""
    try:
        values = json.loads(_path(target).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(values, dict) or values.get("identity") != identity(target):
        return None
    fault = values["fault"]
    return _result(target, values["result"]), None if fault is None else _result(target, fault)


def save(cell: Cell) -> None:
    """Keeps what a target computed, if it ran to its end."""
    result, fault = cell
    if result.skipped or result.failed or (fault and (fault.skipped or fault.failed)):
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    values = {
        "identity": identity(result.target),
        "result": _values(result),
        "fault": None if fault is None else _values(fault),
    }
    write_atomic(_path(result.target), (json.dumps(values, indent=2) + "\n").encode())


def identity(target: Target) -> str:
    """Returns a digest of all that a cell computes, and of what compiles it."""
    boards = [path.read_text(encoding="utf-8") for path in sorted(BOARDS.iterdir()) if path.is_file()]
    said = json.dumps([_subjects(), asdict(target), compiler_version(target), boards], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


@cache
def _subjects() -> str:
    return _digest([*all_subjects(), *fault_subjects()])


def _digest(subjects: Sequence[Subject]) -> str:
    made = hashlib.sha256()
    for subject in subjects:
        made.update(f"{subject.name} {subject.rows} {subject.hash}\n{subject.code}".encode())
        made.update("".join(text for _, text in subject.files).encode())
    return made.hexdigest()


def _path(target: Target) -> Path:
    return FOLDER / f"{target.key}.json"


def _values(result: TargetResult) -> dict[str, Any]:
    return {key: value for key, value in asdict(result).items() if key != "target"}


def _result(target: Target, values: dict[str, Any]) -> TargetResult:
    lists: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return TargetResult(target, **lists)
