"""Attacks run folders, states, files, commands and environments, and writes docs/reliability.md (``make reliability``).

Each row is a program; what it saw is kept in build/reliability, so a run that is stopped goes on with the rows that are
missing, and ``--rows`` tries some of them anew. ``--seconds`` bounds the rows that could go on for hours: the page says
how many they tried, and how long the whole would take.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

TESTS = Path(__file__).parents[1]
DOCUMENT, KEPT = TESTS.parent / "docs" / "reliability.md", TESTS.parent / "build" / "reliability"
HEAD = """# Reliability

Written by `make reliability`; each row is a program below `tests` that anybody can run. *Tried* counts attacks, *wrong*
those after which something was lost, run that should not be, left running, or an error was no sentence.

| test | tried | wrong |
| --- | --- | --- |
"""
TAIL = """
Rows are kept one by one, so their sizes may differ: `make reliability` kills at every file operation and a hundred
times at random, and tries 2,000 inputs at each door; `python tests/evolution/reliability.py --sample` kills at every
ninth operation and tries fewer. What is not in the table was not run.

Killed searches are resumed by the same command; champion and journal are compared with those of a search that nobody
disturbed. Crafted states have right digests and one to three faults in them; one generation is played and bred from
each that is not refused, by compiled code that checks each index (`NUMBA_BOUNDSCHECK`); `make fuzz-states` tries a
million. Mutated inputs have one to four faults each, or one to three values that are others; `make fuzz-inputs` tries
10,000 at each door and at each command. A command must work, or end with one line on standard error, no character that
a terminal obeys, and nothing written. An environment misbehaves once, in its constructor, `reset`, `step` or `close`:
it prints, exits, kills its process, closes its files, forks, leaves processes and threads behind, hears no signal and
hangs, and so on. Machines are processor features, levels of optimisation and threads of the one on which this was
written, and other versions of Python, numpy and numba where they are named: `make reliability PYTHONS="..."`. What a
hostile file can do at worst stands in [SECURITY.md](../SECURITY.md).
"""
CHECKED = {"NUMBA_BOUNDSCHECK": "1"}
WHOLE = 10_000  # cases at each command, in a run that is whole
BUILD = KEPT.parent


class Row(NamedTuple):
    """A test: its program, its arguments, variables, and what it says of what it saw.

    In arguments, {folder} is an empty one and {seconds} what each open-ended row may take; {pythons} becomes several.
    """

    program: str
    arguments: tuple[str, ...]
    said: Callable[[dict[str, Any]], tuple[str, int, int]]
    sample: tuple[str, ...] = ()  # arguments of a small run, if that differs
    variables: dict[str, str] = {}  # noqa: RUF012  # a tuple's default, never changed


def _kills(name: str) -> Callable[[dict[str, Any]], tuple[str, int, int]]:
    return lambda seen: (name, seen["kills"], seen["differences"])


def _tried(name: str) -> Callable[[dict[str, Any]], tuple[str, int, int]]:
    return lambda seen: (name, seen["tried"], seen["wrong"])


def _hours(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.0f} hours"


def _crafted(seen: dict[str, Any]) -> tuple[str, int, int]:
    told = f"{seen['refused']} refused, {seen['played']} played, {_hours(seen['seconds'])} of one core"
    return f"crafted states ({told})", seen["cases"], seen["wrong"]


def _commands(seen: dict[str, Any]) -> tuple[str, int, int]:
    doors = seen["doors"]
    least, most = (which(door["cases"] for door in doors.values()) for which in (min, max))
    whole = sum(door["seconds"] / max(1, door["cases"]) for door in doors.values()) * WHOLE
    told = f"{least} to {most} each; {WHOLE} each would take {_hours(whole)} of one core"
    return f"mutated files given to {len(doors)} commands ({told})", seen["cases"], seen["wrong"]


def _machines(seen: dict[str, Any]) -> tuple[str, int, int]:
    others = f"; others: {', '.join(seen['others'])}" if seen["others"] else ""
    return f"the same champion's bytes: {'; '.join(seen['machines'])}{others}", seen["tried"], seen["wrong"]


def _large(seen: dict[str, Any]) -> tuple[str, int, int]:
    size = seen["gigabytes"]
    return f"{seen['genomes']} genomes of {seen['nodes']} nodes in less than 4 GB ({size} GB)", 1, int(size >= 4)


ROWS = {
    "early": Row(
        "evolution/crash_points.py",
        ("{folder}", "0.0"),
        _kills("SIGKILL at file operations, before a state was saved"),
        ("{folder}", "0.0", "9"),
    ),
    "late": Row(
        "evolution/crash_points.py",
        ("{folder}", "0.7"),
        _kills("SIGKILL at file operations, with states saved in between"),
        ("{folder}", "0.7", "9"),
    ),
    "random": Row(
        "evolution/resume_under_fire.py",
        ("{folder}", "100"),
        _kills("SIGKILL at random moments and inside writes"),
        ("{folder}", "8"),
    ),
    "crafted": Row(
        "evolution/crafted.py", ("--cases", "20000", "--file", f"{BUILD}/fuzz-states.json"), _crafted, (), CHECKED
    ),
    "inputs": Row(
        "cli/fuzz_inputs.py",
        ("--cases", "2000"),
        lambda seen: (f"mutated files and options, at {len(seen['doors'])} doors", seen["cases"], seen["wrong"]),
        ("--cases", "300"),
    ),
    "commands": Row(
        "cli/fuzz_commands.py",
        ("--file", f"{BUILD}/fuzz-commands.json", "--seconds-in-all", "{seconds}"),
        _commands,
    ),
    "endings": Row("cli/endings.py", (), _tried("long commands ended by SIGINT, SIGTERM, SIGHUP")),
    "environments": Row("play/misbehaving.py", (), _tried("environments that misbehave, by method and deed")),
    "machines": Row(
        "evolution/machines.py",
        ("--file", f"{BUILD}/machines.json", "--seconds", "{seconds}", "{pythons}"),
        _machines,
    ),
    "large": Row("evolution/large.py", (), _large),
}


def run(row: Row, seconds: float, pythons: list[str], small: bool) -> dict[str, Any]:
    """Runs a row's program and returns what it printed as JSON; its exit code only says whether something was wrong."""
    with tempfile.TemporaryDirectory() as folder:
        kernels = {"NUMBA_CACHE_DIR": f"{folder}/kernels"} if row.variables else {}
        environment = os.environ | {"PYTHONPATH": str(TESTS)} | row.variables | kernels
        wanted = row.sample if small and row.sample else row.arguments
        arguments = [text.format(folder=folder, seconds=seconds) for text in wanted if text != "{pythons}"]
        arguments += pythons if "{pythons}" in wanted else []
        command = [sys.executable, str(TESTS / row.program), *arguments]
        said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False).stdout
    result: dict[str, Any] = json.loads(said.splitlines()[-1])
    return result


