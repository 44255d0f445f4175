"""The commands behind `make cross`, its brief form, its sample, and a part of `make test`: python -m cross COMMAND."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from rich.console import Console

from cross.matrix import DOCUMENT, REPORT, ROOT, Row, run, run_one_by_one, table, write
from cross.subjects import activation_subjects, all_subjects, no_champions, sampled_subjects
from wann_rt.core.errors import ExportError
from wann_rt.exporters.targets.program import run_program
from wann_rt.exporters.targets.target import Target, zig_folder
from wann_rt.exporters.targets.targets import TARGETS

JOBS = os.cpu_count() or 1
USAGE = "usage: python -m cross install | host | all | brief | sample [TURN]"
# What CI runs beside the targets that are not further ones: a newer clang, a compiler without optimiser, one each of
# the Arm M33, ARMv7 with a vector unit that flushes, POWER9 and a big-endian MIPS. The whole matrix takes longer than
# CI has.
# The level is the one that vectorises; on firmware's processors the one that firmware is built with, and on one of each
# family the other, too. Where a target has none of these, the last of its own levels.
SAMPLED_LEVELS: dict[str, tuple[str, ...]] = {"hosted.c": ("-O3",)}  # by board
SAMPLED_FIRMWARE_LEVELS: tuple[str, ...] = ("-Os",)
SAMPLED_BOTH = ("cortex-m4f", "rv32imafc")
SAMPLED = ("x86_64-clang-19", "x86_64-tcc", "cortex-m33", "armv7-neon-clang", "ppc64le-power9", "mips")


def main(command: str, *turn: str) -> int:
    """Runs one command; returns the exit code."""
    commands = {"install": install, "host": host, "all": everything, "brief": brief, "sample": sample}
    if command == "sample" and len(turn) == 1 and turn[0].isdecimal():
        return sample(int(turn[0]))
    if command not in commands or turn:
        print(USAGE, file=sys.stderr)
        return 2
    return commands[command]()


def install(targets: Sequence[Target] = TARGETS) -> int:
    """Installs what the targets need and this computer lacks; of Debian, and compilers of PyPI."""
    absent = [target for target in targets if not _is_ready(target)]
    every = sorted({package for target in absent for package in target.packages})
    for package in (package for package in every if package.startswith("ziglang==")):
        pip = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--target",
            str(zig_folder(package)),
            package,
        ]
        subprocess.run(pip, check=False)
    packages = [package for package in every if not package.startswith("ziglang==")]
    if not packages:
        return 0
    print(f"installing {' '.join(packages)}", flush=True)
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=600"]
    if shutil.which("apt-get") and (not sudo or shutil.which("sudo")):
        subprocess.run([*apt, "update"], check=False)
        command = [*apt, "install", "-y", "--no-install-recommends", *packages]
        if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0:
            return 0
    print(
        "these packages could not be installed: be root or have sudo on Debian 12, or install by hand:\n"
        f"    apt-get install --no-install-recommends {' '.join(packages)}",
        file=sys.stderr,
    )
    return 1


def _is_ready(target: Target) -> bool:
    """Whether a small program runs on it: commands may be there and a C library not."""
    if target.missing():
        return False
    try:
        return bool(run_program(activation_subjects()[1:2], target, "-O2"))
    except ExportError:
        return False


def host() -> int:
    """Runs what this computer can run itself, quickly; names the targets that were left out."""
    local = [target for target in TARGETS if target.machine and not target.is_further]
    problems = _show(run([target for target in local if not target.missing()], ("-O2",), JOBS))
    others = [target for target in TARGETS if not target.machine or target.is_further]
    absent = [target for target in (*local, *others) if target.missing() and not target.is_further]
    present = [target.title for target in others if not target.missing()]
    for target in absent:
        print(f"skipped {target.title}: {target.missing()}")
    if present:
        print(f"left to `make cross`: {'; '.join(present)}")
    return 1 if problems else 0


def brief() -> int:
    """Runs all targets, each at the levels that the sample takes: a third of the time of all levels."""
    return everything([replace(target, levels=_sampled(target)) for target in TARGETS])


def everything(targets: Sequence[Target] = TARGETS) -> int:
    """Runs all targets, those that are kept from a run that was stopped excepted; one that cannot run is an error."""
    rows = []
    for row in run_one_by_one(targets, jobs=JOBS):
        rows.append(row)
        print(f"{row.result.target.title}: {row.result.vectors:,} vectors, {len(row.problems)} problems", flush=True)
    problems = _show(rows)
    write(rows)
    left_out = no_champions()
    if left_out:
        print(left_out)
    elif not problems:
        print(f"wrote {REPORT.relative_to(ROOT)} and {DOCUMENT.relative_to(ROOT)}")
    return 1 if problems else 0


def sample(turn: int | None = None) -> int:
    """Installs and runs a sample of the targets, or a third of it by turns; each of them must run."""
    targets = [target for target in TARGETS if not target.is_further or target.key in SAMPLED]
    targets = targets if turn is None else targets[turn % 3 :: 3]
    sampled = [replace(target, levels=_sampled(target)) for target in targets]
    if code := install(targets):
        return code
    all_subjects()  # are made once, before threads want them
    with ThreadPoolExecutor(JOBS) as pool:
        rows = list(pool.map(_sampled_row, sampled, range(turn or 0, (turn or 0) + len(sampled))))
    return 1 if _show(rows) else 0


def _sampled_row(target: Target, turn: int) -> Row:
    (row,) = run([target], jobs=1, subjects=sampled_subjects(turn))
    return row


def _sampled(target: Target) -> tuple[str, ...]:
    sampled = SAMPLED_LEVELS.get(target.board, SAMPLED_FIRMWARE_LEVELS)
    if target.key in SAMPLED_BOTH:
        sampled = ("-O3", *SAMPLED_FIRMWARE_LEVELS)
    return tuple(level for level in target.levels if level in sampled) or target.levels[-1:]


def _show(rows: list[Row]) -> list[str]:
    Console(width=None if sys.stdout.isatty() else 120).print(table(rows))
    problems = [problem for row in rows for problem in row.problems]
    for problem in problems:
        print(problem, file=sys.stderr)
    return problems


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:] or ["all"]))
