"""A parity report as a table for people."""

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wann_rt.core.plain import plain
from wann_rt.exporters.parity.report import Report, Result

LINE_END = "\n"
COLUMNS = ("evaluator", ">vectors", "bits", "promise", "kept")
DETAIL = ("evaluator", ">max ulp", ">max |diff|", ">µs per step")


def report_table(report: Report, *, detail: bool = False) -> RenderableType:
    """Returns the verdict in a sentence, the table, and below it what went wrong.

    Args:
        report: what ``verify`` found.
        detail: also distances, times, and where each evaluator that differs does so most, in hexadecimal.
    """
    table = _table(f"parity of {plain(report.controller)}", COLUMNS)
    measured = _table("distances and times", DETAIL)
    for result in report.results:
        table.add_row(*_cells(result))
        measured.add_row(result.title, *_distances(result))
    notes = (Text(note) for result in report.results for note in _notes(result, detail))
    shown = [table, measured] if detail else [table]
    return Group(*shown, Text(verdict(report), style="bold red" if report.broken else ""), *notes)


def _table(title: str, columns: tuple[str, ...]) -> Table:
    """Returns an empty table, whose first column, the name, stays in one piece."""
    made = Table(title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(columns):
        right = column.startswith(">")
        made.add_column(column.lstrip(">"), justify="right" if right else "left", overflow="fold", no_wrap=i == 0)
    return made


def verdict(report: Report) -> str:
    """Returns what a report says, in a sentence or two."""
    broken = [result.title for result in report.results if result.kept is False]
    if broken:
        return f"BROKEN: {', '.join(broken)}. Do not ship this: --detail says where, please report it."
    same = [result.title for result in report.results if result.kept and result.promise == "0 ulp"]
    bounded = [result.title for result in report.results if result.kept and result.promise == "bound"]
    if not same and not bounded:
        return "Nothing was proved: no promise could be tested."
    said = f"The same bits on every vector: {', '.join(same)}." if same else ""
    return f"{said} Within the stated bound: {', '.join(bounded)}.".strip() if bounded else said


def _cells(result: Result) -> list[Text]:
    promise = {"0 ulp": "the same bits", "bound": "within a bound"}[result.promise]
    if result.max_ratio is not None:
        promise += f" ({result.max_ratio:.0%} used)"
    bits = {True: "equal", False: "differ", None: "-"}[result.bit_equal]
    return [Text(result.title), Text(str(result.vectors or "-")), Text(bits), Text(promise), _verdict(result)]


def _distances(result: Result) -> list[str]:
    return [
        "-" if result.max_ulp is None else str(result.max_ulp),
        "-" if result.max_abs is None else f"{result.max_abs:.2g}",
        ("" if result.vectors else "-") if result.microseconds is None else f"{result.microseconds:.3g}",
    ]


def _verdict(result: Result) -> Text:
    if result.kept is None:
        return Text("not tested" if result.skipped is None else "skipped", style="yellow")
    return Text("yes", style="green") if result.kept else Text("NO", style="bold red")


def _notes(result: Result, detail: bool) -> list[str]:
    notes = [f"{result.title}: skipped, {result.skipped}"] if result.skipped is not None else []
    if result.failed is not None:
        notes.append(f"{result.title}: {plain(str(result.failed), kept=LINE_END)}")
    if result.worst is not None and (detail or not result.kept):
        notes.append(f"{result.title}: half of the vectors differ by at most {result.median_abs:.2g}")
        notes.append(f"{result.title}: at worst {result.worst}")
    if result.outside and (detail or result.outside == result.vectors):
        which = f"{result.outside} vectors overflow" if result.outside < result.vectors else "all vectors overflow"
        notes.append(f"{result.title}: {which} on the way, which its promise leaves out")
    return notes
