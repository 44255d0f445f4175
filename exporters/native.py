"""A controller as a function of this machine: its C header, compiled once, called by ctypes.

It needs a C compiler and numpy, nothing else. An observation that is a float array takes the shortest way; whatever
else comes goes through the checks of the controller. A state is the caller's, here too: nothing is kept between calls.
"""

import ctypes
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core import stateful
from wann_rt.core.controller import Controller
from wann_rt.core.decision import decided
from wann_rt.core.errors import ExportError
from wann_rt.exporters.parity import harness
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c.names import c_prefix

# Without letting go of the interpreter's lock, which takes longer than a step.
_RUN = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_ADVANCE = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)


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
        self.controller = controller
        prefix = c_prefix(controller)
        source = harness.header_harness(prefix) + (
            harness.states_function(prefix) if controller.derived else harness.rows_function("run", prefix, "step")
        )
        files = {f"{prefix}.h": to_c(controller), "harness.c": source}
        command = harness.some_compiler(compiler)
        self._library = harness.compiled(files, command, ("-O2",))
        if (fault := int(self._library.selftest())) != 0:
            raise ExportError(f"{command} computes other bits: the header's self-test returns {fault}; do not use it")
        self._has_state = bool(controller.derived)
        self._run: Any = (_ADVANCE if self._has_state else _RUN)(("run", self._library))
        self._count = len(controller.observations)
        self._seen, self._done = np.empty(self._count, np.float32), np.empty(len(controller.actions), np.float32)
        self._from, self._to = (ctypes.c_void_p(buffer.ctypes.data) for buffer in (self._seen, self._done))
        self._lock = threading.Lock()

    def __call__(
        self, observation: ArrayLike | Mapping[str, Any] | None = None, **channels: Any
    ) -> NDArray[np.float32]:
        """Computes actions, bit for bit those of the controller; arguments and errors are the controller's, too."""
        if self._has_state:
            stateful.refuse_state(self.controller)
        if type(observation) is np.ndarray and observation.shape == (self._count,) and observation.dtype.kind == "f":
            with self._lock:
                self._seen[...] = observation
                self._run(self._from, self._to, 1)
                return self._done.copy()
        batch = self.controller.as_observation(observation, channels)
        seen, done = harness.rows(self.controller, batch)
        self._run(seen.ctypes.data, done.ctypes.data, len(seen))
        return done[0] if batch.ndim == 1 else done

    def start(self, *lanes: int) -> NDArray[np.float32]:
        """Returns the state at the beginning of an episode; see ``Controller.start``."""
        return self.controller.start(*lanes)

    def step(
        self, state: NDArray[np.float32], observation: ArrayLike | Mapping[str, Any]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Computes the actions of one step and the state after it: returns ``(actions, state)``; that given stays."""
        if not self._has_state:
            return self.controller.step(state, observation)
        batch = self.controller.check_observation(observation)
        after = np.array(stateful.checked_state(self.controller, state, batch), np.float32, order="C")
        seen, done = harness.rows(self.controller, batch)
        self._run(after.ctypes.data, seen.ctypes.data, done.ctypes.data, len(seen))
        return (done[0], after) if batch.ndim == 1 else (done, after)

    def predict(
        self, observation: ArrayLike, state: Any = None, episode_start: Any = None, deterministic: bool = True
    ) -> tuple[NDArray[Any], Any]:
        """Computes actions by the convention of Stable-Baselines3; see ``Controller.predict``."""
        if not self._has_state:
            return decided(self.controller.decision, self(observation)), None
        return stateful.predict(self.controller, observation, state, episode_start, self.step)
