"""Runs a generated header: compiles it for this machine into a shared library and calls it."""

import ctypes
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.exporters.parity import harness
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c.names import c_prefix


class CEvaluator:
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
        compiler = harness.some_compiler(compiler)
        self.name = f"C header ({' '.join([Path(compiler).name, *flags])})"
        self._controller = controller
        self._library: ctypes.CDLL | None = _compiled(controller, compiler, flags)

    def run(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns the actions, float32 [batch, actions], for raw observations [batch, observations]."""
        return self._call("run", observations)

    def run_sequence(self, observations: NDArray[np.float32], resets: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Returns the actions [steps, actions] of a controller with a state, which is reset before some steps."""
        flags = np.ascontiguousarray(resets, np.uint8)
        return self._call("sequence", observations, harness.pointer(flags))

    def run_weight(self, observations: NDArray[np.float32], weight: float) -> NDArray[np.float32]:
        """Returns the actions under another shared weight (of an ensemble: of one such member).

        Raises:
            ExportError: the controller has a weight per connection.
        """
        if not self._controller.lowered.shared:
            raise ExportError("a controller with a weight per connection runs under no other weight")
        return self._call("run_weight", observations, ctypes.c_float(weight))

    def selftest(self) -> int:
        """Returns what the header's own self-test says: 0, or the bits of what failed."""
        return int(self._loaded().selftest())

    def close(self) -> None:
        """Lets go of the library; the evaluator cannot run any more."""
        self._library = None

    def _call(
        self, function: str, observations: NDArray[np.float32], *more: ctypes.c_float | ctypes.c_void_p
    ) -> NDArray[np.float32]:
        rows, actions = harness.rows(self._controller, observations)
        arguments = (harness.pointer(rows), harness.pointer(actions), ctypes.c_int(len(rows)), *more)
        getattr(self._loaded(), function)(*arguments)
        return actions

    def _loaded(self) -> ctypes.CDLL:
        if self._library is None:
            raise ExportError(f"{self.name} is closed")
        return self._library


def _compiled(controller: Controller, compiler: str, flags: Sequence[str]) -> ctypes.CDLL:
    prefix = c_prefix(controller)
    if controller.derived:
        source = harness.header_harness(prefix) + harness.sequence_function(prefix)
        return harness.compiled({f"{prefix}.h": to_c(controller), "harness.c": source}, compiler, flags)
    source = harness.header_harness(prefix) + harness.rows_function("run", prefix, "step")
    if controller.lowered.shared:
        source += harness.rows_function("run_weight", prefix, "step_weight", weight=True)
    return harness.compiled({f"{prefix}.h": to_c(controller), "harness.c": source}, compiler, flags)