def write() -> None:
    """Writes the document from what was seen; a row that was not tried is not in it."""
    lines = []
    for name, row in ROWS.items():
        path = KEPT / f"{name}.json"
        if path.exists():
            lines.append("| {} | {} | {} |\n".format(*row.said(json.loads(path.read_text()))))
    DOCUMENT.write_text(HEAD + "".join(lines) + TAIL, encoding="utf-8")


def main() -> None:
    """Tries what is missing, or the rows that are named, and writes the document."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", nargs="*", choices=list(ROWS), help="to try anew")
    parser.add_argument("--seconds", type=float, default=math.inf, help="for each row that could go on for hours")
    parser.add_argument("--sample", action="store_true", help="fewer kills and inputs")
    parser.add_argument("--pythons", nargs="*", default=[], help="others that have what wann_rt needs")
    arguments = parser.parse_args()
    chosen = arguments.rows
    KEPT.mkdir(parents=True, exist_ok=True)
    for name, row in ROWS.items():
        path = KEPT / f"{name}.json"
        if name in chosen if chosen is not None else not path.exists():
            path.write_text(json.dumps(run(row, arguments.seconds, arguments.pythons, arguments.sample)))
            print(f"{name}: {path.read_text()[:300]}", flush=True)
    write()


if __name__ == "__main__":
    main()
