"""Every activation on every float32: generated C against the compiled kernels, and both against the exact value.

Run by `make exhaustive`. It may be stopped at any time and goes on where it was, unless the code under test changed.
"""

import ctypes
import hashlib
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np
from helpers import compiled
from numpy.typing import NDArray

from cross.matrix import ROOT
from cross.subjects import activation_subjects
from wann_rt.core.activations import BY_ID, PALETTE
from wann_rt.core.files import write_atomic
from wann_rt.exporters.parity.compiler import compile_with

STATE = ROOT / "build" / "exhaustive.json"
DOCUMENT = ROOT / "docs" / "exhaustive.md"
BLOCKS = 16  # of an activation; the state is saved after each
CHUNK = 2**18  # floats at once: they stay in the second-level cache
COMPILER, FLAGS = "gcc", ("-O2",)
LARGE = 2.0**-6  # results from this size on also count by themselves: near 0 an ulp is no measure of what is felt

_MANY = """
void <name>_many(const float *x, float *y, int count);
void <name>_many(const float *x, float *y, int count) {
    for (int i = 0; i < count; i++) {
        <name>_step(x + i, y + i);
    }
}
"""


@dataclass(frozen=True)
class Found:
    """What some inputs showed; inputs are given by the greatest error of each kind.

    Attributes:
        inputs: how many.
        mismatches: how many of them C and the kernels disagree on, in any bit; one NaN equals another.
        abs_error: greatest difference from the exact value, over finite inputs.
        ulp: the same in units of the last place of the exact value.
        ulp_large: the same where the exact value is at least ``LARGE``.
        x_abs: where ``abs_error`` was found.
        x_ulp: where ``ulp_large`` was found.
        seconds: processor time, all threads together.
    """

    inputs: int = 0
    mismatches: int = 0
    abs_error: float = 0.0
    ulp: float = 0.0
    ulp_large: float = 0.0
    x_abs: float = 0.0
    x_ulp: float = 0.0
    seconds: float = 0.0

    def __or__(self, other: "Found") -> "Found":
        """Returns both together."""
        a, b = (self, other) if self.abs_error >= other.abs_error else (other, self)
        large = max(self, other, key=lambda found: found.ulp_large)
        return Found(
            self.inputs + other.inputs,
            self.mismatches + other.mismatches,
            a.abs_error,
            max(a.ulp, b.ulp),
            large.ulp_large,
            a.x_abs,
            large.x_ulp,
            self.seconds + other.seconds,
        )


@numba.njit(nogil=True, error_model="numpy")
def _sin_pi(x: float) -> float:
    """Returns sin(pi x): the differences to the nearest even number and to the nearest integer are exact."""
    r = x - 2.0 * np.rint(0.5 * x)
    n = np.rint(r)
    sign = -1.0 if n != 0.0 else 1.0
    return sign * math.sin(math.pi * (r - n))


@numba.njit(nogil=True, error_model="numpy")
def _cos_pi(x: float) -> float:
    """Returns cos(pi x); a tiny x loses bits in the subtraction, where the result is 1 anyway."""
    return _sin_pi(0.5 - abs(x - 2.0 * np.rint(0.5 * x)))


@numba.njit(nogil=True, error_model="numpy")
def exact(activation: int, x: float) -> float:
    """Returns the function that an activation stands for, in double precision."""
    if activation == 2:
        return 1.0 if x > 0.0 else 0.0
    if activation == 3:
        return _sin_pi(x)
    if activation == 4:
        return math.exp(-0.5 * x * x)
    if activation == 5:
        return math.tanh(x)
    if activation == 6:
        return 1.0 / (1.0 + math.exp(-x))
    if activation == 7:
        return -x
    if activation == 8:
        return abs(x)
    if activation == 9:
        return max(x, 0.0)
    if activation == 10:
        return _cos_pi(x)
    if activation == 11:
        return x * x
    return x


@numba.njit(nogil=True, error_model="numpy")
def compare(
    activation: int, x: NDArray[np.float32], c: NDArray[np.float32], k: NDArray[np.float32], out: NDArray[np.float64]
) -> int:
    """Returns in how many bit patterns c and k differ; updates the greatest errors: [abs, ulp, large, x, x]."""
    bits_c, bits_k = c.view(np.uint32), k.view(np.uint32)
    mismatches = 0
    for i in range(x.shape[0]):
        if bits_c[i] != bits_k[i] and not (np.isnan(c[i]) and np.isnan(k[i])):
            mismatches += 1
        value = np.float64(x[i])
        size = abs(value)
        # From 2^23 on each float is an integer and counts as an even one: see DESIGN.md.
        if not size < np.inf or (activation == 10 and 2.0**23 <= size < 2.0**24):
            continue
        wanted = exact(activation, value)
        error = abs(np.float64(c[i]) - wanted)
        if error == 0.0 or (np.isinf(c[i]) and abs(wanted) >= 2.0**128 - 2.0**103):
            continue
        ulp = math.ldexp(error, 24 - max(math.frexp(wanted)[1], -125))
        out[1] = max(out[1], ulp)
        if not error <= out[0]:
            out[0], out[3] = error, value
        if abs(wanted) >= LARGE and not ulp <= out[2]:
            out[2], out[4] = ulp, value
    return mismatches


