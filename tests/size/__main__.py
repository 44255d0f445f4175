"""The commands behind `make size`: python -m size [install | all | ours [TURN] | budget | rows | times]."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile

from size import budget, report
from size.cells import TITLES, Cell, all_cells
from size.host import microseconds
from size.networks import NAMES, AbsentError, controller
from size.processors import LEVELS, PROCESSORS
from size.subjects import OURS

JOBS = os.cpu_count() or 1
USAGE = "usage: python -m size [install | all | ours [TURN] | budget | rows | times]"


def main(command: str, *turn: str) -> int:
    """Runs one command; returns the exit code."""
    commands = {
        "install": install,
        "all": everything,
        "ours": ours,
        "budget": rewrite,
        "rows": rows,
        "times": on_this_computer,
    }
    if command == "ours" and len(turn) == 1 and turn[0].isdecimal():
        return ours(LEVELS[int(turn[0]) % len(LEVELS)])
    if command not in commands or turn:
        print(USAGE, file=sys.stderr)
        return 2
    return commands[command]()


def install() -> int:
    """Installs what the processors need and this computer lacks; of Debian."""
    packages = sorted({package for p in PROCESSORS if p.missing() for package in p.packages})
    if not packages:
        return 0
    print(f"installing {' '.join(packages)}", flush=True)
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=600"]
    command = [*apt, "install", "-y", "--no-install-recommends", *packages]
    if shutil.which("apt-get") and (not sudo or shutil.which("sudo")):
        subprocess.run([*apt, "update"], check=False)
        if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0:
            return 0
    print(f"not installed: be root or have sudo on Debian 12, or install {' '.join(packages)}", file=sys.stderr)
    return 1


def everything() -> int:
    """Measures ours and the peers, writes the report, and compares with the budget and the promises."""
    networks = _present()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # where emlearn leaves what it compiles
        cells = all_cells(networks, tuple(TITLES), JOBS, _show)
        times = {network: microseconds(network) for network in networks}
    problems = _problems(cells)
    report.write(cells, times, problems, report.machine())
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(f"wrote {report.REPORT.relative_to(report.ROOT)} and {report.DOCUMENT.relative_to(report.ROOT)}")
    return 1 if problems else 0


def ours(*levels: str) -> int:
    """Measures our own code and compares it with the budget and the promises; one that is not measured is an error.

    At the levels of optimization that are named, or at all.
    """
    cells = all_cells(_present(), tuple(OURS), JOBS, _show, levels or LEVELS)
    problems = _problems(cells) + [f"{cell.key}: {cell.skipped}" for cell in cells if _is_missing(cell)]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def rewrite() -> int:
    """Measures our own code and makes that its budget."""
    budget.BUDGET.write_text(budget.text(all_cells(_present(), tuple(OURS), JOBS, _show)), encoding="utf-8")
    return 0


def rows() -> int:
    """Measures our own code, makes that its budget and writes its rows of the report; those of others stay."""
    cells = all_cells(_present(), tuple(OURS), JOBS, _show)
    report.DOCUMENT.write_text(report.refreshed(report.DOCUMENT.read_text(encoding="utf-8"), cells), encoding="utf-8")
    budget.BUDGET.write_text(budget.text(cells), encoding="utf-8")
    return 0


def on_this_computer() -> int:
    """Measures what a step takes on this computer, and writes that table of the report; all else stays."""
    found = {network: microseconds(network) for network in _present()}
    text = report.timed(report.DOCUMENT.read_text(encoding="utf-8"), found, report.machine())
    report.DOCUMENT.write_text(text, encoding="utf-8")
    return 0


def _problems(cells: list[Cell]) -> list[str]:
    wrong = [f"{cell.key}: {cell.wrong}" for cell in cells if cell.wrong]
    return wrong + budget.excesses(cells, budget.load()) + budget.broken_promises(cells)


def _is_missing(cell: Cell) -> bool:
    """Whether a cell was left out for another reason than its size."""
    return cell.skipped is not None and not report.is_too_large(cell.skipped)


def _present() -> list[str]:
    """Returns the networks that are there; says why another one is left out."""
    found = []
    for name in NAMES:
        try:
            controller(name)
            found.append(name)
        except AbsentError as error:
            print(f"skipped {name}: {error}")
    return found


def _show(cell: Cell) -> None:
    """Prints a line of the table."""
    if cell.figures is None:
        print(f"{cell.key:34} skipped: {(cell.skipped or '').splitlines()[0]}", flush=True)
        return
    f = cell.figures
    sizes = f"text {f.text:6} rodata {f.rodata:6} data {f.data:4} bss {f.bss:4} stack {f.stack:5}"
    print(f"{cell.key:34} {sizes}  {f.least} to {f.most} {cell.wrong or ''}".rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:] or ["all"]))
