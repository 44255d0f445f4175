"""The C runtime as a library with nothing around it, and controllers to run on it: for its tests."""

import ctypes
import re
import struct
import tempfile
import zlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from helpers import builders
from helpers.strategies import KINDS
from wann_rt.core import files
from wann_rt.core.controller import Controller
from wann_rt.exporters.parity.compiler import compile_with, find_compiler
from wann_rt.runtime_c import include_dir

ROOT = Path(__file__).parents[2]
SOURCE = (include_dir() / "wann_rt.c").read_text(encoding="utf-8")
MANUAL = (include_dir() / "wann_rt.h").read_text(encoding="utf-8")
ERRORS: dict[str, int] = {name: int(value) for name, value in re.findall(r"WANN_E_(\w+) = (-\d+)", MANUAL)}
NAMES: dict[int, str] = {value: name for name, value in ERRORS.items()} | {0: "OK"}
CONTROLLER_BYTES = 128  # more than it has
SCRATCH_FLOATS = 500  # more than any subject needs
PATTERN = b"\xa5" * CONTROLLER_BYTES


@cache
def built(source: str = SOURCE, flags: tuple[str, ...] = ("-O0",), compiler: str | None = None) -> ctypes.CDLL:
    """Returns the runtime, or a changed one, as a library."""
    with tempfile.TemporaryDirectory() as folder:
        path, output = Path(folder, "wann_rt.c"), Path(folder, "wann_rt.so")
        path.write_text(source, encoding="utf-8")
        options = ["-std=gnu99", f"-I{include_dir()}", *flags, "-shared", "-fPIC", "-o", str(output), str(path)]
        compile_with(compiler or find_compiler() or "cc", options)
        library = ctypes.CDLL(str(output))
    library.wann_error_name.restype = ctypes.c_char_p
    return library


def load(blob: bytes, library: ctypes.CDLL | None = None) -> str:
    """Returns the name of what ``wann_load`` says; on an error it may have written nothing."""
    controller = ctypes.create_string_buffer(PATTERN, len(PATTERN))
    error = int((library or built()).wann_load(controller, blob, ctypes.c_size_t(len(blob))))
    assert error == 0 or controller.raw == PATTERN
    return NAMES[error]


def selftest(library: ctypes.CDLL, blob: bytes) -> str:
    """Returns the name of what ``wann_selftest`` says of a blob that loads."""
    controller = ctypes.create_string_buffer(CONTROLLER_BYTES)
    assert library.wann_load(controller, blob, ctypes.c_size_t(len(blob))) == 0
    scratch = (ctypes.c_float * SCRATCH_FLOATS)()
    return NAMES[library.wann_selftest(controller, scratch, ctypes.c_size_t(SCRATCH_FLOATS))]


def resealed(blob: bytes, at: int, value: int) -> bytes:
    """Returns the blob with one byte changed and its CRC right again."""
    changed = blob[:at] + bytes([value]) + blob[at + 1 : -4]
    return changed + struct.pack("<I", zlib.crc32(changed))


def subject(k: int, most: int = 40) -> tuple[Controller, NDArray[np.float32]]:
    """Returns a random controller and ordinary, wild and special observations."""
    rng = np.random.default_rng(k)
    controller = replace(builders.controller(rng, KINDS[k % 3], 3 + k % most), vectors=())
    return controller, np.ascontiguousarray(builders.inputs(rng, len(controller.observations), 128).T)


def example() -> Controller:
    """Returns the worked example of FORMAT.md."""
    text = (ROOT / "FORMAT.md").read_text(encoding="utf-8")
    return files.from_text(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[-1])
