"""Runs a blob: compiles the C runtime for this machine into a shared library and calls it."""

import ctypes
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core.activations import PALETTE, covered
from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError, TableError
from wann_rt.exporters.blob_monitor import memory_floats
from wann_rt.exporters.parity import harness
from wann_rt.exporters.to_blob import to_blob
from wann_rt.runtime_c import include_dir

# A C loop of many steps per call, which ctypes would do too slowly. Everything else calls the runtime directly.
_HARNESS = """\
#include "wann_rt.h"

size_t controller_bytes(void);
int run(const wann_controller *c, const float *obs, float *actions, float *scratch, int rows);
int run_ensemble(const wann_controller *c, const float *obs, float *actions, float *scratch,
                 int rows, const float *weights, uint16_t n_weights);
int run_sequence(const wann_controller *c, const float *obs, float *actions, float *scratch,
                 int rows, const unsigned char *resets);
int run_spread(const wann_controller *c, const float *obs, float *spread, float *scratch, int rows,
               const unsigned char *resets, float *actions);
int run_monitor(const void *blob, size_t size, const float *obs, const float *done, float *state,
                float *memory, size_t floats, int rows, const unsigned char *resets);

size_t controller_bytes(void) { return sizeof(wann_controller); }

int run(const wann_controller *c, const float *obs, float *actions, float *scratch, int rows) {
    int error = WANN_OK;
    for (int i = 0; i < rows && error == WANN_OK; i++) {
        error = wann_step(c, obs, actions, scratch, wann_scratch_floats(c));
        obs += c->observations;
        actions += c->actions;
    }
    return error;
}

int run_ensemble(const wann_controller *c, const float *obs, float *actions, float *scratch,
                 int rows, const float *weights, uint16_t n_weights) {
    int error = WANN_OK;
    for (int i = 0; i < rows && error == WANN_OK; i++) {
        error = wann_ensemble(c, obs, actions, weights, n_weights, scratch, wann_scratch_floats(c));
        obs += c->observations;
        actions += c->actions;
    }
    return error;
}

int run_sequence(const wann_controller *c, const float *obs, float *actions, float *scratch,
                 int rows, const unsigned char *resets) {
    int error = wann_reset(c, scratch, wann_scratch_floats(c));
    for (int i = 0; i < rows && error == WANN_OK; i++) {
        if (resets[i] != 0) {
            error = wann_reset(c, scratch, wann_scratch_floats(c));
        }
        if (error == WANN_OK) {
            error = wann_step(c, obs, actions, scratch, wann_scratch_floats(c));
        }
        obs += c->observations;
        actions += c->actions;
    }
    return error;
}

int run_spread(const wann_controller *c, const float *obs, float *spread, float *scratch, int rows,
               const unsigned char *resets, float *actions) {
    const size_t floats = WANN_SPREAD_FLOATS(wann_scratch_floats(c), (size_t)c->actions);
    int error = wann_reset(c, scratch, floats);
    for (int i = 0; i < rows && error == WANN_OK; i++) {
        if (resets[i] != 0) {
            error = wann_reset(c, scratch, floats);
        }
        if (error == WANN_OK) {
            error = wann_step_spread(c, obs, actions, spread, scratch, floats);
        }
        obs += c->observations;
        actions += c->actions;
        spread += c->actions;
    }
    return error;
}

int run_monitor(const void *blob, size_t size, const float *obs, const float *done, float *state,
                float *memory, size_t floats, int rows, const unsigned char *resets) {
    static wann_controller c;
    static wann_monitor m;
    int error = wann_load(&c, blob, size);
    if (error == WANN_OK) {
        error = wann_monitor_load(&m, &c);
    }
    if (error == WANN_OK && wann_monitor_floats(&m) != floats) {
        error = WANN_E_SCRATCH;
    }
    for (int i = 0; i < rows && error == WANN_OK; i++) {
        uint32_t alarm = 0;
        if (i == 0 || resets[i] != 0) {
            error = wann_monitor_reset(&m, memory, floats);
        }
        if (error == WANN_OK) {
            error = wann_monitor_step(&m, obs, done, &alarm, memory, floats);
        }
        for (unsigned k = 0; k + 1 < m.state; k++) {
            *state++ = memory[m.floats - m.state + k];
        }
        *state++ = (float)alarm;
        obs += m.observations;
        done += m.actions;
    }
    return error;
}
"""


