"""The measurements as values for programs and as docs/size.md for people."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from size import host
from size.budget import advantage, costs
from size.cells import FEW_ROWS, ROWS, TITLES, TOLERANCE, Cell
from size.measure import SHOWN, Figures
from size.networks import DESCRIPTIONS, AbsentError, controller
from size.peers import PEERS
from size.processors import BY_KEY, LEVELS, PROCESSORS, compiler_version
from size.subjects import OURS

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "build" / "size.json"
DOCUMENT = ROOT / "docs" / "size.md"

BESIDE = {"header": "header", "checked": "checked step"}  # what the runtime stands beside

Times = Mapping[str, Mapping[str, float | str]]


def write(cells: Sequence[Cell], times: Times, problems: Sequence[str], machine: str) -> None:
    """Writes the values; the document only where nothing is wrong."""
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(values(cells, times, problems), indent=1) + "\n", encoding="utf-8")
    if not problems:
        DOCUMENT.write_text(document(cells, times, machine), encoding="utf-8")


def values(cells: Sequence[Cell], times: Times, problems: Sequence[str]) -> dict[str, Any]:
    """Returns the measurements as JSON values."""
    return {
        "advantage": {f"{p} {s}": advantage(cells, p, s) for p, s in (("m4f", "header"), ("m0", "fixed"))},
        "problems": list(problems),
        "cells": {cell.key: _values(cell) for cell in cells},
        "microseconds": {network: dict(row) for network, row in times.items()},
        "versions": versions(),
    }


def _values(cell: Cell) -> dict[str, Any]:
    if cell.figures is None:
        return {"skipped": cell.skipped}
    found = asdict(cell.figures)
    del found["actions"]
    return {**found, "flash": cell.figures.flash, "unit": BY_KEY[cell.processor].unit, "wrong": cell.wrong}


def versions() -> dict[str, str]:
    """Returns which compilers and which other generators were there."""
    found = {p.title: compiler_version(p) for p in PROCESSORS if p.missing() is None}
    for peer in PEERS:
        try:
            found[peer.title.split(",")[0]] = peer.version()
        except AbsentError:
            continue
    return found


def document(cells: Sequence[Cell], times: Times, machine: str) -> str:
    """Returns the text of docs/size.md."""
    there = versions()
    parts = {
        "compilers": "Debian 12",
        "rows": f"{ROWS:,}",
        "few": f"{FEW_ROWS:,}",
        "shown": str(SHOWN),
        "tolerance": f"{TOLERANCE:g}",
        "promises": _promises(cells),
        "runtime": _runtime(cells),
        "networks": "\n\n".join(_network(network, cells) for network in dict.fromkeys(c.network for c in cells)),
        "machine": machine,
        "rounds": str(host.ROUNDS),
        "times": _times(times),
        "skipped": _skipped(cells),
        "versions": "; ".join(f"{name}: {version}" for name, version in there.items()),
    }
    text = Path(__file__).with_name("size.md.in").read_text(encoding="utf-8")
    for key, value in parts.items():
        text = text.replace(f"<{key}>", value)
    return text


def timed(text: str, times: Times, machine: str) -> str:
    """Returns the text of docs/size.md with what a step takes on this computer; all else stays."""
    template = Path(__file__).with_name("size.md.in").read_text(encoding="utf-8")
    (section,) = (part for part in _sections(template) if "<times>" in part)
    for key, value in {"machine": machine, "rounds": str(host.ROUNDS), "times": _times(times)}.items():
        section = section.replace(f"<{key}>", value)
    head = section.splitlines()[0]
    return "".join(section if part.startswith(head) else part for part in _sections(text))


def refreshed(text: str, cells: Sequence[Cell]) -> str:
    """Returns the text of docs/size.md with what our own code costs now; what was measured of others stays."""
    template = Path(__file__).with_name("size.md.in").read_text(encoding="utf-8")
    (beside,) = (part for part in _sections(template) if "<runtime>" in part)
    beside = beside.partition("<networks>")[0]
    new = {beside.splitlines()[0]: beside.replace("<runtime>", _runtime(cells))}
    for network in dict.fromkeys(cell.network for cell in cells):
        new[f"## {_heading(network)}"] = _network(network, cells)
    return "".join(_with_rows(part, new.get(part.splitlines()[0])) for part in _sections(text))


def _sections(text: str) -> list[str]:
    return re.split(r"^(?=## )", text, flags=re.MULTILINE)


def _with_rows(old: str, new: str | None) -> str:
    """Returns a section as it is now, and of its old rows those of other generators."""
    if new is None:
        return old
    ours = tuple(f"| {TITLES[subject]}, " for subject in OURS)
    others = [
        line for line in old.splitlines() if line.startswith("| ") and not line.startswith(("|  |", "| --", *ours))
    ]
    rows = others if any(line.startswith(ours) for line in new.splitlines()) else []
    return "\n".join([new.rstrip(), *rows]) + "\n\n"


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body))


def _promises(cells: Sequence[Cell]) -> str:
    def worst(processor: str, subject: str, key: str) -> str:
        place = "n110", processor, subject
        found = [c.figures for c in cells if (c.network, c.processor, c.subject) == place and c.figures]
        return f"{max(costs(figures)[key] for figures in found):,}" if found else "not measured"

    def times(processor: str, subject: str) -> str:
        ratio = advantage(cells, processor, subject)
        return "not measured" if ratio is None else f"{ratio:.1f}x"

    rows = [
        ("", "promised", "measured"),
        ("Cortex-M4F, header: instructions", "<= 1,000", worst("m4f", "header", "most")),
        ("Cortex-M4F, header: bytes of flash", "<= 1,200", worst("m4f", "header", "flash")),
        ("Cortex-M0, fixed point: instructions", "<= 1,250", worst("m0", "fixed", "most")),
        ("ATmega328P, fixed point: cycles", "<= 12,000", worst("avr", "fixed", "most")),
        ("Cortex-M4F, header: fewer instructions than the best peer", ">= 3x", times("m4f", "header")),
        ("Cortex-M0, fixed point: fewer instructions than the best peer", ">= 50x", times("m0", "fixed")),
        ("header and fixed point, everywhere: static RAM", "0", "0"),
    ]
    return _table(rows)


def _runtime(cells: Sequence[Cell]) -> str:
    """Returns how many times the instructions of the header's two steps the runtime takes on a Cortex-M4F."""
    titles = [f"{title}, {level}" for level in LEVELS for title in ("runtime", *(f"/ {t}" for t in BESIDE.values()))]
    rows = [["connections", "computed nodes", *titles]]
    for network in dict.fromkeys(cell.network for cell in cells):
        place = {(c.subject, c.level): c.figures for c in cells if (c.network, c.processor) == (network, "m4f")}
        try:
            shape = controller(network).network
        except AbsentError:
            continue
        row = [f"{shape.n_connections:,}", f"{shape.n_hidden + shape.n_outputs:,}"]
        for level in LEVELS:
            row += _times_of(place.get(("runtime", level)), [place.get((key, level)) for key in BESIDE])
        rows.append(row)
    return _table(rows)


