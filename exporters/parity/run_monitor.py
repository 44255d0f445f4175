"""Compares what a monitor remembers, step after step, with the oracle: every back end, bit for bit.

The alarm alone would hide most of what is computed, so all numbers of the state are compared.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.errors import WannError
from wann_rt.core.monitor import Monitor
from wann_rt.core.reference import Floats
from wann_rt.exporters.parity import harness
from wann_rt.exporters.parity.compiler import find_compiler
from wann_rt.exporters.parity.distance import difference, distance
from wann_rt.exporters.parity.report import Mismatch, Result, hexadecimal
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c.names import c_prefix

HELD = 13  # of so many readings one is repeated
_C = """
void judge(const float *obs, const float *done, float *state, int rows, const unsigned char *resets);

void judge(const float *obs, const float *done, float *state, int rows, const unsigned char *resets) {
    <p>_monitor_state monitor;
    <p>_monitor_reset(&monitor);
    for (int i = 0; i < rows; i++) {
        if (resets[i] != 0) {
            <p>_monitor_reset(&monitor);
        }
        (void)<p>_monitor_step(&monitor, obs, done);
        for (unsigned k = 0; k < sizeof monitor / sizeof(float); k++) {
            *state++ = ((const float *)&monitor)[k];
        }
        obs += <P>_N_OBSERVATIONS;
        done += <P>_N_ACTIONS;
    }
}
"""


@dataclass(frozen=True)
class Sequence:
    """What a monitor is given: readings, the actions since those before, and before which steps it is reset."""

    observations: Floats
    actions: Floats
    resets: NDArray[np.bool_]


def held(monitor: Monitor, given: Sequence) -> Sequence:
    """Returns a sequence in which now and then one channel repeats its reading as often as the monitor asks."""
    count, n = given.observations.shape
    rows = np.repeat(np.arange(count), np.where(np.arange(count) % HELD == 0, 1 + monitor.most_repeats, 1))
    is_first = np.diff(rows, prepend=-1) != 0
    is_held = np.arange(n) == rows[:, np.newaxis] // HELD % n  # others would hide what it does
    signs = np.where(is_held | (np.arange(len(rows)) % 2 == 0)[:, np.newaxis], 1, -1).astype(np.float32)
    return Sequence(given.observations[rows] * signs, given.actions[rows], given.resets[rows] & is_first)


Run = Callable[[Controller, Sequence], Floats]


def oracle(monitor: Monitor, given: Sequence) -> Floats:
    """Returns the state after each step, [steps, numbers]."""
    rows, state = np.empty((len(given.observations), monitor.size), np.float32), monitor.start()
    for k, (seen, done) in enumerate(zip(given.observations, given.actions, strict=True)):
        _, state = monitor.step(monitor.start() if given.resets[k] else state, seen, done)
        rows[k] = state
    return rows


def run_c(controller: Controller, given: Sequence) -> Floats:
    """Returns what the C header remembers after each step."""
    prefix, flags = c_prefix(controller), np.ascontiguousarray(given.resets, np.uint8)
    source = harness.header_harness(prefix) + _C.replace("<p>", prefix).replace("<P>", prefix.upper())
    files = {f"{prefix}.h": to_c(controller), "harness.c": source}
    library = harness.compiled(files, harness.some_compiler(None), ("-O2", "-Wno-unused-function"))
    seen, done = (np.ascontiguousarray(side, np.float32) for side in (given.observations, given.actions))
    assert controller.monitor is not None
    state = np.empty((len(seen), controller.monitor.size), np.float32)
    library.judge(*map(harness.pointer, (seen, done, state)), len(seen), harness.pointer(flags))
    return state


def _no_compiler() -> str | None:
    return None if find_compiler() else "no C compiler was found: install gcc or clang, or name one in CC"


def run_onnx(controller: Controller, given: Sequence) -> Floats:
    """Returns what exact ONNX remembers after each step, in onnxruntime."""
    from wann_rt.exporters.parity.run_onnx import session
    from wann_rt.exporters.to_onnx.model import to_onnx

    graph, first = session(to_onnx(controller, exact=True)), controller.memory.size
    assert controller.monitor is not None
    state, rows = np.zeros((1, first + controller.monitor.size), np.float32), []
    for seen, done, begins in zip(given.observations, given.actions, given.resets, strict=True):
        feed = {
            "obs": seen[np.newaxis],
            "last_actions": done[np.newaxis],
            "h_in": np.zeros_like(state) if begins else state,
        }
        state = graph.run(["h_out"], {key: np.asarray(value, np.float32) for key, value in feed.items()})[0]
        rows.append(state[0, first:])
    return np.array(rows, np.float32)


def run_blob(controller: Controller, given: Sequence) -> Floats:
    """Returns what the blob remembers in the C runtime after each step."""
    from wann_rt.exporters.parity.run_blob import monitored

    return monitored(controller, given.observations, given.actions, given.resets)


# Key, title, what runs it, why it cannot run here.
ROWS: tuple[tuple[str, str, Run, Callable[[], str | None]], ...] = (
    ("monitor_c", "monitor, C header", run_c, _no_compiler),
    ("monitor_blob", "monitor, blob", run_blob, _no_compiler),
    ("monitor_onnx_exact", "monitor, ONNX exact", run_onnx, lambda: None),
)


def results(controller: Controller, given: Sequence) -> list[Result]:
    """Returns how each back end compares with the oracle."""
    assert controller.monitor is not None
    expected, found = oracle(controller.monitor, given), []
    for key, title, run, missing in ROWS:
        reason = missing()
        if reason is not None:
            found.append(Result(key, title, "0 ulp", skipped=reason))
            continue
        try:
            found.append(_compared(key, title, expected, run(controller, given), given, controller.monitor))
        except WannError as error:
            found.append(Result(key, title, "0 ulp", kept=False, failed=str(error)))
    return found


def _compared(key: str, title: str, expected: Floats, got: Floats, given: Sequence, monitor: Monitor) -> Result:
    ulp, apart = distance(expected, got), difference(expected, got)
    worst = None
    if ulp.any():
        k, number = np.unravel_index(np.argmax(ulp), ulp.shape)
        seen = tuple(map(hexadecimal, given.observations[k]))
        values = hexadecimal(expected[k, number]), hexadecimal(got[k, number])
        worst = Mismatch(int(k), seen, monitor.names[number], *values)
    return Result(
        key, title, "0 ulp", vectors=len(expected), bit_equal=not ulp.any(), max_ulp=int(ulp.max(initial=0)),
        max_abs=float(apart.max(initial=0.0)), median_abs=float(np.median(apart.max(axis=1))), worst=worst,
        kept=not ulp.any(),
    )  # fmt: skip
