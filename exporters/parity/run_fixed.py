"""Runs a header in fixed point: compiles it for this machine into a shared library and calls it."""

import ctypes
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.fixed.plan import Ranges
from wann_rt.core.fixed.reference import Integers
from wann_rt.exporters.parity import harness
from wann_rt.exporters.to_c_fixed.header import fixed_prefix, to_c_fixed


class FixedEvaluator:
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
        self._controller = controller
        prefix = fixed_prefix(controller)
        source = harness.header_harness(prefix, f"#define {prefix.upper()}_FLOAT\n")
        function, integers = harness.rows_function, ("int16_t", "int32_t")
        if controller.derived:
            source += harness.sequence_function(prefix, "run", "step", integers)
            source += harness.sequence_function(prefix, "run_float", "step_float")
        else:
            source += function("run", prefix, "step", integers) + function("run_float", prefix, "step_float")
        files = {f"{prefix}.h": to_c_fixed(controller, ranges=ranges), "harness.c": source}
        self._library = harness.compiled(files, harness.some_compiler(compiler), flags)

    def run(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns the actions in their units, float32 [batch, actions], for observations [batch, observations]."""
        rows, actions = harness.rows(self._controller, observations)
        self._library.run_float(harness.pointer(rows), harness.pointer(actions), ctypes.c_int(len(rows)))
        return actions

    def run_sequence(self, observations: NDArray[np.float32], resets: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Returns the actions [steps, actions] of a controller with a state, which is reset before some steps."""
        rows, actions = harness.rows(self._controller, observations)
        begins = np.ascontiguousarray(resets, np.uint8)
        count = ctypes.c_int(len(rows))
        self._library.run_float(harness.pointer(rows), harness.pointer(actions), count, harness.pointer(begins))
        return actions

    def run_integers(self, observations: Integers, resets: NDArray[np.bool_] | None = None) -> Integers:
        """Returns the actions, [batch, actions], for observations [batch, observations], all in their formats.

        Args:
            observations: of a controller with a state the steps of a sequence.
            resets: of such a controller, before which steps its state is reset.
        """
        rows = np.ascontiguousarray(observations, np.int16)
        actions = np.empty((len(rows), len(self._controller.actions)), np.int32)
        begins = [] if resets is None else [harness.pointer(np.ascontiguousarray(resets, np.uint8))]
        self._library.run(harness.pointer(rows), harness.pointer(actions), ctypes.c_int(len(rows)), *begins)
        return actions.astype(np.int64)

    def selftest(self) -> int:
        """Returns what the header's own self-test says: 0, or the bits of what failed."""
        return int(self._library.selftest())
