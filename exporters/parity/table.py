"""A parity report as a table for people."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wann_rt.exporters.parity.report import Report, Result

COLUMNS = ("back end", "vectors", "bit-equal", "max ulp", "max |diff|", "µs per step", "promise", "kept")


def report_table(report: Report) -> RenderableType:
    """Returns the table, and below it where each back end that differs does so most."""
    table = Table(title=f"parity of {report.controller}", title_justify="left")
    for index, column in enumerate(COLUMNS):
        table.add_column(column, justify="left" if index in (0, 6) else "right")
    for result in report.results:
        table.add_row(*_cells(result), style="" if result.kept else "bold red")
    return Group(table, *(Text(note) for result in report.results for note in _notes(result)))


def _cells(result: Result) -> list[str]:
    if not result.vectors:
        return [result.title, "-", "-", "-", "-", "-", result.promise, "skipped" if result.kept else "NO"]
    promise = result.promise if result.max_ratio is None else f"bound ({result.max_ratio:.0%} used)"
    return [
        result.title,
        str(result.vectors),
        "yes" if result.bit_equal else "no",
        str(result.max_ulp),
        f"{result.max_abs:.2g}",
        "" if result.microseconds is None else f"{result.microseconds:.3g}",
        promise,
        "yes" if result.kept else "NO",
    ]


def _notes(result: Result) -> list[str]:
    notes = [f"{result.title}: skipped, {result.skipped}"] if result.skipped is not None else []
    if result.failed is not None:
        notes.append(f"{result.title}: {result.failed}")
    if result.worst is not None:
        notes.append(f"{result.title}: half of the vectors differ by at most {result.median_abs:.2g}")
        notes.append(f"{result.title}: at worst {result.worst}")
    if result.outside:
        notes.append(f"{result.title}: {result.outside} vectors overflow on the way, which its promise leaves out")
    return notes
