"""Runs an exported ONNX form as C that others' compilers make of it, compiled for this machine without fusing."""

import ctypes
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.disk import temporary_folder
from wann_rt.core.errors import ExportError
from wann_rt.exporters.parity import harness

_RUN = """
void run(const float *obs, float *actions, int rows);
void run(const float *obs, float *actions, int rows) {{
    for (int i = 0; i < rows; i++) {{
        {entry}((const float (*)[{n}])(obs + i * {n}), (float (*)[{m}])(actions + i * {m}));
    }}
}}
"""


class GeneratedEvaluator:
    """Generated C of one row, compiled and called for each."""

    def __init__(self, controller: Controller, source: str) -> None:
        """Compiles the source and a loop around its function ``entry``."""
        self._controller = controller
        sizes = {"n": len(controller.observations), "m": len(controller.actions)}
        text = source + _RUN.format(entry="entry", **sizes)
        flags = "-O2", "-w", "-ffp-contract=off"
        self._library = harness.compiled({"unit.c": text}, harness.some_compiler(None), flags)

    def run(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns the actions [batch, actions]."""
        rows, actions = harness.rows(self._controller, observations)
        self._library.run(harness.pointer(rows), harness.pointer(actions), ctypes.c_int(len(rows)))
        return actions


def emx_evaluator(controller: Controller, model: bytes) -> GeneratedEvaluator:
    """Returns what emx-onnx-cgen makes of a model."""
    with temporary_folder() as name:
        given, made = Path(name, "model.onnx"), Path(name, "model.c")
        given.write_bytes(model)
        options = ["--model-name", "entry", "--large-temp-threshold", "0", "--input-dim", "batch=1"]
        _said([sys.executable, "-m", "emx_onnx_cgen", "compile", str(given), str(made), *options])
        return GeneratedEvaluator(controller, made.read_text(encoding="utf-8"))


def onnx2c_evaluator(controller: Controller, model: bytes) -> GeneratedEvaluator:
    """Returns what onnx2c makes of a model."""
    with temporary_folder() as name:
        given = Path(name, "model.onnx")
        given.write_bytes(model)
        return GeneratedEvaluator(controller, _said([_onnx2c(), str(given)]))


def onnx2c_version() -> str | None:
    """Returns the commit that onnx2c was built from; None where it is not installed."""
    if _found() is None:
        return None
    found = re.search(r"Commit: *(\w+)", _said([_onnx2c(), "-v"]))
    return found.group(1)[:7] if found else "of an unknown version"


def _found() -> str | None:
    """Returns the path of onnx2c: what ONNX2C names, else one on the PATH."""
    return os.environ.get("ONNX2C") or shutil.which("onnx2c")


def _onnx2c() -> str:
    return _found() or "onnx2c"


def _said(arguments: Sequence[str]) -> str:
    """Runs a tool and returns what it printed, or raises ExportError with its words."""
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ExportError(f"{Path(arguments[0]).name} failed with code {done.returncode}:\n{done.stderr.strip()}")
    return done.stdout
