"""Runs a generated header: compiles it for this machine into a shared library and calls it."""

import ctypes
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.exporters.parity.compiler import DIALECT, WARNINGS, _pointer, compile_with, find_compiler
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c.names import c_prefix

_HARNESS = """\
#include "{p}.h"

void run(const float *obs, float *actions, int rows);
int selftest(void);

void run(const float *obs, float *actions, int rows) {{
    for (int i = 0; i < rows; i++) {{
        {p}_step(obs, actions);
        obs += {P}_N_OBSERVATIONS;
        actions += {P}_N_ACTIONS;
    }}
}}

int selftest(void) {{ return {p}_selftest(); }}
"""

_HARNESS_WEIGHT = """
void run_weight(const float *obs, float *actions, int rows, float weight);

void run_weight(const float *obs, float *actions, int rows, float weight) {{
    for (int i = 0; i < rows; i++) {{
        {p}_step_weight(obs, actions, weight);
        obs += {P}_N_OBSERVATIONS;
        actions += {P}_N_ACTIONS;
    }}
}}
"""


class CBackend:
    """A controller's C header, compiled for this machine.

    Attributes:
        name: for reports: what was compiled, and how.
    """

    def __init__(self, controller: Controller, compiler: str | None = None, flags: Sequence[str] = ("-O2",)) -> None:
        """Compiles the header.

        Args:
            controller: the controller.
            compiler: command; by default that of ``find_compiler``.
            flags: for the compiler.

        Raises:
            ExportError: there is no compiler, or it refuses the header; with its own words.
        """
        compiler = compiler or find_compiler()
        if compiler is None:
            raise ExportError("no C compiler was found: install gcc or clang, or name one in CC")
        self.name = f"C header ({' '.join([Path(compiler).name, *flags])})"
        self._controller = controller
        self._library: ctypes.CDLL | None = _compiled(controller, compiler, flags)

    def run(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns the actions, float32 [batch, actions], for raw observations [batch, observations]."""
        return self._call("run", observations)

    def run_weight(self, observations: NDArray[np.float32], weight: float) -> NDArray[np.float32]:
        """Returns the actions under another shared weight (of an ensemble: of one such member).

        Raises:
            ExportError: the controller has a weight per connection.
        """
        if self._controller.weight.kind == "connections":
            raise ExportError("a controller with a weight per connection runs under no other weight")
        return self._call("run_weight", observations, ctypes.c_float(weight))

    def selftest(self) -> int:
        """Returns what the header's own self-test says: 0, or the number of the first bad vector."""
        return int(self._loaded().selftest())

    def close(self) -> None:
        """Lets go of the library; the back end cannot run any more."""
        self._library = None

    def _call(self, function: str, observations: NDArray[np.float32], *more: ctypes.c_float) -> NDArray[np.float32]:
        rows = np.ascontiguousarray(self._controller.check_observation(observations))
        rows = np.atleast_2d(rows)
        actions = np.empty((len(rows), len(self._controller.actions)), np.float32)
        arguments = (_pointer(rows), _pointer(actions), ctypes.c_int(len(rows)), *more)
        getattr(self._loaded(), function)(*arguments)
        return actions

    def _loaded(self) -> ctypes.CDLL:
        if self._library is None:
            raise ExportError(f"{self.name} is closed")
        return self._library




def _compiled(controller: Controller, compiler: str, flags: Sequence[str]) -> ctypes.CDLL:
    prefix = c_prefix(controller)
    template = _HARNESS + ("" if controller.weight.kind == "connections" else _HARNESS_WEIGHT)
    with tempfile.TemporaryDirectory(prefix="wann_rt_", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / f"{prefix}.h").write_text(to_c(controller), encoding="utf-8")
        source = template.format(p=prefix, P=prefix.upper())
        (folder / "harness.c").write_text(source, encoding="utf-8")
        output = folder / "harness.so"
        options = [DIALECT, *WARNINGS, *flags, "-shared", "-fPIC", "-o", str(output)]
        compile_with(compiler, [*options, str(folder / "harness.c")])
        return ctypes.CDLL(str(output))  # once loaded, it outlives its file; Windows keeps the file