def many_functions() -> tuple[dict[int, Callable[..., None]], str]:
    """Returns the C function of each activation, for arrays, and a digest of all that is under test."""
    names = {a.id: s for a, s in zip(PALETTE, activation_subjects(), strict=True)}
    text = "".join(s.code + _MANY.replace("<name>", s.name) for s in names.values())
    unused = ["-Wno-unused-function"]
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder, "all.c"), Path(folder, "all.so")
        source.write_text(text, encoding="utf-8")
        compile_with(COMPILER, [*FLAGS, *unused, "-shared", "-fPIC", str(source), "-o", str(output)])
        library = ctypes.CDLL(str(output))
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return {number: library[f"{s.name}_many"] for number, s in names.items()}, digest


def examine(activation: int, function: Callable[..., None], bits: NDArray[np.uint32]) -> Found:
    """Compares C, kernels and exact values on some bit patterns."""
    begin = time.thread_time()
    x = bits.view(np.float32)
    c, k = np.empty_like(x), compiled.applied(BY_ID[activation], x)
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (x, c)]
    function(*pointers, ctypes.c_int(len(x)))
    out = np.zeros(5)
    mismatches = int(compare(activation, x, c, k, out))
    error, ulp, large, x_abs, x_ulp = map(float, out)
    return Found(len(x), mismatches, error, ulp, large, x_abs, x_ulp, time.thread_time() - begin)


def examine_block(activation: int, function: Callable[..., None], block: int) -> Found:
    """Examines one of the ``BLOCKS`` equal parts of all bit patterns."""
    size = 2**32 // BLOCKS
    found = Found()
    for start in range(block * size, (block + 1) * size, CHUNK):
        found |= examine(activation, function, np.arange(start, start + CHUNK, dtype=np.uint32))
    return found


def main(jobs: int) -> int:
    """Examines everything that is not yet in the state; writes the document. Returns the exit code."""
    functions, digest = many_functions()
    state = _load(digest)
    for function_id, function in functions.items():  # compile the kernels before threads want them
        examine(function_id, function, np.arange(4, dtype=np.uint32))
    with ThreadPoolExecutor(jobs) as pool:
        for activation in PALETTE:
            todo = [b for b in range(BLOCKS) if f"{activation.name} {b}" not in state["blocks"]]
            parts = [pool.submit(examine_block, activation.id, functions[activation.id], b) for b in todo]
            for block, part in zip(todo, parts, strict=True):
                state["blocks"][f"{activation.name} {block}"] = asdict(part.result())
                STATE.parent.mkdir(exist_ok=True)
                write_atomic(STATE, json.dumps(state, indent=1).encode())
            print(activation.name, _total(state, activation.name), flush=True)
    totals = {activation.name: _total(state, activation.name) for activation in PALETTE}
    mismatches = sum(found.mismatches for found in totals.values())
    if mismatches == 0:
        DOCUMENT.write_text(document(totals), encoding="utf-8")
    print(f"{mismatches} mismatches; {sum(found.seconds for found in totals.values()) / 60:.0f} CPU minutes")
    return 1 if mismatches else 0


def _load(digest: str) -> dict[str, Any]:
    if STATE.is_file():
        state: dict[str, Any] = json.loads(STATE.read_text(encoding="utf-8"))
        if state["digest"] == digest:
            return state
    return {"digest": digest, "blocks": {}}


def _total(state: dict[str, Any], name: str) -> Found:
    total = Found()
    for block in range(BLOCKS):
        total |= Found(**state["blocks"][f"{name} {block}"])
    return total


def document(totals: dict[str, Found]) -> str:
    """Returns the results as a document."""
    lines = [
        "| activation | formula | inputs | mismatches | greatest error | at x | ulp from 2^-6 on | at x | ulp |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for activation in PALETTE:
        found = totals[activation.name]
        x_abs, x_ulp = (f"{x:.9g}" if error else "-" for x, error in _places(found))
        cells = (
            *(activation.name, activation.formula.replace("|", "\\|"), f"{found.inputs:,}", f"{found.mismatches}"),
            *(f"{found.abs_error:.3g}", x_abs, f"{found.ulp_large:.3g}", x_ulp, f"{found.ulp:.3g}"),
        )
        lines.append(f"| {' | '.join(cells)} |")
    minutes = sum(found.seconds for found in totals.values()) / 60
    text = Path(__file__).with_name("exhaustive.md.in").read_text(encoding="utf-8")
    return text.replace("<table>", "\n".join(lines)).replace("<minutes>", f"{minutes:.0f}")


def _places(found: Found) -> Sequence[tuple[float, float]]:
    return (found.x_abs, found.abs_error), (found.x_ulp, found.ulp_large)


if __name__ == "__main__":
    sys.exit(main(os.cpu_count() or 1))
