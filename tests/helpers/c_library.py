"""Compiles several generated headers in one translation unit, so that tests pay for a compiler once."""

import ctypes
import os
import platform
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.network import Connection, Network
from wann_rt.exporters.parity.compiler import compile_with

STRICT = (
    *("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wdouble-promotion", "-Wshadow"),
    *("-Wfloat-equal", "-Wundef", "-Wunused", "-Wparentheses", "-Werror"),
)

_ENTRY = """
EXPORT void run_<p>(const float *obs, float *actions, int rows);
EXPORT int selftest_<p>(void);
EXPORT void run_<p>(const float *obs, float *actions, int rows) {
    int i;
    for (i = 0; i < rows; i++) {
        <p>_step(obs + i * <P>_N_OBSERVATIONS, actions + i * <P>_N_ACTIONS);
    }
}
EXPORT int selftest_<p>(void) { return <p>_selftest(); }
"""


def fused_flags() -> tuple[str, ...]:
    """Returns the flags under which this machine's compilers may fuse a multiply and an add."""
    if platform.machine() == "x86_64" and "fma" in Path("/proc/cpuinfo").read_text().split():
        return ("-march=haswell",)
    return ()


def every_compiler() -> list[str]:
    """Returns each C compiler of this machine by name: gcc, clang and all their versions, tcc."""
    pattern = re.compile(r"(gcc|clang)(-[0-9]+)?|tcc")
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    names = {path.name for folder in folders if folder.is_dir() for path in folder.iterdir()}
    return sorted(name for name in names if pattern.fullmatch(name))


class Library:
    """Headers, compiled together; ``headers`` maps each prefix to its text."""

    def __init__(self, headers: Mapping[str, str], compiler: str, flags: Sequence[str], entry: str = _ENTRY) -> None:
        """Compiles; the last flags win, ``-x c++`` among them. ``entry`` is the C that runs one header."""
        self.prefixes = tuple(headers)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            source = write_unit(folder, headers, "".join(_entry(entry, prefix) for prefix in headers))
            output = folder / "unit.so"
            compile_with(compiler, [*STRICT, *flags, "-shared", "-fPIC", str(source), "-o", str(output)])
            self._library = ctypes.CDLL(str(output))

    def run(self, prefix: str, observations: NDArray[np.float32], n_actions: int) -> NDArray[np.float32]:
        """Returns the actions for a batch."""
        rows = np.ascontiguousarray(observations)
        actions = np.empty((len(rows), n_actions), np.float32)
        self.call(f"run_{prefix}", (rows, actions), len(rows))
        return actions

    def call(self, name: str, arrays: Sequence[NDArray[Any]], rows: int) -> None:
        """Calls an entry ``name`` with arrays and the number of their rows."""
        self._library[name](*(array.ctypes.data_as(ctypes.c_void_p) for array in arrays), ctypes.c_int(rows))

    def read(self, prefix: str, pointers: Sequence[int], rows: tuple[int, int]) -> int:
        """Gives an entry ``read_<prefix>`` some rows of a frame; returns what it returns."""
        return int(self._library[f"read_{prefix}"](*map(ctypes.c_void_p, pointers), *map(ctypes.c_int, rows)))

    def selftest(self, prefix: str) -> int:
        """Returns what the header's self-test says."""
        return self.number(f"selftest_{prefix}")

    def number(self, name: str) -> int:
        """Returns what an entry without arguments returns."""
        return int(self._library[name]())


def write_unit(folder: Path, headers: Mapping[str, str], body: str = "") -> Path:
    """Writes headers and a source file that includes them all; returns the source's path."""
    for prefix, text in headers.items():
        (folder / f"{prefix}.h").write_text(text, encoding="utf-8")
    export = '#if defined(__cplusplus)\n#define EXPORT extern "C"\n#else\n#define EXPORT\n#endif\n'
    includes = "".join(f'#include "{prefix}.h"\n' for prefix in headers)
    (folder / "unit.c").write_text(includes + export + body, encoding="utf-8")
    return folder / "unit.c"


def _entry(text: str, prefix: str) -> str:
    return text.replace("<p>", prefix).replace("<P>", prefix.upper())


def swing_up(weight: Weight | None = None) -> Controller:
    """Returns a tiny hand-made controller with readable names and every kind of conditioning."""
    hidden = {10: 5, 11: 3, 12: 10, 13: 4}
    outputs = {20: 5, 21: 6}
    pairs = [(0, 10), (2, 10), (4, 10), (10, 11), (1, 12), (11, 12), (5, 13), (3, 13), (12, 20), (0, 21), (13, 21)]
    minus = [(1, 10), (3, 11), (10, 20)]
    signed = [Connection(*pair) for pair in pairs] + [Connection(*pair, -1) for pair in minus]
    unsigned = [Connection(*pair) for pair in pairs + minus]
    kind = weight.kind if weight else "shared"
    network, _ = Network.build(5, hidden, outputs, unsigned if kind == "connections" else signed)
    return Controller(
        name="swing up",
        network=network,
        weight=weight or Weight.shared(-1.5),
        observations=(
            Channel("x", "m", -2.4, 2.4, clip=True),
            Channel("x dot", "m/s", scale=0.1),
            Channel("cos(θ)", "1", -1.0, 1.0),
            Channel("sin(θ)", "1", -1.0, 1.0),
            Channel("θ dot", "rad/s", offset=0.5, scale=0.2),
        ),
        actions=(
            Channel("force", "N", -10.0, 10.0, scale=10.0, clip=True),
            Channel("brake", "1", 0.0, 1.0, offset=-0.25),
        ),
        rate_hz=50.0,
        provenance={"task": "by hand", "seed": 7},
    )
