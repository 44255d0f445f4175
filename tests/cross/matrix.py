"""The whole matrix, targets x levels x subjects, and the seeded fault: run, shown, written down."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from cross import blobs, kept
from cross.subjects import CHAMPION_ROWS, SEQUENCE_ROWS, ZEROS_ROWS, all_subjects, fault_subjects, no_champions
from wann_rt.exporters.targets.program import Subject
from wann_rt.exporters.targets.run import TargetResult, run_targets
from wann_rt.exporters.targets.table import fault_text, processor_flags, target_table, target_values
from wann_rt.exporters.targets.target import Target
from wann_rt.exporters.targets.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "build" / "parity.json"
DOCUMENT = ROOT / "docs" / "parity.md"


WHOLE = "Written by `make cross`"
BRIEF = "Written by `make cross-brief`, which takes one level of most targets; `make cross` takes all of them"


@dataclass(frozen=True)
class Row:
    """A target's results.

    Attributes:
        result: what the code as generated computed.
        fault: what it computed without its pragmas, on a target that fuses.
    """

    result: TargetResult
    fault: TargetResult | None = None

    @property
    def problems(self) -> list[str]:
        """What is wrong, a line each."""
        title, result, fault = self.result.target.title, self.result, self.fault
        found = [f"{title}: {text}" for text in (result.skipped, result.failed) if text]
        if result.differing:
            found.append(f"{title}: differs from the oracle in {', '.join(result.differing[:8])}")
        if result.refusing:
            found.append(f"{title}: the self-test fails in {', '.join(result.refusing[:8])}")
        names = [entry.split()[0] for entry in result.too_large]
        fits_nowhere = {name for name in names if names.count(name) == len(result.levels)}
        found += [f"{title}: {name} is too large for it at every level" for name in sorted(fits_nowhere)]
        if fault and fault.failed:
            found.append(f"{title}: the seeded fault did not run: {fault.failed}")
        elif fault and not fault.skipped and not fault.mismatches:
            found.append(f"{title}: the seeded fault was not noticed")
        elif fault and not fault.skipped and len(fault.refusing) < len(fault_subjects()):
            found.append(f"{title}: only these self-tests notice the seeded fault: {', '.join(fault.refusing)}")
        return found


def run(
    targets: Sequence[Target] = TARGETS,
    levels: Sequence[str] | None = None,
    jobs: int = 2,
    subjects: Sequence[Subject] | None = None,
) -> list[Row]:
    """Runs everything, or some of it, on each target, and the seeded fault where the compiler would fuse."""
    results = run_targets(all_subjects() if subjects is None else subjects, targets, levels, jobs)
    fusing = [target for target in targets if target.fuses]
    faults = {f.target.key: f for f in run_targets(fault_subjects(), fusing, ("-O2",), jobs)}
    return [Row(result, faults.get(result.target.key)) for result in results]


def run_one_by_one(targets: Sequence[Target] = TARGETS, jobs: int = 2) -> Iterator[Row]:
    """Runs one target after the other, but takes what is kept of one where nothing has changed since."""
    for target in targets:
        cell = kept.load(target)
        if cell is None:
            (row,) = run([target], jobs=jobs)
            cell = row.result, row.fault
            kept.save(cell)
        yield Row(*cell)


def table(rows: Sequence[Row]) -> Table:
    """Returns the results for people."""
    return target_table([row.result for row in rows], {f.target.key: f for f in (row.fault for row in rows) if f})


def report(rows: Sequence[Row]) -> dict[str, Any]:
    """Returns the results for programs: target -> figures."""
    values = {row.result.target.key: target_values(row.result) for row in rows}
    for fault in (row.fault for row in rows if row.fault):
        counts = {"vectors": fault.vectors, "mismatches": fault.mismatches}
        values[fault.target.key]["seeded_fault"] = {**counts, "refusing": list(fault.refusing)}
    return values


def write(rows: Sequence[Row]) -> None:
    """Writes the report, and the document if nothing was left out or failed."""
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report(rows), indent=2) + "\n", encoding="utf-8")
    if no_champions() is None and not any(row.problems for row in rows):
        DOCUMENT.write_text(document(rows), encoding="utf-8")


def document(rows: Sequence[Row]) -> str:
    """Returns the document: what was proven, where, and what the promise is."""
    subjects = all_subjects()
    vectors = sum(subject.rows for subject in subjects)
    head = "| target | stands for | compiler, flags | levels | vectors | mismatches | seeded fault |"
    lines = [head, "|---|---|---|---|---|---|---|"]
    for row in rows:
        result, flags = row.result, " ".join(processor_flags(row.result.target))
        cells = (
            *(result.target.title, result.target.stands_for, f"{result.compiler} `{flags}`".replace(" ``", "")),
            *(" ".join(result.levels), f"{result.vectors:,}", f"{result.mismatches:,}", fault_text(row.fault)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    for result in (row.result for row in rows if row.result.too_large):
        lines += ["", f"Too large for the memory of {result.target.title}: {', '.join(result.too_large)}."]
    text = Path(__file__).with_name("parity.md.in").read_text(encoding="utf-8")
    levels = {target.key: target.levels for target in TARGETS}
    is_whole = all(row.result.levels == levels.get(row.result.target.key) for row in rows)
    counts = {
        "written": WHOLE if is_whole else BRIEF,
        "random": sum(s.name.startswith("random") for s in subjects),
        "random_rows": subjects[0].rows,
        "activations": sum(s.name.startswith("only") for s in subjects),
        "champion_rows": CHAMPION_ROWS,
        "blobs": sum(s.name.startswith("blob_random") for s in subjects),
        "blob_rows": blobs.ROWS,
        "zeros_rows": f"{ZEROS_ROWS:,}",
        "sequence_rows": f"{SEQUENCE_ROWS:,}",
        "faults": len(fault_subjects()),
        "palette_rows": f"{blobs.PALETTE_ROWS:,}",
        "vectors": f"{vectors:,}",
        "table": "\n".join(lines),
    }
    for key, value in counts.items():
        text = text.replace(f"<{key}>", str(value))
    return text
