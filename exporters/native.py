"""A controller as a function of this machine: its C header, compiled once, called by ctypes.

It needs a C compiler and numpy, nothing else. An observation that is a float array takes about a microsecond; whatever
else comes goes through the checks of the controller.
"""

import ctypes
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.core.stateful import only_without_state
from wann_rt.exporters.parity import harness
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c.names import c_prefix

# Without letting go of the interpreter's lock, which takes longer than a step.
_RUN = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)


class Native:
    """A compiled controller; call it as the controller itself.

    Attributes:
        controller: what was compiled.
    """

    def __init__(self, controller: Controller, compiler: str | None = None) -> None:
        """Compiles the header, and asks its self-test.

        Raises:
            ExportError: there is no compiler, it refuses the header, or computes other bits.
        """
        only_without_state(controller, "compiled()")
        self.controller = controller
        prefix = c_prefix(controller)
        source = harness.header_harness(prefix) + harness.rows_function("run", prefix, "step")
        files = {f"{prefix}.h": to_c(controller), "harness.c": source}
        command = harness.some_compiler(compiler)
        self._library = harness.compiled(files, command, ("-O2",))
        if (fault := int(self._library.selftest())) != 0:
            raise ExportError(f"{command} computes other bits: the header's self-test returns {fault}; do not use it")
        self._run = _RUN(("run", self._library))
        self._count = len(controller.observations)
        self._seen, self._done = np.empty(self._count, np.float32), np.empty(len(controller.actions), np.float32)
        self._from, self._to = (ctypes.c_void_p(buffer.ctypes.data) for buffer in (self._seen, self._done))
        self._lock = threading.Lock()

    def __call__(
        self, observation: ArrayLike | Mapping[str, Any] | None = None, **channels: Any
    ) -> NDArray[np.float32]:
        """Computes actions, bit for bit those of the controller; arguments and errors are the controller's, too."""
        if type(observation) is np.ndarray and observation.shape == (self._count,) and observation.dtype.kind == "f":
            with self._lock:
                self._seen[...] = observation
                self._run(self._from, self._to, 1)
                return self._done.copy()
        batch = self.controller.as_observation(observation, channels)
        seen, done = harness.rows(self.controller, batch)
        self._run(seen.ctypes.data, done.ctypes.data, len(seen))
        return done[0] if batch.ndim == 1 else done
