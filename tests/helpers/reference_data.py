"""Figures and files of the reference implementation, which are not part of this repository.

They lie in ``../shared/reference`` beside the repository or where WANN_RT_REFERENCE says; without them the tests that
ask for them are skipped.
"""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from helpers import needs

FOLDER = Path(os.environ.get("WANN_RT_REFERENCE") or Path(__file__).resolve().parents[3] / "shared" / "reference")
CHAMPIONS = {
    "swing": ("swing.out", "zoo_cartpole_swingup.wann.json"),
    "biped": ("biped.out", "zoo_biped.wann.json"),
}


def find(name: str) -> Path:
    """Returns the path of a file of the reference data; skips the running test where it is absent."""
    path = FOLDER / name
    if not path.is_file():
        needs.skip(f"reference data {name} is not in {FOLDER}; WANN_RT_REFERENCE can name its folder")
    return path


def champion(name: str) -> tuple[Path, Path]:
    """Returns the topology file and the tuned weights file of a published champion."""
    topology, weights = CHAMPIONS[name]
    return find(topology), find(weights)


@cache
def golden() -> dict[str, Any]:
    """Figures computed by the reference code, in float64."""
    figures: dict[str, Any] = json.loads(find("golden.json").read_text())
    return figures
