"""Runs a header in fixed point: compiles it for this machine into a shared library and calls it."""

import ctypes
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.core.fixed.plan import Ranges
from wann_rt.core.fixed.reference import Integers
from wann_rt.exporters.parity.compiler import DIALECT, WARNINGS, compile_with, find_compiler
from wann_rt.exporters.to_c_fixed.header import fixed_prefix, to_c_fixed

_HARNESS = """\
#define {P}_FLOAT
#include "{p}.h"

void run(const int16_t *obs, int32_t *actions, int rows);
void run_float(const float *obs, float *actions, int rows);
int selftest(void);

void run(const int16_t *obs, int32_t *actions, int rows) {{
    for (int i = 0; i < rows; i++) {{
        {p}_step(obs + i * {P}_N_OBSERVATIONS, actions + i * {P}_N_ACTIONS);
    }}
}}

void run_float(const float *obs, float *actions, int rows) {{
    for (int i = 0; i < rows; i++) {{
        {p}_step_float(obs + i * {P}_N_OBSERVATIONS, actions + i * {P}_N_ACTIONS);
    }}
}}

int selftest(void) {{ return {p}_selftest(); }}
"""


class FixedBackend:
    """A controller's C header in fixed point, compiled for this machine."""

    def __init__(
        self,
        controller: Controller,
        ranges: Ranges | None = None,
        compiler: str | None = None,
        flags: Sequence[str] = ("-O2",),
    ) -> None:
        """Compiles the header.

        Args:
            controller: the controller.
            ranges: see ``core.fixed.plan.plan``.
            compiler: command; by default that of ``find_compiler``.
            flags: for the compiler.

        Raises:
            ExportError: the controller does not fit fixed point; there is no compiler, or it refuses the header.
        """
        compiler = compiler or find_compiler()
        if compiler is None:
            raise ExportError("no C compiler was found: install gcc or clang, or name one in CC")
        self._controller = controller
        prefix = fixed_prefix(controller)
        with tempfile.TemporaryDirectory(prefix="wann_rt_", ignore_cleanup_errors=True) as name:
            header, source, output = (Path(name, file) for file in (f"{prefix}.h", "harness.c", "harness.so"))
            header.write_text(to_c_fixed(controller, ranges=ranges), encoding="utf-8")
            source.write_text(_HARNESS.format(p=prefix, P=prefix.upper()), encoding="utf-8")
            options = [DIALECT, *WARNINGS, *flags, "-shared", "-fPIC", "-o", str(output)]
            compile_with(compiler, [*options, str(source)])
            self._library = ctypes.CDLL(str(output))  # once loaded, it outlives its file; Windows keeps the file

    def run(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns the actions in their units, float32 [batch, actions], for observations [batch, observations]."""
        rows = np.ascontiguousarray(np.atleast_2d(self._controller.check_observation(observations)))
        actions = np.empty((len(rows), len(self._controller.actions)), np.float32)
        self._library.run_float(_pointer(rows), _pointer(actions), ctypes.c_int(len(rows)))
        return actions

    def run_integers(self, observations: Integers) -> Integers:
        """Returns the actions, [batch, actions], for observations [batch, observations], all in their formats."""
        rows = np.ascontiguousarray(observations, np.int16)
        actions = np.empty((len(rows), len(self._controller.actions)), np.int32)
        self._library.run(_pointer(rows), _pointer(actions), ctypes.c_int(len(rows)))
        return actions.astype(np.int64)

    def selftest(self) -> int:
        """Returns what the header's own self-test says: 0, or the number of the first bad vector."""
        return int(self._library.selftest())


def _pointer(array: NDArray[np.generic]) -> ctypes.c_void_p:
    return array.ctypes.data_as(ctypes.c_void_p)
