"""What our own code may cost at most: the committed budget, and the promises that hold whatever the budget says."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from size.cells import Cell
from size.measure import Figures
from size.peers import PEERS
from size.subjects import OURS

BUDGET = Path(__file__).with_name("budget.toml")
REWRITE = "PYTHONPATH=tests python -m size budget"
_HEAD = f"""\
# What our own code may cost at most: bytes of flash, of static RAM and of stack, instructions (on AVR: cycles) of the
# dearest step. `make size` and tests/size/test_size.py fail beyond. Written by `{REWRITE}`: review the diff.
"""

Limits = Mapping[str, int]


def costs(figures: Figures) -> dict[str, int]:
    """Returns what is limited."""
    return {
        "flash": figures.flash,
        "ram": figures.data + figures.bss,
        "stack": figures.stack,
        "most": figures.most,
    }


def load(path: Path = BUDGET) -> dict[str, Limits]:
    """Returns the limits by the key of a cell."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {f"{place} {subject}": limits for place, rows in tables.items() for subject, limits in rows.items()}


def text(cells: Iterable[Cell]) -> str:
    """Returns a budget of exactly what our own code costs now."""
    lines, place = [_HEAD], ""
    for cell in cells:
        if cell.subject in OURS and cell.figures:
            here = f"{cell.network} {cell.processor}"
            if here != place:
                lines.append(f'["{here}"]')
                place = here
            values = ", ".join(f"{key} = {value}" for key, value in costs(cell.figures).items())
            lines.append(f'"{cell.subject} {cell.level}" = {{ {values} }}')
    return "\n".join(lines) + "\n"


def excesses(cells: Iterable[Cell], budget: Mapping[str, Limits]) -> list[str]:
    """Returns where our own code costs more than its budget, a line each."""
    found = []
    for cell in cells:
        if cell.subject not in OURS or cell.figures is None:
            continue
        limits = budget.get(cell.key)
        if limits is None:
            found.append(f"{cell.key} has no budget: write one with `{REWRITE}`")
            continue
        over = [(key, cost) for key, cost in costs(cell.figures).items() if cost > limits[key]]
        found += [f"{cell.key}: {key} is {cost}, the budget {limits[key]}" for key, cost in over]
    return found


def broken_promises(cells: Sequence[Cell]) -> list[str]:
    """Returns the promises on the network of 110 connections that do not hold, a line each.

    Ours counts with its dearest row at its worse level, a peer with its mean at its better level.
    """
    found = []
    for processor, subject, limits in _PROMISED:
        for figures in _of(cells, processor, subject):
            over = [(key, costs(figures)[key]) for key, most in limits.items() if costs(figures)[key] > most]
            found += [f"n110 {processor} {subject}: {key} is {cost}, promised {limits[key]}" for key, cost in over]
    for processor, subject, least in _RATIOS:
        ratio = advantage(cells, processor, subject)
        if ratio is not None and ratio < least:
            found.append(f"n110 {processor} {subject}: {ratio:.1f}x cheaper than the best peer, promised {least}x")
    for cell in cells:
        if cell.subject in ("header", "fixed") and cell.figures and (cell.figures.data or cell.figures.bss):
            found.append(f"{cell.key} has static memory, promised none")
    return found


def advantage(cells: Sequence[Cell], processor: str, subject: str) -> float | None:
    """Returns how many times cheaper a step of ours is than that of the best peer, or None without both."""
    ours = [figures.most for figures in _of(cells, processor, subject)]
    theirs = [figures.mean for peer in PEERS for figures in _of(cells, processor, peer.key)]
    return min(theirs) / max(ours) if ours and theirs else None


_PROMISED = (
    ("m4f", "header", {"most": 1000, "flash": 1200}),
    ("m0", "fixed", {"most": 1250}),
    ("avr", "fixed", {"most": 12_000}),
)
_RATIOS = (("m4f", "header", 3.0), ("m0", "fixed", 50.0))


def _of(cells: Sequence[Cell], processor: str, subject: str) -> list[Figures]:
    place = "n110", processor, subject
    return [c.figures for c in cells if (c.network, c.processor, c.subject) == place and c.figures is not None]
