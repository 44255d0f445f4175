"""Checkpoints: named arrays and JSON values in one file that is either whole and right, or refused.

Layout, all integers little-endian: 8 bytes magic, 4 bytes length of the header, the header (JSON: ``values`` and, for
each array, name, dtype and shape), the arrays' bytes one after another, 32 bytes SHA-256 of all that precedes. The
file before last is kept, so that a damaged newest one costs one interval, not the run.
"""

import hashlib
import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import FileError
from wann_rt.core.files import write_atomic

MAGIC = b"WANNCKP1"
DIGEST_BYTES = 32
DTYPES = ("|b1", "|i1", "<i2", "<i4", "<i8", "<u8", "<f4", "<f8")


class Checkpoint(NamedTuple):
    """What a checkpoint holds: ``values``, anything JSON can hold, and named ``arrays``."""

    values: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint; the one it replaces stays beside it as the previous one.

    Raises:
        FileError: the folder cannot be written, or the disk is full; what was there before is untouched.
    """
    data = to_bytes(checkpoint)
    write_atomic(path.with_suffix(".new"), data)
    try:
        if path.exists():
            path.replace(previous(path))
        path.with_suffix(".new").replace(path)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror}") from None


def load(path: Path) -> Checkpoint:
    """Reads the newest checkpoint that is whole: the file, the one being put in its place, or the previous one.

    Raises:
        FileError: none is whole; the message is that of the newest.
    """
    problems = []
    for candidate in places(path):
        try:
            return from_bytes(candidate.read_bytes(), str(candidate))
        except FileError as error:
            problems.append(error)
        except OSError as error:
            problems.append(FileError(f"{candidate}: cannot be read: {error.strerror}"))
    raise problems[1]


def places(path: Path) -> tuple[Path, Path, Path]:
    """Returns where a checkpoint may be, newest first."""
    return path.with_suffix(".new"), path, previous(path)


def previous(path: Path) -> Path:
    """Returns where the checkpoint before the newest is kept."""
    return path.with_suffix(".previous")


def to_bytes(checkpoint: Checkpoint) -> bytes:
    """Returns the file's content: same checkpoint, same bytes."""
    arrays = {name: _little_endian(array) for name, array in checkpoint.arrays.items()}
    described = [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]
    header = json.dumps({"values": checkpoint.values, "arrays": described}, allow_nan=False).encode()
    body = b"".join(array.tobytes() for array in arrays.values())
    content = MAGIC + len(header).to_bytes(4, "little") + header + body
    return content + hashlib.sha256(content).digest()


def from_bytes(data: bytes, where: str) -> Checkpoint:
    """Reads a file's content; ``where`` names it in errors.

    Raises:
        FileError: it is no checkpoint, or damaged: nothing in it is believed before its digest is right.
    """
    content, digest = data[:-DIGEST_BYTES], data[-DIGEST_BYTES:]
    if not content.startswith(MAGIC):
        raise FileError(f"{where}: is not a checkpoint of this version of wann_rt")
    if hashlib.sha256(content).digest() != digest:
        raise FileError(f"{where}: is damaged: its digest does not match its content")
    start = len(MAGIC) + 4
    end = start + int.from_bytes(content[len(MAGIC) : start], "little")
    header = json.loads(content[start:end])
    arrays = {}
    for name, dtype, shape in header["arrays"]:
        if dtype not in DTYPES:
            raise FileError(f"{where}: array {name} has the unknown type {dtype!r}")
        count = math.prod(shape)
        arrays[name] = np.frombuffer(content, np.dtype(dtype), count, end).reshape(shape).copy()
        end += count * np.dtype(dtype).itemsize
    return Checkpoint(header["values"], arrays)


def remove(path: Path) -> None:
    """Removes a checkpoint and its previous one, if they are there."""
    for candidate in places(path):
        candidate.unlink(missing_ok=True)


def _little_endian(array: NDArray[Any]) -> NDArray[Any]:
    """Returns the array in C order and little-endian, whatever this machine is."""
    return np.asarray(array, array.dtype.newbyteorder("<"), order="C")
