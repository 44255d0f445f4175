"""Measures searches on environments; writes build/environments.json, docs/environments_bench.md and .svg.

A part of `make bench`. Environments play in EnvPool; without it, only Gymnasium's rates are measured.
"""

import argparse
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

from environment_curves import COURSES, ROOT, curve
from environment_rates import INSTALLED, STEPS, rates
from environment_report import draw, report
from speed import machine

from wann_rt.core.files import write_atomic

STORE = ROOT / "build" / "environments.json"
PAGE, PLOT = ROOT / "docs" / "environments_bench.md", ROOT / "docs" / "environments_bench.svg"


def main() -> None:
    """Measures all and writes the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    load = round(os.getloadavg()[0], 2)
    document: dict[str, Any] = {"machine": machine(), "software": software(), "load": load, "rates": {}, "curves": {}}
    for env_id in STEPS:
        document["rates"][env_id] = rates(env_id)
        print(env_id, document["rates"][env_id], flush=True)
    for course in COURSES if INSTALLED else ():
        document["curves"][course.env] = curve(course)
    write(STORE, json.dumps(document, indent=1) + "\n")
    write(PAGE, report(document))
    draw(document["curves"], PLOT)
    print(PAGE.read_text(encoding="utf-8"))


def software() -> str:
    """Returns the engines and their versions."""
    names = ("gymnasium", "envpool") if INSTALLED else ("gymnasium",)
    return ", ".join(f"{name} {version(name)}" for name in names)


def write(path: Path, text: str) -> None:
    """Writes a file whole, and its folder if need be."""
    path.parent.mkdir(exist_ok=True)
    write_atomic(path, text.encode())


if __name__ == "__main__":
    main()
