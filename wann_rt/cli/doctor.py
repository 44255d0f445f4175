"""``wann-rt doctor``: what the machine has, and what it lacks."""

import importlib.metadata
import platform
import re
import shutil
import sys
from collections.abc import Sequence
from typing import NamedTuple

import click

from wann_rt.cli.options import AS_JSON, print_json
from wann_rt.core.version import __version__

DISTRIBUTION = "wann-rt"
NOT_FOR_USERS = ("dev", "all")  # extras that are no feature of their own
COMPILERS = ("cc", "gcc", "clang")


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        name: what.
        ok: whether it is as it should be.
        required: whether wann_rt cannot work without it.
        found: what was found.
        advice: what to do if it is not ok.
    """

    name: str
    ok: bool
    required: bool
    found: str
    advice: str = ""


def diagnose() -> list[Finding]:
    """Returns everything that was looked at."""
    needed = requirements()
    return [
        Finding("wann_rt", True, True, __version__),
        Finding("python", sys.version_info >= (3, 11), True, platform.python_version(), "install Python 3.11 or newer"),
        *(_package(name, True, "reinstall wann-rt") for name in sorted(needed.pop("", {"numpy"}))),
        *(_extra(extra, names) for extra, names in sorted(needed.items()) if extra not in NOT_FOR_USERS),
        _compiler(),
        _threads(),
        _kernels(),
    ]


def requirements() -> dict[str, set[str]]:
    """Returns the distributions that wann-rt says it needs: of each extra, and of none ("")."""
    found: dict[str, set[str]] = {}
    for line in _requires(DISTRIBUTION):
        name = re.match(r"([\w.-]+)(?:\[([\w-]+)\])?", line)
        if name is None or _is_of_another_system(line):
            continue
        mine = found.setdefault(_extra_of(line), set())
        mine.add(name[1])
        if name[2] and name[1] != DISTRIBUTION:  # such as gymnasium[mujoco]
            inner = [other for other in _requires(name[1]) if _extra_of(other) == name[2]]
            mine |= {match[0] for other in inner if (match := re.match(r"[\w.-]+", other))}
    return found


def _requires(distribution: str) -> list[str]:
    """Returns what a distribution says it needs; nothing for one that is not installed, such as a folder of source."""
    try:
        return importlib.metadata.requires(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        return []


def _extra_of(line: str) -> str:
    extra = re.search(r"""extra\s*==\s*['"]([\w-]+)""", line)
    return extra[1] if extra else ""


def _is_of_another_system(line: str) -> bool:
    """Returns whether a requirement is for another operating system or Python than this."""
    system = re.search(r"""sys_platform\s*==\s*['"](\w+)""", line)
    older = re.search(r"""python_version\s*<\s*['"]3\.(\d+)""", line)
    return bool((system and system[1] != sys.platform) or (older and sys.version_info >= (3, int(older[1]))))


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _package(name: str, required: bool, advice: str) -> Finding:
    version = _version(name)
    return Finding(name, version is not None, required, version or "not installed", advice)


def _extra(extra: str, names: set[str]) -> Finding:
    """Returns whether an extra is whole, and what it lacks."""
    versions = {name: _version(name) for name in sorted(names)}
    lacking = [name for name, version in versions.items() if version is None]
    found = ", ".join(f"{name} {version}" for name, version in versions.items() if version is not None)
    said = f"{found}{'; ' * bool(found)}lacks {', '.join(lacking)}" if lacking else found
    return Finding(f"extra {extra}", not lacking, False, said, f"pip install 'wann-rt[{extra}]'")


def _compiler() -> Finding:
    found = [name for name in COMPILERS if shutil.which(name)]
    advice = "" if found else "install a C compiler, e.g. apt install gcc: verify compiles the C header with it"
    return Finding("C compiler", bool(found), False, ", ".join(found) or "none", advice)


def _threads() -> Finding:
    from wann_rt.play.rollouts import default_threads

    return Finding("threads", True, False, f"{default_threads()} used by a search")


def _kernels() -> Finding:
    """Runs the smallest network through the compiled evaluator and the oracle."""
    import numpy as np

    from wann_rt.core import reference
    from wann_rt.core.network import Connection, Network
    from wann_rt.core.terms import lowered
    from wann_rt.core.weight import Weight
    from wann_rt.kernels.forward import forward_batch

    network, _ = Network.build(1, {2: 5}, {3: 3}, [Connection(1, 2), Connection(2, 3), Connection(0, 3)])
    inputs, listed = np.linspace(-3, 3, 64, dtype=np.float32)[np.newaxis], lowered(network, Weight.shared(1.5))
    one, other = (run(listed, 1.5, inputs) for run in (reference.forward, forward_batch))
    same = bool((one.view(np.uint32) == other.view(np.uint32)).all())
    return Finding("kernels", same, True, "equal the oracle" if same else "differ from the oracle", "report this")


def show_findings(findings: Sequence[Finding]) -> None:
    """Prints what ``doctor`` found."""
    from rich.markup import escape

    from wann_rt.display.tables import console, table

    made = table("wann_rt doctor", "", "what", "found", "what to do")
    for finding in findings:
        mark = "[green]ok[/]" if finding.ok else "[red]missing[/]" if finding.required else "[yellow]optional[/]"
        made.add_row(mark, finding.name, finding.found, "" if finding.ok else escape(finding.advice))
    console().print(made)


@click.command()
@AS_JSON
def doctor(as_json: bool) -> None:
    """Check what wann_rt needs and say what is missing."""
    findings = diagnose()
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        show_findings(findings)
    sys.exit(0 if all(finding.ok or not finding.required for finding in findings) else 1)
