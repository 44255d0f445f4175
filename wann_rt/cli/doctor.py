"""``wann-rt doctor``: what the machine has, and what it lacks."""

import importlib.metadata
import platform
import shutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import NamedTuple

import click

from wann_rt.cli.options import AS_JSON, print_json
from wann_rt.core.version import __version__

REQUIRED = ("numpy", "numba", "onnx", "onnxruntime", "gymnasium", "click", "rich")
OPTIONAL = {"matplotlib": "plots", "Box2D": "box2d", "mujoco": "mujoco", "imageio_ffmpeg": "play"}
DISTRIBUTIONS = {"Box2D": "box2d"}  # packages whose distribution has another name than their module
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
    return [
        Finding("wann_rt", True, True, __version__),
        Finding("python", sys.version_info >= (3, 11), True, platform.python_version(), "install Python 3.11 or newer"),
        *(_package(name, True, "reinstall wann-rt") for name in REQUIRED),
        *(_package(name, False, f"pip install 'wann-rt[{extra}]'") for name, extra in OPTIONAL.items()),
        _compiler(),
        _threads(),
        _kernels(),
    ]


def _package(name: str, required: bool, advice: str) -> Finding:
    if find_spec(name) is None:
        return Finding(name, False, required, "not installed", advice)
    return Finding(name, True, required, importlib.metadata.version(DISTRIBUTIONS.get(name, name)))


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
        mark = "ok" if finding.ok else "[red]missing[/]" if finding.required else "optional"
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