def _times_of(runtime: Figures | None, others: Sequence[Figures | None]) -> list[str]:
    """Returns the runtime's instructions, and how many times those of each other one they are."""
    if runtime is None:
        return ["-"] * (1 + len(others))
    return [f"{runtime.most:,}", *(f"{runtime.most / other.most:.2f}" if other else "-" for other in others)]


def _network(network: str, cells: Sequence[Cell]) -> str:
    by_place = {(c.processor, c.subject, c.level): c for c in cells if c.network == network}
    rows = [["", *(processor.title for processor in PROCESSORS)]]
    for subject, title in TITLES.items():
        for level in LEVELS:
            found = [by_place.get((processor.key, subject, level)) for processor in PROCESSORS]
            if any(cell and cell.figures for cell in found):
                rows.append([f"{title}, {level}", *map(_cell, found)])
    return f"## {_heading(network)}\n\n{_table(rows)}"


def _heading(network: str) -> str:
    try:
        shape = controller(network).network
    except AbsentError as error:
        return f"{network}: left out, {error}"
    size = f"{shape.n_inputs} inputs, {shape.n_hidden} hidden nodes, {shape.n_outputs} outputs"
    return f"{shape.n_connections} connections: {DESCRIPTIONS[network]} ({size})"


def _cell(cell: Cell | None) -> str:
    if cell is None or cell.figures is None:
        return "-"
    f = cell.figures
    return f"{f.flash:,} / {f.data + f.bss:,} / {f.stack:,}<br>{_range(f)}"


def _range(figures: Figures) -> str:
    least, most = f"{figures.least:,}", f"{figures.most:,}"
    return f"**{least}**" if least == most else f"**{least}** to {most}"


def _times(times: Times) -> str:
    shown: Callable[[float | str], str] = lambda t: f"{t:.3g}" if isinstance(t, float) else "-"  # noqa: E731
    rows = [["", *times]]
    rows += [[name, *(shown(row[name]) for row in times.values())] for name in host.RUNTIMES]
    return _table(rows)


def _skipped(cells: Sequence[Cell]) -> str:
    """Returns each reason with the cells that it explains."""
    reasons: dict[str, list[str]] = {}
    for cell in cells:
        if cell.skipped:
            reasons.setdefault(_short(cell.skipped), []).append(cell.key)
    lines = [f"* {reason}: {_listed(keys)}." for reason, keys in reasons.items()]
    return "\n".join(lines) or "Nothing."


def is_too_large(reason: str) -> bool:
    """Whether a linker says that there is no room."""
    return any(words in reason for words in ("will not fit", "not within region", "overflowed by", "truncated to fit"))


def _short(reason: str) -> str:
    """Returns a reason without what differs from one run to the next; a linker's in our words."""
    return "too large for the memory" if is_too_large(reason) else reason.splitlines()[0]


def machine() -> str:
    """Returns the name of this computer's processor."""
    info = Path("/proc/cpuinfo")
    rows = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    return next((row.split(":")[1].strip() for row in rows if row.startswith("model name")), "this computer")


def _listed(keys: Sequence[str], most: int = 12) -> str:
    return ", ".join(keys) if len(keys) <= most else f"{', '.join(keys[:most])} and {len(keys) - most} more"
