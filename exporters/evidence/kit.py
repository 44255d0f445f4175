"""Writes the evidence folder of a controller: whole, or not at all."""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wann_rt.core.controller import Controller
from wann_rt.core.disk import check_new_folder, write_folder
from wann_rt.core.files import digest, to_text
from wann_rt.core.stateful import only_without_monitor
from wann_rt.exporters.contract import interface_hash, test_resets, test_vectors
from wann_rt.exporters.evidence import misra, text
from wann_rt.exporters.evidence.bounds import bounds
from wann_rt.exporters.evidence.sbom import sbom
from wann_rt.exporters.evidence.trace import COLUMNS, trace
from wann_rt.exporters.parity.report import hexadecimal
from wann_rt.exporters.parity.verify import verify
from wann_rt.exporters.targets.fixed import subjects_of
from wann_rt.exporters.targets.program import header_subject
from wann_rt.exporters.targets.run import TargetResult, run_targets
from wann_rt.exporters.targets.table import target_values
from wann_rt.exporters.targets.target import Target
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c.names import c_prefix

SOURCE = "controller.json"
SUMS = "SHA256SUMS"
ROWS = 256  # observations on each target


def write(controller: Controller, folder: Path, targets: Sequence[Target], vectors: int = 2000) -> dict[str, Any]:
    """Writes the folder; returns what was found, as in its ``evidence.json``.

    Args:
        controller: what it is about.
        folder: a new one, or an empty one.
        targets: where the header is run; those that are not installed are listed with the reason.
        vectors: how many random observations all evaluators are compared on.

    Raises:
        FileError: the folder holds something, or cannot be written.
    """
    only_without_monitor(controller, "an evidence kit")
    check_new_folder(folder)
    files, found = contents(controller, targets, vectors)
    write_folder(folder, files)
    return found


def contents(
    controller: Controller, targets: Sequence[Target], vectors: int
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Returns the files by name, and what was found."""
    prefix, header = c_prefix(controller), to_c(controller)
    report = verify(controller, n_random=vectors)
    subjects = [header_subject(controller, prefix, ROWS), *subjects_of(controller, ROWS)]
    ran = run_targets(subjects, targets, ("-O2",))
    rules, why_not = misra.misra(header)
    found: dict[str, Any] = {
        "format": "wann_rt.evidence",
        "version": 1,
        "controller": controller.name,
        "digest": digest(controller),
        "interface": f"0x{interface_hash(controller):08x}",
        "back_to_back": {key: _timeless(values) for key, values in report.to_dict().items()},
        "targets": {result.target.key: _target(result) for result in ran},
        "misra": {
            "tool": misra.version() if why_not is None else None,
            "not_run": why_not,
            "findings": {rule: {"count": n, "reason": misra.REASONS.get(rule)} for rule, n in sorted(rules.items())},
        },
        "bounds": [bound._asdict() for bound in bounds(header, prefix)],
        "verdict": _verdict(report.broken, report.ok, ran),
    }
    rows = trace(controller, header)
    files = {
        SOURCE: to_text(controller).encode(),
        f"{prefix}.h": header.encode(),
        "trace.csv": _trace(rows),
        "vectors.csv": _vectors(controller),
        "evidence.json": (json.dumps(found, indent=2) + "\n").encode(),
    }
    files["EVIDENCE.md"] = text.document(controller, prefix, found, rows).encode()
    bill = sbom(controller, {name: _sum(files[name]) for name in (SOURCE, f"{prefix}.h")}, SOURCE)
    files["sbom.cdx.json"] = (json.dumps(bill, indent=2) + "\n").encode()
    files[SUMS] = "".join(f"{_sum(data)}  {name}\n" for name, data in sorted(files.items())).encode()
    return files, found


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _timeless(values: dict[str, Any]) -> dict[str, Any]:
    """Returns figures without how long it took, which is another number each time."""
    return {key: value for key, value in values.items() if key != "microseconds"}


def _target(result: TargetResult) -> dict[str, Any]:
    return target_values(result) | {"ok": None if result.skipped else result.ok}


def _verdict(broken: bool, ok: bool, ran: Sequence[TargetResult]) -> str:
    """Returns "differs", "equal" or "not tested"; that also where no target ran: no verdict over nothing."""
    tried = [result for result in ran if not result.skipped]
    if broken or not all(result.ok for result in tried):
        return "differs"
    return "equal" if ok and tried else "not tested"


def _trace(rows: Sequence[Any]) -> bytes:
    lines = []
    for row in rows:
        where = "" if row.lines is None else f"{row.lines[0]}-{row.lines[1]}"
        lines.append((row.element, " ".join(row.json), row.c_name, where, row.text))
    return _csv([COLUMNS, *lines])


def _vectors(controller: Controller) -> bytes:
    """Returns the recorded vectors; of a controller with a state also whether it is reset before each."""
    names = [f"observation {c.name}" for c in controller.observations] + [
        f"action {c.name}" for c in controller.actions
    ]
    rows = [[hexadecimal(v) for v in (*vector.observation, *vector.action)] for vector in test_vectors(controller)]
    if controller.derived:
        resets = test_resets(controller)
        names, rows = ["reset", *names], [[str(int(k in resets)), *row] for k, row in enumerate(rows)]
    return _csv([names, *rows])


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text_file = io.StringIO()
    csv.writer(text_file, lineterminator="\n").writerows(rows)
    return text_file.getvalue().encode()
