"""A parity report as a table for people."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wann_rt.core.plain import plain
from wann_rt.exporters.parity.report import Report, Result

LINE_END = "\n"
COLUMNS = ("evaluator", "vectors", "bit-equal", "max ulp", "max |diff|", "µs per step", "promise", "kept")


def report_table(report: Report) -> RenderableType:
    """Returns the table, and below it where each evaluator that differs does so most."""
    table = Table(title=Text(f"parity of {plain(report.controller)}"), title_justify="left")
    for index, column in enumerate(COLUMNS):
        table.add_column(column, justify="left" if index in (0, 6) else "right")
    for result in report.results:
        table.add_row(*_cells(result), style="bold red" if result.kept is False else "")
    return Group(table, *(Text(note) for result in report.results for note in _notes(result)))


def _cells(result: Result) -> list[str]:
    promise = result.promise if result.max_ratio is None else f"bound ({result.max_ratio:.0%} used)"
    return [
        result.title,
        str(result.vectors or "-"),
        {True: "yes", False: "no", None: "-"}[result.bit_equal],
        "-" if result.max_ulp is None else str(result.max_ulp),
        "-" if result.max_abs is None else f"{result.max_abs:.2g}",
        ("" if result.vectors else "-") if result.microseconds is None else f"{result.microseconds:.3g}",
        promise,
        _verdict(result),
    ]


def _verdict(result: Result) -> str:
    if result.kept is None:
        return "not tested" if result.skipped is None else "skipped"
    return "yes" if result.kept else "NO"


def _notes(result: Result) -> list[str]:
    notes = [f"{result.title}: skipped, {result.skipped}"] if result.skipped is not None else []
    if result.failed is not None:
        notes.append(f"{result.title}: {plain(str(result.failed), kept=LINE_END)}")
    if result.worst is not None:
        notes.append(f"{result.title}: half of the vectors differ by at most {result.median_abs:.2g}")
        notes.append(f"{result.title}: at worst {result.worst}")
    if result.outside:
        which = f"{result.outside} vectors overflow" if result.outside < result.vectors else "all vectors overflow"
        notes.append(f"{result.title}: {which} on the way, which its promise leaves out")
    return notes
