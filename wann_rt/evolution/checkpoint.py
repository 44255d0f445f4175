"""Checkpoints: named arrays and JSON values in one file that is either whole and right, or refused.

Layout, all integers little-endian: 8 bytes magic, 4 bytes length of the header, the header (JSON: ``values`` and, for
each array, name, dtype and shape), the arrays' bytes one after another, 32 bytes SHA-256 of all that precedes. The
file that a new one replaces is kept, so that damage to the newest costs one interval, not the run.
"""

import hashlib
import json
import math
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.disk import read_bytes, sync_folder, write_atomic
from wann_rt.core.errors import FileError
from wann_rt.core.strict_json import Reader, parse

MAGIC = b"WANNCKP1"
DIGEST_BYTES = 32
DTYPES = ("|b1", "|i1", "|u1", "<i2", "<i4", "<i8", "<u8", "<f4", "<f8")
MOST_BYTES = 2**31  # far above any population
MOST_HEADER = 16 * 2**20
MOST_AXES = 32  # of an array; numpy has no more


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
        sync_folder(path.parent)
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
            return from_bytes(read_bytes(candidate, MOST_BYTES), str(candidate))
        except FileError as error:
            problems.append(error)
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

    The digest protects from damage, not from malice: whoever wrote the file computed it. So nothing is believed of
    what the header says of the arrays either, before it is compared with what is there.

    Raises:
        FileError: it is no checkpoint, or damaged, or says what cannot be.
    """
    content, digest = data[:-DIGEST_BYTES], data[-DIGEST_BYTES:]
    if not content.startswith(MAGIC):
        raise FileError(f"{where}: is not a checkpoint of this version of wann_rt")
    if hashlib.sha256(content).digest() != digest:
        raise FileError(f"{where}: is damaged: its digest does not match its content")
    start = len(MAGIC) + 4
    end = start + int.from_bytes(content[len(MAGIC) : start], "little")
    if end > min(len(content), start + MOST_HEADER):
        refuse(where, f"its header has {end - start} bytes")
    header = _header(content[start:end], where)
    values: dict[str, Any] = header.get("values", dict)
    return Checkpoint(values, _arrays(content, end, header, where))


def refuse(where: str, what: str) -> NoReturn:
    """Raises FileError for a checkpoint that is whole and yet cannot be one of ours."""
    raise FileError(f"{where}: is not what wann_rt writes: {what}")


def _header(text: bytes, where: str) -> Reader:
    try:
        header = parse(text.decode("utf-8"), where)
    except UnicodeDecodeError:
        refuse(where, "its header is no text")
    header.only("values", "arrays")
    return header


def _arrays(content: bytes, begin: int, header: Reader, where: str) -> dict[str, NDArray[Any]]:
    """Returns the arrays that the header describes, if they fill the content exactly."""
    arrays: dict[str, NDArray[Any]] = {}
    for row in header.items("arrays", list):
        if len(row) != 3 or type(row[0]) is not str or type(row[2]) is not list or row[0] in arrays:
            refuse(where, f"{str(row)[:60]} describes no array")
        name, dtype, shape = row
        if dtype not in DTYPES:
            refuse(where, f"array {name[:60]!r} has the unknown type {str(dtype)[:20]!r}")
        if len(shape) > MOST_AXES or not all(type(n) is int and 0 <= n <= MOST_BYTES for n in shape):
            refuse(where, f"array {name[:60]!r} has the shape {str(shape)[:60]}")
        if math.prod(max(n, 1) for n in shape) > MOST_BYTES:
            refuse(where, f"array {name[:60]!r} has the shape {str(shape)[:60]}")
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if size > len(content) - begin:
            refuse(where, f"array {name[:60]!r} is larger than the file")
        flat = np.frombuffer(content, np.uint8, size, begin)
        if dtype == "|b1" and size and flat.max() > 1:
            refuse(where, f"array {name[:60]!r} holds what is neither true nor false")
        arrays[name] = flat.view(dtype).reshape(shape).astype(np.dtype(dtype).newbyteorder("="))  # a copy
        begin += size
    if begin != len(content):
        refuse(where, f"{len(content) - begin} bytes are left over")
    return arrays


def remove(path: Path) -> None:
    """Removes a checkpoint and its previous one, if they are there."""
    for candidate in places(path):
        candidate.unlink(missing_ok=True)


def _little_endian(array: NDArray[Any]) -> NDArray[Any]:
    """Returns the array in C order and little-endian, whatever this machine is."""
    return np.asarray(array, array.dtype.newbyteorder("<"), order="C")
