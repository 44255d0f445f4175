"""Writes docs/evidence.md from what the rungs found."""

import json
import tomllib
from pathlib import Path

from evidence.misra import TABLE
from evidence.rung import BUILD, ROOT, Result
from wann_rt.core.errors import ExportError

DOCUMENT = ROOT / "docs" / "evidence.md"
TEMPLATE = Path(__file__).with_name("evidence.md.in")


def document(rungs: tuple[str, ...]) -> str:
    """Returns the document: figures, seeded faults, MISRA deviations.

    Raises:
        ExportError: a rung has left no result.
    """
    results = [_saved(rung) for rung in rungs]
    figures = ["| rung | figures |", "|---|---|"]
    faults = ["| rung | seeded fault | how it was noticed |", "|---|---|---|"]
    for result in results:
        said = "; ".join(
            f"{key}: {value:,}" if isinstance(value, int) else f"{key}: {value}"
            for key, value in result.figures.items()
        )
        figures.append(f"| `make {result.rung}` | {said} |")
        faults += [
            f"| {result.rung} | {fault} | {seen} |".replace("||", "\\|\\|") for fault, seen in result.controls.items()
        ]
    rules = ["| file | rule | findings | reason |", "|---|---|---|---|"]
    for file, rows in tomllib.loads(TABLE.read_text(encoding="utf-8")).items():
        rules += [
            f"| {file} | {rule} | {row['count']} | {row['reason'].replace('|', chr(92) + '|')} |"
            for rule, row in rows.items()
        ]
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, lines in (("figures", figures), ("faults", faults), ("rules", rules)):
        text = text.replace(f"<{name}>", "\n".join(lines))
    return text


def _saved(rung: str) -> Result:
    path = BUILD / f"{rung}.json"
    if not path.is_file():
        raise ExportError(f"{path.relative_to(ROOT)} is missing: run `make {rung}`")
    return Result(**json.loads(path.read_text(encoding="utf-8")))
