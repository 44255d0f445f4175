"""What tests of packages share: they write one, run its ecosystem's programs, and look for the oracle's action."""

import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from helpers.c_library import swing_up
from wann_rt.core.fixed.reference import FixedController
from wann_rt.core.reference import evaluate
from wann_rt.exporters.contract import test_vectors as vectors
from wann_rt.exporters.packages import package

NUMBERS = pytest.mark.parametrize("number", ["float32", "q12"])
NAME = {"float32": "swing_up", "q12": "swing_up_q12"}


def run(*command: str | Path, cwd: Path, **more: str) -> str:
    """Runs a program and returns what it printed."""
    environment = {**os.environ, **more}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def packed(kind: str, number: str, out: Path) -> Path:
    return package(swing_up(), kind, out=out / NAME[number], number=number, version="1.2.3")


def action(number: str) -> float:
    """Returns the first action for the recorded observation, in the unit or, in fixed point, as a count."""
    observation = np.array([vectors(swing_up())[0].observation], np.float32)
    if number == "float32":
        return float(evaluate(swing_up(), observation)[0, 0])
    fixed = FixedController.of(swing_up())
    return float(fixed.run(fixed.from_float(observation))[0, 0])


def has_oracles_action(printed: str, number: str) -> bool:
    """Whether an example passed its self-test and printed the oracle's action."""
    found = re.search(r"action 0: (\S+)", printed)
    assert "self-test passed" in printed, printed
    return found is not None and np.float32(found[1]) == np.float32(action(number))
