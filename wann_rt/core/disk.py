"""Reading and writing files: a write happens whole or not at all, a read is bounded, every obstacle is named."""

import contextlib
import errno
import itertools
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from wann_rt.core.errors import FileError

MAX_BYTES = 64 * 2**20  # far above any controller; keeps a hostile file from filling memory
NAME_ONE = "name a folder with room in the variable TMPDIR"
_writes = itertools.count()


def read_text(path: str | os.PathLike[str], most: int = MAX_BYTES) -> str:
    """Returns a text file's content, or raises FileError saying why it cannot be read."""
    try:
        return read_bytes(path, most).decode("utf-8")
    except UnicodeDecodeError:
        raise FileError(f"{path}: is not a text file (UTF-8)") from None


def read_bytes(path: str | os.PathLike[str], most: int = MAX_BYTES) -> bytes:
    """Returns a file's content; refuses what is no regular file, and more than ``most`` bytes.

    A pipe might never end and a device has no size, so the bytes that come count, not what the folder says.

    Raises:
        FileError: saying why the file cannot be read.
    """
    try:
        # Opening a pipe that nobody writes to would wait for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as file:
            kind = os.fstat(handle).st_mode
            if stat.S_ISDIR(kind):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if not stat.S_ISREG(kind):
                raise FileError(f"{path}: cannot be read: is not a regular file but a pipe, a socket or a device")
            data = file.read(most + 1)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:  # a name with a null character
        raise FileError(f"{str(path)!r}: cannot be read: {error}") from None
    if len(data) > most:
        raise FileError(f"{path}: larger than {most} bytes, so it is none of our files")
    return data


def write_atomic(path: str | os.PathLike[str], data: bytes) -> None:
    """Writes a file under a temporary name beside it, flushes it to the disk and renames it into place.

    What is no file, such as /dev/stdout or a pipe, is written to as it is: renaming would replace it.
    """
    path = Path(path)
    temporary = path.parent / temporary_name(path.name)
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("wb") as stream:
                stream.write(data)
            return
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror}") from None
    except ValueError as error:  # a name with a null character
        raise FileError(f"{str(path)!r}: cannot be written: {error}") from None
    finally:
        with contextlib.suppress(OSError, ValueError):
            temporary.unlink()  # gone already, unless something failed


def write_folder(path: str | os.PathLike[str], files: Mapping[str, bytes]) -> Path:
    """Writes a new folder under a temporary name beside it, flushes it and renames it into place; returns its path.

    Args:
        path: a folder that does not exist or is empty.
        files: contents by path within the folder.

    Raises:
        FileError: the folder is not empty, or it cannot be written; then there is nothing of it.
    """
    shown, temporary = Path(path), None
    try:
        check_new_folder(path)
        target = shown.resolve()  # a link to an empty folder, or the current one, can be written, too
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.parent / temporary_name(target.name)
        for name, data in files.items():
            _write_flushed(temporary / name, data)
        temporary.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise FileError(f"{shown}: cannot be written: {error.strerror}") from None
    except ValueError as error:  # a name with a null character
        raise FileError(f"{str(path)!r}: cannot be written: {error}") from None
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)  # gone already, unless something failed
    return shown


def check_new_folder(path: str | os.PathLike[str]) -> None:
    """Refuses what ``write_folder`` would, for whoever has much to compute before.

    Raises:
        FileError: there is something that is not an empty folder, or it cannot be looked at.
    """
    try:
        target = Path(path).resolve()
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise FileError(f"{path}: is not an empty folder: name a new one, or remove what is there")
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:  # a name with a null character
        raise FileError(f"{str(path)!r}: cannot be read: {error}") from None


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Makes a folder that is removed at the end of the block.

    Raises:
        FileError: none can be made, as on a machine whose every disk is read-only, or its disk is full.
    """
    import tempfile  # which takes longer to import than a controller takes to be read

    try:
        folder = Path(tempfile.mkdtemp(prefix="wann_rt_"))
    except OSError as error:
        raise FileError(f"a temporary folder is needed, and none can be made: {error.strerror}; {NAME_ONE}") from None
    try:
        yield folder
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise FileError(f"{folder}: cannot be written: {error.strerror}; {NAME_ONE}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_flushed(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def temporary_name(name: str) -> str:
    """Returns a name for the file while it is written that no other write uses; see ``is_temporary``."""
    return f".{name[:100]}.{os.getpid()}-{next(_writes)}.tmp"


def is_temporary(found: str, name: str) -> bool:
    """Returns whether ``found`` is what a killed process may have left of writing ``name``."""
    return re.fullmatch(rf"\.{re.escape(name[:100])}\.\d+(-\d+)?\.tmp", found) is not None


def sync_folder(folder: Path) -> None:
    """Makes the renames in a folder outlast a power cut, where the system can."""
    with contextlib.suppress(OSError):  # some file systems, and Windows, do not open folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