class BlobEvaluator:
    """A controller's blob, run by the C runtime on this machine.

    Attributes:
        name: for reports: what was compiled, and how.
        blob: the bytes that run.
    """

    def __init__(self, controller: Controller, compiler: str | None = None, flags: Sequence[str] = ("-O2",)) -> None:
        """Writes the blob, compiles the runtime (once for all controllers) and loads the one into the other.

        Args:
            controller: the controller.
            compiler: command; by default that of ``find_compiler``.
            flags: for the compiler.

        Raises:
            ExportError: the controller does not fit a blob; there is no compiler, or it refuses the runtime.
        """
        compiler = harness.some_compiler(compiler)
        self.name = f"C runtime ({' '.join([Path(compiler).name, *flags])})"
        self.blob = to_blob(controller)
        self._controller = controller
        self._library = _compiled(compiler, tuple(flags))
        self._bytes = ctypes.create_string_buffer(self.blob, len(self.blob))  # the runtime reads it in place
        self._loaded = self._new()
        self._checked(self._load(self._loaded, self._bytes))
        floats = self._library.wann_scratch_floats(self._loaded)
        self._scratch = np.empty(floats, np.float32)
        self._longer = np.empty(floats + 2 * len(controller.actions), np.float32)  # WANN_SPREAD_FLOATS

    def run(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns the actions, float32 [batch, actions], for raw observations [batch, observations]."""
        return self._call("run", observations)

    def run_sequence(self, observations: NDArray[np.float32], resets: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Returns the actions [steps, actions] of a controller with a state, which is reset before some steps."""
        return self._call("run_sequence", observations, harness.pointer(np.ascontiguousarray(resets, np.uint8)))

    def run_spread(
        self, observations: NDArray[np.float32], resets: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Returns the actions of a sequence, and how far members are apart, each [steps, actions]."""
        flags = np.zeros(len(observations), np.uint8) if resets is None else np.ascontiguousarray(resets, np.uint8)
        rows, spread = harness.rows(self._controller, observations)
        actions = np.empty_like(spread)
        pointers = [harness.pointer(array) for array in (rows, spread, self._longer)]
        more = (ctypes.c_int(len(rows)), harness.pointer(flags), harness.pointer(actions))
        self._checked(self._library.run_spread(self._loaded, *pointers, *more))
        return actions, spread

    def run_ensemble(self, observations: NDArray[np.float32], weights: ArrayLike) -> NDArray[np.float32]:
        """Returns the mean of the actions under other shared weights; under a single one, its actions.

        Raises:
            ExportError: the controller has a weight per connection, or no weight came.
        """
        values = np.ascontiguousarray(weights, np.float32).reshape(-1)
        return self._call("run_ensemble", observations, harness.pointer(values), ctypes.c_uint16(len(values)))

    def selftest(self) -> int:
        """Returns what ``wann_selftest`` says: 0, or a negative error."""
        arguments = (self._loaded, harness.pointer(self._scratch), ctypes.c_size_t(len(self._scratch)))
        return int(self._library.wann_selftest(*arguments))

    def load(self, blob: bytes) -> int:
        """Returns what ``wann_load`` says of any bytes; this evaluator goes on running its own."""
        return self._load(self._new(), ctypes.create_string_buffer(blob, len(blob)))

    def error_name(self, error: int) -> str:
        """Returns the runtime's name for an error."""
        found: bytes = self._library.wann_error_name(error)
        return found.decode()

    def _new(self) -> ctypes.Array[ctypes.c_char]:
        """Returns memory for a controller: zero, as the runtime wants it."""
        return ctypes.create_string_buffer(self._library.controller_bytes())

    def _load(self, into: ctypes.Array[ctypes.c_char], blob: ctypes.Array[ctypes.c_char]) -> int:
        return int(self._library.wann_load(into, blob, ctypes.c_size_t(len(blob))))

    def _call(
        self, function: str, observations: NDArray[np.float32], *more: ctypes.c_void_p | ctypes.c_uint16
    ) -> NDArray[np.float32]:
        rows, actions = harness.rows(self._controller, observations)
        pointers = [harness.pointer(array) for array in (rows, actions, self._scratch)]
        error = getattr(self._library, function)(self._loaded, *pointers, ctypes.c_int(len(rows)), *more)
        self._checked(error)
        return actions

    def _checked(self, error: int) -> None:
        if error != 0:
            raise ExportError(f"the C runtime refuses: WANN_E_{self.error_name(error)} ({error})")


def monitored(
    controller: Controller, observations: NDArray[np.float32], actions: NDArray[np.float32], resets: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Returns what a blob's monitor remembers after each step, [steps, numbers]; the last is the alarm that it says.

    Args:
        controller: with a monitor.
        observations: what is read, [steps, observations].
        actions: what was done since the reading before, [steps, actions].
        resets: before which steps it is reset.

    Raises:
        ExportError: the runtime refuses the blob, or there is no compiler.
    """
    assert controller.monitor is not None
    library, blob = _compiled(harness.some_compiler(None), ("-O2",)), to_blob(controller)
    floats, size = memory_floats(controller.monitor), controller.monitor.size
    memory, state = np.full(floats, np.nan, np.float32), np.empty((len(observations), size), np.float32)
    seen, done = (np.ascontiguousarray(side, np.float32) for side in (observations, actions))
    flags, data = np.ascontiguousarray(resets, np.uint8), ctypes.create_string_buffer(blob, len(blob))
    sizes = ctypes.c_size_t(len(blob)), ctypes.c_size_t(floats)
    pointers = [harness.pointer(array) for array in (seen, done, state, memory)]
    error = library.run_monitor(data, sizes[0], *pointers, sizes[1], ctypes.c_int(len(seen)), harness.pointer(flags))
    if error != 0:
        raise ExportError(f"the C runtime refuses the monitor: WANN_E_{library.wann_error_name(error).decode()}")
    return state


RUNTIME_TABLE = "of the activations' ids, and the switch of activated(),"


def runtime_activations(source: str) -> Mapping[str, int]:
    """Returns name -> id of the activations that the runtime computes.

    Args:
        source: text of ``runtime_c/wann_rt.c``.

    Raises:
        TableError: they are not those of the palette, or blobs are accepted up to another id than the greatest.
    """
    table = re.search(r"enum \{\s*LINEAR = .*?\};", source, re.DOTALL)
    switch = re.search(r"activated\(.*?\n\}", source, re.DOTALL)
    ids = {name: int(number) for name, number in re.findall(r"(\w+) = (\d+)", table[0] if table else "")}
    cases = {"LINEAR", *re.findall(r"case (\w+):", switch[0] if switch else "")}
    rows = {name.lower(): ids[name] for name in ids if name in cases}
    covered(rows, RUNTIME_TABLE, "runtime_c/wann_rt", ".c")
    last = re.search(r"LAST_ACTIVATION = (\w+)", table[0] if table else "")
    wrong = [a.name for a in PALETTE if rows[a.name] != a.id]
    if wrong or last is None or ids[last[1]] != max(ids.values()):
        at_fault = f"the id of {wrong[0]} is not that of PALETTE" if wrong else "LAST_ACTIVATION is not the greatest id"
        raise TableError(f"table {RUNTIME_TABLE} in runtime_c/wann_rt.c: {at_fault}")
    return rows


@cache
def _compiled(compiler: str, flags: tuple[str, ...]) -> ctypes.CDLL:
    runtime_activations((include_dir() / "wann_rt.c").read_text(encoding="utf-8"))
    library = harness.compiled({"harness.c": _HARNESS}, compiler, flags, [include_dir() / "wann_rt.c"])
    library.controller_bytes.restype = library.wann_scratch_floats.restype = ctypes.c_size_t
    library.wann_error_name.restype = ctypes.c_char_p
    return library
