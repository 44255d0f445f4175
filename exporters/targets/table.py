"""What targets computed, as a table for people and as values for programs."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table

from wann_rt.exporters.targets.run import TargetResult
from wann_rt.exporters.targets.target import Target


def target_table(results: Sequence[TargetResult], faults: Mapping[str, TargetResult] | None = None) -> Table:
    """Returns the results for people.

    Args:
        results: one row each.
        faults: key of a target -> what code with a seeded fault computed there; None: without that column.
    """
    title = "generated C against the oracle, bit for bit"
    shown = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    columns = ["target", "levels", "vectors", "mismatches", "self-test"]
    for column in columns if faults is None else [*columns, "seeded fault"]:
        right = column in ("vectors", "mismatches")
        shown.add_column(column, justify="right" if right else "left", overflow="fold")
    for result in results:
        fault = [] if faults is None else [fault_text(faults.get(result.target.key))]
        style = "dim" if result.skipped else "" if result.ok else "bold red"
        shown.add_row(*_cells(result), *fault, style=style)
    return shown


def _cells(result: TargetResult) -> list[str]:
    if result.skipped or not result.vectors:
        return [result.target.title, "-", "-", "-", "not run" if result.skipped else "FAILED"]
    counts = [f"{result.vectors:,}", f"{result.mismatches:,}"]
    return [result.target.title, " ".join(result.levels), *counts, "fails" if result.refusing else "passes"]


def fault_text(fault: TargetResult | None) -> str:
    """Returns whether a seeded fault was seen, and by what; a target that cannot have it gets a dash."""
    if fault is None or fault.skipped:
        return "-"
    if not fault.mismatches:
        return "NOT SEEN"
    return f"seen in {len(fault.differing)} hashes, {len(fault.refusing)} self-tests"


def target_values(result: TargetResult) -> dict[str, Any]:
    """Returns a result as JSON values."""
    return {
        "title": result.target.title,
        "vectors": result.vectors,
        "mismatches": result.mismatches,
        "compiler": result.compiler,
        "flags": processor_flags(result.target),
        "levels": list(result.levels),
        "run": result.target.run[0],
        "skipped": result.skipped,
        "failed": result.failed,
        "differing": list(result.differing),
        "refusing": list(result.refusing),
        "causes": list(result.causes),
        "too_large": list(result.too_large),
    }


def processor_flags(target: Target) -> list[str]:
    """Returns what selects the processor, without what is about linking."""
    return [flag for flag in target.flags if not flag.startswith(("-Wl,", "-D"))]
