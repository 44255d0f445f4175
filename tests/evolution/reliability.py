"""Attacks run folders and states, and writes what came of it into docs/reliability.md (``make reliability``)."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "reliability.md"
HEAD = """# Reliability

Written by `make reliability`; each row is a program in `tests/evolution` that anybody can run. *Tried* counts attacks,
*wrong* those after which something was lost, run that should not be, or an error was no sentence.

| test | tried | wrong |
| --- | --- | --- |
"""
TAIL = """
Killed searches are resumed by the same command; champion and journal are compared with those of a search that nobody
disturbed. Crafted states have right digests and one to three faults in them; compiled code checks each index while they
are played (`NUMBA_BOUNDSCHECK`). What a hostile file can do at worst stands in [SECURITY.md](../SECURITY.md).
"""


def run(program: str, *arguments: str, **variables: str) -> dict[str, Any]:
    """Runs a program of this folder and returns what it printed as JSON."""
    environment = os.environ | {"PYTHONPATH": str(HERE.parent)} | variables
    command = [sys.executable, str(HERE / program), *arguments]
    seen = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    result: dict[str, Any] = json.loads(seen.splitlines()[-1])
    return result


def rows(cases: int) -> list[tuple[str, int, int]]:
    """Returns name, attacks and failures of each test."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, step in (("before a state was saved", "0.0"), ("with states saved in between", "0.7")):
            (root / step).mkdir()
            seen = run("crash_points.py", str(root / step), step)
            found.append((f"SIGKILL at each file operation, {name}", seen["kills"], seen["differences"]))
        (root / "fire").mkdir()
        seen = run("resume_under_fire.py", str(root / "fire"), "100")
        found.append(("SIGKILL at random moments and inside writes", seen["kills"], seen["differences"]))
        checked = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(root / "kernels")}
        seen = run("crafted.py", "--cases", str(cases), **checked)
        found.append((f"crafted states ({seen['refused']} refused, {seen['played']} played)", cases, seen["wrong"]))
    return found


def main() -> None:
    """Writes the document."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=1_000_000, help="crafted states")
    lines = [f"| {name} | {tried} | {wrong} |\n" for name, tried, wrong in rows(parser.parse_args().cases)]
    DOCUMENT.write_text(HEAD + "".join(lines) + TAIL, encoding="utf-8")


if __name__ == "__main__":
    main()
